"""From the numbers of some seconds to a grade, what is wrong, and advice, for each electrode."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum

import numpy as np

from calibration.quality.summary import Summary


class Grade(IntEnum):
    """How far a signal can be trusted."""

    GOOD = 0
    DOUBTFUL = 1
    BAD = 2


class Problem(StrEnum):
    """What is wrong with an electrode."""

    NONE = "none"
    MISSING = "missing"
    FLAT = "flat"
    RAILED = "railed"
    DETACHED = "detached"
    LOOSE = "loose"
    BRIDGED = "bridged"
    DRY = "dry"
    MUSCLE = "muscle"
    POPS = "pops"
    DRIFT = "drift"
    ODD = "odd"


@dataclass(frozen=True, slots=True)
class ElectrodeQuality:
    """One electrode at present.

    Parameters
    ----------
    name : str
    grade : Grade
    problem : Problem
    finding : str
        What was found, in words with numbers; empty for a good electrode.
    advice : str
        What to do about it.
    spread_uv : float or None
        Standard deviation without offset, drift and mains; None when samples are missing.
    mains_uv : float or None
        Amplitude of the mains hum.
    impedance_kohm : float or None
        Where it was measured.
    """

    name: str
    grade: Grade
    problem: Problem = Problem.NONE
    finding: str = ""
    advice: str = ""
    spread_uv: float | None = None
    mains_uv: float | None = None
    impedance_kohm: float | None = None

    @property
    def sentence(self) -> str:
        """Name, finding and advice, or that it is good."""
        if self.problem is Problem.NONE:
            return f"{self.name}: good"
        return f"{self.name}: {self.finding}: {self.advice}"


# What is usual and what is not, in µV. Scalp EEG spreads by 5 to 50 µV.
_FLAT = 0.3
_WIDE, _WILD = 75.0, 250.0
# A notch takes hum away, so hum that all electrodes share is in the way only when it is that of
# leads that touch nothing; one that hums many times louder than the others is a contact gone.
_HUM, _LOUD_HUM, _OPEN_HUM = 20.0, 100.0, 400.0
_STANDS_OUT, _STANDS_OUT_FROM = 5.0, 6.0  # times the others' hum, and at least so much
_TOWERS, _TOWERS_FROM = 20.0, 60.0
_FAST, _VERY_FAST = 12.0, 50.0
_DRIFT_PER_S = 40.0
_POPS = 2
_UNLIKE, _ALIKE = 0.25, 0.6
_HIGH_KOHM, _VERY_HIGH_KOHM, _OPEN_KOHM = 30.0, 150.0, 1000.0


def grade_electrodes(
    names: Sequence[str],
    summary: Summary,
    n_pops: Sequence[int],
    impedances_kohm: Sequence[float | None] | None = None,
) -> tuple[ElectrodeQuality, ...]:
    """Judge each electrode, by itself and beside the others.

    Parameters
    ----------
    names : sequence of str
    summary : Summary
    n_pops : sequence of int
        How often each popped lately.
    impedances_kohm : sequence of (float or None), optional
        Where they were measured.
    """
    usual_hum_uv = float(np.median(summary.mains_uv))
    known = summary.likeness[np.isfinite(summary.likeness)]
    usual_likeness = float(np.median(known)) if len(known) else 0.0
    found = []
    for k, name in enumerate(names):
        impedance_kohm = None if impedances_kohm is None else impedances_kohm[k]
        partner = summary.bridged_with[k]
        values = _Values(
            mean_uv=float(summary.mean_uv[k]),
            spread_uv=float(summary.spread_uv[k]),
            mains_uv=float(summary.mains_uv[k]),
            usual_hum_uv=usual_hum_uv,
            hum=f"{summary.mains_hz:g} Hz hum",
            fast_uv=float(summary.fast_uv[k]),
            drift_uv_per_s=float(summary.drift_uv_per_s[k]),
            latest_uv=float(summary.latest_uv[k]),
            still=bool(summary.still[k]),
            clipped=bool(summary.clipped[k]),
            n_pops=n_pops[k],
            partner=None if partner is None else names[partner],
            unlike=bool(summary.likeness[k] < _UNLIKE and usual_likeness > _ALIKE),
            impedance_kohm=impedance_kohm,
        )
        grade, problem, finding, advice = _verdict(values)
        found.append(
            ElectrodeQuality(
                name,
                grade,
                problem,
                finding,
                advice,
                round(values.spread_uv, 2),
                round(values.mains_uv, 2),
                impedance_kohm,
            )
        )
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Values:
    mean_uv: float
    spread_uv: float
    mains_uv: float
    usual_hum_uv: float
    hum: str
    fast_uv: float
    drift_uv_per_s: float
    latest_uv: float
    still: bool
    clipped: bool
    n_pops: int
    partner: str | None
    unlike: bool
    impedance_kohm: float | None


_Verdict = tuple[Grade, Problem, str, str]


def _verdict(v: _Values) -> _Verdict:
    """Return the gravest that is wrong; what makes other findings meaningless comes first."""
    return (
        _no_signal(v)
        or _contact(v)
        or _movement(v)
        or _among_others(v)
        or (Grade.GOOD, Problem.NONE, "", "")
    )


def _no_signal(v: _Values) -> _Verdict | None:
    if v.clipped and (not v.still or abs(v.mean_uv) > 1000.0):
        return (
            Grade.BAD,
            Problem.RAILED,
            "at the amplifier's limit",
            "press it on, more gel; check the reference",
        )
    is_quiet = v.latest_uv < _FLAT and v.mains_uv < _HUM
    if v.still or is_quiet:
        return (
            Grade.BAD,
            Problem.FLAT,
            "flat, no signal at all",
            "plug its lead in; gel may join it to the reference",
        )
    return None


def _contact(v: _Values) -> _Verdict | None:
    kohm = v.impedance_kohm
    known = "" if kohm is None else f", impedance about {_kohm(kohm)}"
    towers = v.mains_uv > max(_TOWERS * v.usual_hum_uv, _TOWERS_FROM)
    if v.mains_uv > _OPEN_HUM or (towers if kohm is None else kohm > _OPEN_KOHM):
        return (
            Grade.BAD,
            Problem.DETACHED,
            f"{v.hum} of {v.mains_uv:.0f} µV{known}, as of a lead that touches nothing",
            "put it back on the skin, or plug its lead in",
        )
    stands_out = v.mains_uv > max(_STANDS_OUT * v.usual_hum_uv, _STANDS_OUT_FROM)
    if (stands_out and v.mains_uv > _LOUD_HUM) or (kohm is not None and kohm > _VERY_HIGH_KOHM):
        return Grade.BAD, Problem.DRY, f"{v.hum} of {v.mains_uv:.0f} µV{known}", "more gel"
    if v.mains_uv > _HUM or stands_out or (kohm is not None and kohm > _HIGH_KOHM):
        others = "" if known or not stands_out else f", the others {v.usual_hum_uv:.0f} µV"
        return (
            Grade.DOUBTFUL,
            Problem.DRY,
            f"{v.hum} of {v.mains_uv:.0f} µV{others}{known}",
            "more gel" if stands_out or known else "more gel, also at reference and ground",
        )
    return None


def _movement(v: _Values) -> _Verdict | None:
    if v.spread_uv > _WILD:
        return (
            Grade.BAD,
            Problem.LOOSE,
            f"swings of {v.spread_uv:.0f} µV",
            "press it on, and fix its lead to the cap",
        )
    if v.fast_uv > _FAST:
        grade = Grade.BAD if v.fast_uv > _VERY_FAST else Grade.DOUBTFUL
        return (
            grade,
            Problem.MUSCLE,
            f"{v.fast_uv:.0f} µV of muscle or noise above 28 Hz",
            "have jaw and neck relaxed; if it stays on this electrode alone, more gel",
        )
    if v.n_pops >= _POPS:
        return (
            Grade.DOUBTFUL,
            Problem.POPS,
            f"its contact popped {v.n_pops} times in half a minute",
            "press it on, clean it, renew the gel",
        )
    if abs(v.drift_uv_per_s) > _DRIFT_PER_S:
        return (
            Grade.DOUBTFUL,
            Problem.DRIFT,
            f"drifts by {v.drift_uv_per_s:+.0f} µV a second",
            "give it a minute to settle; if it stays, clean it",
        )
    if v.spread_uv > _WIDE:
        return (
            Grade.DOUBTFUL,
            Problem.LOOSE,
            f"swings of {v.spread_uv:.0f} µV",
            "have the head still; if it stays, press it on",
        )
    return None


def _among_others(v: _Values) -> _Verdict | None:
    if v.partner is not None:
        return (
            Grade.DOUBTFUL,
            Problem.BRIDGED,
            f"the same signal as {v.partner}",
            "gel joins them: wipe between them and use less",
        )
    if v.unlike:
        return (
            Grade.DOUBTFUL,
            Problem.ODD,
            "unlike all its neighbours",
            "check that it sits where its name says, and its contact",
        )
    return None


def _kohm(kohm: float) -> str:
    return f"{kohm:.0f} kΩ" if kohm < _OPEN_KOHM else f"{kohm / 1000.0:.0f} MΩ"


def missing(name: str) -> ElectrodeQuality:
    """Return the quality of an electrode of which there are no samples yet, or no numbers."""
    return ElectrodeQuality(
        name, Grade.BAD, Problem.MISSING, "samples are missing", "check the headset's battery"
    )

"""Where electrodes sit on the head, and how each one does, from its signal alone."""

import re
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

# Rows of the 10-10 system: how far along the midline from the vertex (front is positive, 1 is the
# ring through Fpz, T7, Oz, T8), and the angle on the ring, from the front, of the row's end.
_ROWS = {
    "FP": (1.0, 18.0),
    "AF": (0.75, 36.0),
    "F": (0.5, 54.0),
    "FC": (0.25, 72.0),
    "FT": (0.25, 72.0),
    "C": (0.0, 90.0),
    "T": (0.0, 90.0),
    "CP": (-0.25, 108.0),
    "TP": (-0.25, 108.0),
    "P": (-0.5, 126.0),
    "PO": (-0.75, 144.0),
    "O": (-1.0, 162.0),
    "I": (-1.2, 162.0),
}
_OLD_NAMES = {"T3": "T7", "T4": "T8", "T5": "P7", "T6": "P8"}
_RING_RADIUS = 0.8


def place_on_head(name: str) -> tuple[float, float] | None:
    """Place of an electrode of the 10-10 system, seen from above.

    Returns
    -------
    (float, float) or None
        x to the subject's right and y to the front, the head being a circle of radius 1; None for
        a name that is not of the system.
    """
    name = _OLD_NAMES.get(name.upper(), name.upper())
    parts = re.fullmatch(r"([A-Z]+?)(Z|\d{1,2})", name)
    if parts is None or parts[1] not in _ROWS:
        return None
    along, angle_deg = _ROWS[parts[1]]
    if parts[2] == "Z":
        return 0.0, _RING_RADIUS * along
    number = int(parts[2])
    side = 1.0 if number % 2 == 0 else -1.0
    angle = np.radians(angle_deg)
    end = np.array([np.sin(angle), np.cos(angle)])
    share = 1.0 if parts[1] in ("FP", "O", "I") else (number + number % 2) / 8
    if share > 1.25:
        return None
    middle = np.array([0.0, along])
    x, y = middle + share * (end - middle)
    return float(side * x) * _RING_RADIUS, float(y) * _RING_RADIUS


class Grade(IntEnum):
    """How far a signal can be trusted."""

    GOOD = 0
    DOUBTFUL = 1
    BAD = 2


@dataclass(frozen=True, slots=True)
class ElectrodeState:
    """One electrode at present.

    Parameters
    ----------
    name : str
    grade : Grade
    spread_uv : float
        Standard deviation after the electrode's offset and drift are taken away.
    mains_uv : float
        Amplitude at the mains frequency.
    reason : str
        Why it is not good, empty when it is.
    """

    name: str
    grade: Grade
    spread_uv: float
    mains_uv: float
    reason: str


# Scalp EEG is some 5 to 50 µV; more is movement or a loose electrode, less is no electrode at all.
_FLAT_UV = 0.5
_WIDE_UV, _WILD_UV = 75.0, 250.0
_HUM_UV, _LOUD_HUM_UV = 20.0, 100.0


def grade_electrodes(
    samples_uv: FloatArray,
    names: tuple[str, ...],
    sampling_rate_hz: float,
    mains_hz: float | None,
) -> tuple[ElectrodeState, ...]:
    """Judge each electrode by its latest samples.

    Parameters
    ----------
    samples_uv : ndarray of float64, shape (n_times, n_channels)
        A second or two, unfiltered.
    names : tuple of str
    sampling_rate_hz : float
    mains_hz : float or None

    Returns
    -------
    tuple of ElectrodeState
    """
    if len(samples_uv) < 8 or not np.isfinite(samples_uv).all():
        return tuple(
            ElectrodeState(name, Grade.BAD, np.nan, np.nan, "samples are missing") for name in names
        )
    times = np.linspace(-1, 1, len(samples_uv))
    slopes = times @ samples_uv / (times @ times)
    still = samples_uv - samples_uv.mean(axis=0) - np.outer(times, slopes)
    mains_uv = np.zeros(len(names))
    if mains_hz is not None and mains_hz < sampling_rate_hz / 2:
        turns = np.exp(-2j * np.pi * mains_hz / sampling_rate_hz * np.arange(len(still)))
        line = 2 * (turns @ still) / len(still)
        mains_uv = np.abs(line)
        still = still - np.real(np.outer(turns.conj(), line))
    spread_uv = still.std(axis=0)
    return tuple(
        _state(name, float(spread), float(mains))
        for name, spread, mains in zip(names, spread_uv, mains_uv, strict=True)
    )


def _state(name: str, spread_uv: float, mains_uv: float) -> ElectrodeState:
    grade, reason = Grade.GOOD, ""
    if spread_uv < _FLAT_UV:
        grade, reason = Grade.BAD, "flat: no contact, or the amplifier is at its limit"
    elif spread_uv > _WILD_UV:
        grade, reason = Grade.BAD, f"{spread_uv:.0f} µV: loose, or the cable moves"
    elif mains_uv > _LOUD_HUM_UV:
        grade, reason = Grade.BAD, f"{mains_uv:.0f} µV of mains hum: poor contact"
    elif spread_uv > _WIDE_UV:
        grade, reason = Grade.DOUBTFUL, f"{spread_uv:.0f} µV: movement, or poor contact"
    elif mains_uv > _HUM_UV:
        grade, reason = Grade.DOUBTFUL, f"{mains_uv:.0f} µV of mains hum"
    return ElectrodeState(name, grade, spread_uv, mains_uv, reason)

"""The operating curve: what a subject gets for each rate of false commands that one may accept.

A recording is decoded once, by a model that never saw its trials; the policy then runs over the
same hops with the threshold that each accepted rate asks for. So every point is what the online
path would have done, and the points differ in the threshold alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bci_app.evaluation.decoded_run import DecodedRun, decide
from bci_app.evaluation.rate_test import poisson_interval
from bci_app.online.sequential import SequentialSettings
from calibration.errors import CalibrationError

FloatArray = npt.NDArray[np.float64]
Interval = tuple[float, float]

ACCEPTED_PER_MIN = (2.0, 1.0, 0.5, 0.25, 0.1, 0.05)
"""False commands a minute for which the curve is drawn."""

_N_RESAMPLES = 1000
_TAILS = (0.025, 0.975)


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """What happens when so many false commands are accepted.

    Parameters
    ----------
    accepted_false_per_min : float
        What was asked for; it sets the threshold.
    threshold : float
        Mean over the runs.
    n_false : int
        Decisions in idle trials.
    false_per_min : float or None
        None without idle trials.
    false_per_min_ci95 : tuple of float or None
        Exact Poisson interval: a bootstrap of no false command at all would claim there is none
        to come.
    hit_rate, wrong_rate : float
        Share of trials with a target whose first decision is right, or wrong.
    hit_rate_ci95, wrong_rate_ci95 : tuple of float
    response_s : float or None
        Mean time from the onset to a right decision, None without any.
    response_s_ci95 : tuple of float or None
    """

    accepted_false_per_min: float
    threshold: float
    n_false: int
    false_per_min: float | None
    false_per_min_ci95: Interval | None
    hit_rate: float
    hit_rate_ci95: Interval
    wrong_rate: float
    wrong_rate_ci95: Interval
    response_s: float | None
    response_s_ci95: Interval | None


@dataclass(frozen=True, slots=True)
class OperatingCurve:
    """Points by the accepted rate, most false commands first.

    Parameters
    ----------
    points : tuple of OperatingPoint
    n_runs, n_trials : int
        Recordings, and trials with a target in them.
    idle_min : float
        Idle time in trials.
    onsets_known : bool
    """

    points: tuple[OperatingPoint, ...]
    n_runs: int
    n_trials: int
    idle_min: float
    onsets_known: bool


def operating_curve(
    runs: Sequence[DecodedRun],
    accepted_per_min: Sequence[float] = ACCEPTED_PER_MIN,
    *,
    seed: int = 0,
) -> OperatingCurve:
    """Draw false commands against hits and response time, for rates that one may accept.

    Intervals are a bootstrap of recordings and, within them, of trials; with one recording, of
    trials alone.

    Parameters
    ----------
    runs : sequence of DecodedRun
        All with onsets known, or all without.
    accepted_per_min : sequence of float
    seed : int
        Of the bootstrap.

    Raises
    ------
    CalibrationError
        When no run holds a trial with a target.
    """
    looked = [run.truth.labels < run.truth.n_targets for run in runs]
    n_trials = sum(int(each.sum()) for each in looked)
    if not n_trials:
        raise CalibrationError(
            "no trial with a target: expected some, to draw the operating curve from."
        )
    idle_min = sum(run.truth.minutes(~of_run) for run, of_run in zip(runs, looked, strict=True))
    points = [
        _point(runs, accepted, idle_min, np.random.default_rng(seed))
        for accepted in sorted(accepted_per_min, reverse=True)
    ]
    return OperatingCurve(tuple(points), len(runs), n_trials, idle_min, runs[0].onsets_known)


def _point(
    runs: Sequence[DecodedRun], accepted: float, idle_min: float, rng: np.random.Generator
) -> OperatingPoint:
    settings = [run.model.settings_for(accepted, onsets_known=run.onsets_known) for run in runs]
    answered = [_answers(run, policy) for run, policy in zip(runs, settings, strict=True)]
    n_false = sum(n for _, n in answered)
    outcomes = [times_s for times_s, _ in answered if len(times_s)]
    drawn = [_figures(_resample(outcomes, rng)) for _ in range(_N_RESAMPLES)]
    hit, wrong, response_s = _figures(np.concatenate(outcomes))
    times_drawn = [t for _, _, t in drawn if t is not None]
    return OperatingPoint(
        accepted_false_per_min=accepted,
        threshold=float(np.mean([each.threshold for each in settings])),
        n_false=n_false,
        false_per_min=n_false / idle_min if idle_min else None,
        false_per_min_ci95=poisson_interval(n_false, idle_min) if idle_min else None,
        hit_rate=hit,
        hit_rate_ci95=_quantiles([h for h, _, _ in drawn]),
        wrong_rate=wrong,
        wrong_rate_ci95=_quantiles([w for _, w, _ in drawn]),
        response_s=response_s,
        response_s_ci95=_quantiles(times_drawn) if response_s is not None else None,
    )


def _answers(run: DecodedRun, settings: SequentialSettings) -> tuple[FloatArray, int]:
    """Response time of each trial with a target, and decisions in idle ones.

    A wrong answer has the time -1, none has NaN.
    """
    truth = run.truth
    decided = list(decide(run, settings))
    at = np.array([index for index, _ in decided], dtype=np.intp)
    times_s: list[float] = []
    n_false = 0
    for k, label in enumerate(truth.labels.tolist()):
        first, last = np.searchsorted(at, (truth.begins[k], truth.ends[k]), side="right").tolist()
        if label == truth.n_targets:
            n_false += last - first
        elif first == last:
            times_s.append(np.nan)
        elif decided[first][1] != label:
            times_s.append(-1.0)
        else:
            times_s.append(float(at[first] - truth.onsets[k]) / truth.sampling_rate_hz)
    return np.array(times_s), n_false


def _figures(times_s: FloatArray) -> tuple[float, float, float | None]:
    """Hit rate, wrong rate and mean response time of trials as from :func:`_answers`."""
    right = times_s[times_s >= 0]
    response_s = float(right.mean()) if len(right) else None
    return len(right) / len(times_s), float((times_s < 0).mean()), response_s


def _resample(outcomes: Sequence[FloatArray], rng: np.random.Generator) -> FloatArray:
    picked = rng.integers(len(outcomes), size=len(outcomes)).tolist()
    return np.concatenate([rng.choice(outcomes[k], len(outcomes[k])) for k in picked])


def _quantiles(drawn: Sequence[float]) -> Interval:
    low, high = np.quantile(drawn, _TAILS).tolist()
    return low, high

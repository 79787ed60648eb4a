"""The figures of `evaluate --online` over all recordings."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bci_app.evaluation.asynchronous import OnlineEvaluation
from bci_app.evaluation.operating_curve import OperatingCurve
from bci_app.evaluation.reliability import (
    ReliabilityBin,
    expected_calibration_error,
    reliability,
)
from bci_app.evaluation.session_result import SessionResult, latency

_N_RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class OnlineSummary:
    """Figures over all recordings.

    Parameters
    ----------
    scheme : str
    onsets : str
        `known` or `unknown`.
    resplice_seed : int or None
    adapts : bool
        Whether the threshold followed idle.
    max_false_per_min : float
        What was accepted.
    n_recordings, n_trials : int
    true_positive_rate, wrong_rate : float
        Share of the trials with a target whose first decision was right, or wrong; mean over
        recordings.
    true_positive_rate_ci95, wrong_rate_ci95 : tuple of float
        Bootstrap over recordings.
    latency_s : dict
        `median` and `mean` from the onset to right decisions.
    false_per_min : float or None
        In idle trials, all recordings together.
    false_per_min_ci95 : tuple of float or None
        Bootstrap over recordings.
    idle_min : float
    n_later : int
        Decisions after the first one in a trial with a target.
    between_per_min : float or None
        Decisions outside trials.
    between_min : float
    expected_calibration_error : float or None
        Of the probability of the likeliest class at each hop in a trial.
    reliability : tuple of ReliabilityBin
    operating_curve : OperatingCurve or None
        Hits and response times at other accepted rates; None without a model.
    per_recording : tuple of dict
    per_subject : tuple of dict
    """

    scheme: str
    onsets: str
    resplice_seed: int | None
    adapts: bool
    max_false_per_min: float
    n_recordings: int
    n_trials: int
    true_positive_rate: float
    true_positive_rate_ci95: tuple[float, float]
    wrong_rate: float
    wrong_rate_ci95: tuple[float, float]
    latency_s: dict[str, float | None]
    false_per_min: float | None
    false_per_min_ci95: tuple[float, float] | None
    idle_min: float
    n_later: int
    between_per_min: float | None
    between_min: float
    expected_calibration_error: float | None
    reliability: tuple[ReliabilityBin, ...]
    operating_curve: OperatingCurve | None
    per_recording: tuple[dict[str, object], ...]
    per_subject: tuple[dict[str, object], ...]


def summarise_online(
    results: Sequence[SessionResult],
    evaluation: OnlineEvaluation,
    curve: OperatingCurve | None = None,
) -> OnlineSummary:
    """Put the results of at least one recording into figures."""
    right = np.array([r.n_right / r.n_target_trials for r in results])
    wrong = np.array([r.n_wrong / r.n_target_trials for r in results])
    n_false = np.array([r.n_false for r in results], dtype=np.float64)
    idle_min = np.array([r.idle_min for r in results])
    between_min = sum(r.between_min for r in results)
    drawn = np.random.default_rng(0).integers(len(results), size=(_N_RESAMPLES, len(results)))
    has_idle = bool((idle_min > 0).all())
    bins = reliability(
        np.concatenate([r.probabilities for r in results]),
        np.concatenate([r.right for r in results]),
    )
    return OnlineSummary(
        scheme=str(evaluation.scheme),
        onsets="known" if evaluation.onsets_known else "unknown",
        resplice_seed=evaluation.resplice_seed,
        adapts=evaluation.adapts,
        max_false_per_min=evaluation.max_false_per_min,
        n_recordings=len(results),
        n_trials=sum(r.n_target_trials for r in results),
        true_positive_rate=float(right.mean()),
        true_positive_rate_ci95=_interval(right[drawn].mean(axis=1)),
        wrong_rate=float(wrong.mean()),
        wrong_rate_ci95=_interval(wrong[drawn].mean(axis=1)),
        latency_s=latency([s for r in results for s in r.latencies_s]),
        false_per_min=float(n_false.sum() / idle_min.sum()) if has_idle else None,
        false_per_min_ci95=(
            _interval(n_false[drawn].sum(axis=1) / idle_min[drawn].sum(axis=1))
            if has_idle
            else None
        ),
        idle_min=float(idle_min.sum()),
        n_later=sum(r.n_later for r in results),
        between_per_min=(
            sum(r.n_between for r in results) / between_min if between_min > 0 else None
        ),
        between_min=between_min,
        expected_calibration_error=expected_calibration_error(bins),
        reliability=bins,
        operating_curve=curve,
        per_recording=tuple(r.figures() for r in results),
        per_subject=tuple(_by_subject(results)),
    )


def _by_subject(results: Sequence[SessionResult]) -> list[dict[str, object]]:
    figures: list[dict[str, object]] = []
    for subject in sorted({r.subject for r in results}):
        of_subject = [r for r in results if r.subject == subject]
        idle_min = sum(r.idle_min for r in of_subject)
        n_false = sum(r.n_false for r in of_subject)
        figures.append(
            {
                "subject": subject,
                "true_positive_rate": float(
                    np.mean([r.n_right / r.n_target_trials for r in of_subject])
                ),
                "wrong_rate": float(np.mean([r.n_wrong / r.n_target_trials for r in of_subject])),
                "latency_s": latency([s for r in of_subject for s in r.latencies_s]),
                "n_false": n_false,
                "idle_min": idle_min,
                "false_per_min": n_false / idle_min if idle_min else None,
            }
        )
    return figures


def _interval(resampled: npt.NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.quantile(resampled, (0.025, 0.975)).tolist()
    return low, high

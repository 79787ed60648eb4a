"""What the online path did in one recording: its decisions held against the trials."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import numpy.typing as npt

from bci_app.online.events import Decided, PathEvent, Scored
from bci_app.online.growing import DELAY_S

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class TrialTruth:
    """When there were trials, and what was looked at.

    Parameters
    ----------
    onsets : ndarray of int, shape (n_trials,)
    begins, ends : ndarray of int, shape (n_trials,)
        Decisions after `begins` up to `ends` are answers of the trial.
    labels : ndarray of int, shape (n_trials,)
        Target of each trial, `n_targets` for idle.
    n_targets, n_samples : int
        Of the whole recording.
    sampling_rate_hz : float
    """

    onsets: IntArray
    begins: IntArray
    ends: IntArray
    labels: IntArray
    n_targets: int
    n_samples: int
    sampling_rate_hz: float

    @classmethod
    def of_trials(
        cls,
        onsets: IntArray,
        labels: IntArray,
        n_targets: int,
        *,
        n_samples: int,
        trial_s: float,
        sampling_rate_hz: float,
    ) -> Self:
        """Let a trial be answered from `DELAY_S` after its onset: nobody answers sooner."""
        begins = onsets + round(DELAY_S * sampling_rate_hz)
        ends = onsets + round(trial_s * sampling_rate_hz)
        ends[:-1] = np.minimum(ends[:-1], begins[1:])
        ends = np.minimum(ends, n_samples)
        return cls(onsets, begins, ends, labels, n_targets, n_samples, sampling_rate_hz)

    def minutes(self, trials: npt.NDArray[np.bool_] | slice = slice(None)) -> float:
        """Time in which trials were answered."""
        return float((self.ends - self.begins)[trials].sum() / self.sampling_rate_hz / 60)


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a threshold promised.

    Parameters
    ----------
    threshold : float
    false_per_min : float
        Expected at that threshold.
    interval : tuple of float
        90 % interval of that.
    """

    threshold: float
    false_per_min: float
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class SessionResult:
    """What the path did in one recording.

    Parameters
    ----------
    recording, subject : str
    n_target_trials, n_right, n_wrong : int
        By the first decision in each trial.
    n_later : int
        Further decisions in those trials.
    latencies_s : tuple of float
        From the onset to each right decision.
    n_false : int
        Decisions in idle trials.
    idle_min : float
    n_between : int
        Decisions outside trials, the first `DELAY_S` after an onset included: nobody answers so
        soon.
    between_min : float
    expected : Expectation or None
        None for the path without a model.
    probabilities, right : ndarray
        Of the likeliest class at each hop in a trial, and whether it was the true one.
    """

    recording: str
    subject: str
    n_target_trials: int
    n_right: int
    n_wrong: int
    n_later: int
    latencies_s: tuple[float, ...]
    n_false: int
    idle_min: float
    n_between: int
    between_min: float
    expected: Expectation | None
    probabilities: FloatArray = field(repr=False)
    right: npt.NDArray[np.bool_] = field(repr=False)

    def figures(self) -> dict[str, object]:
        """Return the rates of this recording."""
        expected = self.expected
        return {
            "recording": self.recording,
            "true_positive_rate": self.n_right / self.n_target_trials,
            "wrong_rate": self.n_wrong / self.n_target_trials,
            "false_per_min": self.n_false / self.idle_min if self.idle_min else None,
            "latency_s": latency(self.latencies_s),
            "n_trials": self.n_target_trials,
            "idle_min": self.idle_min,
            "n_between": self.n_between,
            "threshold": expected.threshold if expected else None,
            "expected_false_per_min": expected.false_per_min if expected else None,
            "expected_interval": expected.interval if expected else None,
        }


def score_session(
    recording: str,
    subject: str,
    events: Sequence[PathEvent],
    truth: TrialTruth,
    expected: Expectation | None,
) -> SessionResult:
    """Hold the events of the path against the trials.

    Parameters
    ----------
    recording, subject : str
    events : sequence of PathEvent
        In order of time.
    truth : TrialTruth
    expected : Expectation or None
        None for a path whose scores are no probabilities.
    """
    labels, n_targets, rate_hz = truth.labels, truth.n_targets, truth.sampling_rate_hz
    decided = [event for event in events if isinstance(event, Decided)]
    by_trial = [
        [d for d in decided if begin < d.end_index <= end]
        for begin, end in zip(truth.begins, truth.ends, strict=True)
    ]
    looked = [(k, label) for k, label in enumerate(labels.tolist()) if label < n_targets]
    answered = [(k, label) for k, label in looked if by_trial[k]]
    right = [k for k, label in answered if by_trial[k][0].target == label]
    first = truth.onsets[0]
    after_first = sum(d.end_index > first for d in decided)
    probabilities, was_right = _predictions(events, truth)
    return SessionResult(
        recording=recording,
        subject=subject,
        n_target_trials=len(looked),
        n_right=len(right),
        n_wrong=len(answered) - len(right),
        n_later=sum(len(by_trial[k]) - 1 for k, _ in answered),
        latencies_s=tuple(
            float((by_trial[k][0].end_index - truth.onsets[k]) / rate_hz) for k in right
        ),
        n_false=sum(len(by_trial[k]) for k in np.flatnonzero(labels == n_targets)),
        idle_min=truth.minutes(labels == n_targets),
        n_between=int(after_first - sum(map(len, by_trial))),
        between_min=float((truth.n_samples - first) / rate_hz / 60 - truth.minutes()),
        expected=expected,
        probabilities=probabilities if expected else np.empty(0),
        right=was_right if expected else np.empty(0, dtype=np.bool_),
    )


def _predictions(
    events: Sequence[PathEvent], truth: TrialTruth
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Probability of the likeliest class at each hop within a trial, and whether it was true."""
    scored = [event for event in events if isinstance(event, Scored)]
    indices = np.array([event.end_index for event in scored], dtype=np.intp)
    probabilities = np.array([event.scores for event in scored]).reshape(-1, truth.n_targets)
    idle = 1 - probabilities.sum(axis=1, keepdims=True)
    classes = np.concatenate([probabilities, idle], axis=1)
    trial = np.searchsorted(truth.begins, indices) - 1
    inside = (trial >= 0) & (indices <= truth.ends[trial])
    best = classes.argmax(axis=1)
    return classes.max(axis=1)[inside], (best == truth.labels[trial])[inside]


def latency(latencies_s: Sequence[float]) -> dict[str, float | None]:
    """Median and mean of response times; None of none."""
    if not latencies_s:
        return {"median": None, "mean": None}
    return {"median": float(np.median(latencies_s)), "mean": float(np.mean(latencies_s))}

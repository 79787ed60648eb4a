"""Which frequencies suit a subject: candidates ranked after a short sweep, and the best set.

A target must be told from every other target of its set and from idle. How well two are told apart
is seen in the scores that a decoder gives all candidates while the subject looks at one of them;
the set proposed is the one with the highest expected share of right answers.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from calibration.errors import CalibrationError
from calibration.responses import Alpha

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

CANDIDATES_HZ = tuple(float(f) for f in range(7, 22))
"""Where visual cortex follows flicker well."""

_RESOLUTION_HZ = 0.4
_STRONG_ALPHA_DB = 6.0
_NEAR_ALPHA_HZ = 0.75
_WEIGHT_OF_ALL = 8.0  # windows: a row of few is drawn to the mean of the others
_MAX_SEARCHED = 16


def clash(first_hz: float, second_hz: float) -> str:
    """Say why two flickers cannot be in one set; empty when they can.

    They clash when they are too close, or when a harmonic of one falls on the other.
    """
    low, high = sorted((first_hz, second_hz))
    if high - low < _RESOLUTION_HZ:
        return f"{low:g} and {high:g} Hz are too close to be told apart"
    for harmonic in (2, 3):
        if abs(harmonic * low - high) < _RESOLUTION_HZ:
            return f"{harmonic} × {low:g} Hz falls on {high:g} Hz"
    return ""


def into_rounds(candidates_hz: Sequence[float], n_targets: int) -> list[tuple[float, ...]]:
    """Deal candidates into rounds of up to `n_targets` that flicker at once, far apart in each.

    One that would be alone is joined by the candidate farthest from it, which then comes twice.
    """
    ordered = sorted(candidates_hz)
    n_rounds = math.ceil(len(ordered) / n_targets)
    rounds = [tuple(ordered[k::n_rounds]) for k in range(n_rounds)]
    return [
        one if len(one) > 1 else (*one, max(ordered, key=lambda f: abs(f - one[0])))
        for one in rounds
    ]


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the sweep says of one frequency.

    Parameters
    ----------
    frequency_hz : float
    response_db : tuple of float
        Signal-to-noise ratio at the fundamental and its harmonics.
    against_idle : float
        How far its score rises above idle when it is looked at, in standard deviations.
    chosen : bool
    why : str
        Why it was chosen or left out, in words.
    """

    frequency_hz: float
    response_db: tuple[float, ...]
    against_idle: float
    chosen: bool
    why: str

    @property
    def sentence(self) -> str:
        """What was found, in a line."""
        responses = ", ".join(f"{max(0.0, db):.0f}" for db in self.response_db if math.isfinite(db))
        return f"{self.frequency_hz:g} Hz: {responses} dB at its harmonics; {self.why}"


@dataclass(frozen=True, slots=True)
class Proposal:
    """The set that suits a subject best.

    Parameters
    ----------
    frequencies_hz : tuple of float
        Ascending.
    expected_accuracy : float
        Expected share of right answers in windows of the sweep's length, idle included as
        something to be told from.
    configured_accuracy : float or None
        The same of the set in the configuration, None when not all of it was in the sweep.
    candidates : tuple of Candidate
        All of them, the strongest first.
    alpha : Alpha
    """

    frequencies_hz: tuple[float, ...]
    expected_accuracy: float
    configured_accuracy: float | None
    candidates: tuple[Candidate, ...]
    alpha: Alpha


def separability(scores: FloatArray, labels: IntArray) -> FloatArray:
    """How far each candidate's score rises above each other class's, in standard deviations.

    Parameters
    ----------
    scores : ndarray of float64, shape (n_windows, n_candidates)
    labels : ndarray of int, shape (n_windows,)
        Which candidate was looked at; `n_candidates` for idle.

    Returns
    -------
    ndarray of float64, shape (n_candidates, n_candidates + 1)
        [i, j]: while i is looked at, its score against that of j; the last column: its score
        against what it has in idle. The diagonal is infinite.

    Raises
    ------
    CalibrationError
        When a candidate or idle has no window.
    """
    n = scores.shape[1]
    counts = np.bincount(labels, minlength=n + 1)
    if not counts.all():
        raise CalibrationError(
            "a candidate or idle was never looked at: expected windows of all. Repeat the sweep."
        )
    means = np.stack([scores[labels == k].mean(axis=0) for k in range(n + 1)])
    spread = np.sqrt(np.mean((scores - means[labels]) ** 2) * len(scores) / (len(scores) - n - 1))
    elsewhere = np.array([means[np.arange(n + 1) != j, j].mean() for j in range(n)])
    weights = counts[:, np.newaxis] / (counts[:, np.newaxis] + _WEIGHT_OF_ALL)
    drawn = weights * means + (1 - weights) * elsewhere
    own = means[np.arange(n), np.arange(n)]
    apart = np.empty((n, n + 1))
    # Two scores of one window differ with the spread of both.
    apart[:, :n] = (own[:, np.newaxis] - drawn[:n]) / (spread * math.sqrt(2))
    apart[:, n] = (own - drawn[n]) / (spread * math.sqrt(2))
    apart[np.arange(n), np.arange(n)] = np.inf
    return apart


def expected_accuracy(apart: FloatArray, chosen: Sequence[int]) -> float:
    """Mean over the chosen of the probability that its score is above all others and idle."""
    rows = np.asarray(chosen)
    columns = np.append(rows, apart.shape[1] - 1)
    return float(np.exp(_log_normal(apart[np.ix_(rows, columns)]).sum(axis=1)).mean())


def cross_fit(
    frequencies_hz: Sequence[float],
    scores: FloatArray,
    labels: IntArray,
    halves: IntArray,
    n_targets: int,
) -> float | None:
    """Return the expected accuracy of a set in trials that it was not chosen from.

    The best of thousands of sets looks better than it is in the trials that made it the best. So a
    set is chosen from one half of the trials and judged by the other, and the other way round.

    Parameters
    ----------
    frequencies_hz : sequence of float
    scores, labels
        As for :func:`separability`.
    halves : ndarray of int, shape (n_windows,)
        0 or 1; windows of one trial are in the same half.
    n_targets : int

    Returns
    -------
    float or None
        None when a half lacks a candidate, or no set is free of clashes.
    """
    found = []
    for half in (0, 1):
        known, unseen = halves == half, halves != half
        try:
            apart = separability(scores[known], labels[known])
            judging = separability(scores[unseen], labels[unseen])
        except CalibrationError:
            return None
        chosen, _ = _best_set(frequencies_hz, apart, n_targets, set())
        if not chosen:
            return None
        found.append(expected_accuracy(judging, chosen))
    return sum(found) / len(found)


def propose(
    frequencies_hz: Sequence[float],
    apart: FloatArray,
    responses_db: Mapping[float, Sequence[float]],
    alpha: Alpha,
    n_targets: int,
    configured_hz: Sequence[float] = (),
    held_out_accuracy: float | None = None,
) -> Proposal:
    """Choose the set with the highest expected accuracy among those that do not clash.

    Parameters
    ----------
    frequencies_hz : sequence of float
        The candidates that were looked at, ascending.
    apart : ndarray of float64, shape (n_candidates, n_candidates + 1)
        From :func:`separability`.
    responses_db : mapping of float to sequence of float
        Of each candidate, from :func:`calibration.responses.response_db`.
    alpha : Alpha
        A strong alpha rhythm excludes the candidates on its peak.
    n_targets : int
        How many to choose.
    configured_hz : sequence of float
        The set that would be used otherwise, to be held against the choice.
    held_out_accuracy : float or None
        From :func:`cross_fit`; without it the accuracy is that in the trials chosen from.

    Raises
    ------
    CalibrationError
        When no set without a clash is left.
    """
    on_alpha = {
        k
        for k, f in enumerate(frequencies_hz)
        if alpha.height_db >= _STRONG_ALPHA_DB and abs(f - alpha.frequency_hz) <= _NEAR_ALPHA_HZ
    }
    chosen, accuracy = _best_set(frequencies_hz, apart, n_targets, on_alpha)
    if not chosen:  # rather a target on the alpha peak than no set
        on_alpha = set()
        chosen, accuracy = _best_set(frequencies_hz, apart, n_targets, on_alpha)
    if not chosen:
        raise CalibrationError(
            f"no {n_targets} of the {len(frequencies_hz)} candidates are free of clashes: "
            "expected more candidates, or fewer targets."
        )
    strongest = sorted(range(len(frequencies_hz)), key=lambda k: -apart[k, -1])
    chosen_hz = [frequencies_hz[k] for k in chosen]
    positions = [k for k, f in enumerate(frequencies_hz) if f in configured_hz]
    return Proposal(
        frequencies_hz=tuple(chosen_hz),
        expected_accuracy=accuracy if held_out_accuracy is None else held_out_accuracy,
        configured_accuracy=(
            expected_accuracy(apart, positions)
            if configured_hz and len(positions) == len(configured_hz)
            else None
        ),
        candidates=tuple(
            Candidate(
                frequency_hz=frequencies_hz[k],
                response_db=tuple(responses_db[frequencies_hz[k]]),
                against_idle=float(apart[k, -1]),
                chosen=k in chosen,
                why=_why(k, chosen, frequencies_hz, apart, alpha, k in on_alpha),
            )
            for k in strongest
        ),
        alpha=alpha,
    )


def _best_set(
    frequencies_hz: Sequence[float], apart: FloatArray, n_targets: int, excluded: set[int]
) -> tuple[tuple[int, ...], float]:
    order = np.argsort(-apart[:, -1], kind="stable").tolist()
    searched = sorted([k for k in order if k not in excluded][:_MAX_SEARCHED])
    good = _pairs(searched, lambda i, j: not clash(frequencies_hz[i], frequencies_hz[j]))
    log_right = _log_normal(apart)
    best: tuple[tuple[int, ...], float] = ((), -1.0)
    for chosen in combinations(searched, n_targets):
        if all(pair in good for pair in combinations(chosen, 2)):
            columns = [*chosen, apart.shape[1] - 1]
            accuracy = float(np.exp(log_right[np.ix_(chosen, columns)].sum(axis=1)).mean())
            if accuracy > best[1]:
                best = (chosen, accuracy)
    return best


def _pairs(positions: Sequence[int], allowed: Callable[[int, int], bool]) -> set[tuple[int, ...]]:
    return {pair for pair in combinations(positions, 2) if allowed(*pair)}


def _why(
    k: int,
    chosen: Sequence[int],
    frequencies_hz: Sequence[float],
    apart: FloatArray,
    alpha: Alpha,
    on_alpha: bool,
) -> str:
    if k in chosen:
        return "answers clearly, and is told from the rest of the set"
    if on_alpha:
        return (
            f"lies on the alpha rhythm ({alpha.frequency_hz:.1f} Hz, {alpha.height_db:.0f} dB "
            "high), which answers there without any look"
        )
    for other in chosen:
        if reason := clash(frequencies_hz[k], frequencies_hz[other]):
            return f"clashes: {reason}"
    if apart[k, -1] < min(apart[other, -1] for other in chosen):
        return "answers more weakly than those that were chosen"
    nearest = min(chosen, key=lambda other: apart[k, other])
    return f"is not told as well from {frequencies_hz[nearest]:g} Hz"


def _log_normal(values: FloatArray) -> FloatArray:
    """Logarithm of the standard normal distribution, 0 at infinity."""
    right = np.vectorize(lambda x: 0.5 * math.erfc(-x / math.sqrt(2)), otypes=[float])(values)
    return np.asarray(np.log(np.maximum(right, 1e-300)))

"""Comparing decoders on trials that they have not seen, and choosing one of them.

A decoder is an argument here: a function that learns from some trials and answers for others.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from calibration.errors import CalibrationError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]

Answer = Callable[[BoolArray, BoolArray], IntArray]
"""Learns from the trials of the first mask, returns a class for each trial of the second."""

LEAST_TRIALS = 4
"""Trials of each class without which a single session cannot be learned from and tested."""

_N_FOLDS = 4


@dataclass(frozen=True, slots=True)
class Candidate:
    """A decoder that may be chosen.

    Parameters
    ----------
    decoder : str
        Its name.
    answer : callable
    runs_online : bool
        Whether a session can run it; the others are there to compare with.
    """

    decoder: str
    answer: Answer
    runs_online: bool


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What a decoder answered for trials that it had not seen.

    Parameters
    ----------
    decoder : str
    labels, answers : ndarray of int, shape (n_trials,)
        The number of targets stands for idle.
    runs_online : bool
    """

    decoder: str
    labels: IntArray = field(repr=False)
    answers: IntArray = field(repr=False)
    runs_online: bool

    @property
    def n_right(self) -> int:
        """Trials answered rightly."""
        return int((self.answers == self.labels).sum())

    @property
    def accuracy(self) -> float:
        """Share of right answers."""
        return self.n_right / len(self.labels)

    @property
    def standard_error(self) -> float:
        """Standard error of the accuracy."""
        return standard_error(self.accuracy, len(self.labels))


def standard_error(share: float, n_trials: int) -> float:
    """Return the standard error of a share; never 0, for a few right answers prove nothing.

    That of the share with one trial of each outcome added (Agresti & Coull 1998, Am. Stat. 52:119).
    """
    share = (share * n_trials + 1) / (n_trials + 2)
    return math.sqrt(share * (1 - share) / (n_trials + 2))


def assign_folds(labels: IntArray, sessions: IntArray) -> IntArray:
    """Say in which fold each trial is left out.

    With several sessions each of them is a fold: the next one will be another, too. With one, the
    trials of each class are dealt, in order of time, into four folds; a trial is never in two.

    Parameters
    ----------
    labels : ndarray of int, shape (n_trials,)
        In order of time.
    sessions : ndarray of int, shape (n_trials,)
    """
    distinct = np.unique(sessions)
    if len(distinct) > 1:
        return np.searchsorted(distinct, sessions)
    return deal(labels, _N_FOLDS)


def deal(labels: IntArray, n_folds: int) -> IntArray:
    """Deal the trials of each class, in order of time, into folds: neighbours lie together.

    Parameters
    ----------
    labels : ndarray of int, shape (n_trials,)
        In order of time.
    n_folds : int

    Returns
    -------
    ndarray of int, shape (n_trials,)
    """
    folds = np.empty(len(labels), dtype=np.intp)
    for label in np.unique(labels):
        of_class = np.flatnonzero(labels == label)
        folds[of_class] = np.arange(len(of_class)) * n_folds // len(of_class)
    return folds


def cross_validate(candidate: Candidate, labels: IntArray, folds: IntArray) -> HeldOut:
    """Let a decoder answer for each fold after it learned from the others.

    Parameters
    ----------
    candidate : Candidate
    labels, folds : ndarray of int, shape (n_trials,)
    """
    answers = np.empty(len(labels), dtype=np.intp)
    for fold in np.unique(folds):
        held = folds == fold
        answers[held] = candidate.answer(~held, held)
    return HeldOut(candidate.decoder, labels, answers, candidate.runs_online)


def choose_simplest(results: Sequence[HeldOut]) -> HeldOut:
    """Choose the simplest decoder that is as good as the best, but for one standard error.

    Breiman, Friedman, Olshen & Stone (1984), Classification and Regression Trees, section 3.4.3.
    Only decoders that run online are chosen from.

    Parameters
    ----------
    results : sequence of HeldOut
        The simplest first.

    Raises
    ------
    CalibrationError
        When none of them runs online.
    """
    running = [result for result in results if result.runs_online]
    if not running:
        raise CalibrationError("no decoder that a session can run was compared: expected one.")
    best = max(running, key=lambda result: result.accuracy)
    least = best.accuracy - best.standard_error
    return next(result for result in running if result.accuracy >= least)


def confusion(result: HeldOut, n_classes: int) -> IntArray:
    """Count answers: shape (n_classes, n_classes), one row for each true class."""
    counts = np.zeros((n_classes, n_classes), dtype=np.intp)
    np.add.at(counts, (result.labels, result.answers), 1)
    return counts


def with_idle(
    scores: FloatArray, labels: IntArray, held_scores: FloatArray, n_targets: int
) -> IntArray:
    """Answer with idle where a decoder that knows none has no clear leader.

    How far the best target must lead is what gives most right answers in the trials learned from.

    Parameters
    ----------
    scores : ndarray of float64, shape (n_learned, n_targets)
    labels : ndarray of int, shape (n_learned,)
    held_scores : ndarray of float64, shape (n_held, n_targets)
    n_targets : int
        Also the label of idle.

    Returns
    -------
    ndarray of int, shape (n_held,)
    """
    best, leads = scores.argmax(axis=1), lead(scores)
    cuts = np.concatenate([[0.0], np.sort(leads)])
    n_right = [
        int((np.where(leads >= cut, best, n_targets) == labels).sum()) for cut in cuts.tolist()
    ]
    # Of equally good cuts the one in the middle: it depends least on single trials.
    equal = np.flatnonzero(np.array(n_right) == max(n_right))
    cut = cuts[equal[len(equal) // 2]]
    return np.where(lead(held_scores) >= cut, held_scores.argmax(axis=1), n_targets)


def lead(scores: FloatArray) -> FloatArray:
    """How far the best score of each row is ahead of the second, shape (n_rows,)."""
    ordered = np.sort(scores, axis=1)
    return np.asarray(ordered[:, -1] - ordered[:, -2])

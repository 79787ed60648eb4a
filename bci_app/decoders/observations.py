"""One subject's labelled trials, reduced to what the evidence decoder learns from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from bci_app.decoders.estimator import IntArray
from bci_app.decoders.references import FloatArray
from bci_app.decoders.response_likelihood import ResponseLikelihood
from bci_app.decoders.response_model import Energies, ResponseModel, measure_energies
from bci_app.decoders.sums import ComplexArray

_N_FOLDS = 4


@dataclass(frozen=True, slots=True)
class Observations:
    """One subject's labelled trials in windows of one length.

    Parameters
    ----------
    amplitudes : ndarray of complex128
        Standardised amplitudes, shape (n_shares, n_trials, n_starts, n_targets, n_harmonics,
        n_channels).
    wilks : ndarray of float64, shape (n_trials, n_starts, n_targets)
        Filter-bank Wilks statistic, mean over the nested windows.
    labels : ndarray of int, shape (n_trials,)
    """

    amplitudes: ComplexArray
    wilks: FloatArray
    labels: IntArray

    def select(self, trials: npt.NDArray[np.bool_]) -> Self:
        """Return some of the trials."""
        return type(self)(self.amplitudes[:, trials], self.wilks[trials], self.labels[trials])

    def join(self, other: Self) -> Self:
        """Return these trials and those."""
        return type(self)(
            np.concatenate([self.amplitudes, other.amplitudes], axis=1),
            np.concatenate([self.wilks, other.wilks]),
            np.concatenate([self.labels, other.labels]),
        )

    def energies(self) -> Energies:
        """Mean energies over the trials, from the whole windows."""
        return measure_energies(self.amplitudes[0], self.labels)

    def least_trials(self, n_targets: int) -> int:
        """Trials of the target that has fewest."""
        return int(np.bincount(self.labels, minlength=n_targets)[:n_targets].min())


Observed = Mapping[int, Observations]
"""One subject's labelled trials, in windows of each length in samples."""


def join_observed(sessions: Sequence[Observed]) -> Observed:
    """All trials of several sessions, at least one."""
    joined = dict(sessions[0])
    for session in sessions[1:]:
        joined = {n_times: seen.join(session[n_times]) for n_times, seen in joined.items()}
    return joined


def evidence_features(
    model: ResponseModel, amplitudes: ComplexArray, wilks: FloatArray
) -> FloatArray:
    """Evidence for each target in windows of trials, as :meth:`ResponseLikelihood.features`.

    Parameters
    ----------
    model : ResponseModel
    amplitudes : ndarray of complex128
        Shape (n_shares, n_trials, n_starts, n_targets, n_harmonics, n_channels).
    wilks : ndarray of float64, shape (n_trials, n_starts, n_targets)

    Returns
    -------
    ndarray of float64, shape (n_trials, n_starts, n_targets, n_features)
    """
    windows = amplitudes.reshape(len(amplitudes), -1, *amplitudes.shape[3:])
    found = ResponseLikelihood([model]).features(windows, wilks.reshape(-1, wilks.shape[-1]))
    return found.reshape(*wilks.shape, -1)


def folds_of(labels: IntArray) -> IntArray:
    """Fold of each trial: stretches of consecutive trials, every class spread over all folds."""
    folds = np.zeros(len(labels), dtype=np.intp)
    for label in np.unique(labels):
        trials = np.flatnonzero(labels == label)
        folds[trials] = np.arange(len(trials)) * _N_FOLDS // len(trials)
    return folds

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


@dataclass(frozen=True, slots=True)
class Observed:
    """One subject's labelled trials, as all that is needed to learn from them and to rehearse them.

    Parameters
    ----------
    by_length : mapping of int to Observations
        In windows of each length in samples.
    bands_uv : ndarray of float32, shape (n_trials, n_bands, n_channels, n_times)
        The trials themselves, after the filter bank.
    labels : ndarray of int, shape (n_trials,)
    flicker_hz : tuple of float
        Frequencies at which the windows were observed.
    """

    by_length: Mapping[int, Observations]
    bands_uv: npt.NDArray[np.float32]
    labels: IntArray
    flicker_hz: tuple[float, ...]

    def select(self, trials: npt.NDArray[np.bool_]) -> Self:
        """Return some of the trials."""
        return type(self)(
            {n_times: seen.select(trials) for n_times, seen in self.by_length.items()},
            self.bands_uv[trials],
            self.labels[trials],
            self.flicker_hz,
        )

    def join(self, other: Self) -> Self:
        """Return these trials and those, all as long as the shorter ones."""
        if self.flicker_hz != other.flicker_hz:
            raise ValueError(f"trials observed at {self.flicker_hz} and at {other.flicker_hz} Hz")
        n_times = min(self.bands_uv.shape[-1], other.bands_uv.shape[-1])
        return type(self)(
            {n: seen.join(other.by_length[n]) for n, seen in self.by_length.items()},
            np.concatenate([self.bands_uv[..., :n_times], other.bands_uv[..., :n_times]]),
            np.concatenate([self.labels, other.labels]),
            self.flicker_hz,
        )


def join_observed(sessions: Sequence[Observed]) -> Observed:
    """All trials of several sessions, at least one."""
    joined = sessions[0]
    for session in sessions[1:]:
        joined = joined.join(session)
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

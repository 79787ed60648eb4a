"""Minimum energy combination: channels combined so that least is left beside the flicker."""

import numpy as np

from bci_app.decoders.estimator import Decoder
from bci_app.decoders.references import FloatArray, reference_bases

_RETAINED_ENERGY = 0.1
_AR_ORDER = 15


class MEC(Decoder):
    """Minimum energy combination.

    For each target the references Q are projected out of the window, X̃ = X - XQQᵀ. Spatial
    filters are the eigenvectors of X̃X̃ᵀ of least energy, together up to 10 % of it, each scaled to
    unit energy. In each filtered signal s the power at harmonic h is ‖s q_h‖², q_h its two columns
    of Q, and the noise there is that of an autoregressive model of order 15 of the filtered X̃. The
    score is the mean of power over noise. Training-free. Friman, Volosyak & Gräser (2007), IEEE
    Trans. Biomed. Eng. 54:742.

    Parameters
    ----------
    frequencies_hz : tuple of float
        Frequency of each target.
    sampling_rate_hz : float
        Sampling rate of the windows.
    n_harmonics : int
        Harmonics in the references, the fundamental included.
    """

    def __init__(
        self, frequencies_hz: tuple[float, ...], sampling_rate_hz: float, n_harmonics: int = 2
    ) -> None:
        super().__init__(frequencies_hz, sampling_rate_hz)
        self.n_harmonics = n_harmonics

    def score_windows(self, windows_uv: FloatArray) -> FloatArray:
        """Score each target in each window.

        Parameters
        ----------
        windows_uv : ndarray of float64, shape (n_windows, n_channels, n_times)

        Returns
        -------
        ndarray of float64, shape (n_windows, n_targets)
            Mean signal-to-noise ratio, a power.
        """
        windows = self._split(windows_uv)[:, 0]
        bases = reference_bases(
            self.frequencies_hz, windows.shape[-1], self.sampling_rate_hz, self.n_harmonics
        )
        centred = windows - windows.mean(axis=-1, keepdims=True)
        scores = [
            self._score_target(centred, basis, frequency_hz)
            for basis, frequency_hz in zip(bases, self.frequencies_hz, strict=True)
        ]
        return np.stack(scores, axis=-1)

    def _score_target(
        self, centred: FloatArray, basis: FloatArray, frequency_hz: float
    ) -> FloatArray:
        n_times = centred.shape[-1]
        present = np.any(basis, axis=0).reshape(-1, 2)[:, 0]
        nuisance = centred - (centred @ basis) @ basis.T
        energies, filters = np.linalg.eigh(nuisance @ nuisance.swapaxes(-1, -2))
        total = energies.sum(axis=-1, keepdims=True)
        floor = np.maximum(1e-12 * total, np.finfo(float).tiny)
        # The first direction that holds energy is always used; more while they hold little.
        usable = energies > floor
        before = np.cumsum(np.where(usable, energies, 0.0), axis=-1) - energies
        used = usable & (before <= 0) | usable & (before + energies <= _RETAINED_ENERGY * total)
        scaled = filters / np.sqrt(np.where(usable, energies, 1.0))[:, np.newaxis]
        combined = scaled.swapaxes(-1, -2) @ centred
        power = (combined @ basis) ** 2
        power = power.reshape(*power.shape[:2], self.n_harmonics, 2).sum(axis=-1)
        harmonics_hz = frequency_hz * np.arange(1, self.n_harmonics + 1)
        noise = _ar_spectrum(
            np.asarray(scaled.swapaxes(-1, -2) @ nuisance),
            np.asarray(harmonics_hz / self.sampling_rate_hz),
            n_times,
        )
        ratio = (power / noise)[..., present].mean(axis=-1)
        n_used = np.maximum(used.sum(axis=-1), 1)
        return np.asarray(np.where(used, ratio, 0.0).sum(axis=-1) / n_used)


def _ar_spectrum(signals: FloatArray, cycles: FloatArray, n_times: int) -> FloatArray:
    """Return the power expected in a sine and cosine of unit norm, under each signal's AR model.

    Parameters
    ----------
    signals : ndarray of float64, shape (n_windows, n_signals, n_times)
    cycles : ndarray of float64, shape (n_frequencies,)
        Frequencies in cycles a sample.
    n_times : int

    Returns
    -------
    ndarray of float64, shape (n_windows, n_signals, n_frequencies)
    """
    order = min(_AR_ORDER, n_times // 4)
    lags = np.stack(
        [
            np.einsum("nst,nst->ns", signals[..., : n_times - lag], signals[..., lag:])
            for lag in range(order + 1)
        ],
        axis=-1,
    )
    energy = np.maximum(lags[..., :1], np.finfo(float).tiny)
    correlations = lags / energy
    index = np.abs(np.subtract.outer(np.arange(order), np.arange(order)))
    toeplitz = correlations[..., index] + 1e-9 * np.eye(order)
    coefficients = np.linalg.solve(toeplitz, correlations[..., 1:, np.newaxis])[..., 0]
    innovation = 1 - (coefficients * correlations[..., 1:]).sum(axis=-1)
    innovation = np.maximum(innovation, 1e-12) * energy[..., 0] / n_times
    turns = np.exp(-2j * np.pi * np.outer(np.arange(1, order + 1), cycles))
    response = np.abs(1 - coefficients @ turns) ** 2
    return np.asarray(2 * innovation[..., np.newaxis] / response)

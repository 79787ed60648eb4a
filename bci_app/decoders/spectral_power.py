"""Power spectral density analysis, the oldest baseline: one channel's spectrum at a time."""

import numpy as np

from bci_app.decoders.estimator import Decoder
from bci_app.decoders.references import FloatArray

_N_NEIGHBOURS = 4


class PSDA(Decoder):
    """Power at the target's harmonics against that beside them, in dB, averaged over channels.

    The score is the mean over channels and harmonics of 10 log₁₀ of P(hf) over the mean of P at
    the 4 frequencies on either side, a step of 1 / window apart; P is the squared magnitude of the
    Fourier sum. Training-free. Wang, Wang, Gao, Hong & Gao (2006), IEEE Trans. Neural Syst.
    Rehabil. Eng. 14:234.

    Parameters
    ----------
    frequencies_hz : tuple of float
        Frequency of each target.
    sampling_rate_hz : float
        Sampling rate of the windows.
    n_harmonics : int
        Harmonics looked at, the fundamental included.
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
            Signal-to-noise ratio in dB.
        """
        windows = self._split(windows_uv)[:, 0]
        n_times = windows.shape[-1]
        centred = windows - windows.mean(axis=-1, keepdims=True)
        steps = np.r_[0, -_N_NEIGHBOURS:0, 1 : _N_NEIGHBOURS + 1]
        harmonics_hz = np.outer(self.frequencies_hz, np.arange(1, self.n_harmonics + 1))
        wanted_hz = harmonics_hz[..., np.newaxis] + steps * self.sampling_rate_hz / n_times
        time_s = np.arange(n_times) / self.sampling_rate_hz
        phase = 2 * np.pi * np.outer(time_s, wanted_hz.ravel())
        power = (centred @ np.cos(phase)) ** 2 + (centred @ np.sin(phase)) ** 2
        power = power.reshape(*windows.shape[:2], *wanted_hz.shape)
        # A flat channel has no spectrum and counts as 0 dB.
        floor = np.maximum(1e-12 * (centred**2).sum(axis=-1), np.finfo(float).tiny)
        power += floor[..., np.newaxis, np.newaxis, np.newaxis]
        decibels = 10 * np.log10(power[..., 0] / power[..., 1:].mean(axis=-1))
        present = harmonics_hz < self.sampling_rate_hz / 2
        by_target = np.where(present, decibels, 0.0).mean(axis=1).sum(axis=-1)
        return np.asarray(by_target / np.maximum(present.sum(axis=-1), 1))

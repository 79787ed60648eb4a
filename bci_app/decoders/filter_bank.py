"""Sub-bands that start just below the harmonics of the targets (Chen et al. 2015)."""

from functools import lru_cache

import numpy as np
from scipy import signal

from bci_app.decoders.references import FloatArray

Bank = tuple[FloatArray, ...]

_TOP_HZ = 90.0
_MARGIN_HZ = 2.0
_ORDER = 4


@lru_cache(maxsize=32)
def design_bank(frequencies_hz: tuple[float, ...], sampling_rate_hz: float, n_bands: int) -> Bank:
    """Design the sub-bands of a set of targets.

    Band m (1, 2, …) passes from 2 Hz below the m-th harmonic of the lowest target up to 90 Hz, or
    to 90 % of half the sampling rate where that is less: the design M3 of Chen, Wang, Gao, Jung &
    Gao (2015), J. Neural Eng. 12:046008. Higher bands leave out the fundamental, where background
    EEG is strongest. Bands that would be narrower than 10 Hz are left out.

    Returns
    -------
    tuple of ndarray of float64, shape (4, 6)
        Second-order sections of a causal Butterworth band-pass for each band.
    """
    top_hz = min(_TOP_HZ, 0.9 * sampling_rate_hz / 2)
    lowest_hz = min(frequencies_hz)
    edges_hz = [max(m * lowest_hz - _MARGIN_HZ, lowest_hz / 2) for m in range(1, n_bands + 1)]
    kept_hz = [low for m, low in enumerate(edges_hz) if m == 0 or top_hz - low >= 10.0]
    if kept_hz[0] >= top_hz:
        kept_hz = [lowest_hz / 2]
    return design_pass_bands(tuple((low, top_hz) for low in kept_hz), sampling_rate_hz, _ORDER)


@lru_cache(maxsize=32)
def design_pass_bands(
    edges_hz: tuple[tuple[float, float], ...], sampling_rate_hz: float, order: int
) -> Bank:
    """Second-order sections of a causal Butterworth band-pass for each pair of edges."""
    return tuple(
        np.asarray(
            signal.butter(order, edges, "bandpass", fs=sampling_rate_hz, output="sos"),
            dtype=np.float64,
        )
        for edges in edges_hz
    )


def band_weights(n_bands: int) -> FloatArray:
    """Weight m^-1.25 + 0.25 of each band m, shape (n_bands,) (Chen et al. 2015)."""
    return np.asarray(np.arange(1, n_bands + 1) ** -1.25 + 0.25, dtype=np.float64)


def filter_windows(windows_uv: FloatArray, bank: Bank) -> FloatArray:
    """Filter each window by each band as if the stream had begun with it.

    Parameters
    ----------
    windows_uv : ndarray of float64, shape (n_windows, n_channels, n_times)
    bank : tuple of ndarray
        From :func:`design_bank`.

    Returns
    -------
    ndarray of float64, shape (n_windows, n_bands, n_channels, n_times)
    """
    n_windows, n_channels, n_times = windows_uv.shape
    filtered = np.empty((n_windows, len(bank), n_channels, n_times))
    for band, sections in enumerate(bank):
        # A band-pass answers a constant with nothing, so beginning in the steady state of the first
        # sample is beginning at rest with that sample taken off.
        filtered[:, band] = signal.sosfilt(sections, windows_uv - windows_uv[..., :1], axis=-1)
    return filtered


class CausalBank:
    """A filter bank over a stream, its state carried from piece to piece.

    Parameters
    ----------
    bank : tuple of ndarray
        From :func:`design_bank`.
    """

    def __init__(self, bank: Bank) -> None:
        self._bank = bank
        self._states: list[FloatArray] | None = None
        self._first_uv: FloatArray | None = None

    def restart(self) -> None:
        """Forget the past: the next sample is the first of an uninterrupted stretch."""
        self._states = self._first_uv = None

    def process(self, samples_uv: FloatArray) -> FloatArray:
        """Filter the next samples.

        Parameters
        ----------
        samples_uv : ndarray of float64, shape (n_times, n_channels)

        Returns
        -------
        ndarray of float64, shape (n_times, n_bands, n_channels)
        """
        n_times, n_channels = samples_uv.shape
        filtered = np.empty((n_times, len(self._bank), n_channels))
        if n_times == 0:
            return filtered
        if self._states is None or self._first_uv is None:
            self._first_uv = samples_uv[0].copy()
            self._states = [np.zeros((len(sections), 2, n_channels)) for sections in self._bank]
        centred_uv = samples_uv - self._first_uv
        for band, sections in enumerate(self._bank):
            filtered[:, band], self._states[band] = signal.sosfilt(
                sections, centred_uv, axis=0, zi=self._states[band]
            )
        return filtered

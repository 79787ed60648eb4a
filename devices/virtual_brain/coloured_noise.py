"""Noise of any spectrum, endless and the same however it is drawn."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

_LENGTH_S = 4.0


class ColouredNoise:
    """Independent Gaussian sources with a given power spectrum.

    White noise is convolved, block by block (overlap-save), with the zero-phase impulse response
    whose magnitude is the square root of the spectrum.

    Parameters
    ----------
    spectrum : callable
        One-sided power spectral density in µV²/Hz for frequencies in Hz, shape (n_frequencies,)
        to (n_frequencies,) or (n_frequencies, n_sources). Resolved to 0.25 Hz.
    n_sources : int
        Number of independent sources.
    sampling_rate_hz : float
        Samples a second.
    rng : numpy.random.Generator
        Where the noise comes from; not to be shared.
    """

    def __init__(
        self,
        spectrum: Callable[[FloatArray], FloatArray],
        n_sources: int,
        sampling_rate_hz: float,
        rng: np.random.Generator,
    ) -> None:
        self._length = round(_LENGTH_S * sampling_rate_hz)
        frequencies_hz = np.arange(self._length // 2 + 1) / _LENGTH_S
        gain = np.sqrt(spectrum(frequencies_hz) * sampling_rate_hz / 2.0)
        response = np.fft.irfft(gain.reshape(len(frequencies_hz), -1), self._length, axis=0)
        # Centred and tapered, so that the circular response becomes one of finite length.
        response = np.roll(response, self._length // 2, axis=0)
        response *= np.hanning(self._length + 1)[:-1, np.newaxis]
        self._transfer = np.fft.rfft(response, 2 * self._length, axis=0)
        self._rng = rng
        self._past = rng.standard_normal((self._length, n_sources))

    def next_block(self) -> FloatArray:
        """Return the next four seconds, shape (n_times, n_sources)."""
        present = self._rng.standard_normal(self._past.shape)
        spectrum = np.fft.rfft(np.concatenate((self._past, present)), axis=0)
        self._past = present
        return np.fft.irfft(spectrum * self._transfer, axis=0)[self._length :]

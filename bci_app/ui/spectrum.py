"""The amplitude spectrum of the latest samples."""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def amplitude_spectrum(
    samples_uv: FloatArray, sampling_rate_hz: float
) -> tuple[FloatArray, FloatArray] | None:
    """Amplitude at each frequency: a sine of 10 µV shows as 10 µV.

    Parameters
    ----------
    samples_uv : ndarray of float64, shape (n_times, n_channels)
    sampling_rate_hz : float

    Returns
    -------
    (frequencies_hz, amplitudes_uv) or None
        Shapes (n_frequencies,) and (n_frequencies, n_channels); None when samples are missing.
    """
    if len(samples_uv) < 2 or not np.isfinite(samples_uv).all():
        return None
    window = np.hanning(len(samples_uv))
    windowed = (samples_uv - samples_uv.mean(axis=0)) * window[:, np.newaxis]
    amplitudes_uv = 2 * np.abs(np.fft.rfft(windowed, axis=0)) / window.sum()
    frequencies_hz = np.arange(len(amplitudes_uv)) * sampling_rate_hz / len(samples_uv)
    return frequencies_hz, amplitudes_uv.astype(np.float64)

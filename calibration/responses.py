"""How a visual system answers to flicker: signal-to-noise ratio at the harmonics, and its alpha."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

_NEIGHBOURS_HZ = 3.0
_RIDGE = 0.001
_ALPHA_HZ = (7.5, 13.0)
_AROUND_ALPHA_HZ = (4.0, 20.0)


def response_db(
    windows_uv: FloatArray, frequency_hz: float, sampling_rate_hz: float, n_harmonics: int = 3
) -> FloatArray:
    """Signal-to-noise ratio at each harmonic over all electrodes together, in dB.

    The amplitudes at a harmonic are weighed by the inverse of the noise covariance, which the
    frequencies within 3 Hz around it give: the power that the best spatial filter would find as a
    multiple of that of the noise, 0 dB where there is no response.

    Parameters
    ----------
    windows_uv : ndarray of float64, shape (n_windows, n_channels, n_times)
        In which the subject looks at this flicker; half a second or more each.
    frequency_hz, sampling_rate_hz : float
    n_harmonics : int
        Harmonics above half the sampling rate are NaN.

    Returns
    -------
    ndarray of float64, shape (n_harmonics,)
    """
    n_windows, n_channels, n_times = windows_uv.shape
    spacing_hz = sampling_rate_hz / n_times
    n_beside = max(2, round(_NEIGHBOURS_HZ / spacing_hz))
    beside = np.r_[-n_beside - 1 : -1, 2 : n_beside + 2] * spacing_hz
    ratios = np.full(n_harmonics, np.nan)
    for harmonic in range(1, n_harmonics + 1):
        centre_hz = harmonic * frequency_hz
        if centre_hz >= sampling_rate_hz / 2:
            break
        inside = (beside + centre_hz > 0) & (beside + centre_hz < sampling_rate_hz / 2)
        noise = _amplitudes(windows_uv, centre_hz + beside[inside], sampling_rate_hz)
        flat = noise.transpose(1, 0, 2).reshape(n_channels, -1)
        covariance = (flat @ flat.conj().T).real / flat.shape[1]
        ridge = _RIDGE * np.trace(covariance) / n_channels * np.eye(n_channels)
        weights = np.linalg.inv(covariance + ridge)
        signal = _amplitudes(windows_uv, np.array([centre_hz]), sampling_rate_hz)[:, :, 0]
        found = np.einsum("wi,ij,wj->", signal.conj(), weights, signal).real / n_windows
        nothing = np.trace(weights @ covariance)
        ratios[harmonic - 1] = 10 * np.log10(max(1 + found - nothing, 0.1))
    return ratios


def _amplitudes(
    windows_uv: FloatArray, frequencies_hz: FloatArray, sampling_rate_hz: float
) -> npt.NDArray[np.complex128]:
    """Complex amplitudes, shape (n_windows, n_channels, n_frequencies)."""
    n_times = windows_uv.shape[2]
    time_s = np.arange(n_times) / sampling_rate_hz
    waves = np.exp(-2j * np.pi * np.outer(time_s, frequencies_hz)) * (2 / n_times)
    return np.asarray((windows_uv - windows_uv.mean(axis=2, keepdims=True)) @ waves)


@dataclass(frozen=True, slots=True)
class Alpha:
    """The peak of the alpha rhythm.

    Parameters
    ----------
    frequency_hz : float
    height_db : float
        Above the spectrum that falls evenly from 4 to 20 Hz.
    """

    frequency_hz: float
    height_db: float


def find_alpha(windows_uv: FloatArray, sampling_rate_hz: float) -> Alpha:
    """Find the alpha peak in windows without a look at any target.

    Parameters
    ----------
    windows_uv : ndarray of float64, shape (n_windows, n_channels, n_times)
        Of a second or more.
    sampling_rate_hz : float
    """
    n_times = windows_uv.shape[2]
    tapered = (windows_uv - windows_uv.mean(axis=2, keepdims=True)) * np.hanning(n_times)
    power = (np.abs(np.fft.rfft(tapered, axis=2)) ** 2).mean(axis=(0, 1))
    frequencies_hz = np.fft.rfftfreq(n_times, 1 / sampling_rate_hz)
    low, high = _AROUND_ALPHA_HZ
    around = (frequencies_hz >= low) & (frequencies_hz <= high)
    alpha = (frequencies_hz >= _ALPHA_HZ[0]) & (frequencies_hz <= _ALPHA_HZ[1])
    outside = around & ~alpha
    slope, offset = np.polyfit(np.log(frequencies_hz[outside]), np.log(power[outside]), 1)
    with np.errstate(divide="ignore"):
        excess = np.log(power) - offset - slope * np.log(frequencies_hz)
    peak = int(np.flatnonzero(alpha)[excess[alpha].argmax()])
    return Alpha(float(frequencies_hz[peak]), float(10 / np.log(10) * excess[peak]))

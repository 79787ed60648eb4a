"""Spectra of the trials, and how far the response to each target stands out of them."""

import numpy as np
import numpy.typing as npt

from calibration.findings import Spectra

FloatArray = npt.NDArray[np.float64]

_AROUND_HZ = 1.5


def measure_spectra(
    windows_uv: FloatArray,
    labels: npt.NDArray[np.intp],
    targets_hz: tuple[float, ...],
    sampling_rate_hz: float,
) -> Spectra:
    """Measure the mean spectrum of each class and the targets' signal-to-noise ratio.

    Parameters
    ----------
    windows_uv : ndarray of float64, shape (n_trials, n_channels, n_times)
    labels : ndarray of int, shape (n_trials,)
        The number of targets stands for idle.
    targets_hz : tuple of float
    sampling_rate_hz : float
    """
    n_times = windows_uv.shape[-1]
    window = np.hanning(n_times)
    centred = windows_uv - windows_uv.mean(axis=-1, keepdims=True)
    power = np.abs(np.fft.rfft(centred * window)) ** 2 * (2 / window.sum()) ** 2
    frequencies_hz = np.fft.rfftfreq(n_times, 1 / sampling_rate_hz).astype(np.float64)
    classes = [power[labels == label].mean(axis=0) for label in range(len(targets_hz) + 1)]
    snr_db = np.array(
        [
            _snr_db(by_class, frequencies_hz, target_hz)
            for by_class, target_hz in zip(classes, targets_hz, strict=False)
        ]
    )
    return Spectra(frequencies_hz, np.sqrt([c.mean(axis=0) for c in classes]), snr_db)


def _snr_db(power: FloatArray, frequencies_hz: FloatArray, target_hz: float) -> FloatArray:
    """Power at a target beside the mean of what surrounds it, shape (n_channels,)."""
    spacing_hz = frequencies_hz[1] - frequencies_hz[0]
    distance_hz = np.abs(frequencies_hz - target_hz)
    beside = (distance_hz > 1.5 * spacing_hz) & (distance_hz <= _AROUND_HZ + 1.5 * spacing_hz)
    # The main lobe of the window, not its highest bin: without a response this is 0 dB.
    peak = power[:, distance_hz <= 1.01 * spacing_hz].mean(axis=1)
    noise = np.maximum(power[:, beside].mean(axis=1), np.finfo(np.float64).tiny)
    return np.asarray(10 * np.log10(np.maximum(peak / noise, 1e-3)))

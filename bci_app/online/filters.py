"""Causal filtering that carries its state from chunk to chunk."""

import numpy as np
import numpy.typing as npt
from scipy import signal

from bci_app.errors import ConfigurationError

FloatArray = npt.NDArray[np.float64]

_NOTCH_QUALITY = 30.0
_BAND_ORDER = 4


def design_filter(
    sampling_rate_hz: float, band_hz: tuple[float, float], mains_hz: float | None
) -> FloatArray:
    """Second-order sections of a mains notch (with its harmonics) followed by a band-pass.

    Parameters
    ----------
    sampling_rate_hz : float
        Sampling rate.
    band_hz : tuple of float
        Lower and upper edge of the Butterworth band-pass (order 4).
    mains_hz : float or None
        Mains frequency, notched with every harmonic below the upper edge; None for no notch.

    Returns
    -------
    ndarray of float64, shape (n_sections, 6)

    Raises
    ------
    ConfigurationError
        When the band does not fit below half the sampling rate.
    """
    low_hz, high_hz = band_hz
    nyquist_hz = sampling_rate_hz / 2
    if not 0 < low_hz < high_hz < nyquist_hz:
        raise ConfigurationError(
            f"a band-pass from {low_hz:g} to {high_hz:g} Hz is impossible at {sampling_rate_hz:g} "
            f"samples a second: expected 0 < low < high < {nyquist_hz:g} Hz. Narrow the band."
        )
    sections = [
        signal.tf2sos(*signal.iirnotch(notch_hz, _NOTCH_QUALITY, fs=sampling_rate_hz))
        for notch_hz in (np.arange(mains_hz, high_hz, mains_hz) if mains_hz else ())
    ]
    sections.append(
        signal.butter(_BAND_ORDER, band_hz, "bandpass", fs=sampling_rate_hz, output="sos")
    )
    return np.vstack(sections)


class CausalFilter:
    """A filter over all channels that gives the same output however the stream is cut.

    Parameters
    ----------
    sections : ndarray of float64, shape (n_sections, 6)
        From :func:`design_filter`.
    """

    def __init__(self, sections: FloatArray) -> None:
        self._sections = sections
        self._steady_state = signal.sosfilt_zi(sections)
        self._state: FloatArray | None = None

    def restart(self) -> None:
        """Forget the past: the next sample is the first of an uninterrupted stretch."""
        self._state = None

    def process(self, samples_uv: FloatArray) -> FloatArray:
        """Filter the next samples.

        Parameters
        ----------
        samples_uv : ndarray of float64, shape (n_times, n_channels)
            Samples that follow those of the last call; after a restart the filter begins as if the
            first of them had stood still for ever, so an electrode's offset makes no step.

        Returns
        -------
        ndarray of float64, shape (n_times, n_channels)
        """
        if len(samples_uv) == 0:
            return samples_uv
        if self._state is None:
            self._state = self._steady_state[:, :, np.newaxis] * samples_uv[0]
        filtered, self._state = signal.sosfilt(self._sections, samples_uv, axis=0, zi=self._state)
        return np.asarray(filtered)

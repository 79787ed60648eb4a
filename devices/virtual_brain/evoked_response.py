"""The steady-state visual evoked potential: what flicker leaves in the EEG."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ResponseShape:
    """How one person's visual cortex answers flicker.

    Parameters
    ----------
    topography_uv : ndarray, shape (n_harmonics, n_channels)
        Amplitude of each harmonic at each electrode, at `reference_hz`.
    phase_rad : ndarray, shape (n_harmonics, n_channels)
        Phase of each harmonic at each electrode against the flicker.
    latency_s : float
        From the eye to the cortex.
    rise_s : float
        Time constant with which the response builds up and fades.
    reference_hz : float
        Frequency at which the amplitudes hold; they fall as its ratio to the flicker's.
    """

    topography_uv: FloatArray
    phase_rad: FloatArray
    latency_s: float
    rise_s: float
    reference_hz: float = 12.0


@dataclass(slots=True)
class _Entrainment:
    """The envelope of the response at one frequency: towards `goal` since sample `since`."""

    goal: float
    start: float
    since: int


class EvokedResponse:
    """Steady-state response that follows the gaze, addressed by absolute sample index.

    Each target's lamp runs freely: the phase of its flicker is fixed once, whoever looks and when.

    Parameters
    ----------
    shape : ResponseShape
        The person.
    sampling_rate_hz : float
        Samples a second.
    """

    def __init__(self, shape: ResponseShape, sampling_rate_hz: float) -> None:
        self._shape = shape
        self._rate_hz = sampling_rate_hz
        self._latency = round(shape.latency_s * sampling_rate_hz)
        self._entrained: dict[float, _Entrainment] = {}

    def look_at(self, frequency_hz: float | None, index: int) -> None:
        """Turn the gaze, at sample `index`, to the target with this frequency, or to none."""
        at = index + self._latency
        for frequency, entrainment in list(self._entrained.items()):
            level = float(self._envelope(entrainment, np.array([at]))[0])
            if frequency != frequency_hz and level < 1e-6:
                del self._entrained[frequency]
            else:
                self._entrained[frequency] = _Entrainment(
                    float(frequency == frequency_hz), level, at
                )
        if frequency_hz is not None and frequency_hz not in self._entrained:
            self._entrained[frequency_hz] = _Entrainment(1.0, 0.0, at)

    def samples_uv(self, first_index: int, n_times: int) -> FloatArray:
        """Return the response from sample `first_index` on, shape (n_times, n_channels)."""
        topography_uv, phase_rad = self._shape.topography_uv, self._shape.phase_rad
        harmonics = np.arange(1, len(topography_uv) + 1)
        indices = np.arange(first_index, first_index + n_times)
        time_s = (indices - self._latency) / self._rate_hz
        total = np.zeros((n_times, topography_uv.shape[1]))
        for frequency_hz, entrainment in self._entrained.items():
            strength = self._envelope(entrainment, indices) * (
                self._shape.reference_hz / frequency_hz
            )
            # (n_times, n_harmonics, n_channels)
            angle = (2.0 * np.pi * frequency_hz * np.outer(time_s, harmonics))[:, :, np.newaxis]
            waves = topography_uv * np.cos(angle + phase_rad)
            total += strength[:, np.newaxis] * waves.sum(axis=1)
        return total

    def _envelope(self, entrainment: _Entrainment, indices: npt.NDArray[np.int64]) -> FloatArray:
        age_s = np.maximum(indices - entrainment.since, 0) / self._rate_hz
        share = np.exp(-age_s / self._shape.rise_s)
        return entrainment.goal + (entrainment.start - entrainment.goal) * share

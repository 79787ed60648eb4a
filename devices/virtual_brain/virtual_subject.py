"""A subject: background rhythms, artefacts, and a visual response that follows the gaze."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from devices.errors import DeviceError
from devices.virtual_brain.blocks import Blocks
from devices.virtual_brain.coloured_noise import ColouredNoise
from devices.virtual_brain.electrodes import Electrodes
from devices.virtual_brain.evoked_response import EvokedResponse, ResponseShape
from devices.virtual_brain.subject import OCCIPITAL_CHANNELS

FloatArray = npt.NDArray[np.float64]
Spectrum = Callable[[FloatArray], FloatArray]

# Head coordinates in mm (x to the right, y forward, z up), from the 10-05 standard montage.
_POSITIONS_MM = {
    "Oz": (0, -115, 15),
    "O1": (-29, -112, 9),
    "O2": (30, -112, 9),
    "PO3": (-37, -101, 37),
    "POz": (0, -102, 51),
    "PO4": (37, -101, 36),
    "PO7": (-55, -98, 3),
    "PO8": (56, -98, 3),
}
_CORRELATION_LENGTH_MM = 150.0
_BACKGROUND_UV = 11.0
_ALPHA_UV = 3.0
_BLINK_UV = 12.0
_BLINKS_PER_S = 0.2
_BLINK_S = 0.3
_SSVEP_UV = (7.0, 3.5, 1.8, 0.9)


class VirtualSubject:
    """A streaming subject whose every sample follows from the seed and from where it looked.

    Parameters
    ----------
    seed : int
        Who the subject is, and all that is random about the session.
    channel_names : tuple of str
        Electrodes to record from.
    sampling_rate_hz : float
        Samples a second.

    Raises
    ------
    DeviceError
        When an electrode is not one of those this subject has.
    """

    def __init__(
        self,
        seed: int = 0,
        channel_names: tuple[str, ...] = OCCIPITAL_CHANNELS,
        sampling_rate_hz: float = 250.0,
    ) -> None:
        unknown = [name for name in channel_names if name not in _POSITIONS_MM]
        if unknown:
            raise DeviceError(
                f"the virtual subject has no electrode {', '.join(unknown)}; "
                f"it has {', '.join(_POSITIONS_MM)}"
            )
        self.channel_names = channel_names
        self.sampling_rate_hz = sampling_rate_hz
        body, background, alpha, self._events, contacts = np.random.default_rng(seed).spawn(5)
        n_channels = len(channel_names)
        positions = np.array([_POSITIONS_MM[name] for name in channel_names], dtype=np.float64)
        apart_mm = np.linalg.norm(positions[:, np.newaxis] - positions, axis=2)
        kinship = np.exp(-apart_mm / _CORRELATION_LENGTH_MM)
        self._mixing = np.linalg.cholesky(kinship).T
        self._background = ColouredNoise(
            _one_over_f(_BACKGROUND_UV), n_channels, sampling_rate_hz, background
        )
        centre = np.array([0.0, -105.0, 30.0]) + body.normal(0.0, 6.0, 3)
        nearness = np.exp(-((np.linalg.norm(positions - centre, axis=1) / 70.0) ** 2))
        self._alpha = ColouredNoise(
            _resonance(body.normal(10.2, 0.7), _ALPHA_UV), 1, sampling_rate_hz, alpha
        )
        self._alpha_topography = nearness
        self._blink_topography = _BLINK_UV * body.uniform(0.6, 1.0, n_channels)
        self._response = EvokedResponse(_response_shape(body, nearness), sampling_rate_hz)
        self._index = 0
        self._blink_tail = np.zeros(0)
        self._at_rest = Blocks(self._next_block, n_channels)
        self.electrodes = Electrodes(channel_names, sampling_rate_hz, contacts)

    def look_at(self, frequency_hz: float | None) -> None:
        """From the next sample on, look at the target that flickers so, or at none."""
        self._response.look_at(frequency_hz, self._index)

    def draw(self, n_times: int) -> FloatArray:
        """Return the next samples.

        Parameters
        ----------
        n_times : int
            Number of samples.

        Returns
        -------
        ndarray, shape (n_times, n_channels)
            Potentials in µV at the electrodes; the same however they are drawn.
        """
        samples = self._response.samples_uv(self._index, n_times) + self._at_rest.draw(n_times)
        self._index += n_times
        return self.electrodes.add_contact(samples)

    def _next_block(self) -> FloatArray:
        """All that does not depend on the gaze."""
        length = self._background.block_length
        block = self._background.next_block() @ self._mixing
        block += self._alpha.next_block() * self._alpha_topography
        block += self._next_blinks(length)[:, np.newaxis] * self._blink_topography
        return block

    def _next_blinks(self, length: int) -> FloatArray:
        """Blinks that begin in this block (with what is left of earlier ones), peak 1."""
        blink = np.hanning(round(_BLINK_S * self.sampling_rate_hz))
        blinks = np.zeros(length + len(blink))
        blinks[: len(self._blink_tail)] = self._blink_tail
        n_blinks = self._events.poisson(_BLINKS_PER_S * length / self.sampling_rate_hz)
        for onset in self._events.integers(0, length, n_blinks):
            blinks[onset : onset + len(blink)] += blink
        self._blink_tail = blinks[length:]
        return blinks[:length]


def _one_over_f(rms_uv: float) -> Spectrum:
    """Aperiodic background that falls as 1/f and is flat below 0.5 Hz (in µV²/Hz)."""

    def spectrum(frequencies_hz: FloatArray) -> FloatArray:
        shape = 1.0 / np.maximum(frequencies_hz, 0.5)
        return rms_uv**2 * shape / np.trapezoid(shape, frequencies_hz)

    return spectrum


def _resonance(centre_hz: float, rms_uv: float) -> Spectrum:
    """Gaussian peak of a rhythm (in µV²/Hz)."""

    def spectrum(frequencies_hz: FloatArray) -> FloatArray:
        shape: FloatArray = np.exp(-0.5 * ((frequencies_hz - centre_hz) / 0.8) ** 2)
        return rms_uv**2 * shape / np.trapezoid(shape, frequencies_hz)

    return spectrum


def _response_shape(body: np.random.Generator, nearness: FloatArray) -> ResponseShape:
    amplitude_uv = np.array(_SSVEP_UV)[:, np.newaxis]
    n_harmonics, n_channels = len(_SSVEP_UV), len(nearness)
    return ResponseShape(
        topography_uv=amplitude_uv * nearness * body.uniform(0.8, 1.2, (n_harmonics, n_channels)),
        phase_rad=(
            body.uniform(0.0, 2.0 * np.pi, (n_harmonics, 1))
            + body.normal(0.0, 0.3, (n_harmonics, n_channels))
        ),
        latency_s=body.normal(0.13, 0.01),
        rise_s=body.normal(0.20, 0.02),
    )

"""What a brain does when nothing is asked of it: aperiodic activity, and the alpha rhythm."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from devices.virtual_brain.blocks import Blocks
from devices.virtual_brain.coloured_noise import ColouredNoise
from devices.virtual_brain.head import BRAIN_RADIUS, Head

FloatArray = npt.NDArray[np.float64]
Spectrum = Callable[[FloatArray], FloatArray]

_N_SOURCES = 300
_KNEE_HZ = 1.0
_ALPHA_WIDTH_HZ = 0.9
_WAXING_HZ = 0.25  # alpha waxes and wanes over some seconds
_ALPHA_PLACES = np.array([[-0.35, -0.60, 0.35], [0.35, -0.60, 0.35], [0.0, -0.70, 0.20]])


@dataclass(frozen=True, slots=True)
class Rhythms:
    """One person's background.

    Parameters
    ----------
    aperiodic_uv : float
        Standard deviation of the aperiodic activity at the average electrode.
    exponent : float
        Its spectral power falls as frequency to the minus this.
    alpha_hz : float
        Frequency of the alpha rhythm.
    alpha_uv : float
        Standard deviation of it at the average electrode, eyes open.
    """

    aperiodic_uv: float
    exponent: float
    alpha_hz: float
    alpha_uv: float


class Background:
    """Ongoing activity at the electrodes.

    The aperiodic part is that of hundreds of independent radial sources all over cortex, alike in
    spectrum; at the electrodes these are exactly as many correlated ones as there are electrodes.

    Parameters
    ----------
    rhythms : Rhythms
        The person.
    head : Head
        Where the electrodes are.
    sampling_rate_hz : float
        Samples a second.
    rng : numpy.random.Generator
        Not to be shared.
    """

    def __init__(
        self, rhythms: Rhythms, head: Head, sampling_rate_hz: float, rng: np.random.Generator
    ) -> None:
        places_rng, aperiodic_rng, alpha_rng, waxing_rng = rng.spawn(4)
        outward = places_rng.standard_normal((_N_SOURCES, 3))
        outward /= np.linalg.norm(outward, axis=1, keepdims=True)
        outward[:, 2] = np.abs(outward[:, 2]) - 0.4 * (outward[:, 2] < 0.0)  # no brain at the neck
        outward /= np.linalg.norm(outward, axis=1, keepdims=True)
        alpha_out = _ALPHA_PLACES / np.linalg.norm(_ALPHA_PLACES, axis=1, keepdims=True)
        field = head.lead_field(
            np.vstack((BRAIN_RADIUS * outward, _ALPHA_PLACES)), np.vstack((outward, alpha_out))
        )
        covariance = field[:_N_SOURCES].T @ field[:_N_SOURCES]
        covariance += 1e-6 * np.trace(covariance) * np.eye(len(covariance))
        self._mixing = np.linalg.cholesky(covariance / np.diag(covariance).mean()).T
        n_channels, n_alpha = field.shape[1], len(_ALPHA_PLACES)
        alpha_field = field[_N_SOURCES:]
        self._alpha_field = alpha_field / np.sqrt((alpha_field**2).sum(axis=0).mean())

        self._aperiodic = ColouredNoise(
            _aperiodic(rhythms), n_channels, sampling_rate_hz, aperiodic_rng
        )
        self._alpha = ColouredNoise(_alpha(rhythms), n_alpha, sampling_rate_hz, alpha_rng)
        self._waxing = ColouredNoise(_slow, 1, sampling_rate_hz, waxing_rng)
        self._blocks = Blocks(self._next_block, 2 * n_channels)
        self._n_channels = n_channels

    def draw(self, n_times: int, alpha_gain: float) -> FloatArray:
        """Return the next samples in µV, shape (n_times, n_channels).

        Parameters
        ----------
        n_times : int
            Number of samples.
        alpha_gain : float
            How strong alpha is against usual: it blocks and grows.
        """
        both = self._blocks.draw(n_times)
        return both[:, : self._n_channels] + alpha_gain * both[:, self._n_channels :]

    def _next_block(self) -> FloatArray:
        waxing = np.exp(0.6 * self._waxing.next_block())
        alpha = waxing * (self._alpha.next_block() @ self._alpha_field)
        return np.hstack((self._aperiodic.next_block() @ self._mixing, alpha))


def _aperiodic(rhythms: Rhythms) -> Spectrum:
    def spectrum(frequencies_hz: FloatArray) -> FloatArray:
        shape = np.maximum(frequencies_hz, _KNEE_HZ) ** -rhythms.exponent
        return rhythms.aperiodic_uv**2 * shape / np.trapezoid(shape, frequencies_hz)

    return spectrum


def _alpha(rhythms: Rhythms) -> Spectrum:
    def spectrum(frequencies_hz: FloatArray) -> FloatArray:
        off = (frequencies_hz - rhythms.alpha_hz) / _ALPHA_WIDTH_HZ
        shape: FloatArray = np.exp(-0.5 * off**2)
        return rhythms.alpha_uv**2 * shape / np.trapezoid(shape, frequencies_hz)

    return spectrum


def _slow(frequencies_hz: FloatArray) -> FloatArray:
    shape = (frequencies_hz <= _WAXING_HZ).astype(np.float64)
    return shape / np.trapezoid(shape, frequencies_hz)

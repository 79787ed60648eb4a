"""What is not brain and yet in the EEG: eyes, muscles, and steps."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from devices.virtual_brain.blocks import Blocks
from devices.virtual_brain.coloured_noise import ColouredNoise
from devices.virtual_brain.head import Head

FloatArray = npt.NDArray[np.float64]

BLINK_S = 0.35
STEP_S = 1.2

_BLINK_NAM = 600.0  # makes about 150 µV at Fp1
_GAZE_NAM_PER_DEG = 8.0
_SACCADE_S = 0.04
_EYES = np.array([[-0.30, 0.72, -0.10], [0.30, 0.72, -0.10]])
_UP_AND_OUT = np.array([0.0, 0.5, 0.87])
_RIGHT = np.array([1.0, 0.0, 0.0])
_MUSCLES = np.array([[0.0, -0.85, -0.50], [-0.90, 0.15, -0.40], [0.90, 0.15, -0.40]])
_MUSCLE_REACH = 0.5
_STEP_HZ, _STEP_DECAY_S = (2.1, 6.3), 0.25


@dataclass(frozen=True, slots=True)
class Physique:
    """One person's body.

    Parameters
    ----------
    tone_uv : float
        Standing muscle activity of the neck, at an electrode beside it.
    clench_uv : float
        Muscle activity of a clenched jaw.
    step_uv : float
        Jolt of a step at the average electrode.
    """

    tone_uv: float
    clench_uv: float
    step_uv: float


class Body:
    """Artefacts of one person, addressed by absolute sample index.

    Parameters
    ----------
    physique : Physique
        The person.
    head : Head
        Where the electrodes are.
    sampling_rate_hz : float
        Samples a second.
    rng : numpy.random.Generator
        Not to be shared.
    """

    def __init__(
        self, physique: Physique, head: Head, sampling_rate_hz: float, rng: np.random.Generator
    ) -> None:
        self._physique = physique
        self._rate_hz = sampling_rate_hz
        body_rng, muscle_rng = rng.spawn(2)
        eyes = head.lead_field(
            np.vstack((_EYES, _EYES)), np.vstack((_UP_AND_OUT, _UP_AND_OUT, _RIGHT, _RIGHT))
        )
        self._blink_uv = _BLINK_NAM * eyes[:2].sum(axis=0) / 2.0
        self._gaze_uv_per_deg = _GAZE_NAM_PER_DEG * eyes[2:].sum(axis=0) / 2.0
        apart = np.linalg.norm(head.directions[:, np.newaxis] - _MUSCLES, axis=2)
        nearness = np.exp(-((apart / _MUSCLE_REACH) ** 2))
        self._neck, self._jaw = nearness[:, 0], nearness[:, 1] + nearness[:, 2]
        n_channels = len(head.directions)
        self._jolt = body_rng.normal(0.0, 1.0, (len(_STEP_HZ), n_channels))
        self._jolt_rad = body_rng.uniform(0.0, 2.0 * np.pi, (len(_STEP_HZ), n_channels))
        muscle = ColouredNoise(_muscle_spectrum, n_channels, sampling_rate_hz, muscle_rng)
        self._muscle = Blocks(muscle.next_block, n_channels)
        self._index = 0
        self._blinks: list[int] = []
        self._steps: list[int] = []
        self._clenched = (0, 0)
        self._gaze = (0, 0.0, 0.0)  # when it began to move, from where, to where

    def blink(self) -> None:
        """Close the eyes for a moment, from the next sample on."""
        self._blinks = [*self._recent(self._blinks, BLINK_S), self._index]

    def step(self) -> None:
        """Set down a foot."""
        self._steps = [*self._recent(self._steps, STEP_S), self._index]

    def clench(self, seconds: float) -> None:
        """Clench the jaw for a while."""
        self._clenched = (self._index, self._index + round(seconds * self._rate_hz))

    def turn_eyes(self, azimuth_deg: float) -> None:
        """Look to the right (or left, below 0) of straight ahead."""
        self._gaze = (self._index, self._azimuth(np.array([self._index]))[0], azimuth_deg)

    def draw(self, n_times: int) -> FloatArray:
        """Return the next samples in µV, shape (n_times, n_channels)."""
        indices = np.arange(self._index, self._index + n_times)
        muscle = self._muscle.draw(n_times)
        clenched = (indices >= self._clenched[0]) & (indices < self._clenched[1])
        strength = self._physique.tone_uv * self._neck + (
            clenched[:, np.newaxis] * (self._physique.clench_uv * self._jaw)
        )
        total: FloatArray = strength * muscle
        total += self._azimuth(indices)[:, np.newaxis] * self._gaze_uv_per_deg
        for onset in self._blinks:
            age = (indices - onset) / (BLINK_S * self._rate_hz)
            lid = np.sin(np.pi * np.clip(age, 0.0, 1.0)) ** 2
            total += lid[:, np.newaxis] * self._blink_uv
        for onset in self._steps:
            age_s = (indices - onset)[:, np.newaxis] / self._rate_hz
            fading = np.where(age_s < STEP_S, np.exp(-age_s / _STEP_DECAY_S), 0.0)
            for frequency_hz, jolt, phase in zip(_STEP_HZ, self._jolt, self._jolt_rad, strict=True):
                swing = np.sin(2.0 * np.pi * frequency_hz * age_s + phase) - np.sin(phase)
                total += self._physique.step_uv * fading * jolt * swing
        self._index += n_times
        return total

    def _azimuth(self, indices: npt.NDArray[np.int64]) -> FloatArray:
        since, start_deg, end_deg = self._gaze
        moved = np.minimum((indices - since) / (_SACCADE_S * self._rate_hz), 1.0)
        azimuth_deg: FloatArray = start_deg + (end_deg - start_deg) * moved
        return azimuth_deg

    def _recent(self, onsets: list[int], seconds: float) -> list[int]:
        return [onset for onset in onsets if onset + seconds * self._rate_hz > self._index]


def _muscle_spectrum(frequencies_hz: FloatArray) -> FloatArray:
    """Broad band from 20 Hz up, of variance 1."""
    shape = 1.0 / (1.0 + (25.0 / np.maximum(frequencies_hz, 0.25)) ** 4)
    return shape / np.trapezoid(shape, frequencies_hz)

"""From the luminance that is looked at to the currents in visual cortex.

The retina follows light with a lag and adapts to what stays. Its on and off channels differ in
what follows the light, and share what follows its changes: the first drives primary visual cortex
(simple cells), the second lateral cortex of both hemispheres (complex cells), at twice the
frequency. Cortex is three columns, which excite each other, and which a strong input at rest damps:
they resonate broadly. The primary one answers flicker of 9 to 15 Hz about equally and faster
flicker less and less, as people do (Herrmann 2001, "Human EEG responses to 1-100 Hz flicker", Exp.
Brain Res. 137:346); the lateral ones resonate above it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from devices.virtual_brain.blocks import Blocks
from devices.virtual_brain.flicker import Luminance, darkness
from devices.virtual_brain.jansen_rit import Columns
from devices.virtual_brain.timeline import Timeline

FloatArray = npt.NDArray[np.float64]

N_COLUMNS = 3

_STEPS_PER_SAMPLE = 2
_GLIMPSES_PER_STEP = 4  # the light is averaged over a step, or its edges would jitter
_RECEPTOR_S = 0.004
_ADAPTATION_S = 0.25
_LATERAL_CONTRAST = 0.6  # complex cells are not wholly indifferent to the light itself
_FORWARD, _BACKWARD = 10.0, 4.0
_REST_PER_S = 700.0  # with 600 the resonance is narrow: flicker below it is hardly answered


@dataclass(frozen=True, slots=True)
class Vision:
    """How one person sees.

    Parameters
    ----------
    drive_per_s : float
        Input to primary visual cortex, in pulses a second, that full contrast makes.
    change_share : float
        Input to lateral cortex that changes of light make, as a share of that.
    primary_speed, lateral_speed : float
        How much faster than Jansen & Rit's the columns are; they resonate somewhat below ten times
        this in Hz.
    latency_s : float
        From the eye to the cortex.
    noise_per_s : float
        Standard deviation of the columns' random input.
    """

    drive_per_s: float
    change_share: float
    primary_speed: float
    lateral_speed: float
    latency_s: float
    noise_per_s: float


class VisualSystem:
    """Retina and visual cortex of one person, addressed by absolute sample index.

    What reaches the eye takes its time to the cortex, so the cortex is known for that time ahead:
    it is computed in blocks of that length, each from light that has already been seen.

    Parameters
    ----------
    vision : Vision
        The person.
    sampling_rate_hz : float
        Samples a second.
    rng : numpy.random.Generator
        Where the columns' random input comes from; not to be shared.
    """

    def __init__(self, vision: Vision, sampling_rate_hz: float, rng: np.random.Generator) -> None:
        self._vision = vision
        self._rate_hz = sampling_rate_hz
        self._step_s = 1.0 / (sampling_rate_hz * _STEPS_PER_SAMPLE)
        self._latency = round(vision.latency_s * sampling_rate_hz)
        self._rng = rng
        coupling = np.zeros((N_COLUMNS, N_COLUMNS))
        coupling[1:, 0], coupling[0, 1:] = _FORWARD, _BACKWARD
        speeds = np.array([vision.primary_speed, vision.lateral_speed, vision.lateral_speed])
        self._columns = Columns(coupling, speeds, self._step_s, _REST_PER_S)
        self._rest_mv = self._columns.settle()
        self._light: Timeline[Luminance] = Timeline(darkness)
        self._attention = Timeline(1.0)
        self._adapted = (0.5, 0.5, 0.5)  # two stages of the receptors, and what stays
        self._block_length = max(self._latency, 1)
        self._ahead = Blocks(self._next_block, N_COLUMNS)
        self._index = 0
        self._block_from = -self._block_length
        self._noise_per_s = np.empty((0, N_COLUMNS))
        self._before = (self._columns.state, self._adapted)  # as the present block began

    def look_at(self, light: Luminance) -> None:
        """From the next sample on, look at this light."""
        self._light.change(self._index + self._latency, light)

    def attend(self, attention: float) -> None:
        """From the next sample on, let this share of what is seen reach cortex."""
        if attention != self._attention.last:
            self._attention.change(self._index + self._latency, attention)

    def draw(self, n_times: int) -> FloatArray:
        """Return the next potentials of the columns, in mV about rest, (n_times, N_COLUMNS)."""
        drawn = self._ahead.draw(n_times)
        self._index += n_times
        return drawn

    def look_again(self) -> None:
        """Take note that a light which is looked at has been another of late.

        What has reached cortex by now stays as it was.
        """
        if self._index > self._block_from >= 0:
            self._columns.state, self._adapted = self._before
            self._ahead.amend(self._respond())

    def _next_block(self) -> FloatArray:
        self._block_from += self._block_length
        self._before = (self._columns.state, self._adapted)
        shape = (self._block_length * _STEPS_PER_SAMPLE, N_COLUMNS)
        self._noise_per_s = self._vision.noise_per_s * self._rng.standard_normal(shape)
        return self._respond()

    def _respond(self) -> FloatArray:
        """Return the present block."""
        first, end = self._block_from, self._block_from + self._block_length
        contrast = self._retina(self._luminance(first, end))
        change = 2.0 * np.abs(contrast) + _LATERAL_CONTRAST * contrast
        full_per_s = np.empty(len(contrast))
        for start, stop, attention in self._attention.stretches(first, end):
            steps = slice((start - first) * _STEPS_PER_SAMPLE, (stop - first) * _STEPS_PER_SAMPLE)
            full_per_s[steps] = 2.0 * attention * self._vision.drive_per_s
        total = self._noise_per_s.copy()
        total[:, 0] += full_per_s * contrast
        total[:, 1:] += (full_per_s * self._vision.change_share * change)[:, np.newaxis]
        return self._columns.run(total)[::_STEPS_PER_SAMPLE] - self._rest_mv

    def _luminance(self, first: int, end: int) -> FloatArray:
        """Light on the retina that reaches cortex in these samples, mean of each step."""
        per_sample = _STEPS_PER_SAMPLE * _GLIMPSES_PER_STEP
        glimpses = np.arange(first * per_sample, end * per_sample)
        time_s = glimpses / (self._rate_hz * per_sample) - self._latency / self._rate_hz
        light = np.empty(len(glimpses))
        for start, stop, luminance in self._light.stretches(first, end):
            seen = slice((start - first) * per_sample, (stop - first) * per_sample)
            light[seen] = luminance(time_s[seen])
        light_of_step: FloatArray = light.reshape(-1, _GLIMPSES_PER_STEP).mean(axis=1)
        return light_of_step

    def _retina(self, light: FloatArray) -> FloatArray:
        """Return what the ganglion cells send, between about -0.5 and 0.5."""
        follow = 1.0 - np.exp(-self._step_s / _RECEPTOR_S)
        adapt = 1.0 - np.exp(-self._step_s / _ADAPTATION_S)
        fast, receptor, slow = self._adapted
        contrast = np.empty(len(light))
        for k, value in enumerate(light.tolist()):
            fast += follow * (value - fast)
            receptor += follow * (fast - receptor)
            slow += adapt * (receptor - slow)
            contrast[k] = receptor - slow
        self._adapted = (fast, receptor, slow)
        return contrast

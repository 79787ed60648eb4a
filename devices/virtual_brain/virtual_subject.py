"""A whole virtual subject: from the light they look at to the potentials at their electrodes."""

from zlib import crc32

import numpy as np
import numpy.typing as npt

from devices.virtual_brain.background import Background
from devices.virtual_brain.behaviour import Behaviour, Blink, Clench, Deed, Look, State
from devices.virtual_brain.body import Body
from devices.virtual_brain.electrodes import Electrodes
from devices.virtual_brain.flicker import Changing, Lamp, Luminance, darkness
from devices.virtual_brain.head import BRAIN_RADIUS, Head
from devices.virtual_brain.person import Person, obliging_person
from devices.virtual_brain.subject import OCCIPITAL_CHANNELS
from devices.virtual_brain.visual_system import VisualSystem

FloatArray = npt.NDArray[np.float64]

_TARGETS_SPAN_DEG = 12.0
_LATERAL_RAD, _LATERAL_DEPTH, _RAISED = 0.55, 0.08, 0.15


class VirtualSubject:
    """A streaming subject whose every sample follows from who they are, the seed, and the light.

    Parameters
    ----------
    seed : int
        All that is random about the session.
    channel_names : tuple of str
        Electrodes to record from, by their names in the 10-05 system.
    sampling_rate_hz : float
        Samples a second.
    person : Person, optional
        Who it is; by default somebody who responds strongly and does what is asked.

    Raises
    ------
    DeviceError
        When an electrode is not one of the 10-05 system.
    """

    def __init__(
        self,
        seed: int = 0,
        channel_names: tuple[str, ...] = OCCIPITAL_CHANNELS,
        sampling_rate_hz: float = 250.0,
        person: Person | None = None,
    ) -> None:
        person = person or obliging_person()
        self.person = person
        self.channel_names = channel_names
        self.sampling_rate_hz = sampling_rate_hz
        everything = np.random.default_rng((seed, crc32(person.name.encode())))
        vision_rng, background_rng, body_rng, habits_rng, contact_rng = everything.spawn(5)
        head = Head(channel_names, skull_s_per_m=person.skull_s_per_m)
        self._visual_field = _visual_field(head, person)
        self._vision = VisualSystem(person.vision, sampling_rate_hz, vision_rng)
        self._background = Background(person.rhythms, head, sampling_rate_hz, background_rng)
        self._body = Body(person.physique, head, sampling_rate_hz, body_rng)
        self._behaviour = Behaviour(person.habits, sampling_rate_hz, habits_rng)
        self.electrodes = Electrodes(
            channel_names, sampling_rate_hz, contact_rng, person.impedance_kohm
        )
        self._seed = seed
        self._lights: dict[float, Changing] = {}
        self._unseen: Luminance | None = None  # what targets show of which nothing else is known
        self._beside = Changing(darkness)
        self._vision.look_at(self._beside)
        self._alpha = 1.0
        self._index = 0

    def look_at(self, frequency_hz: float | None) -> None:
        """From the next sample on, look at the target that flickers so, or at none."""
        self._behaviour.settle(frequency_hz)
        self._look(frequency_hz)

    def cue(self, frequency_hz: float | None) -> None:
        """Ask the subject to look at a target, or away from all: they do it in their own way."""
        self._behaviour.cue(frequency_hz, self._index)

    def light(self, frequency_hz: float, luminance: Luminance, since_s: float = 0.0) -> None:
        """Say what the target known by this frequency really shows.

        Parameters
        ----------
        frequency_hz : float
            By which the target is known; without this, a lamp of that frequency with any phase.
        luminance : callable
            Luminance at times in seconds, counted from `since_s`.
        since_s : float
            When it began, in seconds from the subject's first sample. What the eye has seen by
            then reaches cortex later, so that the beginning may be told as late as that.
        """
        self._light_of(frequency_hz).change(luminance, since_s)
        self._vision.look_again()

    def all_lights(self, luminance: Luminance, since_s: float) -> None:
        """Say what every target shows from now on, as `light` does for one."""
        self._unseen = luminance
        for light in self._lights.values():
            light.change(luminance, since_s)
        self._vision.look_again()

    def light_beside(self, luminance: Luminance, since_s: float = 0.0) -> None:
        """Say what is seen while no target is looked at, as `light` does for one; else nothing."""
        self._beside.change(luminance, since_s)
        self._vision.look_again()

    def step(self) -> None:
        """Set down a foot: the exoskeleton made a step."""
        self._body.step()

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
        parts = [np.empty((0, len(self.channel_names)))]
        end = self._index + n_times
        while self._index < end:
            if self._behaviour.next_index <= self._index:
                for deed in self._behaviour.deeds(self._index):
                    self._do(deed)
            parts.append(self._draw_quiet(min(end, self._behaviour.next_index) - self._index))
        return np.concatenate(parts)

    def _draw_quiet(self, n_times: int) -> FloatArray:
        """Return samples during which the subject does nothing new."""
        potentials = self._background.draw(n_times, self._alpha) + self._body.draw(n_times)
        columns_mv = self._vision.draw(n_times)
        # Summed one by one: a matrix product might round differently for another length.
        for column_mv, field in zip(columns_mv.T, self._visual_field, strict=True):
            potentials += column_mv[:, np.newaxis] * field
        self._index += n_times
        return self.electrodes.add_contact(potentials)

    def _do(self, deed: Deed) -> None:
        match deed:
            case Look():
                self._look(deed.target)
            case Blink():
                self._body.blink()
            case Clench(seconds):
                self._body.clench(seconds)
            case State(attention, alpha):
                self._vision.attend(attention)
                self._alpha = alpha

    def _look(self, target: float | None) -> None:
        if target is None:
            self._vision.look_at(self._beside)
            self._body.turn_eyes(0.0)
        else:
            self._vision.look_at(self._light_of(target))
            self._body.turn_eyes(_azimuth_deg(target))

    def _light_of(self, frequency_hz: float) -> Changing:
        if frequency_hz not in self._lights:
            rng = np.random.default_rng((self._seed, round(frequency_hz * 1e6)))
            lamp = Lamp(frequency_hz, rng.uniform(0.0, 2.0 * np.pi))
            self._lights[frequency_hz] = Changing(self._unseen or lamp)
        return self._lights[frequency_hz]


def _azimuth_deg(frequency_hz: float) -> float:
    """Where a target is: any place, but always the same."""
    return _TARGETS_SPAN_DEG * ((frequency_hz * 0.618034) % 1.0 - 0.5)


def _visual_field(head: Head, person: Person) -> FloatArray:
    """Lead field of the visual columns in µV/mV, shape (N_COLUMNS, n_channels)."""
    azimuths_rad = np.array([0.0, -_LATERAL_RAD, _LATERAL_RAD])  # from straight back
    depths = np.array([person.depth, _LATERAL_DEPTH, _LATERAL_DEPTH])
    places = (BRAIN_RADIUS - depths)[:, np.newaxis] * _backwards(azimuths_rad, _RAISED)
    moments = _backwards(azimuths_rad + person.tilt_rad, _RAISED)
    return person.nam_per_mv * head.lead_field(places, moments)


def _backwards(azimuths_rad: FloatArray, raised: float) -> FloatArray:
    """Return unit vectors to the back of the head, some to the right of straight back."""
    directions = np.column_stack(
        (np.sin(azimuths_rad), -np.cos(azimuths_rad), np.full(len(azimuths_rad), raised))
    )
    unit: FloatArray = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    return unit

"""The devices of a calibration: a person's headset and targets, or a virtual subject's alone."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol, TypeAlias

from bci_app.errors import ConfigurationError
from bci_app.online.settings import PathSettings
from bci_app.runtime.configuration import SessionConfiguration
from bci_app.runtime.controls import Controls
from bci_app.runtime.rig import open_headset, provide_headset
from bci_app.runtime.session import Listener
from bci_app.runtime.subject_stimulus import (
    SubjectStimulus,
    flickers_of,
    led_stimulus,
    screen_stimulus,
)
from bci_app.runtime.wearer import Surroundings, Wearer
from devices.chunk import Chunk
from devices.headset.acquisition import Acquisition, Fault
from devices.headset.direct import VIRTUAL_SUBJECT
from devices.headset.impedance import ImpedanceUnavailable, measure_impedances
from devices.headset.source import HeadsetInfo
from devices.virtual_brain import Subject

Impedances: TypeAlias = tuple[float | None, ...]

_WAIT_S = 0.02
_CHUNK_S = 0.04


class Feed(Protocol):
    """Samples as they come, and the way to ask whoever wears the headset for a look."""

    @property
    def info(self) -> HeadsetInfo:
        """What is delivered."""

    def get(self) -> Chunk | Fault | None:
        """Return what came next; None when nothing did for a moment."""

    def ask(self, frequency_hz: float | None) -> None:
        """Lead a virtual subject to a target, or away; a person sees the cue."""

    def index_at(self, time_s: float) -> int | None:
        """Sample that was taken at a monotonic time; None when that is not known."""

    def surroundings(self, path: PathSettings) -> tuple[Listener, ...]:
        """Return who lets a virtual subject see what is displayed; a person sees by themselves."""


class Bench(Protocol):
    """Where a calibration takes place."""

    def headset(self) -> AbstractContextManager[Feed]:
        """Start the headset.

        Raises
        ------
        DeviceError
            When it does not answer.
        """

    def impedances(self, tell: Callable[[str, float | None], None]) -> Impedances | None:
        """Measure the impedance of each electrode, in kΩ; None where that cannot be done.

        Parameters
        ----------
        tell : callable
            Called with each electrode and its impedance as soon as it is known.

        Raises
        ------
        DeviceError
            When the headset does not answer.
        """

    def stimulus(
        self, path: PathSettings, controls: Controls
    ) -> AbstractContextManager[SubjectStimulus | None]:
        """Bring up the targets, dark; None where the subject needs none.

        Raises
        ------
        DeviceError
            When they do not come up.
        """


class LiveBench:
    """Headset and targets as configured, in real time.

    Parameters
    ----------
    configuration : SessionConfiguration
    seed : int
        Which virtual subject, where one wears the headset: another one's noise at each start.
    confirmed_by : str or None
        Who has read the photosensitivity notice; None to have it confirmed in the subject window,
        once for all stimuli of the visit.
    """

    def __init__(
        self, configuration: SessionConfiguration, seed: int = 0, confirmed_by: str | None = None
    ) -> None:
        self._configuration = configuration
        self._seed = seed
        self._confirmed_by = confirmed_by

    @contextmanager
    def headset(self) -> Iterator[Feed]:
        """Start the headset."""
        seed, self._seed = self._seed, self._seed + 1
        with open_headset(self._configuration.headset, seed) as (acquisition, wearer):
            yield LiveFeed(acquisition, wearer, self._configuration)

    def impedances(self, tell: Callable[[str, float | None], None]) -> Impedances | None:
        """Measure through the board's lead-off drive."""
        wanted = self._configuration.headset
        with provide_headset(wanted, self._seed) as (headset, _), headset:
            try:
                return measure_impedances(headset, tell)
            except ImpedanceUnavailable:
                return None

    @contextmanager
    def stimulus(self, path: PathSettings, controls: Controls) -> Iterator[SubjectStimulus | None]:
        """Bring up the targets on the LED unit or the screen."""
        configuration, by = self._configuration, self._confirmed_by
        if configuration.leds.port:
            if by is None:
                raise ConfigurationError(
                    "nobody has confirmed the photosensitivity notice, and LEDs cannot show it: "
                    "expected to know who did."
                )
            targets = led_stimulus(configuration.leds, path, controls, by, paced=True)
        elif configuration.screen.show:
            targets = screen_stimulus(
                configuration.screen, path, controls, confirmed_by=by, paced=True
            )
        else:
            yield None
            return
        with targets:
            yield targets
        if targets.confirmed:
            self._confirmed_by = by or "the subject, before"


class LiveFeed:
    """What an acquisition delivers.

    Parameters
    ----------
    acquisition : Acquisition
        Started.
    wearer : Wearer or None
        The virtual subject, where one wears the headset.
    configuration : SessionConfiguration
        What displays the targets.
    """

    def __init__(
        self, acquisition: Acquisition, wearer: Wearer | None, configuration: SessionConfiguration
    ) -> None:
        self._acquisition = acquisition
        self._wearer = wearer
        self._configuration = configuration

    @property
    def info(self) -> HeadsetInfo:
        """What is delivered."""
        return self._acquisition.info

    def get(self) -> Chunk | Fault | None:
        """Return what came next, waiting for it a little."""
        return self._acquisition.get(_WAIT_S)

    def ask(self, frequency_hz: float | None) -> None:
        """Turn the gaze of a virtual subject."""
        if self._wearer is not None:
            self._wearer.look_at(frequency_hz)

    def index_at(self, time_s: float) -> int | None:
        """Sample that was taken at a monotonic time."""
        clock = self._acquisition.clock
        if clock is None:
            return None
        return round(clock.index + (time_s - clock.time_s) / clock.period_s)

    def surroundings(self, path: PathSettings) -> tuple[Listener, ...]:
        """Return who lets a virtual subject see the targets, from the frame on that shows them."""
        if self._wearer is None:
            return ()
        screen = None if self._configuration.leds.port else self._configuration.screen
        return (Surroundings(self._wearer, flickers_of(path, screen)),)


class VirtualBench:
    """A virtual subject in virtual time: as fast as the machine computes, or `speed` times real.

    Parameters
    ----------
    subject : Subject
        Goes on from one start of the headset to the next.
    speed : float or None
        None for as fast as it goes.
    """

    def __init__(self, subject: Subject, speed: float | None = None) -> None:
        self._subject = subject
        self._speed = speed

    def headset(self) -> AbstractContextManager[Feed]:
        """Start the headset."""
        return nullcontext(VirtualFeed(self._subject, self._speed))

    def impedances(
        self,
        tell: Callable[[str, float | None], None],
    ) -> None:
        """No current flows through what is not there."""

    def stimulus(
        self,
        path: PathSettings,  # noqa: ARG002 - any target flickers that is looked at
        controls: Controls,  # noqa: ARG002 - there is no window that could stop
    ) -> AbstractContextManager[SubjectStimulus | None]:
        """Nothing is to be shown: a virtual subject sees any target that they are led to."""
        return nullcontext(None)


class VirtualFeed:
    """What a virtual subject's brain delivers, in chunks of 40 ms.

    Parameters
    ----------
    subject : Subject
    speed : float or None
        Times real time; None for as fast as it goes.
    """

    def __init__(self, subject: Subject, speed: float | None = None) -> None:
        self._subject = subject
        self._speed = speed
        self._end_index = 0
        self._began_s = time.monotonic()
        self.info = HeadsetInfo(VIRTUAL_SUBJECT, subject.sampling_rate_hz, subject.channel_names)

    def get(self) -> Chunk:
        """Return the next samples."""
        n_times = round(_CHUNK_S * self.info.sampling_rate_hz)
        first_index = self._end_index
        self._end_index += n_times
        passed_s = self._end_index / self.info.sampling_rate_hz
        if self._speed is not None:
            time.sleep(max(0.0, self._began_s + passed_s / self._speed - time.monotonic()))
        samples_uv = self._subject.draw(n_times)
        return Chunk(samples_uv, first_index, self._began_s + passed_s)

    def ask(self, frequency_hz: float | None) -> None:
        """Ask the subject for a look: they do it in their own way."""
        self._subject.cue(frequency_hz)

    def index_at(self, time_s: float) -> int | None:  # noqa: ARG002 - nothing is on a clock here
        """Virtual time is no clock's."""
        return None

    def surroundings(
        self,
        path: PathSettings,  # noqa: ARG002 - any target flickers that is looked at
    ) -> tuple[Listener, ...]:
        """Nothing is displayed."""
        return ()

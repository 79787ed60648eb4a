"""A session with a person or a virtual subject, until somebody ends it."""

import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass

from bci_app.evaluation.rate_test import RateSeen
from bci_app.runtime.conductor import Conductor
from bci_app.runtime.configuration import SessionConfiguration
from bci_app.runtime.controls import Controls
from bci_app.runtime.course import Course
from bci_app.runtime.live import run_live
from bci_app.runtime.lsl_broadcast import LslBroadcast
from bci_app.runtime.profiles import build_path
from bci_app.runtime.quality import SignalWatch
from bci_app.runtime.rig import open_headset, open_link, try_port
from bci_app.runtime.running_rate import RunningRate
from bci_app.runtime.session import Listener, Session
from bci_app.runtime.subject_stimulus import (
    SubjectStimulus,
    flickers_of,
    led_stimulus,
    screen_stimulus,
)
from bci_app.runtime.tally import SessionFigures, Tally
from bci_app.runtime.wearer import Surroundings
from calibration.profile import Profile
from devices.headset.source import HeadsetInfo


@dataclass(frozen=True, slots=True)
class RunResult:
    """What came of a session."""

    duration_s: float
    decisions: int
    session: SessionFigures
    false_commands: RateSeen


Attach = Callable[[HeadsetInfo, Controls], Iterable[Listener]]
"""Called once the headset streams; returns who listens."""


def run_session(
    configuration: SessionConfiguration,
    *,
    seed: int,
    duration_s: float | None,
    attach: Attach,
    profile: Profile | None = None,
    course: Course | None = None,
    confirmed_by: str | None = None,
) -> RunResult:
    """Run a session as configured.

    Where LEDs flicker, the photosensitivity notice must have been confirmed before.

    Parameters
    ----------
    configuration : SessionConfiguration
    seed : int
        Which virtual subject, where one wears the headset.
    duration_s : float or None
        Time after which it ends by itself.
    attach : callable
        Called with the headset's description and the session's controls; returns listeners.
    profile : Profile, optional
        Whose decoder decides; the configuration's path is that with it.
    course : Course, optional
        Where the subject is told to look; a virtual one does. Its end does not end the session.
    confirmed_by : str, optional
        Who has confirmed the photosensitivity notice on the screen, where nobody sees its window.

    Returns
    -------
    RunResult

    Raises
    ------
    DeviceError
        When a device is absent or gives up; the exoskeleton has been brought to rest.
    StimulusError
        When the subject's stimulus cannot be shown or fails; likewise.
    ConfigurationError
        When the settings or the profile do not suit the headset.
    """
    for port in (configuration.exoskeleton.port, configuration.leds.port):
        try_port(port)
    tally = Tally()
    with ExitStack() as stack:
        acquisition, wearer = stack.enter_context(open_headset(configuration.headset, seed))
        info, controls = acquisition.info, Controls()
        path = build_path(configuration.path, info, profile)
        rate = RunningRate(configuration.path.max_false_per_min, info.sampling_rate_hz)
        listeners: list[Listener] = [tally, rate, *attach(info, controls)]
        if configuration.lsl.publish:
            broadcast = LslBroadcast(
                configuration.lsl.name,
                info,
                configuration.path.frequencies_hz,
                with_samples=configuration.headset.board != "lsl",
            )
            listeners.append(stack.enter_context(broadcast))
        stimulus = _stimulus(configuration, controls, confirmed_by)
        if stimulus is not None:
            stack.enter_context(stimulus)
            listeners.append(stimulus)
        if wearer is not None:
            screen = None if configuration.leds.port else configuration.screen
            listeners.append(Surroundings(wearer, flickers_of(configuration.path, screen)))
        conductor = None
        if course is not None:
            look_at = _follow_cues if wearer is None else wearer.look_at
            conductor = Conductor(course, configuration.path, look_at)
            listeners.append(conductor)
        link = stack.enter_context(open_link(configuration.exoskeleton))
        controls.connect(link)
        watch = SignalWatch(info.channel_names, info.sampling_rate_hz, range_uv=info.range_uv)
        session = Session(path, link, listeners, watch)
        if stimulus is not None:
            session.tell(stimulus.ready)

        def tick(now_s: float) -> bool:
            if stimulus is not None:
                stimulus.poll(session)
            controls.carry_out(session)
            rate.poll(session)
            if conductor is not None:
                for prompt in conductor.advance(now_s):
                    session.tell(prompt)
            return not controls.ended and (duration_s is None or now_s - began_s < duration_s)

        began_s = time.monotonic()
        run_live(acquisition, session, tick)
        session.tell(rate.seen)
        if stimulus is not None:
            stimulus.raise_failure()
        lasted_s = time.monotonic() - began_s
    return RunResult(
        duration_s=lasted_s,
        decisions=len(tally.decisions),
        session=tally.figures(),
        false_commands=rate.seen,
    )


def _follow_cues(_frequency_hz: float | None) -> None:
    """Leave it to a person to look where the screen says."""


def _stimulus(
    configuration: SessionConfiguration, controls: Controls, confirmed_by: str | None
) -> SubjectStimulus | None:
    if configuration.leds.port:
        return led_stimulus(configuration.leds, configuration.path, controls, "researcher")
    if configuration.screen.show:
        return screen_stimulus(
            configuration.screen, configuration.path, controls, confirmed_by=confirmed_by
        )
    return None

"""The demo: a virtual subject walks a course through the whole loop, nothing plugged in."""

import time
from contextlib import ExitStack
from dataclasses import dataclass

from bci_app.evaluation.answers import Answers, Asked
from bci_app.evaluation.rate_test import RateSeen
from bci_app.online.path import OnlinePath
from bci_app.online.settings import PathSettings
from bci_app.runtime.conductor import Conductor
from bci_app.runtime.configuration import ExoskeletonSettings, HeadsetSettings, ScreenSettings
from bci_app.runtime.controls import Controls
from bci_app.runtime.course import Course, Outcome
from bci_app.runtime.live import run_live
from bci_app.runtime.quality import SignalWatch
from bci_app.runtime.rig import open_headset, open_link
from bci_app.runtime.run import Attach
from bci_app.runtime.running_rate import RunningRate
from bci_app.runtime.session import Listener, Session, SessionEvent
from bci_app.runtime.subject_stimulus import flickers_of, screen_stimulus
from bci_app.runtime.tally import SessionFigures, Tally
from bci_app.runtime.wearer import LookAt, Surroundings
from bci_app.stimulus import messages

_END_S = 1.0


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What came of a demo.

    Parameters
    ----------
    session : SessionFigures
    answers : Answers
    false_commands : RateSeen
    movements_made, movements_asked : int
        Of the course.
    distance_m : float
        How far the legs walked.
    duration_s : float
    passed : bool
        Whether the course was completed.
    """

    session: SessionFigures
    answers: Answers
    false_commands: RateSeen
    movements_made: int
    movements_asked: int
    distance_m: float
    duration_s: float
    passed: bool


def run_demo(
    settings: PathSettings,
    *,
    seed: int,
    duration_s: float | None = None,
    screen: ScreenSettings | None = None,
    attach: Attach,
) -> DemoResult:
    """Lead a virtual subject through the reference course.

    Parameters
    ----------
    settings : PathSettings
        Its targets must include every command of the course.
    seed : int
        Which virtual subject.
    duration_s : float or None
        How long the course goes on; None for one round.
    screen : ScreenSettings or None
        Show the targets there: the pointer over them then stands for the subject's gaze, and the
        course cues it. None to have the subject look where the course says.
    attach : callable
        Called with the headset's description and the session's controls; returns listeners.

    Raises
    ------
    DeviceError
        When a simulated device does not come up or ends by itself.
    StimulusError
        When the subject window cannot be shown or fails.
    """
    tally = Tally()
    with ExitStack() as stack:
        acquisition, wearer = stack.enter_context(open_headset(HeadsetSettings(), seed))
        assert wearer is not None  # noqa: S101 - the default headset is worn by a virtual subject
        info, controls = acquisition.info, Controls()
        path = OnlinePath(settings, info.sampling_rate_hz, len(info.channel_names))
        rate = RunningRate(settings.max_false_per_min, info.sampling_rate_hz)
        listeners: list[Listener] = [tally, rate, *attach(info, controls)]
        window = None
        if screen is not None:
            window = stack.enter_context(
                screen_stimulus(screen, settings, controls, gaze_by_pointer=True)
            )
            listeners.append(window)
        course = Course(duration_s=duration_s)
        if window is None:
            conductor = Conductor(course, settings, wearer.look_at)
        else:  # the pointer is the gaze: the course cues it, and knows nothing of it in between
            conductor = Conductor(course, settings, lambda _: None, Asked.NOTHING)
        link = stack.enter_context(open_link(ExoskeletonSettings()))
        controls.connect(link)
        pointer = _Pointer(settings, wearer.look_at)
        surroundings = Surroundings(wearer, flickers_of(settings, screen or ScreenSettings()))
        watch = SignalWatch(info.channel_names, info.sampling_rate_hz, range_uv=info.range_uv)
        session = Session(path, link, [*listeners, conductor, pointer, surroundings], watch)
        ends_at_s: float | None = None

        def tick(now_s: float) -> bool:
            nonlocal ends_at_s
            if window is not None:
                window.poll(session)
            controls.carry_out(session)
            if window is None or pointer.flickering:
                for prompt in conductor.advance(now_s):
                    session.tell(prompt)
            rate.poll(session)
            if course.outcome is not None and ends_at_s is None:
                ends_at_s = now_s + _END_S
            return not controls.ended and (ends_at_s is None or now_s < ends_at_s)

        began_s = time.monotonic()
        run_live(acquisition, session, tick)
        session.tell(rate.seen)
        if window is not None:
            window.raise_failure()
        lasted_s = time.monotonic() - began_s
    return DemoResult(
        session=tally.figures(),
        answers=tally.answers(info.sampling_rate_hz, len(settings.targets)),
        false_commands=rate.seen,
        movements_made=course.n_made,
        movements_asked=course.n_made + (course.outcome is Outcome.GAVE_UP),
        distance_m=tally.distance_m,
        duration_s=lasted_s,
        passed=course.outcome is Outcome.COMPLETED,
    )


class _Pointer:
    """Turns the subject's gaze to the target under the mouse pointer, once there is flicker."""

    def __init__(self, settings: PathSettings, look_at: LookAt) -> None:
        self._frequencies_hz = settings.frequencies_hz
        self._look_at = look_at
        self.flickering = False

    def __call__(self, event: SessionEvent) -> None:
        if isinstance(event, messages.Began):
            self.flickering = True
        elif isinstance(event, messages.Gaze):
            target = event.target
            self._look_at(None if target is None else self._frequencies_hz[target])

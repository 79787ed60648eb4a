"""The demo: a virtual subject walks a course through the whole loop, nothing plugged in."""

import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass

from bci_app.evaluation.answers import Answers, Asked, Prompt
from bci_app.online.path import OnlinePath
from bci_app.online.settings import PathSettings
from bci_app.runtime.configuration import ScreenSettings, SessionConfiguration
from bci_app.runtime.controls import Controls
from bci_app.runtime.course import Course, Instruction, Outcome
from bci_app.runtime.live import run_live
from bci_app.runtime.rig import open_rig
from bci_app.runtime.run import Attach
from bci_app.runtime.session import Listener, Session, SessionEvent
from bci_app.runtime.simulators import LookAt
from bci_app.runtime.subject_screen import SubjectScreen
from bci_app.runtime.tally import Tally
from bci_app.stimulus import messages
from devices.chunk import Chunk
from devices.exoskeleton.events import Acknowledged, TelemetryReceived

_END_S = 1.0


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What came of a demo; the keys of `bci-app demo --json`, beside those of the answers."""

    commands_sent: int
    commands_acknowledged: int
    commands_refused: int
    commands_withheld: int
    decision_latency_ms: dict[str, float | None]
    lost_samples: int
    movements_made: int
    movements_asked: int
    distance_m: float
    duration_s: float
    passed: bool
    answers: Answers

    def as_dict(self) -> dict[str, object]:
        """Return all figures under their names, those of the answers among them."""
        figures: dict[str, object] = asdict(self)
        del figures["answers"]
        return figures | asdict(self.answers)


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
    """
    tally = Tally()
    with ExitStack() as stack:
        rig = stack.enter_context(open_rig(SessionConfiguration(path=settings), seed))
        info = rig.info
        assert rig.look_at is not None  # noqa: S101 - the subject is virtual
        controls = Controls(rig.link)
        listeners: list[Listener] = [tally, *attach(info, controls)]
        window = None
        if screen is not None:
            window = stack.enter_context(
                SubjectScreen(screen, settings, controls, gaze_by_pointer=True)
            )
            listeners.append(window)
        conductor = _Conductor(
            Course(duration_s=duration_s), settings, rig.look_at, gaze_by_pointer=bool(window)
        )
        path = OnlinePath(settings, info.sampling_rate_hz, len(info.channel_names))
        session = Session(path, rig.link, [*listeners, conductor])

        def tick(now_s: float) -> bool:
            if window is not None:
                window.poll(session)
            controls.carry_out(session)
            return conductor.tick(session, now_s) and not controls.ended

        began_s = time.monotonic()
        run_live(rig.acquisition, session, tick)
        lasted_s = time.monotonic() - began_s
    answers = tally.answers(info.sampling_rate_hz, len(settings.targets))
    course = conductor.course
    return DemoResult(
        commands_sent=tally.n_sent,
        commands_acknowledged=tally.n_acknowledged,
        commands_refused=tally.n_refused,
        commands_withheld=tally.n_withheld,
        decision_latency_ms=tally.latency_ms(),
        lost_samples=tally.lost_samples,
        movements_made=course.n_made,
        movements_asked=course.n_made + (course.outcome is Outcome.GAVE_UP),
        distance_m=conductor.distance_m,
        duration_s=lasted_s,
        passed=course.outcome is Outcome.COMPLETED,
        answers=answers,
    )


class _Conductor:
    """Tells the subject where to look, by what the exoskeleton does."""

    def __init__(
        self, course: Course, settings: PathSettings, look_at: LookAt, *, gaze_by_pointer: bool
    ) -> None:
        self.course = course
        self.distance_m = 0.0
        self._targets = {target.command: k for k, target in enumerate(settings.targets)}
        self._frequencies_hz = settings.frequencies_hz
        self._look_at = look_at
        self._gaze_by_pointer = gaze_by_pointer
        self._end_index = 0
        self._ends_at_s: float | None = None
        self._acknowledged: list[Acknowledged] = []

    def __call__(self, event: SessionEvent) -> None:
        """Take in an event; what follows from it is done in `tick`."""
        match event:
            case Chunk():
                self._end_index = event.end_index
            case TelemetryReceived():
                self.course.observe_posture(event.telemetry.posture)
                self.distance_m = event.telemetry.distance_m
            case Acknowledged():
                self._acknowledged.append(event)
            case messages.Gaze() if self._gaze_by_pointer:
                self._turn_gaze(event.target)
            case _:
                pass

    def tick(self, session: Session, now_s: float) -> bool:
        """Go on with the course; False a second after its end."""
        for event in self._acknowledged:
            if event.command is not None:
                self._follow(self.course.observe_acknowledged(event.command, now_s), session)
        self._acknowledged.clear()
        self._follow(self.course.advance(now_s), session)
        if self.course.outcome is not None and self._ends_at_s is None:
            self._ends_at_s = now_s + _END_S
        return self._ends_at_s is None or now_s < self._ends_at_s

    def _follow(self, instruction: Instruction | None, session: Session) -> None:
        if instruction is None:
            return
        target = None if instruction.look_at is None else self._targets[instruction.look_at]
        if not self._gaze_by_pointer:
            self._turn_gaze(target)
        asked = Asked.IDLE if target is None else Asked.TARGET
        session.tell(Prompt(self._end_index, asked, target))

    def _turn_gaze(self, target: int | None) -> None:
        self._look_at(None if target is None else self._frequencies_hz[target])

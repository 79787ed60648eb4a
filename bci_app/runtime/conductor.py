"""Leads a virtual subject through a course: session events in, gaze and prompts out."""

from bci_app.evaluation.answers import Asked, Prompt
from bci_app.online.settings import PathSettings
from bci_app.runtime.course import Course, Instruction
from bci_app.runtime.session import SessionEvent
from bci_app.runtime.wearer import LookAt
from devices.chunk import Chunk
from devices.exoskeleton.events import Acknowledged, TelemetryReceived


class Conductor:
    """Binds a course to a session: a listener that is asked, between events, how to go on.

    Parameters
    ----------
    course : Course
    settings : PathSettings
        Its targets must include every command of the course.
    look_at : callable
        Turns the subject's gaze.
    between : Asked
        What is known between two movements: that the subject looks at no target, or nothing, where
        they look where they like.
    """

    def __init__(
        self,
        course: Course,
        settings: PathSettings,
        look_at: LookAt,
        between: Asked = Asked.IDLE,
    ) -> None:
        self._course = course
        self._between = between
        self._targets = {target.command: k for k, target in enumerate(settings.targets)}
        self._frequencies_hz = settings.frequencies_hz
        self._look_at = look_at
        self._end_index = 0
        self._acknowledged: list[Acknowledged] = []

    def __call__(self, event: SessionEvent) -> None:
        """Take in an event; what follows from it comes out of `advance`."""
        match event:
            case Chunk():
                self._end_index = event.end_index
            case TelemetryReceived():
                self._course.observe_posture(event.telemetry.posture)
            case Acknowledged():
                self._acknowledged.append(event)
            case _:
                pass

    def advance(self, now_s: float) -> list[Prompt]:
        """Go on with the course, turn the gaze, and return what the subject was told."""
        acknowledged, self._acknowledged = self._acknowledged, []
        instructions = [
            self._course.observe_acknowledged(event.command, now_s)
            for event in acknowledged
            if event.command is not None
        ]
        instructions.append(self._course.advance(now_s))
        return [self._follow(told) for told in instructions if told is not None]

    def _follow(self, instruction: Instruction) -> Prompt:
        if instruction.look_at is None:
            self._look_at(None)
            return Prompt(self._end_index, self._between)
        target = self._targets[instruction.look_at]
        self._look_at(self._frequencies_hz[target])
        return Prompt(self._end_index, Asked.TARGET, target)

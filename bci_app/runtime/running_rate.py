"""The rate of false commands while a session runs, held against the accepted one."""

from bci_app.evaluation.answers import Asked, Prompt
from bci_app.evaluation.rate_test import RateSeen, contradicts
from bci_app.online.events import Commanded, Decided
from bci_app.runtime.session import CommandTakenBack, Session, SessionEvent, StopRequested
from devices.chunk import Chunk
from devices.exoskeleton.command import Command

TAKEN_BACK_S = 5.0
"""A command that is stopped or undone so soon was not wanted."""

_TOLD_EVERY_MIN = 1.0
_UNDONE_BY = {
    Command.WALK: Command.STAND,
    Command.TURN_LEFT: Command.STAND,
    Command.TURN_RIGHT: Command.STAND,
    Command.STAND: Command.SIT,
    Command.SIT: Command.STAND,
}


class RunningRate:
    """A listener that counts false commands; `poll` tells the session what came of it.

    While the subject is asked to look at no target (by a course, a calibration, or the researcher
    who marks idle), every decision is false. While nothing in particular is asked, it is not known
    what they want: then a command counts that is taken back, by a stop or by its opposite within
    `TAKEN_BACK_S`, or by the researcher who says that it was not wanted. Time in which a target is
    asked for is left out: a wrong target is no false command.

    Parameters
    ----------
    accepted_per_min : float
    sampling_rate_hz : float
    """

    def __init__(self, accepted_per_min: float, sampling_rate_hz: float) -> None:
        self._accepted_per_min = accepted_per_min
        self._rate_hz = sampling_rate_hz
        self._asked = Asked.NOTHING
        self._end_index: int | None = None
        self._n_samples = dict.fromkeys(Asked, 0)
        self._n_false = self._n_unwanted = 0
        self._contradicted = False
        self._last: Commanded | None = None
        self._told: RateSeen | None = None

    def __call__(self, event: SessionEvent) -> None:
        """Take in an event."""
        match event:
            case Chunk():
                self._n_samples[self._asked] += len(event)
                self._end_index = event.end_index
            case Prompt():
                self._asked = event.asked
                self._last = None
            case Decided() if self._asked is Asked.IDLE:
                self._n_false += 1
            case Commanded() if self._asked is Asked.NOTHING:
                if self._last is not None and event.command is _UNDONE_BY[self._last.command]:
                    self._take_back(event.end_index)
                self._last = event
            case StopRequested():
                self._take_back(self._end_index)
            case CommandTakenBack():
                self._take_back(None)
            case _:
                pass

    def poll(self, session: Session) -> None:
        """Tell the session of a new false command, of another minute, and of a contradiction."""
        seen = self.seen
        if seen.contradicted and not self._contradicted:
            self._contradicted = True
        if self._is_news(seen):
            self._told = seen
            session.tell(seen)

    @property
    def seen(self) -> RateSeen:
        """What was counted so far."""
        idle_min = self._n_samples[Asked.IDLE] / self._rate_hz / 60
        unknown_min = self._n_samples[Asked.NOTHING] / self._rate_hz / 60
        count = self._n_false + self._n_unwanted
        contradicted = self._contradicted or contradicts(
            count, idle_min + unknown_min, self._accepted_per_min
        )
        return RateSeen(
            n_false=self._n_false,
            idle_min=idle_min,
            n_unwanted=self._n_unwanted,
            unknown_min=unknown_min,
            accepted_per_min=self._accepted_per_min,
            contradicted=contradicted,
        )

    def _take_back(self, index: int | None) -> None:
        """Count the last command as unwanted, if that is said soon enough; None for any time."""
        last, self._last = self._last, None
        if last is not None and (
            index is None or index - last.end_index <= TAKEN_BACK_S * self._rate_hz
        ):
            self._n_unwanted += 1

    def _is_news(self, seen: RateSeen) -> bool:
        told = self._told
        if told is None:
            return bool(seen.n_false or seen.n_unwanted)
        minutes = seen.idle_min + seen.unknown_min - told.idle_min - told.unknown_min
        return (seen.n_false, seen.n_unwanted, seen.contradicted) != (
            told.n_false,
            told.n_unwanted,
            told.contradicted,
        ) or minutes >= _TOLD_EVERY_MIN

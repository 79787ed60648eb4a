"""A course for a rehearsal: where the subject is told to look, one movement after the other.

A plain object: time and what happened in, instructions out.
"""

from dataclasses import dataclass
from enum import Enum

from devices.exoskeleton.command import Command
from devices.exoskeleton.postures import AT_REST, Fault, Posture, answer

REFERENCE_COURSE = (
    Command.STAND,
    Command.WALK,
    Command.TURN_LEFT,
    Command.WALK,
    Command.TURN_RIGHT,
    Command.WALK,
    Command.STAND,
    Command.SIT,
)
"""Up from the chair, out, a turn to each side, and down again: every command of five targets."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """What the subject is told.

    Parameters
    ----------
    look_at : Command or None
        The command whose target to look at, None to look away.
    """

    look_at: Command | None


class Outcome(Enum):
    """How a course ended."""

    COMPLETED = "completed"
    GAVE_UP = "gave up"


class Course:
    """Leads a subject through movements, with a look away after each.

    A movement counts as made when the exoskeleton acknowledged its command; after any command the
    subject looks away. When the posture does not allow the next movement (a wrong command got in
    between), the subject stands up first.

    Parameters
    ----------
    movements : tuple of Command
    look_away_s : float
        Least time of looking away between two movements.
    patience_s : float
        Time after which a movement that does not come about ends the course.
    duration_s : float or None
        No movement begins after this time; the course is repeated until then. None: one round.
    rest_s : float
        Least time of looking away between two rounds.
    persistent : bool
        Whether the subject, out of patience, looks away and tries again instead.
    """

    def __init__(
        self,
        movements: tuple[Command, ...] = REFERENCE_COURSE,
        look_away_s: float = 3.0,
        patience_s: float = 30.0,
        duration_s: float | None = None,
        rest_s: float = 0.0,
        persistent: bool = False,
    ) -> None:
        self._movements = movements
        self._look_away_s = look_away_s
        self._rest_s = rest_s
        self._persistent = persistent
        self._patience_s = patience_s
        self._duration_s = duration_s
        self._n_made = 0
        self._posture: Posture | None = None
        self._looking_at: Command | None = None
        self._began_s: float | None = None
        self._look_away_until_s = 0.0
        self._asked_since_s: float | None = None
        self.outcome: Outcome | None = None

    @property
    def n_made(self) -> int:
        """Number of movements made."""
        return self._n_made

    def observe_posture(self, posture: Posture) -> None:
        """Take in what telemetry reported."""
        self._posture = posture

    def observe_acknowledged(self, command: Command, now_s: float) -> Instruction | None:
        """Take in that the exoskeleton accepted a command."""
        if self._looking_at is None:
            return None
        made = command == self._goal
        if made:
            self._n_made += 1
            self._asked_since_s = None
        told = self._look_away(now_s)
        if made and self._n_made % len(self._movements) == 0:
            self._look_away_until_s = now_s + max(self._look_away_s, self._rest_s)
        return told

    def advance(self, now_s: float) -> Instruction | None:
        """Let time pass; return a new instruction when there is one."""
        if self.outcome is not None:
            return None
        if self._began_s is None:
            self._began_s = now_s
            return self._look_away(now_s)
        if self._is_over(now_s, now_s - self._began_s):
            self.outcome = Outcome.COMPLETED
            return self._look_away(now_s) if self._looking_at is not None else None
        if self._asked_since_s is not None and now_s - self._asked_since_s > self._patience_s:
            if self._persistent:
                self._asked_since_s = None
            else:
                self.outcome = Outcome.GAVE_UP
            return self._look_away(now_s)
        if self._looking_at is None and now_s >= self._look_away_until_s:
            return self._look(now_s)
        return None

    @property
    def _goal(self) -> Command:
        return self._movements[self._n_made % len(self._movements)]

    def _is_over(self, now_s: float, elapsed_s: float) -> bool:
        if self._asked_since_s is not None or now_s < self._look_away_until_s:
            return False
        if self._duration_s is not None:
            return elapsed_s >= self._duration_s
        return self._n_made >= len(self._movements)

    def _look_away(self, now_s: float) -> Instruction:
        self._looking_at = None
        self._look_away_until_s = now_s + self._look_away_s
        return Instruction(None)

    def _look(self, now_s: float) -> Instruction | None:
        if self._posture is None:
            return None
        if isinstance(answer(self._posture, self._goal, Fault.NONE), Posture):
            wanted = self._goal
        elif self._posture in AT_REST or self._posture is Posture.WALKING:
            wanted = Command.STAND
        else:
            return None  # a movement is under way and will end by itself
        self._looking_at = wanted
        self._asked_since_s = now_s if self._asked_since_s is None else self._asked_since_s
        return Instruction(wanted)

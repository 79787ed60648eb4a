"""The values that the windows show, and the names of things as people say them."""

from dataclasses import dataclass
from enum import Enum

from bci_app.online.events import Decided
from bci_app.online.settings import PathSettings, Target
from devices.exoskeleton.command import Command
from devices.exoskeleton.postures import Posture


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """What a session is made of.

    Parameters
    ----------
    title : str
        What is being done, and with whom.
    channel_names : tuple of str
    sampling_rate_hz : float
    settings : PathSettings
    live : bool
        False for a replay.
    calibrated : bool
        Whether the scores are probabilities, by a model that was fitted to the subject.
    """

    title: str
    channel_names: tuple[str, ...]
    sampling_rate_hz: float
    settings: PathSettings
    live: bool = True
    calibrated: bool = False

    @property
    def targets(self) -> tuple[Target, ...]:
        """The targets in the order of their indices."""
        return self.settings.targets


class Severity(Enum):
    """How much attention something wants; the value is its sign in the log."""

    INFO = "·"
    GOOD = "✓"
    NOTICE = "▲"
    ALARM = "■"


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A line of the event log."""

    time_s: float
    severity: Severity
    text: str


class Fate(Enum):
    """What became of a command; the value is its sign on the time line."""

    PENDING = "…"
    ACKNOWLEDGED = "✓"
    REFUSED = "✗"
    UNANSWERED = "?"
    WITHHELD = "–"


@dataclass(slots=True)
class CommandMark:
    """A command on the time line."""

    index: int
    command: Command
    fate: Fate
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that keeps the session from going on, and what to do."""

    text: str
    advice: str


def how_sure(decision: Decided) -> str:
    """Say how sure a decision was: its probability, or its score where none is known."""
    if decision.probability is None:
        return f"score {decision.score:.2f}"
    return f"{decision.probability:.1%} sure"


def posture_name(posture: Posture) -> str:
    """Name a posture as people say it."""
    return {
        Posture.SAFE_STOP: "held by a stop",
        Posture.FAULT: "held by a fault",
        Posture.STEPPING: "making its closing step",
    }.get(posture, posture.words)

"""What a host learns from its link to the exoskeleton, whatever carries it."""

from dataclasses import dataclass
from enum import Enum

from devices.exoskeleton.command import Command
from devices.exoskeleton.messages import Telemetry
from devices.exoskeleton.postures import Reason


class DownCause(Enum):
    """Why there is no link."""

    CLOSED = "closed by this program"
    PORT_LOST = "the port is gone"
    SILENT = "the controller does not answer"
    SESSION_LOST = "the controller ended the session, or restarted"
    BUSY = "the controller serves another host"
    INCOMPATIBLE = "the controller speaks another version of the protocol"


class UnansweredCause(Enum):
    """Why a request has no answer, and will have none."""

    NO_LINK = "there was no link: nothing was written"
    LINK_LOST = "the link was lost before the answer"
    EXPIRED = "no answer within the lifetime of the request"
    OVERTAKEN = "an emergency stop overtook it"
    QUEUE_FULL = "too many requests were waiting: nothing was written"


@dataclass(frozen=True, slots=True)
class LinkUp:
    """A session is open.

    Parameters
    ----------
    name : str
        What the controller calls itself.
    version : int
        Version of the protocol that both speak.
    heartbeat_timeout_s : float
        Silence after which either side gives the other up.
    command_lifetime_s : float
        Age beyond which a request is refused as stale.
    at_s : float
        When it opened.
    """

    name: str
    version: int
    heartbeat_timeout_s: float
    command_lifetime_s: float
    at_s: float


@dataclass(frozen=True, slots=True)
class LinkDown:
    """There is no session; commands go nowhere until the next `LinkUp`."""

    cause: DownCause
    message: str
    at_s: float


@dataclass(frozen=True, slots=True)
class FrameWritten:
    """A request went out for the first time."""

    sequence: int
    written_at_s: float


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The controller accepted a request (`command` is None for the release of a stop)."""

    sequence: int
    command: Command | None
    round_trip_s: float


@dataclass(frozen=True, slots=True)
class Refused:
    """The controller refused a request (`command` is None for the release of a stop)."""

    sequence: int
    command: Command | None
    reason: Reason


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A request is given up, never to be written again.

    Only an answer may have been lost: it may have been executed. Later than its lifetime after it
    was written it will not be.
    """

    sequence: int
    command: Command | None
    cause: UnansweredCause


@dataclass(frozen=True, slots=True)
class StopConfirmed:
    """The controller latched the emergency stop."""

    round_trip_s: float


@dataclass(frozen=True, slots=True)
class TelemetryReceived:
    """The controller reported what the legs do."""

    telemetry: Telemetry
    received_at_s: float


Event = (
    LinkUp
    | LinkDown
    | FrameWritten
    | Acknowledged
    | Refused
    | Unanswered
    | StopConfirmed
    | TelemetryReceived
)


@dataclass(frozen=True, slots=True)
class LinkQuality:
    """How well the line does, counted since the link was made.

    Parameters
    ----------
    round_trip_s : float or None
        The latest heartbeat's way there and back, None before the first.
    retransmissions : int
        Requests and emergency stops written again because no answer came.
    heartbeats_sent, heartbeats_answered : int
        Their difference beyond one or two is loss.
    frames_received : int
        Messages understood.
    frames_late : int
        Telemetry that arrived after newer telemetry, dropped.
    checksum_errors, other_errors : int
        What arrived and could not be used.
    sessions : int
        How many sessions were opened.
    """

    round_trip_s: float | None
    retransmissions: int
    heartbeats_sent: int
    heartbeats_answered: int
    frames_received: int
    frames_late: int
    checksum_errors: int
    other_errors: int
    sessions: int

"""The messages of the protocol, as values; ``docs/protocol.md`` says what each is for."""

from dataclasses import dataclass
from enum import IntEnum

from devices.exoskeleton.postures import Fault, Posture, Reason

VERSION = 1
"""The one version of the protocol that this program speaks."""

JOINTS = ("left_hip", "left_knee", "left_ankle", "right_hip", "right_knee", "right_ankle")
"""Order of the joints in `Telemetry`; flexion and dorsiflexion are positive."""

Six = tuple[float, float, float, float, float, float]
"""One number a joint, in the order of `JOINTS`."""


class HelloCause(IntEnum):
    """Why a controller opens no session; the value is its code on the line."""

    VERSION = 1
    """The host speaks no version of the protocol that the controller speaks."""
    BUSY = 2
    """Another session is open; it ends when its heartbeat stops."""
    SESSION_OVER = 3
    """That session has ended; choose another number."""


@dataclass(frozen=True, slots=True)
class Hello:
    """Host: I want a session. Repeated until answered."""

    session: int
    lowest_version: int
    highest_version: int
    heartbeat_timeout_ms: int


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Host: I am alive, and the newest telemetry I have is of `seen_ms`."""

    session: int
    count: int
    seen_ms: int


@dataclass(frozen=True, slots=True)
class CommandRequest:
    """Host: do this, once. `code` is a `Command`, or one that this controller does not know."""

    session: int
    sequence: int
    seen_ms: int
    code: int


@dataclass(frozen=True, slots=True)
class EmergencyStop:
    """Host: stop now, whatever the session. `number` tells one stop from the repetition of it."""

    number: int


@dataclass(frozen=True, slots=True)
class ReleaseStop:
    """Host: release the emergency stop that the controller counts as `stop_count`."""

    session: int
    sequence: int
    seen_ms: int
    stop_count: int


@dataclass(frozen=True, slots=True)
class Goodbye:
    """Host: the session is over; come to rest."""

    session: int


@dataclass(frozen=True, slots=True)
class Welcome:
    """Controller: the session is open, on these terms."""

    session: int
    version: int
    heartbeat_interval_ms: int
    heartbeat_timeout_ms: int
    command_lifetime_ms: int
    time_ms: int
    name: str


@dataclass(frozen=True, slots=True)
class HelloRefused:
    """Controller: no session, and why; the versions are those that the controller speaks."""

    session: int
    cause: HelloCause
    lowest_version: int
    highest_version: int


@dataclass(frozen=True, slots=True)
class HeartbeatReply:
    """Controller: your heartbeat `count` has arrived."""

    session: int
    count: int


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Controller: the request is accepted and under way."""

    session: int
    sequence: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Controller: the request is not, and will never be, executed."""

    session: int
    sequence: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Stopped:
    """Controller: emergency stop `number` is latched; it is my `stop_count`-th."""

    number: int
    stop_count: int


@dataclass(frozen=True, slots=True)
class Telemetry:
    """Controller, every 20 ms from power-up on: what the legs do.

    Parameters
    ----------
    session : int
        The open session, 0 when there is none.
    time_ms : int
        Controller's clock, since power-up, modulo 2**32.
    posture : Posture
        What the legs are doing.
    faults : Fault
        All that is wrong.
    stop_latched : bool
        Whether an emergency stop waits for its release.
    stop_count : int
        How many emergency stops there were since power-up, modulo 2**16.
    battery_percent : int
        Charge left, 0 to 100.
    gait_phase : float
        Fraction of the stride since the left heel struck, in [0, 1); 0 when not in gait.
    angles_deg, velocities_deg_per_s : tuple of 6 float
        Joint angles and their velocities in the order of `JOINTS`.
    x_m, y_m, heading_deg, distance_m : float
        Dead reckoning from where the controller started: x forward and y left of the first
        heading, heading counter-clockwise in [-180, 180), length of the path.
    """

    session: int
    time_ms: int
    posture: Posture
    faults: Fault
    stop_latched: bool
    stop_count: int
    battery_percent: int
    gait_phase: float
    angles_deg: Six
    velocities_deg_per_s: Six
    x_m: float
    y_m: float
    heading_deg: float
    distance_m: float


HostMessage = Hello | Heartbeat | CommandRequest | EmergencyStop | ReleaseStop | Goodbye
"""What a host says."""

ControllerMessage = (
    Welcome | HelloRefused | HeartbeatReply | Acknowledgement | Refusal | Stopped | Telemetry
)
"""What a controller says."""

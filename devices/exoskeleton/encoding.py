"""Messages to bytes and back.

The body of a frame is one type byte, then the fields of the message in their order, little-endian
and without padding. Types from 0x80 on come from the controller.
"""

from enum import IntEnum
from struct import Struct
from typing import TypeVar

from devices.exoskeleton.messages import (
    Acknowledgement,
    CommandRequest,
    ControllerMessage,
    EmergencyStop,
    Goodbye,
    Heartbeat,
    HeartbeatReply,
    Hello,
    HelloCause,
    HelloRefused,
    HostMessage,
    Refusal,
    ReleaseStop,
    Stopped,
    Telemetry,
    Welcome,
)
from devices.exoskeleton.postures import Fault, Posture, Reason

ANGLE_UNIT_DEG = 0.01
VELOCITY_UNIT_DEG_PER_S = 0.1
PHASE_UNIT = 1e-4
LENGTH_UNIT_M = 1e-3
NAME_BYTES = 16

_KNOWN_FAULTS = sum(Fault)
"""The other bits are reserved and ignored; Python would keep an object for each combination."""

_Enum = TypeVar("_Enum", bound=IntEnum)
_FIELDS: dict[type, tuple[int, Struct]] = {
    Hello: (0x01, Struct("<IBBH")),
    Heartbeat: (0x02, Struct("<IHI")),
    CommandRequest: (0x03, Struct("<IHIB")),
    EmergencyStop: (0x04, Struct("<H")),
    ReleaseStop: (0x05, Struct("<IHIH")),
    Goodbye: (0x06, Struct("<I")),
    Welcome: (0x81, Struct(f"<IBHHHI{NAME_BYTES}s")),
    HelloRefused: (0x82, Struct("<IBBB")),
    HeartbeatReply: (0x83, Struct("<IH")),
    Acknowledgement: (0x84, Struct("<IH")),
    Refusal: (0x85, Struct("<IHB")),
    Stopped: (0x86, Struct("<HH")),
    Telemetry: (0x87, Struct("<IIBHBHBH6h6hiihI")),
}
_TYPES = {code: (kind, fields) for kind, (code, fields) in _FIELDS.items()}


class MalformedMessageError(ValueError):
    """An intact frame that is none of the messages: the peer is broken, or speaks otherwise."""


def encode(message: HostMessage | ControllerMessage) -> bytes:
    """Return the body that stands for `message`.

    Raises
    ------
    struct.error
        When a field does not fit its width: a mistake of this program.
    """
    code, fields = _FIELDS[type(message)]
    if isinstance(message, Telemetry):
        return bytes((code,)) + fields.pack(*_scaled(message))
    values = [getattr(message, name) for name in message.__slots__]
    if isinstance(message, Welcome):
        values[-1] = message.name.encode("ascii", "replace")
    return bytes((code,)) + fields.pack(*values)


def decode(body: bytes) -> HostMessage | ControllerMessage:
    """Return the message that `body` stands for.

    Raises
    ------
    MalformedMessageError
        When the type is unknown, the length is not the type's, or a value is out of its range.
    """
    kind, fields = _TYPES.get(body[0], (None, None)) if body else (None, None)
    if kind is None or fields is None:
        raise MalformedMessageError(f"no message has the type of {body[:1].hex() or 'nothing'}")
    if len(body) != 1 + fields.size:
        raise MalformedMessageError(
            f"a {kind.__name__} has {1 + fields.size} bytes, not {len(body)}"
        )
    values = fields.unpack_from(body, 1)
    if kind is Telemetry:
        return _telemetry(values)
    if kind is Refusal:
        return Refusal(values[0], values[1], _known(Reason, values[2]))
    if kind is HelloRefused:
        return HelloRefused(values[0], _known(HelloCause, values[1]), *values[2:])
    if kind is Welcome:
        values = (*values[:-1], values[-1].rstrip(b"\0").decode("ascii", "replace"))
    if kind is Hello and values[0] == 0:
        raise MalformedMessageError("session 0 stands for none: a hello names another")
    message: HostMessage | ControllerMessage = kind(*values)
    return message


def _known(kind: type[_Enum], value: int) -> _Enum:
    try:
        return kind(value)
    except ValueError as error:
        raise MalformedMessageError(f"no {kind.__name__} has the code {value}") from error


def _scaled(telemetry: Telemetry) -> tuple[int, ...]:
    return (
        telemetry.session,
        telemetry.time_ms,
        telemetry.posture,
        telemetry.faults,
        telemetry.stop_latched,
        telemetry.stop_count,
        telemetry.battery_percent,
        int(telemetry.gait_phase / PHASE_UNIT),
        *[round(angle / ANGLE_UNIT_DEG) for angle in telemetry.angles_deg],
        *[round(speed / VELOCITY_UNIT_DEG_PER_S) for speed in telemetry.velocities_deg_per_s],
        round(telemetry.x_m / LENGTH_UNIT_M),
        round(telemetry.y_m / LENGTH_UNIT_M),
        round(telemetry.heading_deg / ANGLE_UNIT_DEG),
        round(telemetry.distance_m / LENGTH_UNIT_M),
    )


def _telemetry(values: tuple[int, ...]) -> Telemetry:
    session, time_ms, posture, faults, latched, stop_count, battery, phase, *rest = values
    if latched > 1 or battery > 100 or phase * PHASE_UNIT >= 1:
        raise MalformedMessageError("a value of the telemetry is out of its range")
    return Telemetry(  # the format above says that there are six of each
        session=session,
        time_ms=time_ms,
        posture=_known(Posture, posture),
        faults=Fault(faults & _KNOWN_FAULTS),
        stop_latched=bool(latched),
        stop_count=stop_count,
        battery_percent=battery,
        gait_phase=phase * PHASE_UNIT,
        angles_deg=tuple([angle * ANGLE_UNIT_DEG for angle in rest[0:6]]),  # type: ignore[arg-type]
        velocities_deg_per_s=tuple([v * VELOCITY_UNIT_DEG_PER_S for v in rest[6:12]]),  # type: ignore[arg-type]
        x_m=rest[12] * LENGTH_UNIT_M,
        y_m=rest[13] * LENGTH_UNIT_M,
        heading_deg=rest[14] * ANGLE_UNIT_DEG,
        distance_m=rest[15] * LENGTH_UNIT_M,
    )

"""What host and LED unit say to each other, as values and as bytes; see ``docs/led-unit.md``."""

from dataclasses import astuple, dataclass
from enum import IntEnum
from struct import Struct
from typing import TypeAlias

VERSION = 1
MAX_LEDS = 8
SILENCE_US = 1_000_000
"""A unit that has heard nothing for this long goes dark."""

MIN_FREQUENCY_MHZ, MAX_FREQUENCY_MHZ = 500, 100_000
PARTS = 10_000
"""Phase, duty and brightness are counted in ten-thousandths."""


class Refusal(IntEnum):
    """Why a unit does not do what it was asked."""

    NO_SUCH_LED = 1
    OUT_OF_RANGE = 2
    STOPPED = 3
    """The stop button was pressed; a Release comes first."""


@dataclass(frozen=True, slots=True)
class Hello:
    """Host: say who you are."""

    version: int


@dataclass(frozen=True, slots=True)
class Configure:
    """Host: this LED flickers so from the next frame on.

    Parameters
    ----------
    sequence : int
    led : int
    frequency_mhz : int
        In thousandths of a hertz.
    phase : int
        Where in its period the LED is at the start, in ten-thousandths.
    duty : int
        Share of the period in which it is lit, in ten-thousandths.
    brightness : int
        While lit, in ten-thousandths of the brightest.
    """

    sequence: int
    led: int
    frequency_mhz: int
    phase: int
    duty: int
    brightness: int


@dataclass(frozen=True, slots=True)
class Start:
    """Host: all LEDs begin now, together."""

    sequence: int


@dataclass(frozen=True, slots=True)
class Darken:
    """Host: all LEDs go dark now."""

    sequence: int


@dataclass(frozen=True, slots=True)
class Release:
    """Host: leave the stop that the button brought about."""

    sequence: int


@dataclass(frozen=True, slots=True)
class Ping:
    """Host: I am there; say what time it is."""

    token: int


@dataclass(frozen=True, slots=True)
class Info:
    """Unit: who I am."""

    version: int
    n_leds: int
    name: bytes


@dataclass(frozen=True, slots=True)
class Done:
    """Unit: that request took effect at this time of my clock."""

    sequence: int
    at_us: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Unit: that request did not, for this reason."""

    sequence: int
    reason: Refusal


@dataclass(frozen=True, slots=True)
class Pong:
    """Unit: I am there; this is the time, and whether the stop button waits for a release."""

    token: int
    stopped: bool
    at_us: int


@dataclass(frozen=True, slots=True)
class StopPressed:
    """Unit: the subject pressed the stop button; all is dark."""

    at_us: int


HostMessage: TypeAlias = Hello | Configure | Start | Darken | Release | Ping
UnitMessage: TypeAlias = Info | Done | Refused | Pong | StopPressed
Message: TypeAlias = HostMessage | UnitMessage

_FIELDS: dict[type[Message], tuple[int, Struct]] = {
    Hello: (0x01, Struct("<B")),
    Configure: (0x02, Struct("<HBIHHH")),
    Start: (0x03, Struct("<H")),
    Darken: (0x04, Struct("<H")),
    Release: (0x05, Struct("<H")),
    Ping: (0x06, Struct("<H")),
    Info: (0x81, Struct("<BB16s")),
    Done: (0x82, Struct("<HQ")),
    Refused: (0x83, Struct("<HB")),
    Pong: (0x84, Struct("<H?Q")),
    StopPressed: (0x85, Struct("<Q")),
}
_KINDS = {code: (kind, fields) for kind, (code, fields) in _FIELDS.items()}


class MalformedMessageError(ValueError):
    """An intact frame that is none of the messages."""


def encode(message: Message) -> bytes:
    """Body of the frame that carries a message."""
    code, fields = _FIELDS[type(message)]
    return bytes([code]) + fields.pack(*astuple(message))


def decode(body: bytes) -> Message:
    """Message in the body of a frame.

    Raises
    ------
    MalformedMessageError
        When it is none.
    """
    if not body or body[0] not in _KINDS:
        raise MalformedMessageError(f"no message begins with {body[:1].hex() or 'nothing'}")
    kind, fields = _KINDS[body[0]]
    if len(body) != 1 + fields.size:
        raise MalformedMessageError(f"a {kind.__name__} of {len(body)} bytes")
    values = list(fields.unpack(body[1:]))
    if kind is Refused:
        try:
            values[1] = Refusal(values[1])
        except ValueError as error:
            raise MalformedMessageError(str(error)) from error
    return kind(*values)

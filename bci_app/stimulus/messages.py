"""What a session and its stimulus say to each other: values here, JSON lines between them."""

import dataclasses
import json
import math
import types
import typing
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

from bci_app.errors import BciAppError, ConfigurationError
from bci_app.stimulus.frame_clock import FrameTiming
from bci_app.stimulus.geometry import FlashingArea
from bci_app.stimulus.refresh_fit import Misfit
from bci_app.stimulus.settings import StimulusSettings

MAX_LINE_BYTES = 65536


class StimulusProtocolError(BciAppError):
    """The other side said something that is not in the protocol."""


# --- what a session asks for ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Show:
    """Open the window; always the first message."""

    settings: StimulusSettings


@dataclass(frozen=True, slots=True)
class Confirm:
    """Somebody, named by `by`, has read the photosensitivity notice and agrees."""

    by: str


@dataclass(frozen=True, slots=True)
class Begin:
    """Begin to flicker."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Stand still at medium luminance."""


@dataclass(frozen=True, slots=True)
class Cue:
    """Ask the subject to look at a target, or with None to look away."""

    target: int | None
    text: str = ""


@dataclass(frozen=True, slots=True)
class ShowDecision:
    """Tell the subject what was understood.

    Parameters
    ----------
    target : int
    score : float
        Of the target, by a decoder that knows no probabilities: 0 to 1.
    probability : float or None
        How sure it is, by one that does.
    withheld : str
        Why nothing is done about it; empty when something is.
    """

    target: int
    score: float
    probability: float | None = None
    withheld: str = ""


@dataclass(frozen=True, slots=True)
class ShowLegs:
    """Tell the subject what the exoskeleton is doing."""

    text: str


@dataclass(frozen=True, slots=True)
class Stop:
    """Blank, and stay so until :class:`Resume`."""

    reason: str


@dataclass(frozen=True, slots=True)
class Resume:
    """Leave the stop for the pause."""


@dataclass(frozen=True, slots=True)
class Measure:
    """Begin, or end, to invert the photodiode patch at irregular times."""

    on: bool


@dataclass(frozen=True, slots=True)
class Close:
    """Close the window and end."""


StimulusRequest: TypeAlias = (
    Show | Confirm | Begin | Pause | Cue | ShowDecision | ShowLegs | Stop | Resume | Measure | Close
)

# --- what a stimulus reports ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ready:
    """The stimulus is there and waits for the confirmation.

    Parameters
    ----------
    name : str
        The screen or the LED unit.
    refresh_hz : float
        Measured refresh rate; 0 for LEDs, which need none.
    synchronised : bool
        Whether frames wait for the screen.
    width_px, height_px : int
        Size of the window.
    area : FlashingArea
    misfits : tuple of Misfit
        What does not fit between the targets and this screen.
    """

    name: str
    refresh_hz: float
    synchronised: bool
    width_px: int
    height_px: int
    area: FlashingArea
    misfits: tuple[Misfit, ...]


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The notice was confirmed, by whom."""

    by: str


@dataclass(frozen=True, slots=True)
class Declined:
    """The subject does not want to see flicker; the stimulus ends."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A request was not followed, and why."""

    request: str
    reason: str


@dataclass(frozen=True, slots=True)
class Began:
    """The first flickering frame was shown at `time_s` (monotonic)."""

    time_s: float


@dataclass(frozen=True, slots=True)
class Paused:
    """The first still frame was shown."""

    time_s: float


@dataclass(frozen=True, slots=True)
class CueShown:
    """The first frame with the cue was shown."""

    target: int | None
    time_s: float


@dataclass(frozen=True, slots=True)
class StopRequested:
    """Somebody pressed a key or clicked, or the window is gone: stop the exoskeleton.

    Sent before anything is drawn.
    """

    source: str
    time_s: float


@dataclass(frozen=True, slots=True)
class Blanked:
    """The first frame without any target was shown."""

    time_s: float


@dataclass(frozen=True, slots=True)
class Gaze:
    """The pointer, standing for the gaze, moved onto a target or off all of them."""

    target: int | None
    time_s: float


@dataclass(frozen=True, slots=True)
class Inverted:
    """The photodiode patch became white or black."""

    white: bool
    time_s: float


@dataclass(frozen=True, slots=True)
class Frames:
    """Frame timing since the flicker began, once a second, with the processor time used."""

    timing: FrameTiming
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Failed:
    """The stimulus cannot go on, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Closed:
    """The last message."""


StimulusReport: TypeAlias = (
    Ready
    | Confirmed
    | Declined
    | Refused
    | Began
    | Paused
    | CueShown
    | StopRequested
    | Blanked
    | Gaze
    | Inverted
    | Frames
    | Failed
    | Closed
)

StimulusMessage: TypeAlias = StimulusRequest | StimulusReport

_KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in typing.get_args(StimulusMessage)}


def encode(message: StimulusMessage) -> bytes:
    """One line of JSON, with its line end."""
    fields = {"kind": type(message).__name__, **dataclasses.asdict(message)}
    return json.dumps(fields, separators=(",", ":"), allow_nan=False).encode() + b"\n"


SIGN_OF_LIFE = b"\n"
"""An empty line: no message, but whoever writes it goes on."""


class MessageReader:
    """Cuts a stream of bytes into messages."""

    def __init__(self) -> None:
        self._pending = b""

    def feed(self, data: bytes) -> list[StimulusMessage]:
        """Take the next bytes; return the messages they complete.

        Raises
        ------
        StimulusProtocolError
            When a line is not a message, or too long to be one.
        """
        *lines, self._pending = (self._pending + data).split(b"\n")
        if len(self._pending) > MAX_LINE_BYTES:
            raise StimulusProtocolError(f"a line of more than {MAX_LINE_BYTES} bytes")
        return [_decode(line) for line in lines if line]


# What taking a line apart, and the settings in it, may raise.
_NO_MESSAGE = (
    *(ValueError, KeyError, TypeError, OverflowError, RecursionError),
    ConfigurationError,
)


def _decode(line: bytes) -> StimulusMessage:
    try:
        value = json.loads(line)
        if not isinstance(value, dict):
            raise TypeError(f"expected a table, not {value!r}")
        kind = _KINDS[value.pop("kind")]
        return typing.cast("StimulusMessage", _build(kind, value))
    except _NO_MESSAGE as error:
        raise StimulusProtocolError(f"not a stimulus message: {line[:200]!r} ({error})") from error


def _build(expected: Any, value: Any) -> Any:
    """Make a value of the annotated type from what JSON could carry of it."""
    if dataclasses.is_dataclass(expected):
        if not isinstance(value, dict):
            raise ValueError(f"expected a table, not {value!r}")
        hints = typing.get_type_hints(expected)
        if value.keys() - hints.keys():
            raise ValueError(f"{expected} has no field {value.keys() - hints.keys()}")
        return typing.cast("Any", expected)(
            **{name: _build(hints[name], field) for name, field in value.items()}
        )
    origin, arguments = typing.get_origin(expected), typing.get_args(expected)
    if origin is types.UnionType:
        (inner,) = (kind for kind in arguments if kind is not types.NoneType)
        return None if value is None else _build(inner, value)
    if origin is tuple:
        if not isinstance(value, list):
            raise ValueError(f"expected a list, not {value!r}")
        if arguments[-1] is Ellipsis:
            return tuple(_build(arguments[0], item) for item in value)
        return tuple(_build(kind, item) for kind, item in zip(arguments, value, strict=True))
    if isinstance(expected, type) and issubclass(expected, Enum):
        return expected(value)
    if expected is float and type(value) in (int, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} where a number was expected")
        return float(value)
    if type(value) is not expected:
        raise ValueError(f"expected {expected.__name__}, not {value!r}")
    return value

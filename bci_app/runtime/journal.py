"""Events of a session as JSON text, and back: the same values, bit for bit."""

import typing
from typing import Any

import msgspec

from bci_app.evaluation.answers import Prompt, TrialRejected
from bci_app.evaluation.rate_test import RateSeen
from bci_app.online.events import PathEvent
from bci_app.recordings.session_file import Entry
from bci_app.runtime.quality import SignalJudged
from bci_app.runtime.session import (
    CommandSent,
    CommandTakenBack,
    FlickerAsked,
    Hindered,
    Note,
    SessionEvent,
    StopReleased,
    StopRequested,
    Unhindered,
)
from bci_app.stimulus.messages import StimulusReport
from devices.chunk import Chunk
from devices.errors import DeviceError
from devices.exoskeleton.events import Event as LinkEvent
from devices.headset.acquisition import Fault

_SESSION_KINDS: tuple[type[Any], ...] = (
    *typing.get_args(PathEvent),
    *typing.get_args(LinkEvent),
    *typing.get_args(Fault),
    Prompt,
    TrialRejected,
    CommandSent,
    SignalJudged,
    StopRequested,
    StopReleased,
    Hindered,
    Unhindered,
    FlickerAsked,
    Note,
    CommandTakenBack,
    RateSeen,
)

# The stimulus has a Refused and a StopRequested of its own.
_KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in _SESSION_KINDS} | {
    f"Stimulus{kind.__name__}": kind for kind in typing.get_args(StimulusReport)
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def encode_event(event: SessionEvent, sample: int) -> bytes:
    """Return an event (no chunk) as JSON, with the end of the stream when it happened."""
    if isinstance(event, Chunk):
        raise TypeError("samples are no event of the journal")
    fields = msgspec.to_builtins(event, enc_hook=_to_builtin)
    return msgspec.json.encode({"event": _NAMES[type(event)], "sample": sample, **fields})


def decode_event(entry: Entry) -> SessionEvent:
    """Return the event of an entry.

    Raises
    ------
    KeyError
        When this version of the program knows no such event.
    msgspec.ValidationError
        When the event has other fields.
    """
    event: SessionEvent = msgspec.convert(
        dict(entry.fields), _KINDS[entry.event], dec_hook=_from_builtin
    )
    return event


def _to_builtin(value: object) -> object:
    if isinstance(value, DeviceError):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be recorded")


def _from_builtin(kind: type, value: object) -> object:
    if issubclass(kind, DeviceError):
        return kind(str(value))
    raise TypeError(f"{kind.__name__} cannot be read from a recording")

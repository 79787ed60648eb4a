"""Every decision of a recorded session derived again from its samples, and held against it.

The path's events follow from the samples and the settings, but what the gate lets through also
depends on what the exoskeleton reported, on faults and on stops: these are handed to the same
session object at the place in the stream where they were recorded.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias, get_args

import msgspec

from bci_app.errors import BciAppError, RecordingError
from bci_app.online.events import Decided, GapFound, PathEvent
from bci_app.online.settings import PathSettings
from bci_app.recordings.session_file import Entry, SessionFile
from bci_app.runtime.journal import decode_event, encode_event
from bci_app.runtime.profiles import build_path, profile_of
from bci_app.runtime.recorded_link import RecordedLink
from bci_app.runtime.session import (
    Hindered,
    Session,
    SessionEvent,
    StopReleased,
    StopRequested,
    Unhindered,
)
from devices.chunk import Chunk
from devices.exoskeleton.events import LinkDown, TelemetryReceived

_GateInput: TypeAlias = (
    TelemetryReceived | LinkDown | Hindered | Unhindered | StopRequested | StopReleased
)


# What making settings or events of what a file holds may raise.
_UNUSABLE = (KeyError, ValueError, TypeError, OverflowError, msgspec.ValidationError, BciAppError)


@dataclass(frozen=True, slots=True)
class Difference:
    """The first event that did not come out the same.

    Parameters
    ----------
    number : int
        Its place among the path's events, from 0.
    recorded, replayed : PathEvent or None
        None where one of the two has no further event.
    """

    number: int
    recorded: PathEvent | None
    replayed: PathEvent | None


@dataclass(frozen=True, slots=True)
class Parity:
    """How a session and its replay compare.

    Parameters
    ----------
    n_events : int
        Events of the path that were equal: scores, decisions, commands, what was withheld, gaps.
    n_decisions : int
        Decisions among them.
    n_gate_inputs : int
        Reports of the exoskeleton, hindrances and stops that were taken in.
    n_unrecorded : int
        Replayed events after the last recorded one, which a session that was cut off may lack.
    difference : Difference or None
    """

    n_events: int
    n_decisions: int
    n_gate_inputs: int
    n_unrecorded: int
    difference: Difference | None


def settings_of(session: SessionFile) -> PathSettings:
    """Return the settings of the session's online path.

    Raises
    ------
    RecordingError
        When this version of the program cannot build a path from them.
    """
    try:
        return msgspec.convert(session.facts["settings"], PathSettings)
    except _UNUSABLE as error:
        raise RecordingError(
            f"{session.path} holds settings that this version cannot use ({error}): expected "
            f"those of bci-app {session.facts.get('versions', {}).get('bci-app', '?')}."
        ) from error


def events_of(session: SessionFile) -> list[SessionEvent]:
    """Return the events of a session as they were told, without the samples.

    Raises
    ------
    RecordingError
        When this version of the program does not know one of them.
    """
    return [_decode(session, entry) for entry in session.entries]


def check_parity(session: SessionFile) -> Parity:
    """Derive the decisions of a session again and compare.

    Raises
    ------
    RecordingError
        When its settings or events are not known to this version of the program.
    """
    events = events_of(session)
    told = [
        (entry, event)
        for entry, event in zip(session.entries, events, strict=True)
        if isinstance(event, get_args(PathEvent))
    ]
    recorded = [event for _, event in told]
    inputs = _gate_inputs(session, events)
    replayed = list(_derive(session, inputs))
    n_equal = 0
    for (entry, _), event in zip(told, replayed, strict=False):
        if not _is_as_recorded(entry, event):
            break
        n_equal += 1
    is_last = n_equal == len(recorded)
    difference = None
    if not is_last or (not session.was_cut_off and len(replayed) > n_equal):
        difference = Difference(
            n_equal,
            recorded[n_equal] if n_equal < len(recorded) else None,
            replayed[n_equal] if n_equal < len(replayed) else None,
        )
    return Parity(
        n_events=n_equal,
        n_decisions=sum(isinstance(event, Decided) for event in recorded[:n_equal]),
        n_gate_inputs=len(inputs),
        n_unrecorded=len(replayed) - n_equal if difference is None else 0,
        difference=difference,
    )


def _is_as_recorded(entry: Entry, event: PathEvent) -> bool:
    """Whether an event is that of an entry, in all that was recorded of it.

    An event may have got further fields since the version that recorded it.
    """
    fields = json.loads(encode_event(event, entry.sample))
    return bool(
        fields["event"] == entry.event
        and all(fields.get(name) == value for name, value in entry.fields.items())
    )


def _decode(session: SessionFile, entry: Entry) -> SessionEvent:
    try:
        return decode_event(entry)
    except _UNUSABLE as error:
        raise RecordingError(
            f"{session.path} holds an event {entry.event!r} that this version does not know "
            f"({error}): expected those of bci-app "
            f"{session.facts.get('versions', {}).get('bci-app', '?')}."
        ) from error


def _gate_inputs(session: SessionFile, events: list[SessionEvent]) -> list[tuple[int, _GateInput]]:
    """Return what the gate took in, each with the sample index after which it took effect.

    That is the end of the stream when it was told, unless a later entry of the journal is a
    decision or score from before that end: then it was told between chunk and path.
    """
    inputs: list[tuple[int, _GateInput]] = []
    latest = len(session.samples_uv)
    for entry, event in zip(reversed(session.entries), reversed(events), strict=True):
        if isinstance(event, get_args(PathEvent)):
            if not isinstance(event, GapFound):
                latest = min(latest, event.end_index - 1)
        elif isinstance(event, _GateInput):
            latest = min(latest, entry.sample)
            inputs.append((latest, event))
    return list(_changes(inputs[::-1]))


def _changes(inputs: list[tuple[int, _GateInput]]) -> Iterator[tuple[int, _GateInput]]:
    """Leave out telemetry that tells the gate nothing new."""
    known: object = None
    for index, event in inputs:
        told: object = event
        if isinstance(event, TelemetryReceived):
            told = (event.telemetry.posture, event.telemetry.faults)
            if told == known:
                continue
        if isinstance(event, TelemetryReceived | LinkDown):
            known = told
        yield index, event


def _derive(session: SessionFile, inputs: list[tuple[int, _GateInput]]) -> Iterator[PathEvent]:
    path = build_path(settings_of(session), session.headset, profile_of(session))
    told: list[PathEvent] = []

    def listen(event: SessionEvent) -> None:
        if isinstance(event, get_args(PathEvent)):
            told.append(event)

    link = RecordedLink()
    replayed = Session(path, link, [listen])
    stretches = _stretches(session)
    for index, event in [*inputs, (len(session.samples_uv), None)]:
        while stretches and stretches[0][0] < index:
            first, end = stretches.pop(0)
            if end > index:
                stretches.insert(0, (index, end))
            replayed.feed(Chunk(session.samples_uv[first : min(end, index)], first))
            yield from told
            told.clear()
        match event:
            case TelemetryReceived() | LinkDown():
                link.report(event)
                replayed.poll()
            case StopRequested():
                replayed.latch_stop(event.reason)
            case StopReleased():
                replayed.release()
            case Hindered():
                replayed.hinder(event.cause, event.reason)
            case Unhindered():
                replayed.unhinder(event.cause)
            case None:
                pass


def _stretches(session: SessionFile) -> list[tuple[int, int]]:
    """Return begin and end of each stretch of samples without a loss."""
    if not len(session.chunks):
        return []
    firsts = session.chunks[:, 0].tolist()
    ends = session.chunks.sum(axis=1).tolist()
    edges = [0, *(k for k in range(1, len(firsts)) if firsts[k] != ends[k - 1]), len(firsts)]
    return [(firsts[start], ends[stop - 1]) for start, stop in pairwise(edges)]

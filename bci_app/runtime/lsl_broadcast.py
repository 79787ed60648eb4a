"""A session on the network: its samples and what happens in it, for LabRecorder and others.

Four streams of the Lab Streaming Layer: `NAME EEG` with the samples, and three of texts of type
`Markers`: `NAME markers` (what was asked of the subject, stops, notes, faults, gaps, the stimulus),
`NAME decisions` (what was decided, and whether it became a command) and `NAME commands` (what was
sent to the exoskeleton, and its answers). A text is a JSON object with the event's fields as in the
session's own file, and a `label` for people and for programs that want one word.
"""

import json
import time
from typing import Self

from bci_app.evaluation.answers import Prompt
from bci_app.online.events import Commanded, Decided, Scored, Withheld
from bci_app.recordings.session_file import Entry, marker_of
from bci_app.runtime.journal import encode_event
from bci_app.runtime.quality import SignalJudged
from bci_app.runtime.session import CommandSent, SessionEvent
from bci_app.stimulus.messages import Frames, Gaze, Inverted
from devices.chunk import Chunk
from devices.exoskeleton import events as link
from devices.headset.lsl_outlets import MarkerStream, SampleStream
from devices.headset.sample_clock import SampleClock
from devices.headset.source import HeadsetInfo

_DECISIONS = (Decided, Commanded, Withheld)
_COMMANDS = (
    CommandSent,
    link.Acknowledged,
    link.Refused,
    link.Unanswered,
    link.StopConfirmed,
    link.LinkUp,
    link.LinkDown,
)
# So many that they would bury the rest; the session's own file has them.
_LEFT_OUT = (
    Scored,
    SignalJudged,
    link.FrameWritten,
    link.TelemetryReceived,
    Frames,
    Gaze,
    Inverted,
)


class LslBroadcast:
    """A listener that tells the network; a context manager, for the streams end with it.

    Parameters
    ----------
    name : str
        What the names of the streams begin with.
    headset : HeadsetInfo
    frequencies_hz : tuple of float
        Of the targets, for labels.
    with_samples : bool
        False when the samples are on the network already.

    Raises
    ------
    DeviceError
        On entering, when LSL is not installed.
    """

    def __init__(
        self,
        name: str,
        headset: HeadsetInfo,
        frequencies_hz: tuple[float, ...],
        *,
        with_samples: bool = True,
    ) -> None:
        self._name = name
        self._headset = headset
        self._frequencies_hz = frequencies_hz
        self._with_samples = with_samples
        self._clock: SampleClock | None = None
        self._end_index = 0
        self._samples: SampleStream | None = None

    def __enter__(self) -> Self:
        if self._with_samples:
            self._samples = SampleStream(*self._names("EEG"), self._headset)
        self._markers = MarkerStream(*self._names("markers"))
        self._decisions = MarkerStream(*self._names("decisions"))
        self._commands = MarkerStream(*self._names("commands"))
        return self

    def __exit__(self, *_: object) -> None:
        for stream in (self._samples, self._markers, self._decisions, self._commands):
            if stream is not None:
                stream.close()

    def __call__(self, event: SessionEvent) -> None:
        """Take in an event."""
        if isinstance(event, Chunk):
            self._take_samples(event)
        elif isinstance(event, _DECISIONS):
            self._tell(self._decisions, event)
        elif isinstance(event, _COMMANDS):
            self._tell(self._commands, event)
        elif not isinstance(event, _LEFT_OUT):
            self._tell(self._markers, event)

    def _names(self, what: str) -> tuple[str, str]:
        """Name and source id of a stream."""
        return f"{self._name} {what}", f"{self._name}-{what}"

    def _take_samples(self, chunk: Chunk) -> None:
        if not len(chunk):
            return
        self._end_index = chunk.end_index
        arrival_s = time.monotonic() if chunk.arrival_s is None else chunk.arrival_s
        if self._clock is None:
            self._clock = SampleClock(
                self._headset.sampling_rate_hz, chunk.end_index - 1, arrival_s
            )
        else:
            self._clock.push(chunk.end_index - 1, arrival_s)
        if self._samples is not None:
            time_of = self._clock.fit.time_of
            indices = range(chunk.first_index, chunk.end_index)
            self._samples.push(chunk.samples_uv, [time_of(index) for index in indices])

    def _tell(self, stream: MarkerStream, event: SessionEvent) -> None:
        told = json.loads(encode_event(event, self._end_index))
        fields = dict(told)
        entry = Entry(0.0, fields.pop("sample"), fields.pop("event"), fields)
        text = json.dumps({"label": self._label(event, entry), **told}, ensure_ascii=False)
        stream.push(text, self._time_s(event))

    def _label(self, event: SessionEvent, entry: Entry) -> str:
        marker = marker_of(entry, self._frequencies_hz)
        if marker is not None:
            return marker.code
        if isinstance(event, CommandSent):
            return f"sent {event.command.words}"
        return entry.event

    def _time_s(self, event: SessionEvent) -> float:
        """When it happened; what was asked of the subject begins with a sample."""
        if isinstance(event, Prompt) and self._clock is not None:
            return self._clock.fit.time_of(event.index)
        return time.monotonic()

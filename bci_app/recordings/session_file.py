"""The file of a session, read back: samples, chunks and what happened, whole or cut off."""

import json
import mmap
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import msgspec
import numpy as np
import numpy.typing as npt

from bci_app.errors import RecordingError
from bci_app.recordings import xdf_format as xdf
from bci_app.recordings.recording import Marker, Recording
from bci_app.recordings.sample_grid import takes_too_much
from bci_app.recordings.session_format import (
    CHUNK_STREAM,
    EEG_STREAM,
    EVENT_STREAM,
    FORMAT_VERSION,
)
from devices.exoskeleton.command import Command
from devices.headset.source import HeadsetInfo

RECOVERED_FROM = "recovered_from"
"""The fact that tells a session which was cut off and closed later."""

_LONGEST_S = 7 * 24 * 3600.0

# What taking a file apart may raise, where it is not what it says.
_DAMAGED = (
    *(ParseError, ValueError, LookupError, TypeError, OverflowError, RecursionError),
    msgspec.ValidationError,
)


class _Facts(msgspec.Struct):
    """Those facts of a session that are looked at wherever it is read."""

    settings: dict[str, Any] = {}
    versions: dict[str, str] = {}
    began_at: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened in a session.

    Parameters
    ----------
    time_s : float
        When it was told, by the session's monotonic clock.
    sample : int
        Absolute index just after the last sample that had arrived.
    event : str
        Its kind.
    fields : mapping
        The rest of it.
    """

    time_s: float
    sample: int
    event: str
    fields: Mapping[str, Any]

    def text(self) -> bytes:
        """Return it as it stands in the file."""
        whole = {"event": self.event, "sample": self.sample, **self.fields}
        return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class SessionFile:
    """All that a session left.

    Parameters
    ----------
    path : Path
    facts : mapping
        `settings` of the online path, `versions`, `seeds` and whatever else was set down.
    headset : HeadsetInfo
    samples_uv : ndarray of float64, shape (n_times, n_channels)
        Row k is the sample of absolute index k; rows of lost samples are NaN.
    chunks : ndarray of int64, shape (n_chunks, 2)
        First index and number of samples of each chunk.
    arrivals_s : ndarray of float64, shape (n_chunks,)
        Monotonic time at which each chunk arrived.
    sample_times_s : ndarray of float64, shape (n_received,)
        Monotonic time at which each sample that arrived was taken.
    entries : tuple of Entry
        In the order in which they happened.
    closed : bool
        Whether the file has its end.
    n_damaged_bytes : int
        Bytes of the file that belong to no whole block.
    """

    path: Path
    facts: Mapping[str, Any]
    headset: HeadsetInfo
    samples_uv: npt.NDArray[np.float64]
    chunks: npt.NDArray[np.int64]
    arrivals_s: npt.NDArray[np.float64]
    sample_times_s: npt.NDArray[np.float64]
    entries: tuple[Entry, ...]
    closed: bool
    n_damaged_bytes: int

    @property
    def was_cut_off(self) -> bool:
        """Whether the session went on after what was recorded last."""
        return not self.closed or RECOVERED_FROM in self.facts

    @property
    def duration_s(self) -> float:
        """Length of the stream, lost samples included."""
        return len(self.samples_uv) / self.headset.sampling_rate_hz

    @property
    def n_lost(self) -> int:
        """Samples that were lost."""
        return len(self.samples_uv) - int(self.chunks[:, 1].sum())

    @property
    def frequencies_hz(self) -> tuple[float, ...]:
        """Frequency of each target; empty when the session had none."""
        targets = self.facts.get("settings", {}).get("targets", [])
        return tuple(float(target["frequency_hz"]) for target in targets)

    @property
    def began_at(self) -> datetime | None:
        """When it began, by the wall clock."""
        text = self.facts.get("began_at")
        return None if text is None else datetime.fromisoformat(text)

    def marked(self) -> list[tuple[Marker, Entry]]:
        """Return prompts, decisions, commands, stops and notes as markers, in order of samples.

        A prompt's code is its target's frequency in Hz, or `idle`, or `nothing`, with `rejected`
        before it where the trial was spoiled; a decision's is `decided` and the frequency;
        `commanded` and `withheld` are followed by the command.
        """
        rejected = {e.fields["index"] for e in self.entries if e.event == "TrialRejected"}
        frequencies_hz = self.frequencies_hz
        found = ((marker_of(entry, frequencies_hz), entry) for entry in self.entries)
        # A marker just after the last sample has no place in other files.
        marked = [
            (Marker(m.index, f"rejected {m.code}"), e)
            if e.event == "Prompt" and m.index in rejected and m.code != "nothing"
            else (m, e)
            for m, e in found
            if m is not None and m.index < len(self.samples_uv)
        ]
        return sorted(marked, key=lambda pair: pair[0].index)

    def recording(self) -> Recording:
        """Return it as any recording."""
        return Recording(
            self.path,
            self.samples_uv,
            self.headset.sampling_rate_hz,
            self.headset.channel_names,
            tuple(marker for marker, _ in self.marked()),
            began_at=self.began_at,
        )


def marker_of(entry: Entry, frequencies_hz: tuple[float, ...]) -> Marker | None:
    """Return a prompt, decision, command, stop or note as a marker, None for all else."""
    fields = entry.fields
    match entry.event:
        case "Prompt" if fields["target"] is not None:
            return Marker(fields["index"], f"{frequencies_hz[fields['target']]:g}")
        case "Prompt":
            idle = fields["asked"] == "look at no target"
            return Marker(fields["index"], "idle" if idle else "nothing")
        case "Decided":
            return Marker(fields["end_index"], f"decided {frequencies_hz[fields['target']]:g}")
        case "Commanded" | "Withheld":
            command = Command(fields["command"])
            return Marker(fields["end_index"], f"{entry.event.lower()} {command.words}")
        case "Note":
            return Marker(entry.sample, f"note: {fields['text']}")
        case "StopRequested":
            return Marker(entry.sample, f"stop: {fields['reason']}")
        case _:
            return None


def is_session(path: Path) -> bool:
    """Whether a file begins like one that a session left."""
    with path.open("rb") as file:
        head = file.read(1 << 16)
    return head.startswith(xdf.MAGIC) and b"<name>bci-app chunks</name>" in head


def read_session(path: Path) -> SessionFile:
    """Read the file of a session, whole or cut off.

    Raises
    ------
    RecordingError
        When it is none, or its beginning is damaged.
    """
    try:
        if not is_session(path):
            raise RecordingError(
                f"{path} is not the recording of a session: expected an XDF file that bci-app "
                "wrote. `bci-app replay` also takes other recordings, with --classes."
            )
        with path.open("rb") as file:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        session = _Reader(path).read(memoryview(data))
        # What could not be understood when it is asked for is refused now.
        msgspec.convert(session.facts, _Facts)
        _ = session.began_at, session.frequencies_hz, session.marked()
        return session
    except OSError as error:
        raise RecordingError(
            f"{path} cannot be read ({error.strerror}): expected the recording of a session."
        ) from error
    except _DAMAGED as error:
        raise RecordingError(
            f"{path} is damaged ({error}): expected the headers of a session at its beginning and "
            "whole blocks after them. Take a copy of the file from before the damage."
        ) from error


def _entry(time_s: float, text: bytes) -> Entry:
    fields = json.loads(text)
    if not isinstance(fields, dict):
        raise TypeError("an event that is no table")
    return Entry(time_s, fields.pop("sample"), fields.pop("event"), fields)


class _Reader:
    """Collects the three streams of a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._headset: HeadsetInfo | None = None
        self._facts: dict[str, Any] = {}
        self._pending: list[tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]] = []
        self._times: list[npt.NDArray[np.float64]] = []
        self._samples: list[npt.NDArray[np.float64]] = []
        self._chunks: list[npt.NDArray[np.int64]] = []
        self._arrivals: list[npt.NDArray[np.float64]] = []
        self._entries: list[Entry] = []
        self._n_footers = 0

    def read(self, data: memoryview) -> SessionFile:
        n_whole = len(xdf.MAGIC)
        for tag, content in xdf.read_chunks(data):
            if self._take(tag, content):
                n_whole += 7 + len(content)  # length and tag before the content
        if self._headset is None:
            raise ValueError("no header of the EEG")
        chunks = np.concatenate([np.zeros((0, 2), np.int64), *self._chunks])
        arrivals_s = np.concatenate([np.zeros(0), *self._arrivals])
        return SessionFile(
            path=self._path,
            facts=self._facts,
            headset=self._headset,
            samples_uv=self._lay_out(chunks),
            chunks=chunks,
            arrivals_s=arrivals_s,
            sample_times_s=np.concatenate([np.zeros(0), *self._times]),
            entries=tuple(self._entries),
            closed=self._n_footers == 3,
            n_damaged_bytes=len(data) - n_whole,
        )

    def _take(self, tag: xdf.Tag, content: memoryview) -> bool:
        """Take in a chunk; returns whether it was whole."""
        if tag is xdf.Tag.STREAM_HEADER:
            self._take_header(content)
        elif tag is xdf.Tag.SAMPLES and self._headset is not None:
            try:
                self._take_samples(*xdf.split_stream(content))
            except _DAMAGED:
                return False
        elif tag is xdf.Tag.STREAM_FOOTER:
            self._n_footers += 1
        elif tag is xdf.Tag.BOUNDARY:
            self._pending.clear()
        return True

    def _take_header(self, content: memoryview) -> None:
        stream_id, block = xdf.split_stream(content)
        info = xdf.decode_xml(block)
        if stream_id == EEG_STREAM:
            labels = tuple(
                label.text or "" for label in info.findall("desc/channels/channel/label")
            )
            rate_hz = float(info.findtext("nominal_srate", ""))
            if not labels or not 0 < rate_hz < 1e6:
                raise ValueError(f"{len(labels)} channels at {rate_hz:g} Hz")
            reference = info.findtext("desc/reference/label", "")
            self._headset = HeadsetInfo(info.findtext("name", ""), rate_hz, labels, reference)
        elif stream_id == EVENT_STREAM:
            version = int(info.findtext("desc/format_version", "0"))
            if version != FORMAT_VERSION:
                raise ValueError(
                    f"version {version} of the format, expected {FORMAT_VERSION}: read it with "
                    "the bci-app that wrote it"
                )
            self._facts = json.loads(info.findtext("desc/session", ""))

    def _take_samples(self, stream_id: int, block: memoryview) -> None:
        assert self._headset is not None  # noqa: S101 - the caller looked
        if stream_id == EEG_STREAM:
            times_s, samples = xdf.decode_numbers(block, "<f8", len(self._headset.channel_names))
            self._pending.append((times_s, samples.astype(np.float64)))
        elif stream_id == CHUNK_STREAM:
            arrivals_s, chunks = xdf.decode_numbers(block, "<i8", 2)
            n_pending = sum(len(times_s) for times_s, _ in self._pending)
            n_each = chunks[:, 1].tolist()
            if min(n_each, default=0) >= 0 and sum(n_each) == n_pending:  # else one is damaged
                self._times += [times_s for times_s, _ in self._pending]
                self._samples += [samples for _, samples in self._pending]
                self._chunks.append(chunks.astype(np.int64))
                self._arrivals.append(arrivals_s)
            self._pending.clear()
        else:
            self._entries += [_entry(time_s, text) for time_s, text in xdf.decode_texts(block)]

    def _lay_out(self, chunks: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        assert self._headset is not None  # noqa: S101 - the caller looked
        n_channels = len(self._headset.channel_names)
        ends = chunks.sum(axis=1)
        if (chunks < 0).any() or (chunks[1:, 0] < ends[:-1]).any():
            raise ValueError("chunks that overlap")
        n_times = int(ends[-1]) if len(ends) else 0
        if n_times > _LONGEST_S * self._headset.sampling_rate_hz:
            raise ValueError(f"a stream of {n_times} samples")
        received = np.concatenate([np.zeros((0, n_channels)), *self._samples])
        if takes_too_much(n_times - len(received), n_channels):
            raise ValueError(f"{n_times - len(received)} samples that were lost")
        samples_uv, position = np.full((n_times, n_channels), np.nan), 0
        for first, count in chunks.tolist():
            samples_uv[first : first + count] = received[position : position + count]
            position += count
        return samples_uv

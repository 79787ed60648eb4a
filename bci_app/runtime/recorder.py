"""A listener that puts a session on disk as it happens, whatever the disk does.

The session's thread only appends to a queue; a thread of its own writes. What may go wrong is
decided here: a session whose record would have holes is worth less than none, so the recorder never
drops anything. When the disk cannot keep up until the queue is full, fills up, or fails, the
session is ended: the next event raises. The room held in reserve takes what is still waiting.
"""

import os
import platform
import shutil
import threading
import time
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Self

import msgspec
import numpy as np

from bci_app.errors import RecordingError
from bci_app.online.settings import PathSettings
from bci_app.recordings.session_format import encode_beginning, encode_block, encode_end
from bci_app.runtime.journal import encode_event
from bci_app.runtime.session import SessionEvent
from devices.chunk import Chunk
from devices.headset.sample_clock import SampleClock
from devices.headset.source import HeadsetInfo

RESERVE_BYTES = 64 << 20
"""Room on the disk at which a session is ended; twice as much is needed to begin one."""

_CAPACITY = 50_000  # about two minutes of a session at 1 kHz
_WRITE_EVERY_S = 0.1
_LOOK_AT_DISK_EVERY_S = 1.0
_SYNC_EVERY_S = 5.0  # against a power failure; a killed program needs none
_JOIN_S = 30.0
_REMOVED = "the file was removed"

_Item = tuple[float, int, SessionEvent]


def session_path(folder: Path) -> Path:
    """Return a name for a session that begins now, in local time."""
    return folder / f"session-{datetime.now().astimezone():%Y%m%d-%H%M%S}.xdf"


class Recorder:
    """Records a session; a context manager that is a listener.

    Parameters
    ----------
    path : Path
        The file; it must not exist yet. Its folder is made.
    headset : HeadsetInfo
    settings : PathSettings
        Those of the session's online path.
    facts : mapping
        What else belongs to the session (configuration, seeds, profile), of JSON's types.

    Attributes
    ----------
    n_bytes : int
        Bytes written.

    Raises
    ------
    RecordingError
        On entering, when the file cannot be made or there is too little room; from a call, once,
        when the recording cannot go on.
    """

    def __init__(
        self,
        path: Path,
        headset: HeadsetInfo,
        settings: PathSettings,
        facts: Mapping[str, object] | None = None,
    ) -> None:
        self.path = path
        self.n_bytes = 0
        self._headset = headset
        self._facts = _facts_of(settings) | dict(facts or {})
        self._waiting: deque[_Item] = deque()
        self._flushes: deque[threading.Event] = deque()
        self._end_index = 0
        self._problem: str | None = None
        self._told = False
        self._bug: BaseException | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._clock: SampleClock | None = None
        self._counts = (0, 0, 0)
        self._span_s: tuple[float, float] | None = None

    def __enter__(self) -> Self:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            room = shutil.disk_usage(self.path.parent).free
            if room < 2 * RESERVE_BYTES:
                raise RecordingError(
                    f"{self.path.parent} has {room >> 20} MiB of room: expected at least "
                    f"{2 * RESERVE_BYTES >> 20} MiB to begin a session. Make room, or choose "
                    "another folder."
                )
            self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
            self._write(encode_beginning(self._headset, self._facts))
        except OSError as error:
            raise RecordingError(
                f"{self.path} cannot be made ({error.strerror}): expected a new file in a folder "
                "that you may write to. Choose another one."
            ) from error
        self._thread.start()
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._stop.set()
        self._thread.join(_JOIN_S)
        if self._thread.is_alive():
            self._problem = f"the disk did not take the end of it within {_JOIN_S:g} s"
        if error is None:
            self._raise_once()

    def __call__(self, event: SessionEvent) -> None:
        """Take in an event."""
        if isinstance(event, Chunk):
            self._end_index = event.end_index
        if len(self._waiting) < _CAPACITY:
            self._waiting.append((time.monotonic(), self._end_index, event))
        elif self._problem is None:
            self._problem = f"the disk is so slow that {_CAPACITY} events wait for it"
        self._raise_once()

    @property
    def n_waiting(self) -> int:
        """Number of events that are not written yet."""
        return len(self._waiting)

    def flush(self) -> None:
        """Wait until all that was told so far is in the file, for somebody who reads it now.

        Raises
        ------
        RecordingError
            When the recording cannot go on.
        """
        written = threading.Event()
        self._flushes.append(written)
        while self._thread.is_alive() and not written.wait(_WRITE_EVERY_S):
            pass
        self._raise_once()

    def _raise_once(self) -> None:
        """Raise what went wrong, but not again while the session comes to its end over it."""
        if self._told or (self._problem is None and self._bug is None):
            return
        self._told = True
        if self._bug is not None:
            raise self._bug
        if self._problem is _REMOVED:
            raise RecordingError(
                f"{self.path} was removed while the session was recorded in it: expected that "
                "nobody does. The session was ended, and its record is lost."
            )
        if self._problem is not None:
            raise RecordingError(
                f"{self.path} cannot be recorded further: {self._problem}. Expected a disk with "
                "room that keeps up. The session was ended; what was recorded until then is safe."
            )

    # All below runs in the thread.

    def _run(self) -> None:
        looked_s = synced_s = time.monotonic()
        try:
            while not self._stop.wait(_WRITE_EVERY_S):
                self._write_waiting()
                now_s = time.monotonic()
                if now_s - looked_s > _LOOK_AT_DISK_EVERY_S:
                    looked_s = now_s
                    self._look_at_disk()
                if now_s - synced_s > _SYNC_EVERY_S:
                    os.fsync(self._file)
                    synced_s = time.monotonic()
            self._write_waiting()
            self._write(encode_end(self._counts, self._span_s))
            os.fsync(self._file)
        except OSError as error:
            self._problem = str(error)
            self._cut_to_whole_blocks()
        except BaseException as bug:  # noqa: BLE001 - raised again in the session's thread
            self._bug = bug
        finally:
            os.close(self._file)

    def _write_waiting(self) -> None:
        asked = [self._flushes.popleft() for _ in range(len(self._flushes))]
        self._write(self._encode_waiting())
        for written in asked:
            written.set()

    def _look_at_disk(self) -> None:
        if os.fstat(self._file).st_nlink == 0:  # writing would go on, for nobody
            self._problem = _REMOVED
            return
        room = shutil.disk_usage(self.path.parent).free
        if room < RESERVE_BYTES and self._problem is None:
            self._problem = f"the disk is full but for {room >> 20} MiB"

    def _encode_waiting(self) -> bytes:
        chunks: list[Chunk] = []
        samples_s: list[np.ndarray[tuple[int], np.dtype[np.float64]]] = []
        arrivals_s: list[float] = []
        texts_s: list[float] = []
        texts: list[bytes] = []
        for _ in range(len(self._waiting)):
            told_s, sample, event = self._waiting.popleft()
            if not isinstance(event, Chunk):
                texts_s.append(told_s)
                texts.append(encode_event(event, sample))
            elif len(event):
                arrival_s = told_s if event.arrival_s is None else event.arrival_s
                chunks.append(event)
                arrivals_s.append(arrival_s)
                samples_s.append(self._sample_times_s(event, arrival_s))
        if not chunks and not texts:
            return b""
        n_channels = len(self._headset.channel_names)
        self._count(arrivals_s + texts_s, sum(map(len, chunks)), len(chunks), len(texts))
        return encode_block(
            (
                np.concatenate([np.zeros(0), *samples_s]),
                np.concatenate([np.zeros((0, n_channels)), *(c.samples_uv for c in chunks)]),
            ),
            (
                np.array(arrivals_s),
                np.array([(c.first_index, len(c)) for c in chunks], np.int64).reshape(-1, 2),
            ),
            (texts_s, texts),
        )

    def _sample_times_s(
        self, chunk: Chunk, arrival_s: float
    ) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        last_index = chunk.end_index - 1
        if self._clock is None:
            self._clock = SampleClock(self._headset.sampling_rate_hz, last_index, arrival_s)
        else:
            self._clock.push(last_index, arrival_s)
        fit = self._clock.fit
        indices = np.arange(chunk.first_index, chunk.end_index, dtype=np.float64)
        return fit.time_s + (indices - fit.index) * fit.period_s

    def _count(self, times_s: list[float], n_samples: int, n_chunks: int, n_texts: int) -> None:
        samples, chunks, texts = self._counts
        self._counts = (samples + n_samples, chunks + n_chunks, texts + n_texts)
        first_s = times_s[0] if self._span_s is None else self._span_s[0]
        self._span_s = (first_s, max(times_s))

    def _write(self, block: bytes) -> None:
        """Write a block with one call, which a kill does not interrupt half-way."""
        rest = memoryview(block)
        while rest:
            rest = rest[os.write(self._file, rest) :]
        self.n_bytes += len(block)

    def _cut_to_whole_blocks(self) -> None:
        try:
            os.ftruncate(self._file, self.n_bytes)
        except OSError as error:
            self._problem = f"{self._problem}; then {error}"


def _facts_of(settings: PathSettings) -> dict[str, object]:
    return {
        "began_at": datetime.now(UTC).isoformat(),
        "began_monotonic_s": time.monotonic(),
        "settings": msgspec.to_builtins(settings),
        "versions": {
            "python": platform.python_version(),
            "platform": platform.platform(),
            **{name: _version(name) for name in ("bci-app", "numpy", "scipy", "brainflow")},
        },
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"

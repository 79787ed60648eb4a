"""The thread that owns a headset and hands over what it delivers."""

import threading
import time
from collections import deque
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from devices.chunk import Chunk
from devices.errors import DeviceError
from devices.headset.source import Headset, HeadsetInfo

_POLL_S = 0.001
_SILENT_S = 0.4
_JOIN_S = 10.0


@dataclass(frozen=True, slots=True)
class StreamSilent:
    """No sample has come for a while, though the headset says nothing is wrong.

    Parameters
    ----------
    since_s : float
        Monotonic time of the last arrival (or of the start).
    """

    since_s: float


@dataclass(frozen=True, slots=True)
class StreamResumed:
    """Samples come again after a silence; the next chunk is the first of them.

    Parameters
    ----------
    at_s : float
        Monotonic time of the arrival.
    n_lost : int
        Samples that were lost meanwhile.
    """

    at_s: float
    n_lost: int


@dataclass(frozen=True, slots=True)
class DeviceFailed:
    """The headset gave up; nothing more will come.

    Parameters
    ----------
    error : DeviceError
        What it said.
    """

    error: DeviceError


Fault = StreamSilent | StreamResumed | DeviceFailed


class Acquisition:
    """A thread that starts a headset, reads it, and stops it.

    What was read waits in one queue. It holds `capacity` items; when a listener is so late that it
    is full, the oldest chunk is dropped and counted, and shows as a gap in the sample indices.
    Faults are never dropped before a chunk is.

    Parameters
    ----------
    headset : Headset
        Not started; nobody else may touch it while this runs.
    capacity : int
        Chunks and faults that may wait.

    Attributes
    ----------
    dropped_samples : int
        Samples that the listener was too late for.
    """

    def __init__(self, headset: Headset, capacity: int = 4096) -> None:
        self._headset = headset
        self._capacity = capacity
        self._items: deque[Chunk | Fault] = deque()
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._info: HeadsetInfo | None = None
        self._bug: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="headset", daemon=True)
        self.dropped_samples = 0

    @property
    def info(self) -> HeadsetInfo:
        """What the headset delivers."""
        if self._info is None:
            raise RuntimeError("the acquisition has not been started")
        return self._info

    def start(self) -> HeadsetInfo:
        """Start the thread and wait until the headset streams.

        Raises
        ------
        DeviceError
            When the headset could not be started.
        """
        self._thread.start()
        with self._changed:
            self._changed.wait_for(lambda: self._info or self._items or self._bug)
            if self._info is not None:
                return self._info
        self.stop()
        failure = self.get()
        assert isinstance(failure, DeviceFailed)  # noqa: S101
        raise failure.error

    def get(self, timeout_s: float = 0.0) -> Chunk | Fault | None:
        """Return the next chunk or fault, waiting up to `timeout_s` for it; None if none came.

        An error in the thread that no device is to blame for is raised here.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._bug, timeout_s)
            if self._items:
                return self._items.popleft()
            if self._bug is not None:
                raise self._bug
            return None

    def stop(self) -> None:
        """Stop the headset and end the thread; may be called twice."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(_JOIN_S)
            if self._thread.is_alive():
                raise DeviceError(f"the headset did not stop within {_JOIN_S:g} s")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            with self._headset:
                with self._changed:
                    self._info = self._headset.info
                    self._changed.notify_all()
                self._read_until_stopped()
        except DeviceError as error:
            self._put(DeviceFailed(error))
        except BaseException as bug:  # noqa: BLE001  # raised again in the listener's thread
            with self._changed:
                self._bug = bug
                self._changed.notify_all()

    def _read_until_stopped(self) -> None:
        heard_s, end_index, silent = time.monotonic(), 0, False
        while not self._stop.is_set():
            chunk = self._headset.read()
            now_s = time.monotonic()
            if chunk is None:
                if not silent and now_s - heard_s > _SILENT_S:
                    silent = True
                    self._put(StreamSilent(heard_s))
                self._stop.wait(_POLL_S)
                continue
            if silent:
                silent = False
                self._put(StreamResumed(now_s, chunk.first_index - end_index))
            heard_s, end_index = now_s, chunk.end_index
            self._put(chunk)

    def _put(self, item: Chunk | Fault) -> None:
        with self._changed:
            if len(self._items) >= self._capacity:
                self._drop_oldest()
            self._items.append(item)
            self._changed.notify_all()

    def _drop_oldest(self) -> None:
        for position, item in enumerate(self._items):
            if isinstance(item, Chunk):
                del self._items[position]
                self.dropped_samples += len(item)
                return
        self._items.popleft()

"""The thread that owns a headset and hands over what it delivers."""

import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import Self

from devices.chunk import Chunk
from devices.errors import DeviceError
from devices.headset.sample_clock import ClockFit
from devices.headset.source import Headset, HeadsetInfo
from devices.headset.stream import (
    DeviceFailed,
    Fault,
    ReconnectFailed,
    Stream,
    StreamResumed,
    StreamSilent,
)

__all__ = [
    "Acquisition",
    "DeviceFailed",
    "Fault",
    "ReconnectFailed",
    "StreamResumed",
    "StreamSilent",
]

_POLL_S = 0.001
_RECONNECT_AFTER_S = 2.0  # a shorter silence mends itself, and then costs less than a new session
_RETRY_S = 0.25
_JOIN_S = 10.0


class Acquisition:
    """A thread that starts a headset, reads it, starts it again when it is lost, and stops it.

    What was read waits in one queue. It holds `capacity` items; when a listener is so late that it
    is full, the oldest chunk is dropped and counted, and shows as a gap in the sample indices.
    Faults are never dropped before a chunk is.

    Parameters
    ----------
    headset : Headset
        Not started; nobody else may touch it while this runs.
    capacity : int
        Chunks and faults that may wait.
    patience_s : float
        For how long a headset that was lost is tried again before it is given up.

    Attributes
    ----------
    dropped_samples : int
        Samples that the listener was too late for.
    """

    def __init__(self, headset: Headset, capacity: int = 4096, patience_s: float = 300.0) -> None:
        self._headset = headset
        self._capacity = capacity
        self._patience_s = patience_s
        self._items: deque[Chunk | Fault] = deque()
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._info: HeadsetInfo | None = None
        self._stream: Stream | None = None
        self._bug: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="headset", daemon=True)
        self.dropped_samples = 0

    @property
    def info(self) -> HeadsetInfo:
        """What the headset delivers."""
        if self._info is None:
            raise RuntimeError("the acquisition has not been started")
        return self._info

    @property
    def clock(self) -> ClockFit | None:
        """Relation of sample index to monotonic time at present; None before the first sample."""
        return None if self._stream is None else self._stream.clock

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
        assert isinstance(failure, DeviceFailed)  # noqa: S101 - it did not stream: what else
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

    def __exit__(self, *_: object) -> None:
        self.stop()

    # All below runs in the thread.

    def _run(self) -> None:
        try:
            try:
                info = self._headset.start()
                self._stream = Stream(info.sampling_rate_hz, time.monotonic())
                with self._changed:
                    self._info = info
                    self._changed.notify_all()
                while self._read_until_lost(self._stream):
                    self._start_again(self._stream)
            finally:
                self._headset.stop()
        except DeviceError as error:
            self._put([DeviceFailed(error)])
        except BaseException as bug:  # noqa: BLE001 - raised again in the listener's thread
            with self._changed:
                self._bug = bug
                self._changed.notify_all()

    def _read_until_lost(self, stream: Stream) -> bool:
        """Hand over what comes; returns whether the stream was lost (and not just stopped)."""
        while not self._stop.is_set():
            asked_s = time.monotonic()  # a pause after this is ours, not a silence of the headset
            try:
                chunk = self._headset.read()
            except DeviceError as error:
                self._put(stream.break_off(error))
                return True
            if chunk is not None:
                self._put(stream.push(chunk, time.monotonic()))
                continue
            self._put(stream.poll(asked_s))
            if stream.silence_s(asked_s) > _RECONNECT_AFTER_S:
                return True
            self._stop.wait(_POLL_S)
        return False

    def _start_again(self, stream: Stream) -> None:
        """Try to start the headset anew until it works, we are stopped, or patience ends."""
        reason, give_up_s = "", time.monotonic() + self._patience_s
        while not self._stop.is_set():
            try:
                self._headset.stop()
                info = self._headset.start()
            except DeviceError as error:
                if time.monotonic() > give_up_s:
                    raise
                if str(error) != reason:
                    reason = str(error)
                    self._put([ReconnectFailed(error)])
                self._stop.wait(_RETRY_S)
                continue
            if info != self._info:
                raise DeviceError(f"the headset came back as another: {info}, not {self._info}")
            stream.restart(time.monotonic())
            return

    def _put(self, items: Sequence[Chunk | Fault]) -> None:
        if not items:
            return
        with self._changed:
            for item in items:
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

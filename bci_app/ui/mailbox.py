"""How events pass from a session's thread to a window's, without ever holding the session up."""

import threading
import time
from collections import deque

from bci_app.runtime.session import SessionEvent
from devices.chunk import Chunk


class Mailbox:
    """A bounded queue of events with the time at which each was put.

    The session puts and never waits. A window that does not keep up loses the oldest chunks, which
    it shows as a gap, before anything else.

    Parameters
    ----------
    capacity : int
        Events that may wait: half a minute of a busy session by default.
    """

    def __init__(self, capacity: int = 8192) -> None:
        self._capacity = capacity
        self._events: deque[tuple[SessionEvent, float]] = deque()
        self._lock = threading.Lock()
        self.n_dropped = 0

    def __call__(self, event: SessionEvent) -> None:
        """Put an event: a mailbox is a listener of a session."""
        with self._lock:
            if len(self._events) >= self._capacity:
                self._drop_oldest()
            self._events.append((event, time.monotonic()))

    @property
    def n_waiting(self) -> int:
        """Number of events that were not taken yet."""
        return len(self._events)

    def take(self) -> list[tuple[SessionEvent, float]]:
        """Take all that waits, in order."""
        with self._lock:
            events, self._events = list(self._events), deque()
        return events

    def _drop_oldest(self) -> None:
        self.n_dropped += 1
        for position, (event, _) in enumerate(self._events):
            if isinstance(event, Chunk):
                del self._events[position]
                return
        self._events.popleft()

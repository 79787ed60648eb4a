"""The requests of a host that wait for their turn or for an answer: one at a time on the line."""

import math
from collections import deque
from dataclasses import dataclass

from devices.exoskeleton.command import Command

RETRY_AFTER_S = 0.1
MAX_WAITING = 1024
"""Requests that may wait; more are refused to the caller at once."""

SEQUENCES = 1 << 16
"""Sequence numbers on the line wrap around here; those handed to the caller do not."""


@dataclass(slots=True)
class Request:
    """Something asked of the controller; `command` is None for the release of a stop."""

    sequence: int
    command: Command | None
    asked_at_s: float
    frame: bytes = b""
    written_at_s: float = math.inf
    retry_at_s: float = math.inf

    @property
    def wire_sequence(self) -> int:
        """The sequence number as the line carries it."""
        return self.sequence % SEQUENCES


class RequestQueue:
    """Stop and wait: the next request goes out when the one before it is answered or given up.

    A request lives `lifetime_s` in the queue, and `lifetime_s` on the line. The controller counts
    the same time from the telemetry that the request names, which is older, so that whatever is
    given up here will not be executed there.
    """

    def __init__(self) -> None:
        self.lifetime_s = 0.0
        self._waiting: deque[Request] = deque()
        self._current: Request | None = None

    def __len__(self) -> int:
        return len(self._waiting) + (self._current is not None)

    @property
    def next_deadline_s(self) -> float:
        """When `take_due` has something to return."""
        if self._current is None:
            return math.inf
        return min(self._current.retry_at_s, self._current.written_at_s + self.lifetime_s)

    def add(self, request: Request) -> bool:
        """Queue `request`; False when too many wait already."""
        if len(self._waiting) >= MAX_WAITING:
            return False
        self._waiting.append(request)
        return True

    def next_to_write(self, now_s: float) -> Request | None:
        """Return the request whose turn it is, None while another is unanswered."""
        if self._current is not None or not self._waiting:
            return None
        self._current = self._waiting.popleft()
        self._current.written_at_s = now_s
        self._current.retry_at_s = now_s + RETRY_AFTER_S
        return self._current

    def answered(self, wire_sequence: int) -> Request | None:
        """Return the request on the line if that is its number, and end it."""
        request = self._current
        if request is None or request.wire_sequence != wire_sequence:
            return None
        self._current = None
        return request

    def take_expired(self, now_s: float) -> list[Request]:
        """Return and forget the requests that are too old."""
        expired = []
        if self._current is not None and now_s >= self._current.written_at_s + self.lifetime_s:
            expired.append(self._current)
            self._current = None
        while self._waiting and now_s >= self._waiting[0].asked_at_s + self.lifetime_s:
            expired.append(self._waiting.popleft())
        return expired

    def due_again(self, now_s: float) -> Request | None:
        """Return the request on the line when it is time to write it once more."""
        request = self._current
        if request is None or now_s < request.retry_at_s:
            return None
        request.retry_at_s = now_s + RETRY_AFTER_S
        return request

    def clear(self) -> list[Request]:
        """Return and forget all requests."""
        requests = ([self._current] if self._current is not None else []) + [*self._waiting]
        self._current = None
        self._waiting.clear()
        return requests

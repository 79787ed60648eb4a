"""The host's heartbeats: when the next is due, and how long the last took there and back."""

import math

_COUNTS = 1 << 16
_REMEMBERED = 32
"""Heartbeats whose answer is still worth something; older ones are forgotten."""


class Heartbeats:
    """Counts heartbeats and times their answers.

    Attributes
    ----------
    interval_s : float
        How often one is due.
    due_at_s : float
        When the next is due; infinity while there is no session.
    sent, answered : int
        How many were.
    round_trip_s : float or None
        The way there and back of the latest that was answered.
    """

    def __init__(self) -> None:
        self.interval_s = math.inf
        self.due_at_s = math.inf
        self.sent = 0
        self.answered = 0
        self.round_trip_s: float | None = None
        self._sent_at_s: dict[int, float] = {}

    def begin(self, interval_s: float, now_s: float) -> None:
        """Have the first one due now."""
        self.interval_s, self.due_at_s = interval_s, now_s
        self._sent_at_s.clear()

    def end(self) -> None:
        """Have none due any more."""
        self.due_at_s = math.inf

    def send(self, now_s: float) -> int:
        """Return the count of the heartbeat to send now."""
        self.due_at_s = now_s + self.interval_s
        self.sent += 1
        count = self.sent % _COUNTS
        self._sent_at_s[count] = now_s
        if len(self._sent_at_s) > _REMEMBERED:
            del self._sent_at_s[next(iter(self._sent_at_s))]
        return count

    def withhold(self, now_s: float) -> None:
        """Put the next one off: the program behind the link is dead."""
        self.due_at_s = now_s + self.interval_s

    def on_reply(self, count: int, now_s: float) -> None:
        """Take in the answer to a heartbeat."""
        sent_at_s = self._sent_at_s.pop(count, None)
        if sent_at_s is not None:
            self.answered += 1
            self.round_trip_s = now_s - sent_at_s

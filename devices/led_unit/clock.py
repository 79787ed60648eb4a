"""The unit's clock on the host's: which monotonic time one of its microseconds is."""

from collections import deque

_KEPT = 64


class UnitClock:
    """Estimates the offset between two clocks from pings.

    A ping's answer was written between the ping and its arrival; the quickest of the last 64 tells
    most (Cristian's algorithm), and crystals drift less between two of them than it is wrong.
    """

    def __init__(self) -> None:
        self._measured: deque[tuple[float, float]] = deque(maxlen=_KEPT)

    @property
    def n_measured(self) -> int:
        """Number of pings that are remembered."""
        return len(self._measured)

    @property
    def uncertainty_s(self) -> float:
        """How wrong a time can be: half the quickest round trip; infinite before the first."""
        return min((trip_s for trip_s, _ in self._measured), default=float("inf")) / 2

    def note(self, sent_s: float, unit_us: int, arrived_s: float) -> None:
        """Take a ping's times."""
        self._measured.append((arrived_s - sent_s, (sent_s + arrived_s) / 2 - unit_us * 1e-6))

    def host_time(self, unit_us: int) -> float:
        """Monotonic time of the host at which the unit's clock showed `unit_us`.

        Raises
        ------
        ValueError
            Before the first ping was answered.
        """
        if not self._measured:
            raise ValueError("no ping has been answered yet")
        _, offset_s = min(self._measured)
        return unit_us * 1e-6 + offset_s

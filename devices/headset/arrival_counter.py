"""Sample indices for a board that does not number its samples."""

from collections import deque
from collections.abc import Sequence

from devices.headset.packet_counter import Run

_WINDOW_S = 1.0
_LATE_S = 0.1
_FORGETTING = 1e-3


class ArrivalCounter:
    """Counts arrivals, and takes lateness that stays for a loss.

    Samples that are held up come late, but the next ones are on time again; after a loss all come
    late by as much as was lost. A loss of less than a tenth of a second is not seen, and a longer
    one a second after it happened.

    Parameters
    ----------
    sampling_rate_hz : float
        Samples a second.
    """

    def __init__(self, sampling_rate_hz: float) -> None:
        self._rate_hz = sampling_rate_hz
        self._end_index = 0
        self._n_taken = 0
        self._zero_s: float | None = None  # when sample 0 would have arrived without delay
        self._seen_s = 0.0
        self._late: deque[tuple[float, float]] = deque()  # (arrival, samples too late)

    @property
    def held_from(self) -> int | None:
        """Position of the first sample whose index is not yet known: there is never any."""
        return None

    def push(self, numbers: Sequence[int], now_s: float) -> list[Run]:
        """Take the samples that have arrived, whatever their numbers: see `PacketCounter.push`."""
        n_new = len(numbers)
        if not n_new:
            return []
        end_s = now_s - (self._end_index + n_new) / self._rate_hz
        if self._zero_s is None:
            self._zero_s = end_s
        else:
            forgotten_s = _FORGETTING * (now_s - self._seen_s)
            self._zero_s = min(self._zero_s + forgotten_s, end_s)
        self._seen_s = now_s
        self._late.append((now_s, (end_s - self._zero_s) * self._rate_hz))
        n_lost = self._lost(now_s)
        first_index, position = self._end_index + n_lost, self._n_taken
        self._end_index = first_index + n_new
        self._n_taken += n_new
        return [(position, n_new, first_index)]

    def _lost(self, now_s: float) -> int:
        """Return by how many samples all arrivals of a whole second were late."""
        while now_s - self._late[0][0] > _WINDOW_S:
            self._late.popleft()
        least = min(late for _, late in self._late)
        if now_s - self._late[0][0] < 0.8 * _WINDOW_S or least < _LATE_S * self._rate_hz:
            return 0
        self._late.clear()
        return round(least)

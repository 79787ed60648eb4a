"""From the small counter in a packet to the absolute index of its sample.

A board numbers its packets modulo a small number, so a jump says how many are missing only up to
whole turns of the counter; how many turns went by is told by the time that passed. Counters also
lie: a bit flips on the radio, a packet is sent twice, a board restarts.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

Run = tuple[int, int, int]

_NEAR = 32
"""A step forward of up to this many packets needs no explanation."""

_SETTLE_S = 0.1
"""After a pause, what was held up on the way arrives within this."""

_CAUGHT_UP_S = 0.02
"""What was held up still comes in as long as packets get this much less late within that time."""

_EARLY_S = 0.25
"""A packet that came this long before it could have been sampled has a false number."""

_FORGETTING = 1e-3
"""How fast the earliest arrival is forgotten: more than any clock drifts."""


class PacketCounter:
    """Absolute sample indices from packet numbers and arrival times.

    A packet whose number does not follow the last one is held until the next packet tells what it
    was: the first after a loss (they follow each other), or one with a false number (the next
    follows the last good one). After a silence long enough to hide a whole turn of the counter,
    packets are held until those that were merely held up would all have arrived; the number of
    turns is then the one that agrees best with the time.

    Parameters
    ----------
    sampling_rate_hz : float
        Packets a second.
    modulus : int
        Packet numbers count modulo this.
    step : int
        By which the number grows from packet to packet.
    repeats : int
        Samples that a packet holds, each of which bears its number.
    """

    def __init__(
        self, sampling_rate_hz: float, modulus: int = 256, step: int = 1, repeats: int = 1
    ) -> None:
        self._rate_hz = sampling_rate_hz
        self._turn = modulus * repeats // step
        self._step = step
        self._repeats = repeats
        self._repeated = (-1, 0)  # a number, and how often it has come
        self._index = -1  # of the last packet accepted
        self._number = 0
        self._zero_s = 0.0  # when sample 0 would have arrived without delay
        self._held: list[tuple[int, int]] = []  # (position in the stream, number)
        self._held_s = 0.0  # arrival of the last of them
        self._settled_s = 0.0  # when what is held may be released
        self._least_late_s = -math.inf  # of what is held, as long as that may have been held up
        self._seen_s = 0.0  # when the last one was accepted
        self._pushed_s = 0.0  # when the last one arrived
        self._position = 0  # of the next packet

    @property
    def held_from(self) -> int | None:
        """Position of the first packet whose index is not yet known; None when there is none."""
        return self._held[0][0] if self._held else None

    def push(self, numbers: Sequence[int], now_s: float) -> list[Run]:
        """Take the numbers of the packets that have arrived.

        Parameters
        ----------
        numbers : sequence of int
            In the order of arrival; may be empty, to let time settle what is held.
        now_s : float
            Monotonic time of arrival.

        Returns
        -------
        list of (int, int, int)
            Runs of consecutive samples: position of the first packet among all ever pushed,
            number of packets, absolute index of the first. A packet that appears in no run, now
            or later, had a false number.
        """
        runs: list[Run] = []
        gap_s = 0.0
        if numbers:
            gap_s, self._pushed_s = now_s - self._pushed_s, now_s
            if gap_s > _SETTLE_S:
                self._settled_s = now_s + _SETTLE_S
        for n_after, number in zip(reversed(range(len(numbers))), numbers, strict=True):
            self._take(self._single(number), now_s, n_after, gap_s, runs)
            self._position += 1
            gap_s = 0.0
        if self._held:
            self._note_catching_up(now_s)
        if len(self._held) > 1 and now_s >= self._settled_s:
            self._release(runs)
        return runs

    def _note_catching_up(self, now_s: float) -> None:
        """Wait on while packets come in faster than they are sampled: they were held up."""
        late_s = now_s - self._span(self._held) / self._rate_hz
        if late_s < self._least_late_s - _CAUGHT_UP_S:
            self._least_late_s = late_s
            self._settled_s = now_s + _SETTLE_S

    def _span(self, held: Sequence[tuple[int, int]]) -> int:
        """Count the steps from the first of some packets to the last."""
        return sum(self._ahead(number, later) for (_, number), (_, later) in pairwise(held))

    def _single(self, number: int) -> int:
        """Return a number for each single sample where a packet holds several."""
        if self._repeats == 1:
            return number
        last, times = self._repeated
        self._repeated = (number, times + 1 if number == last else 0)
        return number * self._repeats + self._repeated[1] % self._repeats

    def _take(self, number: int, now_s: float, n_after: int, gap_s: float, runs: list[Run]) -> None:
        if self._index < 0:
            self._zero_s = self._seen_s = now_s - n_after / self._rate_hz
            self._accept(self._position, number, 0, now_s, runs)
            return
        ahead = self._ahead(self._number, number)
        # A packet that others followed at once was not late but held up together with them.
        late = self._elapsed(now_s) - ahead - n_after
        on_time = late < self._turn / 2
        if on_time and ahead == 0:
            return  # sent twice
        if ahead == 1 and (now_s - self._seen_s) * self._rate_hz < self._turn / 2:
            on_time = True  # no turn can have gone by, however late it is
        if on_time and (ahead == 1 or (ahead == len(self._held) + 1 and self._held_astray())):
            self._held.clear()  # those had false numbers
            self._accept(self._position, number, self._index + ahead, now_s, runs)
            return
        if not self._held or not self._extends_held(number, gap_s):
            if len(self._held) > 1:
                self._release(runs)
                self._take(number, now_s, n_after, gap_s, runs)
                return
            self._held.clear()
            self._least_late_s = -math.inf if on_time else math.inf
            if on_time:
                self._settled_s = now_s
        self._held.append((self._position, number))
        self._held_s = now_s - n_after / self._rate_hz

    def _extends_held(self, number: int, gap_s: float) -> bool:
        """Whether a packet follows those that are held."""
        ahead = self._ahead(self._held[-1][1], number)
        if gap_s * self._rate_hz < self._turn / 2:
            return 0 < ahead <= _NEAR
        return ahead == 1  # held up once more; any other was lost once more

    def _held_astray(self) -> bool:
        return bool(self._held) and self._ahead(self._number, self._held[0][1]) != 1

    def _release(self, runs: list[Run]) -> None:
        """Give the held packets, which follow each other, their indices."""
        offsets = [0]
        for (_, number), (_, later) in pairwise(self._held):
            offsets.append(offsets[-1] + self._ahead(number, later))
        elapsed = self._elapsed(self._held_s) - offsets[-1]
        ahead = self._ahead(self._number, self._held[0][1])
        n_turns = max(round((elapsed - ahead) / self._turn), 0)
        early = _EARLY_S * self._rate_hz
        if n_turns > 0 and ahead + n_turns * self._turn - elapsed > early:
            n_turns -= 1  # late is possible, early is not
        ahead += n_turns * self._turn
        if ahead == 0 or ahead - elapsed > early:
            ahead = max(round(elapsed), 1)  # the board has begun to count anew
        first = self._index + ahead
        for (position, number), offset in zip(self._held, offsets, strict=True):
            self._accept(position, number, first + offset, self._held_s, runs)
        self._held.clear()

    def _accept(
        self, position: int, number: int, index: int, now_s: float, runs: list[Run]
    ) -> None:
        self._index, self._number = index, number
        # Arrivals are only ever delayed: the earliest tells, and is slowly forgotten so that the
        # board's clock may drift.
        forgotten_s = _FORGETTING * (now_s - self._seen_s)
        self._zero_s = min(self._zero_s + forgotten_s, now_s - index / self._rate_hz)
        self._seen_s = now_s
        if runs:
            start, length, first = runs[-1]
            if position == start + length and index == first + length:
                runs[-1] = (start, length + 1, first)
                return
        runs.append((position, 1, index))

    def _ahead(self, number: int, later: int) -> int:
        """Count the steps from one packet number to a later one, up to whole turns."""
        return (later - number) // self._step % self._turn

    def _elapsed(self, now_s: float) -> float:
        """Count sampling periods from the last accepted sample to one that would arrive now."""
        return (now_s - self._zero_s) * self._rate_hz - self._index

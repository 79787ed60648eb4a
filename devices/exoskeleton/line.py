"""A simulated serial line, one way, and all that can go wrong on it."""

import heapq
import math
import random
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class LineFaults:
    """What a line does to the frames that it carries; nothing unless said.

    Parameters
    ----------
    bit_error_rate : float
        Probability that a bit is flipped.
    byte_loss : float
        Probability that a byte is lost.
    frame_loss : float
        Probability that a frame is lost.
    duplication : float
        Probability that a frame arrives twice.
    reordering : float
        Probability that a frame is held back by `reordering_s`, behind those that follow.
    reordering_s : float
        By how much.
    delay_s : float
        How long every frame takes.
    cut : bool
        Nothing arrives at all.
    """

    bit_error_rate: float = 0.0
    byte_loss: float = 0.0
    frame_loss: float = 0.0
    duplication: float = 0.0
    reordering: float = 0.0
    reordering_s: float = 0.06
    delay_s: float = 0.0
    cut: bool = False


PERFECT = LineFaults()


class Line:
    """Carries frames one way.

    Parameters
    ----------
    rng : random.Random
        Where its accidents come from.
    faults : LineFaults
        What goes wrong; may be replaced at any time.
    """

    def __init__(self, rng: random.Random, faults: LineFaults = PERFECT) -> None:
        self.faults = faults
        self._rng = rng
        self._number = 0
        self._under_way: list[tuple[float, int, bytes]] = []
        self._there = b""

    @property
    def next_arrival_s(self) -> float:
        """When the next bytes arrive: at once is minus infinity, never is infinity."""
        if self._there:
            return -math.inf
        return self._under_way[0][0] if self._under_way else math.inf

    def carry(self, frame: bytes, now_s: float) -> None:
        """Take a frame."""
        faults, chance = self.faults, self._rng.random
        if faults is PERFECT and not self._under_way:
            self._there += frame
            return
        if faults.cut or chance() < faults.frame_loss:
            return
        for _ in range(2 if chance() < faults.duplication else 1):
            late_s = faults.reordering_s if chance() < faults.reordering else 0.0
            self._send(self._garbled(frame), now_s + faults.delay_s + late_s)

    def arrived(self, now_s: float) -> bytes:
        """Return the bytes that have arrived by now."""
        data, self._there = self._there, b""
        while self._under_way and self._under_way[0][0] <= now_s:
            data += heapq.heappop(self._under_way)[2]
        return data

    def drop_all(self) -> None:
        """Lose what is under way: the plug was pulled."""
        self._under_way.clear()
        self._there = b""

    def mend(self) -> None:
        """Make the line perfect again."""
        self.faults = PERFECT

    def change(self, **faults: float | bool) -> None:
        """Replace some of the faults."""
        self.faults = replace(self.faults, **faults)  # type: ignore[arg-type]  # names

    def _send(self, frame: bytes, arrival_s: float) -> None:
        self._number += 1
        heapq.heappush(self._under_way, (arrival_s, self._number, frame))

    def _garbled(self, frame: bytes) -> bytes:
        faults, chance = self.faults, self._rng.random
        if faults.byte_loss:
            frame = bytes(byte for byte in frame if chance() >= faults.byte_loss)
        if faults.bit_error_rate:
            rate = faults.bit_error_rate
            frame = bytes(
                byte ^ sum(1 << bit for bit in range(8) if chance() < rate) for byte in frame
            )
        return frame

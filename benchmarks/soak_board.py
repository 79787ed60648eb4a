"""A headset whose packets get lost, in virtual time, and the stream that is made of them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from population_people import RATE_HZ

from devices.chunk import Chunk
from devices.errors import DeviceError
from devices.headset.packet_counter import PacketCounter
from devices.headset.stream import Fault, Stream
from devices.virtual_brain import VirtualSubject

TICK = 50  # samples
DRIFT_PPM = 30.0

_POLLED_AFTER_S = 0.15


@dataclass(frozen=True, slots=True)
class Loss:
    """What gets lost, how often, and how much of it."""

    every_s: float
    shortest: int
    longest: int


LOSSES = (Loss(120.0, 1, 20), Loss(1200.0, 260, 1500))
SILENT_EVERY_S, SILENT_S = 3600.0, (3.0, 30.0)


class Board:
    """The packets of a subject's headset on their way, and the stream that is made of them.

    Parameters
    ----------
    subject : VirtualSubject
    began_s : float
        Monotonic time of the first sample.
    first_index : int
        Of it.
    rng : numpy.random.Generator

    Attributes
    ----------
    n_dropped : int
        Packets that got lost.
    worst_index_error : int
        Largest false step of the index between two samples of one session of the board.
    worst_restart_error : int
        Largest one over a restart, across which only the clock tells how many samples are missing.
    """

    def __init__(
        self, subject: VirtualSubject, began_s: float, first_index: int, rng: np.random.Generator
    ) -> None:
        self._subject = subject
        self._rng = rng
        self._period_s = 1.0 / (RATE_HZ * (1.0 + DRIFT_PPM * 1e-6))
        self._began_s = began_s
        self._first_index = first_index
        self.stream = Stream(RATE_HZ, began_s)
        self._n_taken = 0
        self._n_lost_next = 0
        self._silent_until_s = 0.0
        self._start(0)
        self._due_s = [began_s + rng.exponential(loss.every_s) for loss in LOSSES]
        self._silent_at_s = began_s + rng.exponential(SILENT_EVERY_S)
        self.n_dropped = 0
        self.worst_index_error = self.worst_restart_error = 0
        self._index_error: int | None = None
        self._restarted = False
        self._newest = (0, began_s)  # index that a sample was given, and when it was taken

    def _start(self, true_index: int) -> None:
        """Count packets from 0 again: the board was started."""
        self._started_at = true_index
        self._counter = PacketCounter(RATE_HZ)
        self._samples_uv = np.empty((0, len(self._subject.channel_names)))
        self._true: list[int] = []
        self._forgotten = 0

    @property
    def now_s(self) -> float:
        """When the newest sample was taken."""
        return self._began_s + self._n_taken * self._period_s

    def tick(self) -> Iterator[Chunk | Fault]:
        """Take samples and yield what arrives of them."""
        if self._counter.held_from is not None:  # the driver is polled between two arrivals, too
            yield from self._arrive([], self.now_s + _POLLED_AFTER_S)
        samples_uv = self._subject.draw(TICK)
        true = np.arange(self._n_taken, self._n_taken + TICK)
        self._n_taken += TICK
        now_s = self.now_s + self._rng.exponential(0.002)
        if now_s < self._silent_until_s:
            self.n_dropped += TICK
            yield from self.stream.poll(now_s)
            return
        if self._silent_until_s:
            self._silent_until_s = 0.0
            self._start(int(true[0]))
            self._restarted = True
            self.stream.restart(now_s)
        kept = self._kept(now_s)
        self.n_dropped += TICK - int(kept.sum())
        self._samples_uv = np.concatenate((self._samples_uv, samples_uv[kept]))
        self._true += true[kept].tolist()
        numbers = ((true[kept] - self._started_at) % 256).tolist()
        yield from self._arrive(numbers, now_s)
        yield from self.stream.poll(now_s)
        if now_s >= self._silent_at_s:
            self._silent_at_s = now_s + self._rng.exponential(SILENT_EVERY_S)
            self._silent_until_s = now_s + self._rng.uniform(*SILENT_S)
            yield from self.stream.break_off(DeviceError("the board fell silent"))

    def _arrive(self, numbers: list[int], now_s: float) -> Iterator[Chunk | Fault]:
        """Yield what packets of these numbers release, and faults that are over."""
        for chunk, true_index in self._sort(numbers, now_s):
            for item in self.stream.push(chunk, now_s):
                if isinstance(item, Chunk):
                    self._note_error(item.first_index - true_index)
                    taken_s = self._began_s + (true_index + len(item)) * self._period_s
                    self._newest = (item.end_index - 1, taken_s)
                    yield Chunk(item.samples_uv, item.first_index + self._first_index, now_s)
                else:
                    yield item

    def _note_error(self, error: int) -> None:
        """Take in by how much an index is too large; what matters is how that changes."""
        change = error - (error if self._index_error is None else self._index_error)
        self._index_error = error
        if self._restarted:
            self._restarted = False
            self.worst_restart_error = max(self.worst_restart_error, abs(change))
        else:
            self.worst_index_error = max(self.worst_index_error, abs(change))

    def clock_error_ms(self) -> float:
        """By how much the stream's clock misses when the newest sample was taken."""
        clock = self.stream.clock
        index, taken_s = self._newest
        return float("nan") if clock is None else (clock.time_of(index) - taken_s) * 1e3

    def _kept(self, now_s: float) -> np.ndarray:
        kept = np.ones(TICK, bool)
        for k, loss in enumerate(LOSSES):
            if now_s >= self._due_s[k]:
                self._due_s[k] = now_s + self._rng.exponential(loss.every_s)
                self._n_lost_next += int(self._rng.integers(loss.shortest, loss.longest + 1))
        n_lost = min(self._n_lost_next, TICK)
        self._n_lost_next -= n_lost
        kept[:n_lost] = False
        return kept

    def _sort(self, numbers: list[int], now_s: float) -> Iterator[tuple[Chunk, int]]:
        """Yield chunks of the board's session, each with the true index of its first sample."""
        for position, n_times, first_index in self._counter.push(numbers, now_s):
            start = position - self._forgotten
            samples_uv = self._samples_uv[start : start + n_times].copy()
            yield Chunk(samples_uv, first_index, now_s), self._true[start]
        held_from = self._counter.held_from
        done = len(self._true) if held_from is None else held_from - self._forgotten
        self._samples_uv, self._true = self._samples_uv[done:], self._true[done:]
        self._forgotten += done

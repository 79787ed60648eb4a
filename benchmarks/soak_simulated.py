"""A day of a session in virtual time: one person, one path, one link, and counters that wrap.

Samples come as packets with a number of one byte, some of which get lost: a few, more than a whole
turn of the counter, and now and then the board falls silent and is started again. They pass what
live samples pass (packet counter, stream with its clock, session, gate, both ends of the protocol);
between two rounds of the course the person rests with all targets in view. Counters are set so that
they wrap within the first two hours: the exoskeleton's milliseconds (32 bits) after one, the
numbers of its requests (16 bits) after some 300 of them, the sample index passes 2**31 after an
hour and a half.
"""

import json
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
import psutil
from population_people import (
    FIXATION,
    RATE_HZ,
    calibrated_population,
    frequencies_of,
    seat,
    settings_for,
)
from soak_course import hours_of_course
from soak_session import TROUBLES

from bci_app.evaluation.answers import Prompt
from bci_app.online.events import Decided, GapFound, Withheld
from bci_app.online.path import OnlinePath
from bci_app.runtime.conductor import Conductor
from bci_app.runtime.quality import SignalWatch
from bci_app.runtime.session import Session, SessionEvent
from devices.chunk import Chunk
from devices.errors import DeviceError
from devices.exoskeleton.command import Command
from devices.exoskeleton.events import Acknowledged, TelemetryReceived
from devices.exoskeleton.footfalls import Footfalls
from devices.exoskeleton.virtual_link import VirtualLink
from devices.headset.packet_counter import PacketCounter
from devices.headset.stream import Fault, Stream
from devices.virtual_brain import VirtualSubject, person_named

EVERY_S = 60.0
TICK = 50  # samples
DRIFT_PPM = 30.0
N_EARLIER_REQUESTS = 65_200  # of 65536

_ON_FOR_S = 2**32 / 1e3 - 3600.0
_FIRST_INDEX = 2**31 - round(5400 * RATE_HZ)


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
        Largest difference between the index that a sample was given and its true one.
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
        self.worst_index_error = 0
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
            self.stream.restart(now_s)
        kept = self._kept(now_s)
        self.n_dropped += TICK - int(kept.sum())
        self._samples_uv = np.concatenate((self._samples_uv, samples_uv[kept]))
        self._true += true[kept].tolist()
        numbers = ((true[kept] - self._started_at) % 256).tolist()
        for chunk, true_index in self._sort(numbers, now_s):
            for item in self.stream.push(chunk, now_s):
                if isinstance(item, Chunk):
                    error = item.first_index - true_index
                    if abs(error) > abs(self.worst_index_error):
                        self.worst_index_error = error
                    taken_s = self._began_s + (true_index + len(item)) * self._period_s
                    self._newest = (item.end_index - 1, taken_s)
                    yield Chunk(item.samples_uv, item.first_index + self._first_index, now_s)
                else:
                    yield item
        yield from self.stream.poll(now_s)
        if now_s >= self._silent_at_s:
            self._silent_at_s = now_s + self._rng.exponential(SILENT_EVERY_S)
            self._silent_until_s = now_s + self._rng.uniform(*SILENT_S)
            yield from self.stream.break_off(DeviceError("the board fell silent"))

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


class Watch:
    """A listener that counts what happens until it is asked."""

    def __init__(self, subject: VirtualSubject) -> None:
        self._subject = subject
        self._footfalls = Footfalls()
        self.telemetry_ms = 0
        self.sequence = 0
        self.end_index = 0
        self.begin()

    def begin(self) -> None:
        """Count from nothing."""
        self.seen: dict[str, list[object]] = {
            name: [] for name in ("prompts", "decisions", "withheld", "gaps", "troubles")
        }
        self.events: Counter[str] = Counter()

    def __call__(self, event: SessionEvent) -> None:
        """Take in an event."""
        seen = self.seen
        self.events[type(event).__name__] += 1
        match event:
            case Chunk():
                self.end_index = event.end_index
            case TelemetryReceived():
                self.telemetry_ms = event.telemetry.time_ms
                if self._footfalls.observe(event.telemetry):
                    self._subject.step()
            case Acknowledged():
                self.sequence = event.sequence
            case Prompt():
                seen["prompts"].append((event.index, event.asked.name, event.target))
            case Decided():
                seen["decisions"].append((event.end_index, event.target))
            case Withheld():
                seen["withheld"].append((event.end_index, event.reason))
            case GapFound():
                seen["gaps"].append((event.first_index, event.n_lost))
            case _ if isinstance(event, TROUBLES):
                seen["troubles"].append((self.end_index, repr(event)))
            case _:
                pass


def aged_link(began_s: float) -> VirtualLink:
    """Open a link to a controller that has been on for weeks and has had many requests."""
    link = VirtualLink(began_s - _ON_FOR_S)
    link.now_s = began_s
    link.start()
    link.exoskeleton.command("battery 100", began_s)
    for k in range(N_EARLIER_REQUESTS):
        if k % 100 == 0:
            link.advance(link.now_s + 0.02)
            link.poll()
        link.send(Command.STOP)
    return link


def simulate(arguments: Namespace) -> None:
    """Let a day go by; a line of JSON for each minute of it."""
    arguments.out.mkdir(parents=True, exist_ok=True)
    frequencies_hz = frequencies_of("9,11,13,15,17")
    models = calibrated_population(arguments.out / "models", 1, frequencies_hz)
    model = models[arguments.person]
    settings = settings_for(model, arguments.accepted)
    subject = seat(person_named(arguments.person), arguments.seed, frequencies_hz)
    names = subject.channel_names
    rng = np.random.default_rng(arguments.seed)
    began_s = 1e6
    link = aged_link(began_s)
    board = Board(subject, link.now_s, _FIRST_INDEX, rng)
    watch = Watch(subject)
    conductor = Conductor(
        hours_of_course(),
        settings,
        lambda frequency_hz: subject.cue(FIXATION if frequency_hz is None else frequency_hz),
    )
    path = OnlinePath(settings, RATE_HZ, len(names), model)
    session = Session(path, link, [watch, conductor], SignalWatch(names, RATE_HZ))
    process = psutil.Process()
    started_s = link.now_s
    told_s = started_s
    feed_us: list[float] = []
    with (arguments.out / "simulated.jsonl").open("w") as log:
        begin = {"kind": "begin", "hours": arguments.hours, "person": arguments.person}
        losses = [asdict(loss) for loss in LOSSES]
        begin |= {"accepted_per_min": arguments.accepted, "drift_ppm": DRIFT_PPM, "losses": losses}
        print(json.dumps(begin), file=log, flush=True)
        most_events = 0
        while board.now_s - started_s < arguments.hours * 3600.0:
            for item in board.tick():
                if isinstance(item, Chunk):
                    before_s = time.thread_time()
                    session.feed(item)
                    feed_us.append((time.thread_time() - before_s) * 1e6)
                else:
                    session.observe_fault(item)
            now_s = board.now_s
            n_before = sum(watch.events.values())
            link.advance(now_s)
            session.poll()
            most_events = max(most_events, sum(watch.events.values()) - n_before)
            for prompt in conductor.advance(now_s):
                session.tell(prompt)
            if now_s - told_s < EVERY_S:
                continue
            clock = board.stream.clock
            line = {
                "kind": "stretch",
                "at_s": round(now_s - started_s, 2),
                "seconds": round(now_s - told_s, 3),
                "end_index": watch.end_index,
                **watch.seen,
                "events": watch.events,
                "n_dropped": board.n_dropped,
                "worst_index_error": board.worst_index_error,
                "clock_error_ms": round(board.clock_error_ms(), 3),
                "residual_ms": None if clock is None else round(clock.residual_s * 1e3, 4),
                "drift_ppm": None if clock is None else round(clock.drift_ppm, 2),
                "feed_us": [round(float(q), 1) for q in np.percentile(feed_us, [50, 99, 100])],
                "most_link_events": most_events,
                "telemetry_ms": watch.telemetry_ms,
                "sequence": watch.sequence,
                "resident_mb": round(process.memory_info().rss / 2**20, 3),
                "handles": process.num_fds(),
                "cpu_s": round(sum(process.cpu_times()[:2]), 2),
            }
            print(json.dumps(line), file=log, flush=True)
            watch.begin()
            feed_us.clear()
            link.exoskeleton.command("battery 100", now_s)  # which lasts for hours only
            told_s, most_events = now_s, 0
        link.close()
        print(json.dumps({"kind": "end"}), file=log, flush=True)

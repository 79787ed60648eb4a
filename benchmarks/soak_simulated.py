"""A day of a session in virtual time: one person, one path, one link, and counters that wrap.

Samples come as packets with a number of one byte, some of which get lost: a few, more than a whole
turn of the counter, and now and then the board falls silent and is started again. They pass what
live samples pass (packet counter, stream with its clock, session, gate, both ends of the protocol);
between two rounds of the course the person rests with all targets in view. Counters are set so that
they wrap within the first minutes: the exoskeleton's milliseconds (32 bits) after ten, the numbers
of its requests (16 bits) after some 40 of them, the sample index passes 2**31 after a quarter of an
hour.

All of it is plain objects, so every five minutes the whole world is kept in a file; a day that was
cut off goes on from there.
"""

import json
import time
from argparse import Namespace
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import cloudpickle
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
from soak_board import DRIFT_PPM, LOSSES, Board
from soak_course import hours_of_course
from soak_session import TROUBLES

from bci_app.evaluation.answers import Prompt
from bci_app.online.events import Decided, GapFound, Withheld
from bci_app.online.growing import GrowingModel
from bci_app.online.path import OnlinePath
from bci_app.runtime.conductor import Conductor
from bci_app.runtime.quality import SignalWatch
from bci_app.runtime.session import Session, SessionEvent
from devices.chunk import Chunk
from devices.exoskeleton.command import Command
from devices.exoskeleton.events import Acknowledged, TelemetryReceived
from devices.exoskeleton.footfalls import Footfalls
from devices.exoskeleton.virtual_link import VirtualLink
from devices.virtual_brain import VirtualSubject, person_named

EVERY_S = 60.0
KEPT_EVERY = 5  # lines
N_EARLIER_REQUESTS = 65_500  # of 65536

_BEGAN_S = 1e6
_ON_FOR_S = 2**32 / 1e3 - 600.0
_FIRST_INDEX = 2**31 - round(900 * RATE_HZ)


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


class World:
    """Person, headset, session and legs, without clock, thread or device.

    Parameters
    ----------
    person : str
    seed : int
    accepted_per_min : float
        False commands.
    model : GrowingModel
        The person's.
    """

    def __init__(
        self, person: str, seed: int, accepted_per_min: float, model: GrowingModel
    ) -> None:
        self.who = (person, seed, accepted_per_min)
        settings = settings_for(model, accepted_per_min)
        subject = seat(person_named(person), seed, settings.frequencies_hz)
        names = subject.channel_names
        self.link = aged_link(_BEGAN_S)
        self._started_s = self._told_s = self.link.now_s
        rng = np.random.default_rng(seed)
        self._board = Board(subject, self.link.now_s, _FIRST_INDEX, rng)
        self._watch = Watch(subject)
        self._conductor = Conductor(
            hours_of_course(),
            settings,
            lambda frequency_hz: subject.cue(FIXATION if frequency_hz is None else frequency_hz),
        )
        path = OnlinePath(settings, RATE_HZ, len(names), model)
        watch = SignalWatch(names, RATE_HZ)
        self._session = Session(path, self.link, [self._watch, self._conductor], watch)
        self._feed_us: list[float] = []
        self._most_events = 0

    @property
    def at_s(self) -> float:
        """Time since the beginning."""
        return self._board.now_s - self._started_s

    def advance(self) -> dict[str, object]:
        """Let a while go by, and say what happened."""
        while self._board.now_s - self._told_s < EVERY_S:
            self._step()
        now_s, board, watch = self._board.now_s, self._board, self._watch
        clock = board.stream.clock
        line = {
            "kind": "stretch",
            "at_s": round(self.at_s, 2),
            "seconds": round(now_s - self._told_s, 3),
            "end_index": watch.end_index,
            **watch.seen,
            "events": watch.events,
            "n_dropped": board.n_dropped,
            "worst_index_error": board.worst_index_error,
            "worst_restart_error": board.worst_restart_error,
            "clock_error_ms": round(board.clock_error_ms(), 3),
            "residual_ms": None if clock is None else round(clock.residual_s * 1e3, 4),
            "drift_ppm": None if clock is None else round(clock.drift_ppm, 2),
            "feed_us": [round(float(q), 1) for q in np.percentile(self._feed_us, [50, 99, 100])],
            "most_link_events": self._most_events,
            "telemetry_ms": watch.telemetry_ms,
            "sequence": watch.sequence,
        }
        watch.begin()
        self._feed_us = []
        self._told_s, self._most_events = now_s, 0
        self.link.exoskeleton.command("battery 100", now_s)  # which lasts for hours only
        return line

    def _step(self) -> None:
        for item in self._board.tick():
            if isinstance(item, Chunk):
                before_s = time.thread_time()
                self._session.feed(item)
                self._feed_us.append((time.thread_time() - before_s) * 1e6)
            else:
                self._session.observe_fault(item)
        now_s = self._board.now_s
        n_before = sum(self._watch.events.values())
        self.link.advance(now_s)
        self._session.poll()
        n_events = sum(self._watch.events.values()) - n_before
        self._most_events = max(self._most_events, n_events)
        for prompt in self._conductor.advance(now_s):
            self._session.tell(prompt)


def used() -> dict[str, object]:
    """Read what this process uses."""
    process = psutil.Process()
    return {
        "pid": process.pid,
        "resident_mb": round(process.memory_info().rss / 2**20, 3),
        "handles": process.num_fds(),
        "cpu_s": round(sum(process.cpu_times()[:2]), 2),
    }


def resumed(kept: Path, log: Path, who: tuple[str, int, float]) -> World | None:
    """Return the world as it was kept, with the log up to then; None if it was another or none."""
    if not kept.exists() or not log.exists():
        return None
    world = cloudpickle.loads(kept.read_bytes())  # this program wrote it, a while ago
    if world.who != who:
        return None
    lines = log.read_text().splitlines()
    lines = [text for text in lines if json.loads(text).get("at_s", 0.0) <= world.at_s + 0.01]
    log.write_text("\n".join(lines) + "\n")
    return world


def simulate(arguments: Namespace) -> None:
    """Let a day go by; a line of JSON for each minute of it."""
    arguments.out.mkdir(parents=True, exist_ok=True)
    kept, log = arguments.out / "simulated.pickle", arguments.out / "simulated.jsonl"
    who = (arguments.person, arguments.seed, arguments.accepted)
    world = resumed(kept, log, who)
    if world is None:
        frequencies_hz = frequencies_of("9,11,13,15,17")
        models = calibrated_population(arguments.out / "models", 1, frequencies_hz)
        world = World(*who, models[arguments.person])
        begin = {"kind": "begin", "person": arguments.person, "seed": arguments.seed}
        losses = [asdict(loss) for loss in LOSSES]
        begin |= {"accepted_per_min": arguments.accepted, "drift_ppm": DRIFT_PPM, "losses": losses}
        log.write_text(json.dumps(begin) + "\n")
    n_lines = 0
    with log.open("a") as out:
        while world.at_s < arguments.hours * 3600.0:
            print(json.dumps(world.advance() | used()), file=out, flush=True)
            n_lines += 1
            if n_lines % KEPT_EVERY == 0:
                written = kept.with_suffix(".new")
                written.write_bytes(cloudpickle.dumps(world))
                written.replace(kept)
        world.link.close()
        print(json.dumps({"kind": "end"}), file=out, flush=True)
    kept.unlink(missing_ok=True)

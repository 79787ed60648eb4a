"""False commands of the virtual population, which does anything but look at a target.

    python benchmarks/population_idle.py --out DIR [--targets 9,11,13,15,17] [--accepted 0.1]
                                         [--sessions 1] [--kind KIND …] [--minutes 15] [--jobs 1]

Twelve people, calibrated as in population_people.py, `--minutes` each of every kind of idle in
sessions of five minutes: 15 minutes make three hours a kind. All targets flicker meanwhile. What
was done is kept in DIR and not done again; ask for more minutes to go on.

A false command is a decision that no bad signal withholds. The interval is the exact one of a
Poisson rate (95 %); people differ, so "people" says how many had any.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from zlib import crc32

import numpy as np
from population_people import (
    FIXATION,
    HALFWAY,
    PAGE,
    RATE_HZ,
    Frequencies,
    add_options,
    calibrated_population,
    folder_of,
    frequencies_of,
    seat,
    settings_for,
)

from bci_app.evaluation.rate_test import poisson_interval
from bci_app.online.events import Decided
from bci_app.online.path import OnlinePath
from bci_app.runtime.quality import SignalWatch
from bci_app.runtime.session import Session
from devices.chunk import Chunk
from devices.virtual_brain import Person, VirtualSubject, person_named, population

SESSION_MIN = 5.0
MODELS = {}

Acting = Iterator[float]
"""Does something, then says for how many seconds nothing new happens."""


def staring(subject: VirtualSubject, *_: object) -> Acting:
    """Look at a point beside the targets and do nothing else."""
    subject.look_at(FIXATION)
    while True:
        yield 1.0


def looking_between(
    subject: VirtualSubject, rng: np.random.Generator, targets: Frequencies
) -> Acting:
    """Go from one place between two targets to another, every few seconds, over a target."""
    while True:
        subject.look_at(targets[rng.integers(len(targets))])
        yield rng.uniform(0.2, 0.4)
        subject.look_at(HALFWAY[rng.integers(len(HALFWAY))])
        yield rng.uniform(2.0, 6.0)


def talking(subject: VirtualSubject, rng: np.random.Generator, _: Frequencies) -> Acting:
    """Look here and there, move the head, pull at the cable; the jaw is at work (`HABITS`)."""
    while True:
        subject.look_at(PAGE[rng.integers(len(PAGE))])
        yield rng.uniform(0.5, 4.0)
        if rng.random() < 0.5:
            subject.step()
        if rng.random() < 0.1:
            names = subject.channel_names
            subject.electrodes.pop(names[rng.integers(len(names))], rng.normal(0.0, 100.0))


def reading(subject: VirtualSubject, rng: np.random.Generator, _: Frequencies) -> Acting:
    """Look at four places a second along a line, and go back to the next."""
    while True:
        for place in PAGE[:: rng.integers(1, 4)]:
            subject.look_at(place)
            yield rng.uniform(0.15, 0.35)


def lead_off(subject: VirtualSubject, rng: np.random.Generator, _: Frequencies) -> Acting:
    """Let an electrode lose the skin or hit the rail for a while, then another."""
    subject.look_at(FIXATION)
    while True:
        yield rng.uniform(5.0, 20.0)
        name = subject.channel_names[rng.integers(len(subject.channel_names))]
        if rng.random() < 0.2:
            subject.electrodes.saturate(name)
        else:
            subject.electrodes.take_off(name)
        yield rng.uniform(5.0, 40.0)
        subject.electrodes.mend(name)


def walking(subject: VirtualSubject, rng: np.random.Generator, _: Frequencies) -> Acting:
    """Make a step every 0.9 seconds or so, eyes on the way ahead."""
    subject.look_at(FIXATION)
    while True:
        subject.step()
        yield rng.normal(0.9, 0.04)


KINDS: dict[str, Callable[[VirtualSubject, np.random.Generator, Frequencies], Acting]] = {
    "fixating, flicker in view": staring,
    "looking between targets": looking_between,
    "talking and moving": talking,
    "eyes closed": staring,
    "reading": reading,
    "a lead comes off": lead_off,
    "walking in the exoskeleton": walking,
}


# Of eyes closed, a rest begins anew before it ends.
HABITS = {
    "talking and moving": {"clenches_per_min": 40.0, "blinks_per_min": 25.0},
    "eyes closed": {"rests_per_min": 600.0},
}


def in_the_mood(person: Person, kind: str) -> Person:
    """Give somebody the habits of a kind of idle."""
    return replace(person, habits=replace(person.habits, **HABITS.get(kind, {})))


class Watch:
    """A listener that keeps each decision and whether a bad signal withheld it."""

    def __init__(self) -> None:
        self.decisions: list[dict[str, object]] = []
        self._path: OnlinePath | None = None
        self._bad = False

    def __call__(self, event: object) -> None:
        """Take in an event."""
        name = type(event).__name__
        if name in ("Hindered", "Unhindered") and event.cause == "signal":
            self._bad = name == "Hindered"
        if isinstance(event, Decided):
            self.decisions.append(
                {
                    "at_s": event.end_index / RATE_HZ,
                    "target": event.target,
                    "probability": event.score,
                    "window_s": (event.n_window or 0) / RATE_HZ,
                    "withheld": self._bad,
                }
            )


def idle_session(task: tuple[str, str, int, float]) -> dict[str, object]:
    """Let one person idle for a session, without anybody to command."""
    kind, name, number, accepted = task
    seed = crc32(f"{kind} {number}".encode())
    person = person_named(name)
    model = MODELS[name]
    targets = model.decoder.frequencies_hz
    subject = seat(in_the_mood(person, kind), seed, targets)
    names = subject.channel_names
    path = OnlinePath(settings_for(model, accepted), RATE_HZ, len(names), model)
    watch = Watch()
    session = Session(path, None, [watch], SignalWatch(names, RATE_HZ))
    index, n_session = 0, round(SESSION_MIN * 60 * RATE_HZ)
    for pause_s in KINDS[kind](subject, np.random.default_rng(seed), targets):
        n_times = max(1, min(round(pause_s * RATE_HZ), n_session - index))
        session.feed(Chunk(subject.draw(n_times), index))
        index += n_times
        if index >= n_session:
            break
    return {
        "kind": kind,
        "person": name,
        "number": number,
        "minutes": index / RATE_HZ / 60,
        "decisions": watch.decisions,
    }


def report(done: list[dict[str, object]]) -> None:
    """Print the table."""
    print("| idle | hours | false commands | a minute | 95 % | withheld | people |")
    print("|---|---|---|---|---|---|---|")
    for kind in KINDS:
        sessions = [each for each in done if each["kind"] == kind]
        if not sessions:
            continue
        minutes = sum(each["minutes"] for each in sessions)
        false = [
            (each["person"], decision)
            for each in sessions
            for decision in each["decisions"]
            if not decision["withheld"]
        ]
        n_withheld = sum(d["withheld"] for each in sessions for d in each["decisions"])
        low, high = poisson_interval(len(false), minutes)
        print(
            f"| {kind} | {minutes / 60:.1f} | {len(false)} | {len(false) / minutes:.3f} | "
            f"{low:.3f} to {high:.3f} | {n_withheld} | {len({person for person, _ in false})} |"
        )


def main() -> None:
    """Calibrate, idle, report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add_options(parser)
    parser.add_argument("--kind", action="append", choices=list(KINDS))
    parser.add_argument("--minutes", type=float, default=15.0, help="of each person and kind")
    arguments = parser.parse_args()
    folder = folder_of(arguments)
    frequencies_hz = frequencies_of(arguments.targets)
    MODELS.update(
        calibrated_population(folder / "models", arguments.seed, frequencies_hz, arguments.sessions)
    )
    file = folder / f"idle-{arguments.accepted:g}.jsonl"
    done = [json.loads(text) for text in file.read_text().splitlines()] if file.exists() else []
    known = {(each["kind"], each["person"], each["number"]) for each in done}
    tasks = [
        (kind, person.name, number, arguments.accepted)
        for number in range(round(arguments.minutes / SESSION_MIN))
        for person in population()
        for kind in arguments.kind or KINDS
        if (kind, person.name, number) not in known
    ]
    with ProcessPoolExecutor(arguments.jobs) as pool, file.open("a") as out:
        for each in pool.map(idle_session, tasks):
            done.append(each)
            print(json.dumps(each), file=out, flush=True)
    report(done)


if __name__ == "__main__":
    main()

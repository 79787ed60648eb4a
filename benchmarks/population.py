"""The reference system's course, walked by the virtual population in a closed loop.

    python benchmarks/population.py --out DIR [--targets 9,11,13,15,17] [--accepted 0.1]
                                    [--sessions 1] [--rounds 5] [--jobs 1] [--uncalibrated]
                                    [--serial PERSON]

Everybody (12 people, five LEDs, by default at 9, 11, 13, 15 and 17 Hz) is calibrated as
population_people.py says, then makes the eight movements of the course, `--rounds` times in other
sessions: the virtual subject is told where to look and does so in their own way, the online path
decides, the gate lets pass, the protocol's two ends exchange frames, the simulated legs move, and
their steps shake the head. All in virtual time; `--serial` adds one person's course in real
time, whose exoskeleton is a process of its own at the other end of a pseudo-terminal. With
`--uncalibrated` the same people walk with canonical correlation in windows of one length, as
without a profile.

Accuracy is by the first decision after each instruction, the response time runs from the
instruction to a right decision: reaction and gaze shift included. Bits by Wolpaw's formula, a
selection taking the mean response time. What was done is kept in DIR and not done again.

The reference: Kwak, Müller & Lee 2015 (J. Neural Eng. 12:056009), 11 people, 91.3 %, 3.28 s, 32.9
bit/min. Its course took 1100 s, but was another one, walked through a building.
"""

import argparse
import json
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict

import numpy as np
from population_people import (
    RATE_HZ,
    Frequencies,
    add_options,
    calibrated_population,
    folder_of,
    frequencies_of,
    seat,
    settings_for,
)

from bci_app.evaluation.answers import Answers
from bci_app.online.growing import GrowingModel
from bci_app.online.path import OnlinePath
from bci_app.online.settings import PathSettings
from bci_app.runtime.conductor import Conductor
from bci_app.runtime.course import Course, Outcome
from bci_app.runtime.pacing import pace
from bci_app.runtime.session import Session
from bci_app.runtime.simulators import simulated_exoskeleton
from bci_app.runtime.tally import Tally
from calibration.metrics import itr_bits_per_min
from devices.chunk import Chunk
from devices.exoskeleton.link import Link
from devices.exoskeleton.virtual_link import VirtualLink
from devices.virtual_brain import VirtualSubject, person_named, population

CHUNK_S = 0.04
MODELS = {}


def walk(
    subject: VirtualSubject,
    model: GrowingModel | None,
    settings: PathSettings,
    link: Link,
    advance: Callable[[float], None],
    in_real_time: bool = False,
) -> dict[str, object]:
    """Let somebody walk the course once."""
    path = OnlinePath(settings, RATE_HZ, len(subject.channel_names), model)
    course, tally = Course(), Tally()

    conductor = Conductor(course, settings, subject.cue)
    session = Session(path, link, [tally, conductor])

    def chunks():
        index, phase = 0, 0.0
        while course.outcome is None:
            yield Chunk(subject.draw(round(CHUNK_S * RATE_HZ)), index)
            index += round(CHUNK_S * RATE_HZ)
            if link.telemetry is not None:
                before, phase = phase, link.telemetry.gait_phase
                if phase < before or (before < 0.5 <= phase):
                    subject.step()

    stream = pace(chunks(), RATE_HZ, 1.0) if in_real_time else chunks()
    for chunk in stream:
        now_s = chunk.end_index / RATE_HZ
        advance(now_s)
        session.feed(chunk)
        for prompt in conductor.advance(now_s):
            session.tell(prompt)
    answers = tally.answers(RATE_HZ, len(settings.targets))
    return {
        "answers": asdict(answers),
        "looks": looks(tally),
        "course_s": tally.end_index / RATE_HZ,
        "completed": course.outcome is Outcome.COMPLETED,
    }


def looks(tally: Tally) -> list[tuple[int, int | None]]:
    """Target of each look, and the first decision in it."""
    ends = [prompt.index for prompt in tally.prompts[1:]] + [tally.end_index]
    found: list[tuple[int, int | None]] = []
    for prompt, end in zip(tally.prompts, ends, strict=True):
        if prompt.target is not None:
            within = [d.target for d in tally.decisions if prompt.index < d.end_index <= end]
            found.append((prompt.target, within[0] if within else None))
    return found


def walk_virtually(task: tuple[str, int, float | None]) -> dict[str, object]:
    """Walk the course in virtual time; without an accepted rate, without the model."""
    name, seed, accepted = task
    person = person_named(name)
    link = VirtualLink(seed=seed)
    link.start()
    model = MODELS[name]
    settings = settings_for(model, accepted)
    subject = seat(person, seed, settings.frequencies_hz)
    used = None if accepted is None else model
    walked = walk(subject, used, settings, link, link.advance)
    link.close()
    return {"person": name, "seed": seed, "accepted": accepted, **walked}


def row(walks: list[dict[str, object]]) -> dict[str, float]:
    """Figures of one person over their walks."""
    answers = [Answers(**walked["answers"]) for walked in walks]
    n_trials = sum(a.n_trials for a in answers)
    n_right = sum(a.n_right for a in answers)
    answered_s = sum(a.n_right * (a.response_time_s or 0) for a in answers)
    response_s = answered_s / n_right if n_right else float("nan")
    idle_min = sum(a.idle_min for a in answers)
    completed = [walked["course_s"] for walked in walks if walked["completed"]]
    return {
        "accuracy": n_right / n_trials,
        "wrong": sum(a.n_wrong for a in answers) / n_trials,
        "response_s": response_s,
        "bit_per_min": itr_bits_per_min(n_right / n_trials, 5, response_s) if n_right else 0.0,
        "false_per_min": sum(a.n_false for a in answers) / idle_min,
        "completed": len(completed) / len(walks),
        "course_s": float(np.mean(completed)) if completed else float("nan"),
    }


def report(done: list[dict[str, object]], frequencies_hz: Frequencies) -> None:
    """Print the table, and how each target did."""
    names = sorted({str(walked["person"]) for walked in done})
    rows = {name: row([w for w in done if w["person"] == name]) for name in names}
    print(
        "| | right | wrong | response | bit/min | false/min between | completed | course |\n"
        "|---|---|---|---|---|---|---|---|"
    )
    for name, figures in rows.items():
        print(line(name, figures))
    mean = {key: float(np.nanmean([r[key] for r in rows.values()])) for key in rows[names[0]]}
    print(line(f"mean of {len(names)} people, {len(done)} courses", mean))
    print("| Kwak et al. 2015, 11 people | 91.3 % | | 3.28 s | 32.9 | | | |")
    looked = [look for walked in done for look in walked["looks"]]
    by_target = [[decided for target, decided in looked if target == k] for k in range(5)]
    print(
        "\nRight by target: "
        + ", ".join(
            f"{frequency_hz:g} Hz {of_target.count(k)} of {len(of_target)}"
            for k, (frequency_hz, of_target) in enumerate(
                zip(frequencies_hz, by_target, strict=True)
            )
        )
    )


def line(name: str, figures: dict[str, float]) -> str:
    """Format one row."""
    return (
        f"| {name} | {figures['accuracy']:.1%} | {figures['wrong']:.1%} | "
        f"{figures['response_s']:.2f} s | {figures['bit_per_min']:.1f} | "
        f"{figures['false_per_min']:.2f} | {figures['completed']:.0%} | "
        f"{figures['course_s']:.0f} s |"
    )


def main() -> None:
    """Calibrate, walk, report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add_options(parser)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--uncalibrated", action="store_true")
    parser.add_argument("--serial", metavar="PERSON", help="who walks through a serial line")
    arguments = parser.parse_args()
    frequencies_hz = frequencies_of(arguments.targets)
    folder = folder_of(arguments)
    MODELS.update(
        calibrated_population(folder / "models", arguments.seed, frequencies_hz, arguments.sessions)
    )
    accepted = None if arguments.uncalibrated else arguments.accepted
    file = folder / f"courses-{'uncalibrated' if accepted is None else accepted}.jsonl"
    done = [json.loads(text) for text in file.read_text().splitlines()] if file.exists() else []
    known = {(walked["person"], walked["seed"]) for walked in done}
    tasks = [
        (person.name, seed, accepted)
        for seed in range(1000, 1000 + arguments.rounds)
        for person in population()
        if (person.name, seed) not in known
    ]
    with ProcessPoolExecutor(arguments.jobs) as pool, file.open("a") as out:
        for walked in pool.map(walk_virtually, tasks):
            done.append(walked)
            print(json.dumps(walked), file=out, flush=True)
    report(done, frequencies_hz)
    if arguments.serial:
        person = person_named(arguments.serial)
        with simulated_exoskeleton() as link:
            walked = walk(
                seat(person, 2000, frequencies_hz),
                None if accepted is None else MODELS[person.name],
                settings_for(MODELS[person.name], accepted),
                link,
                lambda _: None,
                in_real_time=True,
            )
        print("\nThrough a serial line, in real time:")
        print(line(person.name, row([walked])))


if __name__ == "__main__":
    main()

"""From the moment the eyes are on a target to the moment a joint moves, in real time.

    python benchmarks/gaze_to_motion.py [--rounds 2]

A virtual subject walks the reference course. Cyton and exoskeleton are simulated in processes of
their own, at the other ends of pseudo-terminals; BrainFlow's driver, threads and lines are those of
any session. Once without calibration (Obliging, the subject of the demo), once with a model of two
short calibrations of one of the virtual population, at 0.1 accepted false commands a minute.

The gaze moves at once, so what a person needs to move the eyes comes on top. A movement counts when
the legs stood still before it and the command was the one that was asked for. Joints are seen
through telemetry, which comes each 20 ms: they move at more than 1 degree a second.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import argparse
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from latency_devices import RATE_HZ, StampedBoard, stamped_board, stamped_controller
from population_people import FIXATION, TRIAL_S, calibration, seat, settings_for

from bci_app.evaluation.answers import Prompt
from bci_app.evaluation.asynchronous import OnlineEvaluation, prepare_session
from bci_app.evaluation.schemes import Scheme
from bci_app.online.events import Decided
from bci_app.online.growing import GrowingModel, fit_growing_model, make_growing_decoder
from bci_app.online.path import OnlinePath
from bci_app.online.settings import PathSettings
from bci_app.runtime.conductor import Conductor
from bci_app.runtime.course import Course
from bci_app.runtime.live import run_live
from bci_app.runtime.quality import SignalWatch
from bci_app.runtime.recorder import Recorder
from bci_app.runtime.session import CommandSent, Session, SessionEvent
from devices.exoskeleton.events import FrameWritten, TelemetryReceived
from devices.exoskeleton.footfalls import Footfalls
from devices.exoskeleton.messages import Telemetry
from devices.exoskeleton.postures import AT_REST
from devices.exoskeleton.serial_link import ExoskeletonLink
from devices.headset.acquisition import Acquisition
from devices.headset.brainflow_source import BrainFlowHeadset
from devices.virtual_brain import OCCIPITAL_CHANNELS, Person, person_named

UNCALIBRATED, CALIBRATED = "Obliging", "Goran"
ACCEPTED_PER_MIN = 0.1
MOVES_DEG_PER_S = 1.0
N_MOVEMENTS = 8

PARTS = {
    "decision: eyes on the target → last sample needed has arrived": ("gazed", "arrived"),
    "of it the window that decided": ("window", None),
    "machine: that sample → frame written": ("arrived", "written"),
    "controller: frame written → a joint moves, by telemetry": ("written", "moved"),
    "**eyes on the target → a joint moves**": ("gazed", "moved"),
}


@dataclass
class Motion:
    """When one movement was where, on the monotonic clock."""

    gazed: float
    arrived: float = 0.0
    window: float = 0.0
    written: float = 0.0
    moved: float = 0.0


@dataclass
class Watch:
    """A listener that follows each movement, and lets the subject feel the steps."""

    board: StampedBoard
    motions: list[Motion] = field(default_factory=list)
    _motion: Motion | None = None
    _target: int | None = None
    _window_s: float = 0.0
    _right: bool = False
    _sequence: int | None = None
    _legs: Telemetry | None = None
    _footfalls: Footfalls = field(default_factory=Footfalls)

    def __call__(self, event: SessionEvent) -> None:
        """Take in an event."""
        match event:
            case Prompt(target=int()):
                self._motion, self._target = Motion(time.monotonic()), event.target
            case Decided():
                self._right = event.target == self._target
                self._window_s = (event.n_window or 0) / RATE_HZ
            case CommandSent(arrival_s=float()) if self._motion is not None:
                if self._right and self._stands_still():
                    self._motion.arrived, self._motion.window = event.arrival_s, self._window_s
                    self._sequence = event.sequence
                else:
                    self._motion = None
            case FrameWritten() if self._motion is not None and event.sequence == self._sequence:
                self._motion.written = event.written_at_s
            case TelemetryReceived():
                self._look_at_legs(event)
            case _:
                pass

    def _stands_still(self) -> bool:
        return self._legs is not None and self._legs.posture in AT_REST and not moves(self._legs)

    def _look_at_legs(self, event: TelemetryReceived) -> None:
        self._legs = event.telemetry
        if self._footfalls.observe(event.telemetry):
            self.board.step()
        motion = self._motion
        if motion is not None and motion.written and moves(event.telemetry):
            motion.moved = event.received_at_s
            self.motions.append(motion)
            self._motion = None


def moves(legs: Telemetry) -> bool:
    """Whether a joint moves."""
    return max(map(abs, legs.velocities_deg_per_s)) > MOVES_DEG_PER_S


def calibrate(person: Person, frequencies_hz: tuple[float, ...]) -> GrowingModel:
    """Fit a model to two short calibrations, in virtual time."""
    classes = {f"{f:g}": f for f in frequencies_hz} | {"idle": None}
    evaluation = OnlineEvaluation(classes, Scheme.CALIBRATED, trial_s=TRIAL_S)
    sessions = [
        prepare_session(calibration(person, seed, frequencies_hz), evaluation).observed
        for seed in (1, 2)
    ]
    return fit_growing_model(make_growing_decoder(frequencies_hz, RATE_HZ, TRIAL_S), sessions, [])


def walk(person: Person, model: GrowingModel | None, rounds: int) -> list[Motion]:
    """Let somebody walk the course; return the movements that began from rest."""
    settings = PathSettings() if model is None else settings_for(model, ACCEPTED_PER_MIN)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        make_subject = partial(seat, person, 2000, settings.frequencies_hz)
        board = stack.enter_context(stamped_board(make_subject))
        controller = stack.enter_context(stamped_controller())
        headset = BrainFlowHeadset("cyton", board.port, OCCIPITAL_CHANNELS)
        acquisition = stack.enter_context(Acquisition(headset))
        info = acquisition.info
        recorder = stack.enter_context(Recorder(folder / "session.xdf", info, settings))

        def look_at(frequency_hz: float | None) -> None:
            board.look_at(FIXATION if frequency_hz is None else frequency_hz)

        # Rounds follow on each other until there were so many movements.
        course = Course(duration_s=float("inf"))
        conductor, watch = Conductor(course, settings, look_at), Watch(board)
        path = OnlinePath(settings, RATE_HZ, len(info.channel_names), model)
        link = stack.enter_context(ExoskeletonLink(controller.port))
        signal = SignalWatch(info.channel_names, RATE_HZ, range_uv=info.range_uv)
        session = Session(path, link, [recorder, conductor, watch], signal)

        def tick(now_s: float) -> bool:
            for prompt in conductor.advance(now_s):
                session.tell(prompt)
            return course.outcome is None and course.n_made < rounds * N_MOVEMENTS

        run_live(acquisition, session, tick)
        until_s = time.monotonic() + 1.0  # the last movement begins
        run_live(acquisition, session, lambda now_s: now_s < until_s)
    return watch.motions


def measure(rounds: int) -> Iterator[tuple[str, list[Motion]]]:
    """Walk without calibration, then with."""
    print(f"{UNCALIBRATED} walks without calibration", file=sys.stderr)
    name = f"without calibration ({UNCALIBRATED})"
    yield name, walk(person_named(UNCALIBRATED), None, rounds)
    person = person_named(CALIBRATED)
    print(f"{CALIBRATED} is calibrated", file=sys.stderr)
    model = calibrate(person, PathSettings().frequencies_hz)
    print(f"{CALIBRATED} walks", file=sys.stderr)
    yield f"calibrated ({CALIBRATED})", walk(person, model, rounds)


def figures(motions: list[Motion]) -> dict[str, object]:
    """Count, and for each part the median, the shortest and the longest, in ms."""
    found: dict[str, object] = {"n_movements": len(motions)}
    for name, (since, until) in PARTS.items():
        times_s = [
            getattr(m, since) if until is None else getattr(m, until) - getattr(m, since)
            for m in motions
        ]
        if not times_s:  # the course was given up before the first
            times_s = [float("nan")]
        shortest, median, longest = (1e3 * np.percentile(times_s, [0, 50, 100])).tolist()
        found[name] = {"median_ms": median, "min_ms": shortest, "max_ms": longest}
    return found


def table(walks: Iterable[tuple[str, list[Motion]]]) -> str:
    """Lay it out, as Markdown."""
    found = {kind: figures(motions) for kind, motions in walks}
    lines = [
        "| median (shortest … longest), in ms | " + " | ".join(found) + " |",
        "|---" * (1 + len(found)) + "|",
    ]
    for name in PARTS:
        cells = [
            "{median_ms:.0f} ({min_ms:.0f} … {max_ms:.0f})".format(**columns[name])
            if PARTS[name][0] != "arrived"
            else "{median_ms:.1f} ({min_ms:.1f} … {max_ms:.1f})".format(**columns[name])
            for columns in found.values()
        ]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    counts = [str(columns["n_movements"]) for columns in found.values()]
    return "\n".join([*lines, "| movements timed | " + " | ".join(counts) + " |"])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=2, help="of the course of 8 movements")
    print(table(measure(parser.parse_args().rounds)))


if __name__ == "__main__":
    main()

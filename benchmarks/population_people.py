"""The virtual population, calibrated: what the benchmarks on people share.

Each of the twelve people goes through a recorded calibration (4.5 minutes: six looks at each of
the five targets and twelve of idle, five seconds each, in random order), with `--sessions 2`
through another one on another day. The model of each is fitted to that and to the calibrations of
the other eleven, as a lab's later subjects have those of the earlier ones. How high idle goes is
learned from sessions left out: of people who came once that says what a model without their own
trials does, of those who came twice what one with them does.

The virtual brain knows one light at a time. A gaze beside the targets sees all of them weakly: a
place whose light is a mixture of theirs. How much of a target 6° away reaches cortex differs much
between people and displays; we take 8 %, and 25 % for a gaze halfway between two targets.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from bci_app.evaluation.asynchronous import OnlineEvaluation, prepare_session
from bci_app.evaluation.schemes import Scheme
from bci_app.online.growing import (
    GrowingModel,
    fit_growing_model,
    idle_of_people,
    make_growing_decoder,
)
from bci_app.online.settings import REFERENCE_TARGETS, PathSettings, Target
from bci_app.recordings.recording import Marker, Recording
from devices.virtual_brain import Person, VirtualSubject, population
from devices.virtual_brain.flicker import Lamp, Luminance

RATE_HZ = 250.0
TRIAL_S = 5.0
PAUSE_S = 1.5
N_EACH, N_IDLE = 6, 12

FIXATION = None
"""A point beside all targets: whoever is asked to look there is asked to look at none of them."""

HALFWAY = tuple(2000.0 + k for k in range(len(REFERENCE_TARGETS) - 1))
"""Halfway from each target to the next."""

PAGE = tuple(3000.0 + k for k in range(16))
"""Places on a page to read."""

IN_VIEW = 0.08
BESIDE = 0.25


Frequencies = tuple[float, ...]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what all benchmarks on the population can be asked."""
    reference = ",".join(f"{target.frequency_hz:g}" for target in REFERENCE_TARGETS)
    parser.add_argument("--out", type=Path, required=True, help="what is done is kept here")
    parser.add_argument("--targets", default=reference, help="five frequencies in Hz")
    parser.add_argument("--accepted", type=float, default=0.1, help="false commands a minute")
    parser.add_argument("--sessions", type=int, default=1, help="calibrations of each person")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)


def frequencies_of(targets: str) -> Frequencies:
    """Read the targets as given."""
    return tuple(float(frequency_hz) for frequency_hz in targets.split(","))


def folder_of(arguments: argparse.Namespace) -> Path:
    """Return the folder for what is done with these targets and so many calibrations."""
    name = arguments.targets
    if arguments.sessions > 1:
        name += f" after {arguments.sessions} calibrations"
    return Path(arguments.out / name)


def settings_for(model: GrowingModel, accepted: float | None) -> PathSettings:
    """Return the path's settings at an accepted rate of false commands, None for the default."""
    pairs = zip(model.decoder.frequencies_hz, REFERENCE_TARGETS, strict=True)
    settings = PathSettings(targets=tuple(Target(f, target.command) for f, target in pairs))
    if accepted is None:
        return settings
    return replace(settings, sequential=model.settings_for(accepted, onsets_known=False))


def seat(person: Person, seed: int, frequencies_hz: Frequencies) -> VirtualSubject:
    """Seat somebody before the flickering targets, with places to look at beside them."""
    subject = VirtualSubject(seed, person=person, sampling_rate_hz=RATE_HZ)
    phases = np.random.default_rng(seed).uniform(0.0, 2.0 * np.pi, len(frequencies_hz))
    lamps = [Lamp(f, float(phase)) for f, phase in zip(frequencies_hz, phases, strict=True)]
    for frequency_hz, lamp in zip(frequencies_hz, lamps, strict=True):
        subject.light(frequency_hz, lamp)
    in_view = [IN_VIEW] * len(lamps)
    subject.light_beside(_mixture(lamps, in_view))
    for place in PAGE:
        subject.light(place, _mixture(lamps, in_view))
    for k, place in enumerate(HALFWAY):
        weights = list(in_view)
        weights[k] = weights[k + 1] = BESIDE
        subject.light(place, _mixture(lamps, weights))
    return subject


def _mixture(lamps: Sequence[Lamp], weights: Sequence[float]) -> Luminance:
    def luminance(time_s: np.ndarray) -> np.ndarray:
        light = np.full(len(time_s), 0.5)
        for lamp, weight in zip(lamps, weights, strict=True):
            light += weight * (lamp(time_s) - 0.5)
        return light

    return luminance


def calibration(person: Person, seed: int, frequencies_hz: Frequencies) -> Recording:
    """Record the calibration of one person."""
    subject = seat(person, seed, frequencies_hz)
    labels = [None] * N_IDLE + [f for f in frequencies_hz for _ in range(N_EACH)]
    order = np.random.default_rng(seed).permutation(len(labels)).tolist()
    parts = [subject.draw(round(5 * RATE_HZ))]
    markers = []
    index = len(parts[0])
    for which in order:
        label = labels[which]
        subject.cue(label)
        markers.append(Marker(index, "idle" if label is None else f"{label:g}"))
        parts.append(subject.draw(round(TRIAL_S * RATE_HZ)))
        subject.cue(FIXATION)
        parts.append(subject.draw(round(PAUSE_S * RATE_HZ)))
        index += len(parts[-2]) + len(parts[-1])
    path = Path(person.name) / f"calibration-{seed}"
    return Recording(
        path, np.concatenate(parts), RATE_HZ, tuple(subject.channel_names), tuple(markers)
    )


def calibrated_population(
    folder: Path, seed: int, frequencies_hz: Frequencies, n_sessions: int = 1
) -> dict[str, GrowingModel]:
    """Return the model of each person, from the folder where they were fitted before.

    Parameters
    ----------
    folder : Path
    seed : int
        Of the first calibration; another one has the next.
    frequencies_hz : tuple of float
    n_sessions : int
        Calibrations of each person.
    """
    people = population()
    files = {person.name: folder / f"{person.name}.npz" for person in people}
    if not all(file.exists() for file in files.values()):
        folder.mkdir(parents=True, exist_ok=True)
        classes = {f"{f:g}": f for f in frequencies_hz} | {"idle": None}
        evaluation = OnlineEvaluation(classes, Scheme.CALIBRATED, trial_s=TRIAL_S)
        observed = []
        for person in people:
            print(f"{person.name} is calibrated", flush=True)
            recordings = [calibration(person, seed + k, frequencies_hz) for k in range(n_sessions)]
            observed.append([prepare_session(each, evaluation).observed for each in recordings])
        print("idle is rehearsed", flush=True)
        decoder = make_growing_decoder(frequencies_hz, RATE_HZ, TRIAL_S)
        idle = idle_of_people(decoder, observed)
        for k, person in enumerate(people):
            if files[person.name].exists():
                continue
            print(f"{person.name} is fitted", flush=True)
            others = [*observed[:k], *observed[k + 1 :]]
            model = fit_growing_model(decoder, observed[k], others, [*idle[:k], *idle[k + 1 :]])
            np.savez(files[person.name], **model.to_arrays())
    models = {}
    for name, file in files.items():
        with np.load(file) as arrays:
            models[name] = GrowingModel.from_arrays(dict(arrays))
    return models

"""What limits each virtual person, in hindsight: the threshold, the decoder, or the closed eyes.

    python benchmarks/population_curve.py --out DIR [--targets 9,11,13,15,17] [--accepted 0.1]
                                          [--sessions 1] [--person NAME …] [--looks 40]
                                          [--minutes 10]

Everybody, calibrated as in population_people.py, looks at the targets in turn in another session,
eight seconds each with three beside them in between, then stays beside them for `--minutes`. That
is decoded once; the policy runs over the same hops with one threshold after the other. What is
printed:

- the operating curve of everybody together, the same threshold for all: a person whose answers
  come late at any threshold that idle allows is limited by the decoder (or by their brain);
- each person at the threshold that their model asks for at the accepted rate, and at that of a law
  fitted to the others' idle here: ten minutes each, under models of their own;
- the share of looks' hops in which the eyes seemed closed.

Looks that are not answered are left out of the mean response, so read it beside "right".
"""

import argparse
from dataclasses import replace

import numpy as np
from population_people import (
    FIXATION,
    RATE_HZ,
    Frequencies,
    add_options,
    calibrated_population,
    folder_of,
    frequencies_of,
    seat,
)

from bci_app.evaluation.decoded_run import DecodedRun, decide, decode_run
from bci_app.evaluation.session_result import TrialTruth
from bci_app.online.eyes import EyesWatch
from bci_app.online.false_rate import IdleMaxima, fit_false_rate
from bci_app.online.growing import GrowingModel, policy_settings
from bci_app.online.sequential import margins
from bci_app.online.settings import PathSettings
from devices.virtual_brain import Person, population

LOOK_S, BESIDE_S, STRETCH_S = 8.0, 3.0, 5.0
SEED = 5000
THRESHOLDS = (-2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 6.0)
POLICY = policy_settings(onsets_known=False)


def looks_and_idle(person: Person, model: GrowingModel, n_looks: int, minutes: float) -> DecodedRun:
    """Let somebody look and idle, and decode that."""
    frequencies_hz: Frequencies = model.decoder.frequencies_hz
    n_targets = len(frequencies_hz)
    subject = seat(person, SEED, frequencies_hz)
    rng = np.random.default_rng(SEED)
    rounds = [rng.permutation(n_targets) for _ in range(-(-n_looks // n_targets))]
    parts, onsets, n_drawn = [subject.draw(round(5 * RATE_HZ))], [], round(5 * RATE_HZ)

    def draw(seconds: float) -> None:
        nonlocal n_drawn
        parts.append(subject.draw(round(seconds * RATE_HZ)))
        n_drawn += len(parts[-1])

    labels = np.concatenate(rounds)[:n_looks]
    for target in labels.tolist():
        subject.cue(frequencies_hz[target])
        onsets.append(n_drawn)
        draw(LOOK_S)
        subject.cue(FIXATION)
        draw(BESIDE_S + rng.uniform(0.0, 0.5))
    onsets.append(n_drawn)
    draw(60 * minutes)
    ends = np.array([onset + round(LOOK_S * RATE_HZ) for onset in onsets])
    ends[-1] = n_drawn
    begun = np.array(onsets, dtype=np.intp)
    truth = TrialTruth(
        begun, begun, ends, np.append(labels, n_targets), n_targets, n_drawn, RATE_HZ
    )
    return decode_run(np.concatenate(parts), model, PathSettings(), truth)


def idle_maxima(run: DecodedRun) -> IdleMaxima:
    """Highest margin in each stretch of the idle."""
    longest_s = max(run.model.decoder.lengths_s)
    n_stretch = round(STRETCH_S * RATE_HZ)
    highest: dict[int, float] = {}
    for hop in run.hops:
        stretch = (hop.end_index - int(run.truth.onsets[-1]) - 1) // n_stretch
        if stretch >= 1:  # windows in the first one reach back to before
            found = margins(hop.log_probabilities, hop.lengths_s, longest_s, POLICY.slope_per_s)
            highest[stretch] = max(highest.get(stretch, -np.inf), float(found.max()))
    return IdleMaxima(np.array(list(highest.values())), STRETCH_S)


def share_withheld(run: DecodedRun) -> float:
    """Share of looks' hops in which the eyes seemed closed."""
    watch = EyesWatch(run.model.open_eyes, RATE_HZ)
    closed: list[bool] = []
    begins, ends = run.truth.begins[:-1], run.truth.ends[:-1]
    for hop in run.hops:
        watch.observe(hop.end_index, hop.log_alpha)
        if ((begins < hop.end_index) & (hop.end_index <= ends)).any():
            closed.append(watch.closed)
    return float(np.mean(closed))


def figures(run: DecodedRun, threshold: float) -> np.ndarray:
    """Share right, share wrong, mean response in seconds, false commands a minute."""
    decided = np.array(list(decide(run, replace(POLICY, threshold=threshold)))).reshape(-1, 2)
    times_s, n_wrong, n_false = [], 0, 0
    truth = run.truth
    for begin, end, label in zip(truth.begins, truth.ends, truth.labels, strict=True):
        within = decided[(decided[:, 0] > begin) & (decided[:, 0] <= end)]
        if label == truth.n_targets:
            n_false = len(within)
        elif len(within) and within[0, 1] == label:
            times_s.append((within[0, 0] - begin) / RATE_HZ)
        else:
            n_wrong += len(within) > 0
    n_looks = len(truth.labels) - 1
    response_s = float(np.mean(times_s)) if times_s else np.nan
    idle_min = (truth.ends[-1] - truth.begins[-1]) / RATE_HZ / 60
    return np.array([len(times_s) / n_looks, n_wrong / n_looks, response_s, n_false / idle_min])


def in_words(found: np.ndarray) -> str:
    """Format figures as cells."""
    right, wrong, response_s, false_per_min = found
    return f"{right:.0%} | {wrong:.0%} | {response_s:.2f} s | {false_per_min:.2f}"


def main() -> None:
    """Calibrate, look and idle, report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add_options(parser)
    names = [person.name for person in population()]
    parser.add_argument("--person", action="append", choices=names)
    parser.add_argument("--looks", type=int, default=40)
    parser.add_argument("--minutes", type=float, default=10.0, help="of idle")
    arguments = parser.parse_args()
    models = calibrated_population(
        folder_of(arguments) / "models",
        arguments.seed,
        frequencies_of(arguments.targets),
        arguments.sessions,
    )
    runs: dict[str, DecodedRun] = {}
    for person in population():
        if person.name in (arguments.person or names):
            print(f"{person.name} looks and idles", flush=True)
            runs[person.name] = looks_and_idle(
                person, models[person.name], arguments.looks, arguments.minutes
            )
    idle = {name: idle_maxima(run) for name, run in runs.items()}
    columns = "right | wrong | response | false/min"
    print(f"\n| threshold, everybody | {columns} |\n|---|---|---|---|---|")
    for threshold in THRESHOLDS:
        together = np.nanmean([figures(run, threshold) for run in runs.values()], axis=0)
        print(f"| {threshold:g} | {in_words(together)} |", flush=True)
    print(
        f"\n| | withheld | threshold asked for | {columns} | of others' idle here | {columns} |\n"
        "|---|---|---|---|---|---|---|---|---|---|---|---|"
    )
    for name, run in runs.items():
        asked = run.model.settings_for(arguments.accepted, onsets_known=False).threshold
        cells = [f"{share_withheld(run):.1%}", f"{asked:.1f}", in_words(figures(run, asked))]
        others = [maxima for other, maxima in idle.items() if other != name]
        if others:
            law = fit_false_rate(None, others)
            hindsight = max(0.0, law.threshold_for(arguments.accepted))
            cells += [f"{hindsight:.1f}", in_words(figures(run, hindsight))]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()

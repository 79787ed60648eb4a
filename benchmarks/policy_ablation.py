"""What each part of the decision policy buys.

    python benchmarks/policy_ablation.py FOLDER [--exclude PATTERN] [--seed SEED …]

FOLDER holds one folder a subject, as the exoskeleton recordings do (2 = 13 Hz, 4 = 17 Hz,
3 = 21 Hz, 1 = rest). Each session is decoded with a model of the other sessions, its trials in
random order and without pauses, once for each seed; the policy then runs over its hops with parts
changed, onsets unknown.

The first table compares policies: for each accepted rate the lowest threshold that keeps it is
taken in hindsight, the same for everybody. The second says what adaptation does at the threshold
that each model asks for, which nobody saw.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path

import numpy as np

from bci_app.evaluation.asynchronous import (
    OnlineEvaluation,
    decode_session,
    fit_for,
    prepare_session,
)
from bci_app.evaluation.decoded_run import DecodedRun, Hop
from bci_app.evaluation.rate_test import poisson_interval
from bci_app.evaluation.schemes import Scheme
from bci_app.online.adaptation import adaptation_for
from bci_app.online.growing import IdleOfPerson
from bci_app.online.sequential import SequentialPolicy, SequentialSettings
from bci_app.recordings.reading import find_recordings, read_recording

CLASSES = {"2": 13.0, "4": 17.0, "3": 21.0, "1": None}
IDLE = 3
THRESHOLDS = np.arange(-1.0, 12.0, 0.5)
ACCEPTED_PER_MIN = (1.0, 0.5, 0.25)
EXPECTED_PER_MIN = 0.5


class NeverHolds(SequentialPolicy):
    """Without hysteresis: the same target is decided again as soon as windows allow."""

    def judge(self, end_index, lengths_s, log_probabilities, log_alpha=None):
        """Judge as if nothing had been decided."""
        self._held = None
        return super().judge(end_index, lengths_s, log_probabilities, log_alpha)


class NeverResets(SequentialPolicy):
    """Windows reach back beyond decisions and releases."""

    def judge(self, end_index, lengths_s, log_probabilities, log_alpha=None):
        """Judge with all windows."""
        self._begun_index = 0
        self._released = None
        return super().judge(end_index, lengths_s, log_probabilities, log_alpha)


def count(
    run: DecodedRun,
    kind: type[SequentialPolicy],
    settings: SequentialSettings,
    *,
    watches_eyes: bool = True,
) -> tuple[float, float, list[float], int]:
    """Share right and wrong, response times and false commands of a session."""
    truth, model = run.truth, run.model
    policy = kind(
        settings,
        truth.sampling_rate_hz,
        max(model.decoder.lengths_s),
        model.open_eyes if watches_eyes else None,
    )
    decided = []
    for hop in run.hops:
        verdict = policy.judge(hop.end_index, hop.lengths_s, hop.log_probabilities, hop.log_alpha)
        if verdict is not None and verdict.is_decision:
            decided.append((hop.end_index, verdict.target))
    right = wrong = false = 0
    times_s = []
    for k, label in enumerate(truth.labels):
        within = [d for d in decided if truth.begins[k] < d[0] <= truth.ends[k]]
        if label == IDLE:
            false += len(within)
        elif within and within[0][1] == label:
            right += 1
            times_s.append(float(within[0][0] - truth.onsets[k]) / truth.sampling_rate_hz)
        elif within:
            wrong += 1
    n_looks = int((truth.labels != IDLE).sum())
    return right / n_looks, wrong / n_looks, times_s, false


def together(counted: Sequence[tuple[float, float, list[float], int]]) -> tuple[float, ...]:
    """Mean shares, mean response time and all false commands."""
    right, wrong = (float(np.mean([c[k] for c in counted])) for k in (0, 1))
    times_s = [t for c in counted for t in c[2]]
    response_s = float(np.mean(times_s)) if times_s else float("nan")
    return right, wrong, response_s, sum(c[3] for c in counted)


def idle_min(runs: Sequence[DecodedRun]) -> float:
    """Idle time of all runs."""
    return sum(run.truth.minutes(run.truth.labels == IDLE) for run in runs)


def report(
    name: str,
    runs: Sequence[DecodedRun],
    settings: SequentialSettings,
    kind: type[SequentialPolicy] = SequentialPolicy,
    *,
    watches_eyes: bool = True,
) -> None:
    """Print a row of the first table."""
    kept: dict[float, str] = {}
    for threshold in THRESHOLDS:
        at = replace(settings, threshold=float(threshold))
        right, wrong, response_s, n_false = together(
            [count(run, kind, at, watches_eyes=watches_eyes) for run in runs]
        )
        for accepted in ACCEPTED_PER_MIN:
            if accepted not in kept and n_false / idle_min(runs) <= accepted:
                kept[accepted] = f"{right:.3f} {wrong:.3f} {response_s:.2f} s"
        if len(kept) == len(ACCEPTED_PER_MIN):
            break
    cells = [kept.get(accepted, "–") for accepted in ACCEPTED_PER_MIN]
    print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def report_adaptation(name: str, runs: Sequence[DecodedRun], *, adapts: bool) -> None:
    """Print a row of the second table."""
    counted = []
    for run in runs:
        settings = run.model.settings_for(EXPECTED_PER_MIN, onsets_known=False)
        if adapts:
            settings = replace(settings, adaptation=adaptation_for(run.model.unannounced))
        counted.append(count(run, SequentialPolicy, settings))
    right, wrong, response_s, n_false = together(counted)
    minutes = idle_min(runs)
    low, high = poisson_interval(int(n_false), minutes)
    print(
        f"| {name} | {right:.3f} | {wrong:.3f} | {response_s:.2f} s | "
        f"{n_false / minutes:.2f} ({low:.2f} to {high:.2f}) |",
        flush=True,
    )


def main() -> None:
    """Decode all sessions, then run each policy over them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--exclude", action="append", default=[])
    parser.add_argument("--seed", type=int, action="append")
    arguments = parser.parse_args()
    evaluation = OnlineEvaluation(CLASSES, Scheme.CALIBRATED)
    files = [
        file
        for file in find_recordings((arguments.folder,))
        if not any(fnmatch(str(file), pattern) for pattern in arguments.exclude)
    ]
    pool = [prepare_session(read_recording(file), evaluation) for file in files]
    idle: dict[tuple[str, ...], list[IdleOfPerson]] = {}
    runs = []
    for session in pool:
        model = fit_for(session, pool, evaluation, idle)
        for seed in arguments.seed or [0]:
            spliced = replace(evaluation, resplice_seed=seed)
            runs.append(decode_session(session, model, spliced, shortest_s=0.0))
    print("Right, wrong, mean response at false commands a minute of at most")
    print("| policy | " + " | ".join(f"{rate:g}" for rate in ACCEPTED_PER_MIN) + " |")
    print("|---|" + "---|" * len(ACCEPTED_PER_MIN))
    whole = SequentialSettings()
    report("whole", runs, whole)
    report("threshold flat", runs, replace(whole, slope_per_s=0.0))
    report("slope 0.6 per s", runs, replace(whole, slope_per_s=0.6))
    report("windows from 0.5 s", runs, replace(whole, shortest_s=0.5))
    report("one window, 2 s", [_only(run, 2.0) for run in runs], whole)
    report("one window, 4.5 s", [_only(run, 4.5) for run in runs], whole)
    report("no hysteresis", runs, whole, NeverHolds)
    report("no reset", runs, whole, NeverResets)
    report("eyes not watched", runs, whole, watches_eyes=False)
    print(f"\nAt {EXPECTED_PER_MIN:g} false commands a minute accepted")
    print("| threshold | right | wrong | mean response | false a minute |")
    print("|---|---|---|---|---|")
    report_adaptation("stays", runs, adapts=False)
    report_adaptation("follows idle", runs, adapts=True)


def _only(run: DecodedRun, length_s: float) -> DecodedRun:
    """Keep a sliding window of one length."""
    nearest = min(run.hops[-1].lengths_s, key=lambda s: abs(s - length_s))
    kept = [
        Hop(hop.end_index, hop.lengths_s[[at]], hop.log_probabilities[[at]], hop.log_alpha)
        for hop in run.hops
        for at in np.flatnonzero(hop.lengths_s == nearest)
    ]
    return replace(run, hops=tuple(kept))


if __name__ == "__main__":
    main()

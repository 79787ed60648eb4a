"""What each part of the decision policy buys.

Usage: python benchmarks/policy_ablation.py FOLDER [--exclude PATTERN] [--seed 0]

FOLDER holds one folder a subject, as the exoskeleton recordings do (2 = 13 Hz, 4 = 17 Hz,
3 = 21 Hz, 1 = rest). Each session is decoded once, its trials in random order and without pauses,
with a model of the other sessions; the policy then runs over its hops with parts changed, onsets
unknown. For each accepted rate the lowest threshold that keeps it is taken in hindsight, the same
for everybody: this compares policies. What a new session gets: `bci-app evaluate --online`.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path

import numpy as np

from bci_app.decoders.streaming import StreamingDecoder
from bci_app.evaluation.asynchronous import (
    OnlineEvaluation,
    Session,
    fit_for,
    prepare_session,
    truth_of_trials,
)
from bci_app.evaluation.resplicing import resplice
from bci_app.evaluation.schemes import Scheme
from bci_app.online.filters import CausalFilter, design_filter
from bci_app.online.growing import DELAY_S, GrowingModel, IdleOfPerson
from bci_app.online.sequential import SequentialPolicy, SequentialSettings
from bci_app.recordings.reading import find_recordings, read_recording

CLASSES = {"2": 13.0, "4": 17.0, "3": 21.0, "1": None}
IDLE = 3
HOP_S = 0.125
THRESHOLDS = np.arange(-1.0, 10.0, 0.25)
ACCEPTED_PER_MIN = (1.0, 0.5, 0.25)


@dataclass(frozen=True)
class Decoded:
    """The hops of one session, and when its trials were."""

    hops: list[tuple[int, np.ndarray, np.ndarray]]
    begins: np.ndarray
    labels: np.ndarray
    n_trial: int
    rate_hz: float


class NeverHolds(SequentialPolicy):
    """Without hysteresis: the same target is decided again as soon as windows allow."""

    def judge(self, end_index, lengths_s, log_probabilities):
        """Judge as if nothing had been decided."""
        self._held = None
        return super().judge(end_index, lengths_s, log_probabilities)


class NeverResets(SequentialPolicy):
    """Windows reach back beyond decisions and releases."""

    def judge(self, end_index, lengths_s, log_probabilities):
        """Judge with all windows."""
        self._begun_index = 0
        self._released = None
        return super().judge(end_index, lengths_s, log_probabilities)


def decode(session: Session, model: GrowingModel, evaluation: OnlineEvaluation) -> Decoded:
    """Decode a session with its trials in random order."""
    onsets, labels, codes = truth_of_trials(session.recording, evaluation)
    recording = resplice(
        session.recording,
        onsets,
        labels,
        codes,
        IDLE,
        delay_s=DELAY_S,
        trial_s=evaluation.trial_s,
        seed=evaluation.resplice_seed or 0,
    )
    onsets, labels, _ = truth_of_trials(recording, evaluation)
    rate_hz = recording.sampling_rate_hz
    band_hz = evaluation.trial_evaluation().band_for(rate_hz)
    sections = design_filter(rate_hz, band_hz, evaluation.mains_hz)
    streaming = StreamingDecoder(
        model.decoder, recording.samples_uv.shape[1], model.decoder.lengths_s, HOP_S
    )
    filtered = CausalFilter(sections).process(recording.samples_uv)
    hops = [(h.end_index, np.array(h.lengths_s), h.scores) for h in streaming.push(filtered)]
    n_delay, n_trial = round(DELAY_S * rate_hz), round(evaluation.trial_s * rate_hz)
    return Decoded(hops, onsets + n_delay, labels, n_trial - n_delay, rate_hz)


def count(
    decoded: Decoded,
    make_policy: Callable[[SequentialSettings, float, float], SequentialPolicy],
    settings: SequentialSettings,
) -> tuple[float, float, list[float], int, float]:
    """Share right and wrong, response times, false commands and idle minutes of a session."""
    policy = make_policy(settings, decoded.rate_hz, max(decoded.hops[-1][1]))
    decided = []
    for end_index, lengths_s, scores in decoded.hops:
        verdict = policy.judge(end_index, lengths_s, scores)
        if verdict is not None and verdict.is_decision:
            decided.append((end_index, verdict.target))
    right = wrong = false = 0
    times_s = []
    for begin, label in zip(decoded.begins, decoded.labels, strict=True):
        within = [d for d in decided if begin < d[0] <= begin + decoded.n_trial]
        if label == IDLE:
            false += len(within)
        elif within and within[0][1] == label:
            right += 1
            times_s.append(float(within[0][0] - begin) / decoded.rate_hz + DELAY_S)
        elif within:
            wrong += 1
    n_looks = int((decoded.labels != IDLE).sum())
    idle_min = int((decoded.labels == IDLE).sum()) * decoded.n_trial / decoded.rate_hz / 60
    return right / n_looks, wrong / n_looks, times_s, false, idle_min


def report(name: str, sessions: Sequence[Decoded], settings: SequentialSettings, policy) -> None:
    """Print a row of the table."""
    cells = []
    curve = []
    for threshold in THRESHOLDS:
        counted = [count(d, policy, replace(settings, threshold=threshold)) for d in sessions]
        right, wrong = (float(np.mean([c[k] for c in counted])) for k in (0, 1))
        times_s = [t for c in counted for t in c[2]]
        rate = sum(c[3] for c in counted) / sum(c[4] for c in counted)
        curve.append((rate, right, wrong, float(np.mean(times_s)) if times_s else float("nan")))
    for accepted in ACCEPTED_PER_MIN:
        kept = next((row for row in curve if row[0] <= accepted), None)
        cells.append("–" if kept is None else "{1:.3f} {2:.3f} {3:.2f} s".format(*kept))
    print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def main() -> None:
    """Decode all sessions, then run each policy over them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--exclude", action="append", default=[])
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    evaluation = OnlineEvaluation(CLASSES, Scheme.CALIBRATED, resplice_seed=arguments.seed)
    files = [
        file
        for file in find_recordings((arguments.folder,))
        if not any(fnmatch(str(file), pattern) for pattern in arguments.exclude)
    ]
    pool = [prepare_session(read_recording(file), evaluation) for file in files]
    idle: dict[tuple[str, ...], list[IdleOfPerson]] = {}
    sessions = [decode(s, fit_for(s, pool, evaluation, idle), evaluation) for s in pool]
    print("Right, wrong, mean response at false commands a minute of at most")
    print("| policy | " + " | ".join(f"{rate:g}" for rate in ACCEPTED_PER_MIN) + " |")
    print("|---|" + "---|" * len(ACCEPTED_PER_MIN))
    whole = SequentialSettings()
    report("whole", sessions, whole, SequentialPolicy)
    report("threshold flat", sessions, replace(whole, slope_per_s=0.0), SequentialPolicy)
    report("slope 0.6 per s", sessions, replace(whole, slope_per_s=0.6), SequentialPolicy)
    report("windows from 0.5 s", sessions, replace(whole, shortest_s=0.5), SequentialPolicy)
    report("one window, 2 s", [_only(d, 2.0) for d in sessions], whole, SequentialPolicy)
    report("one window, 4.5 s", [_only(d, 4.5) for d in sessions], whole, SequentialPolicy)
    report("no hysteresis", sessions, whole, NeverHolds)
    report("no reset", sessions, whole, NeverResets)


def _only(decoded: Decoded, length_s: float) -> Decoded:
    """Keep a sliding window of one length."""
    kept = [
        (end_index, lengths_s[[at]], scores[[at]])
        for end_index, lengths_s, scores in decoded.hops
        for at in np.flatnonzero(np.abs(lengths_s - length_s) < HOP_S / 2)
    ]
    return replace(decoded, hops=kept)


if __name__ == "__main__":
    main()

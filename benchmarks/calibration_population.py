"""The guided calibration on the virtual population: how long until it is good, what a sweep gives.

    python benchmarks/calibration_population.py blocks [--people 12] [--blocks 6] [--sweep]
    python benchmarks/calibration_population.py sweep [--people 12]
    python benchmarks/calibration_population.py wait [--blocks 4]
    python benchmarks/calibration_population.py driver [--blocks 3]

All but the last are in virtual time, on the same code that leads a person.

*blocks*: everybody is calibrated with the reference targets. The decoder of growing windows learns
from the first n blocks of one session and answers for another one, in windows of 4 s, idle being a
class. Minutes count cues, rests and breaks; with `--sweep` a sweep comes first, whose choice is
used and whose minutes count.

*sweep*: everybody does the sweep. Its choice is held against the best possible set, known from
other trials of the same person: twelve looks at each candidate and forty at none, scored as in the
sweep. A set is as good as the share of looks whose own score is above those of the set's others.

*wait*: seconds from the last trial to profile and report, one person.

*driver*: one person through a virtual Cyton and BrainFlow's driver, in real time.
"""

import argparse
import tempfile
import time
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np

from bci_app.decoders import make_decoder
from bci_app.evaluation.own_sessions import GROWING, TrialPlan, prepare_own
from bci_app.online.growing import make_growing_decoder
from bci_app.online.settings import PathSettings
from bci_app.recordings.session_file import read_session
from bci_app.runtime.bench import LiveBench, VirtualBench
from bci_app.runtime.configuration import (
    ExoskeletonSettings,
    HeadsetSettings,
    ScreenSettings,
    SessionConfiguration,
)
from bci_app.runtime.controls import Controls
from bci_app.runtime.guided_calibration import GuidedCalibration
from bci_app.runtime.guided_plan import GuidedPlan
from bci_app.runtime.guided_quality import check_quality
from bci_app.runtime.guided_run import lead
from bci_app.runtime.guided_sweep import DECODER, round_settings, windows_of
from bci_app.runtime.subjects import SubjectSession
from calibration.protocol import Protocol, ProtocolSettings
from calibration.sweep import CANDIDATES_HZ, clash, into_rounds
from devices.virtual_brain import VirtualSubject, population

WINDOW_S = 4.0
GOOD = 0.95


def calibrate(person, root, seed, session, n_blocks, frequencies_hz=None):
    """Lead somebody through blocks; return the recording."""
    calibration = seat(person, root, seed, session, n_blocks)
    if frequencies_hz is not None:
        calibration.use_frequencies(frequencies_hz)
    return calibration, read_session(calibration.record_trials(Controls()).recording)


def seat(person, root, seed, session, n_blocks):
    """Return the calibration of a person who has taken their seat."""
    return GuidedCalibration(
        VirtualBench(VirtualSubject(seed, person=person)),
        PathSettings(),
        SubjectSession(root, person.name, session),
        GuidedPlan(n_blocks=n_blocks, seed=seed),
    )


def sweep_first(person, root, seed):
    """Return the set that a sweep proposes, and the minutes that it took."""
    calibration = seat(person, root, seed, "00", 1)
    proposal = calibration.sweep(Controls())
    rounds = [read_session(path) for path in calibration.visit.recordings("sweep")]
    return proposal.frequencies_hz, sum(one.duration_s for one in rounds) / 60


def observed(session, settings):
    """Cut a session as the fit does."""
    classes = {f"{f:g}": f for f in session.frequencies_hz} | {"idle": None}
    plan = TrialPlan(session.frequencies_hz, 5.0, settings.band_hz, settings.mains_hz)
    return plan, prepare_own(session.recording(), classes, plan)


def measure_blocks(people, n_blocks, seed, sweep):
    """Print accuracy in another session by blocks learned from, and the minutes to a good one."""
    per_block = GuidedPlan().protocol(5).n_in_block
    print(f"accuracy in another session, windows of {WINDOW_S:g} s, idle among the classes")
    print("person   ", *(f"{k + 1:>6}" for k in range(n_blocks)), "  minutes to 95 %")
    rows, minutes = [], []
    for person in people:
        with tempfile.TemporaryDirectory() as folder:
            chosen_hz, before_min = None, 0.0
            if sweep:
                chosen_hz, before_min = sweep_first(person, Path(folder), seed + 500)
            _, session = calibrate(person, Path(folder), seed, "01", n_blocks, chosen_hz)
            _, other = calibrate(person, Path(folder), seed + 1000, "02", 4, chosen_hz)
        plan, own = observed(session, PathSettings())
        _, later = observed(other, PathSettings())
        rate_hz = session.headset.sampling_rate_hz
        decoder = make_growing_decoder(plan.frequencies_hz, rate_hz, plan.trial_s)
        decoder.set_params(lengths_s=(WINDOW_S,))
        n_times = round(WINDOW_S * rate_hz)
        windows = later.windows_uv[GROWING][..., :n_times]
        row, when = [], []
        for k in range(n_blocks):
            n = min((k + 1) * per_block, len(own.labels))
            chosen = np.arange(len(own.labels)) < n
            decoder.learn([own.observed.select(chosen)], [])
            row.append(float((decoder.predict(windows) == later.labels).mean()))
            when.append(before_min + (own.onsets[n - 1] / rate_hz + plan.trial_s) / 60)
        rows.append(row)
        good = [at for at, accuracy in zip(when, row, strict=True) if accuracy >= GOOD]
        minutes.append(good[0] if good else np.inf)
        told = f"{minutes[-1]:.1f}" if good else f"not in {when[-1]:.1f}"
        print(
            f"{person.name:9}", *(f"{accuracy:6.2f}" for accuracy in row), f"  {told}", flush=True
        )
    print("mean     ", *(f"{accuracy:6.2f}" for accuracy in np.mean(rows, axis=0)))
    print("after    ", *(f"{at:6.1f}" for at in when), "  minutes")
    print(
        f"{np.isfinite(minutes).sum()} of {len(minutes)} people reach {GOOD:.0%}, "
        f"half of all within {np.median(minutes):.1f} min"
    )


def measure_sweep(people, seed):
    """Print how good the proposed set is beside the best, the configured and any set."""
    configured = PathSettings()
    print(f"share of right answers without calibration ({DECODER}, 1.75 s) in other trials")
    print("person    proposed    best  configured  any   the set proposed / the best")
    rows = []
    for person in people:
        with tempfile.TemporaryDirectory() as folder:
            calibration = seat(person, Path(folder), seed, "01", 1)
            proposal = calibration.sweep(Controls())
            scores, looked_at = true_scores(person, Path(folder), seed + 1000)
        n_targets = len(configured.targets)
        sets = [
            chosen
            for chosen in combinations(range(len(CANDIDATES_HZ)), n_targets)
            if not any(
                clash(CANDIDATES_HZ[i], CANDIDATES_HZ[j]) for i, j in combinations(chosen, 2)
            )
        ]
        truth = {chosen: share_right(scores, looked_at, chosen) for chosen in sets}
        best = max(truth, key=truth.get)
        proposed, reference = (
            share_right(scores, looked_at, [CANDIDATES_HZ.index(f) for f in hz])
            for hz in (proposal.frequencies_hz, configured.frequencies_hz)
        )
        rows.append((proposed, truth[best], reference, np.mean(list(truth.values()))))
        sets_told = " / ".join(
            ",".join(f"{f:g}" for f in hz)
            for hz in (proposal.frequencies_hz, [CANDIDATES_HZ[k] for k in best])
        )
        print(
            f"{person.name:9}",
            *(f"{share:8.2f}" for share in rows[-1]),
            f"  {sets_told}",
            flush=True,
        )
    print("mean     ", *(f"{share:8.2f}" for share in np.mean(rows, axis=0)))


def true_scores(person, folder, seed):
    """Scores of all candidates in many looks at each, another session."""
    sessions = []
    subject = VirtualSubject(seed, person=person)
    for k, frequencies_hz in enumerate(into_rounds(CANDIDATES_HZ, 5)):
        settings = ProtocolSettings(
            len(frequencies_hz),
            n_blocks=1,
            n_repeats=12,
            n_idle=14,
            cue_s=0.8,
            look_s=4.0,
            rest_s=0.5,
            seed=seed + k,
        )
        run = lead(
            VirtualBench(subject),
            Protocol(settings),
            round_settings(PathSettings(), frequencies_hz),
            recording=folder / f"truth{k}.xdf",
            facts={},
            controls=Controls(),
            attach=lambda _: (),
            tell=lambda _: None,
        )
        sessions.append(read_session(run.recording))
    windows, looked_at = windows_of(sessions, CANDIDATES_HZ, PathSettings().mains_hz)
    decoder = make_decoder(DECODER, CANDIDATES_HZ, subject.sampling_rate_hz, n_harmonics=2)
    return decoder.score_windows(windows), looked_at


def share_right(scores, looked_at, chosen):
    """Mean over the chosen of the share of windows in which their own score is the highest."""
    chosen = np.array(chosen)
    return float(
        np.mean(
            [
                (scores[looked_at == k][:, chosen].argmax(axis=1) == place).mean()
                for place, k in enumerate(chosen.tolist())
            ]
        )
    )


def measure_wait(n_blocks, seed):
    """Print how long one waits for profile and report after the last trial."""
    with tempfile.TemporaryDirectory() as folder:
        calibration, session = calibrate(population()[0], Path(folder), seed, "01", n_blocks)
        began_s = time.perf_counter()
        fitted = calibration.fit()
        fitted_s = time.perf_counter()
        calibration.save(fitted)
        print(
            f"{len(session.samples_uv) / session.headset.sampling_rate_hz / 60:.1f} min of trials: "
            f"{fitted_s - began_s:.1f} s to the profile, {time.perf_counter() - fitted_s:.1f} s "
            "more to the report"
        )


def measure_driver(n_blocks, seed):
    """Print what one calibration through the real driver gives."""
    configuration = SessionConfiguration(
        headset=HeadsetSettings(board="virtual"),
        exoskeleton=ExoskeletonSettings(),
        screen=replace(ScreenSettings(), show=False),
    )
    with tempfile.TemporaryDirectory() as folder:
        calibration = GuidedCalibration(
            LiveBench(configuration, seed),
            configuration.path,
            SubjectSession(Path(folder), "driver", "01"),
            GuidedPlan(n_blocks=n_blocks, seed=seed),
        )
        began_s = time.monotonic()
        quality = check_quality(calibration.bench, Controls())
        print(f"quality: {'go' if quality.verdict.go else 'no go'}", flush=True)
        run = calibration.record_trials(Controls())
        trials_s = time.monotonic() - began_s
        session = read_session(run.recording)
        progress = calibration.protocol.progress(0.0)
        print(
            f"{progress.n_kept} trials in {trials_s / 60:.1f} min, {progress.n_spoiled} spoiled, "
            f"{session.n_lost} samples lost",
            flush=True,
        )
        print(calibration.expect(n_blocks).sentence)


def main():
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["blocks", "sweep", "wait", "driver"])
    parser.add_argument("--people", type=int, default=12)
    parser.add_argument("--blocks", type=int)
    parser.add_argument("--sweep", action="store_true", help="blocks: with swept frequencies")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    people = population()[: given.people]
    if given.what == "blocks":
        measure_blocks(people, given.blocks or 6, given.seed, given.sweep)
    elif given.what == "sweep":
        measure_sweep(people, given.seed)
    elif given.what == "wait":
        measure_wait(given.blocks or 4, given.seed)
    else:
        measure_driver(given.blocks or 3, given.seed)


if __name__ == "__main__":
    main()

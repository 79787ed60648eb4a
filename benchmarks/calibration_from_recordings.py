"""Predicted against happened: calibrate on a subject's first sessions, run the next one.

    python benchmarks/calibration_from_recordings.py ../shared/data/exoskeleton [--json]
        [--alone] [--first-only] [--max-false-per-min 0.5]

For each subject with two sessions or more (one folder a subject): a profile from all but the last
session, then the last one through the online path, its trials in random order, with onsets unknown.
An interval holds the truth when what happened lies in the 90 % interval of a session of that
length. Beside it the same session without calibration. `--alone` uses nobody else's
recordings, `--first-only` the first session alone.
"""

import argparse
import json
import time
from collections import defaultdict
from dataclasses import asdict, dataclass
from fnmatch import fnmatch
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from scipy import stats

from bci_app.evaluation.own_sessions import prepare_own, splice
from bci_app.evaluation.session_result import SessionResult, score_session
from bci_app.online.settings import PathSettings, Target
from bci_app.recordings.reading import find_recordings, read_recording
from bci_app.runtime.calibrating import FitRequest, LabelledRecording, fit_subject
from bci_app.runtime.profiles import build_path, settings_with
from calibration.profile import Profile, read_profile
from devices.exoskeleton.command import Command
from devices.headset.source import HeadsetInfo

CLASSES = {"2": 13.0, "4": 17.0, "3": 21.0, "1": None}
EXCLUDED = "*2013.04.06-16.22.32*"  # by the recordings' authors, for protocol trouble
COMMANDS = (Command.WALK, Command.STAND, Command.SIT)
SEED = 1  # of the order of the trials in what is foretold; not that of the calibration


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was foretold for a subject's last session, and what happened."""

    subject: str
    n_sessions: int
    decoder: str
    expected_right: float
    right_interval: tuple[float, float]
    right: float
    n_looks: int
    right_held: bool
    wrong: float
    expected_false_per_min: float
    false_interval: tuple[float, float]
    n_false: int
    idle_min: float
    false_held: bool
    expected_response_s: float | None
    response_s: float | None
    uncalibrated_right: float
    uncalibrated_wrong: float
    uncalibrated_false: int
    uncalibrated_response_s: float | None
    fit_s: float
    fit_processor_s: float
    save_s: float


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--alone", action="store_true", help="without other people's recordings")
    parser.add_argument("--first-only", action="store_true", help="calibrate on one session")
    parser.add_argument("--max-false-per-min", type=float, default=0.5)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    people: dict[str, list[LabelledRecording]] = defaultdict(list)
    for file in find_recordings((given.folder,)):
        if not fnmatch(str(file), EXCLUDED) and file.suffix == ".fif":
            people[file.parent.name].append(LabelledRecording(read_recording(file), CLASSES))
    outcomes = []
    for subject, sessions in people.items():
        if len(sessions) < 2:
            continue
        others = [] if given.alone else [s for name, s in people.items() if name != subject]
        first = sessions[:1] if given.first_only else sessions[:-1]
        outcome = measure(subject, first, sessions[-1], others, given.max_false_per_min)
        outcomes.append(outcome)
        if not given.json:
            print(line(outcome), flush=True)
    print(json.dumps([asdict(o) for o in outcomes], indent=2) if given.json else total(outcomes))


def measure(
    subject: str,
    first: list[LabelledRecording],
    last: LabelledRecording,
    others: list[list[LabelledRecording]],
    max_false_per_min: float,
) -> Outcome:
    """Calibrate on the first sessions and run the last."""
    frequencies_hz = sorted(f for f in CLASSES.values() if f is not None)
    request = FitRequest(
        subject, tuple(map(Target, frequencies_hz, COMMANDS)), max_false_per_min=max_false_per_min
    )
    began_s, began_processor_s = time.perf_counter(), time.process_time()
    calibration = fit_subject(first, others, request)
    fitted_s, fitted_processor_s = time.perf_counter(), time.process_time()
    with TemporaryDirectory() as folder:
        path = calibration.save(Path(folder))
        saved_s = time.perf_counter()
        profile = read_profile(path)
    happened, without = run(last, request, profile), run(last, request, None)
    point, found = profile.text.operating_point, calibration.figures
    n_low, n_high = found.expected_right.interval_of(happened.n_target_trials)
    false = point.expected_false_per_min
    most = stats.poisson.ppf(0.95, false.high * happened.idle_min)
    least = stats.poisson.ppf(0.05, false.low * happened.idle_min)
    return Outcome(
        subject=subject,
        n_sessions=len(first),
        decoder=profile.text.decoder,
        expected_right=point.expected_right.value,
        right_interval=(point.expected_right.low, point.expected_right.high),
        right=happened.n_right / happened.n_target_trials,
        n_looks=happened.n_target_trials,
        right_held=n_low <= happened.n_right <= n_high,
        wrong=happened.n_wrong / happened.n_target_trials,
        expected_false_per_min=false.value,
        false_interval=(false.low, false.high),
        n_false=happened.n_false,
        idle_min=happened.idle_min,
        false_held=bool(least <= happened.n_false <= most),
        expected_response_s=point.expected_response_s,
        response_s=mean(happened.latencies_s),
        uncalibrated_right=without.n_right / without.n_target_trials,
        uncalibrated_wrong=without.n_wrong / without.n_target_trials,
        uncalibrated_false=without.n_false,
        uncalibrated_response_s=mean(without.latencies_s),
        fit_s=fitted_s - began_s,
        fit_processor_s=fitted_processor_s - began_processor_s,
        save_s=saved_s - fitted_s,
    )


def run(session: LabelledRecording, request: FitRequest, profile: Profile | None) -> SessionResult:
    """Send a session's trials, in random order, through the online path."""
    recording = session.recording
    plan = request.plan(recording.sampling_rate_hz)
    own = prepare_own(recording, session.classes, plan)
    spliced, truth = splice(own, np.ones(len(own.labels), dtype=bool), plan, SEED)
    settings = PathSettings(targets=request.targets)
    if profile is not None:
        settings = settings_with(profile, settings)
    headset = HeadsetInfo("", recording.sampling_rate_hz, recording.channel_names)
    path = build_path(settings, headset, profile)
    events = [event for chunk in spliced.chunks(10.0) for event in path.push(chunk)]
    return score_session(recording.name, "", events, truth, None)


def mean(values: tuple[float, ...]) -> float | None:
    """Mean, None of nothing."""
    return float(np.mean(values)) if values else None


def line(o: Outcome) -> str:
    """Put one subject into words."""
    (right_low, right_high), (false_low, false_high) = o.right_interval, o.false_interval
    return "; ".join(
        (
            f"{o.subject} ({o.n_sessions} sessions, {o.decoder}): right {o.expected_right:.2f} "
            f"({right_low:.2f} to {right_high:.2f}) foretold, {o.right:.2f} happened"
            f"{'' if o.right_held else ' OUTSIDE'}, wrong {o.wrong:.2f}",
            f"false a minute {o.expected_false_per_min:.2f} ({false_low:.2f} to {false_high:.2f}) "
            f"foretold, {o.n_false} in {o.idle_min:.1f} min happened"
            f"{'' if o.false_held else ' OUTSIDE'}",
            f"response {seconds(o.expected_response_s)} foretold, {seconds(o.response_s)} happened",
            f"without calibration right {o.uncalibrated_right:.2f}, wrong "
            f"{o.uncalibrated_wrong:.2f}, {o.uncalibrated_false} false, "
            f"{seconds(o.uncalibrated_response_s)}",
            f"fitted in {o.fit_s:.1f} s, saved with report in {o.save_s:.1f} s",
        )
    )


def seconds(value: float | None) -> str:
    """Put a time into words."""
    return "–" if value is None else f"{value:.2f} s"


def total(outcomes: list[Outcome]) -> str:
    """All subjects together."""
    n = len(outcomes)
    idle_min = sum(o.idle_min for o in outcomes)
    return (
        f"{n} subjects: right {np.mean([o.expected_right for o in outcomes]):.3f} foretold, "
        f"{np.mean([o.right for o in outcomes]):.3f} happened, in the interval for "
        f"{sum(o.right_held for o in outcomes)} of {n}; false a minute "
        f"{np.mean([o.expected_false_per_min for o in outcomes]):.2f} foretold, "
        f"{sum(o.n_false for o in outcomes) / idle_min:.2f} happened ({idle_min:.1f} min), in the "
        f"interval for {sum(o.false_held for o in outcomes)} of {n}; without calibration right "
        f"{np.mean([o.uncalibrated_right for o in outcomes]):.3f}, false a minute "
        f"{sum(o.uncalibrated_false for o in outcomes) / idle_min:.2f}; fitted in "
        f"{np.median([o.fit_s for o in outcomes]):.1f} s "
        f"({np.median([o.fit_processor_s for o in outcomes]):.1f} s of processor time), saved in "
        f"{np.median([o.save_s for o in outcomes]):.1f} s (medians)"
    )


if __name__ == "__main__":
    main()

"""`bci-app calibrate --from`: a profile and a report from recordings that are there already."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import click
import msgspec

from bci_app.cli import output
from bci_app.cli.parameters import COMMANDS_IN_ORDER
from bci_app.online.settings import Target, list_hz
from bci_app.recordings.reading import find_recordings, read_recording
from bci_app.recordings.recording import Recording
from bci_app.recordings.session_file import is_session, read_session
from bci_app.runtime.calibrating import Calibration, FitRequest, LabelledRecording, fit_subject
from bci_app.runtime.parity import settings_of
from bci_app.runtime.profile_files import refuse_taken, report_path
from bci_app.runtime.visit_recordings import SWEEP_TASK, join
from devices.exoskeleton.command import COMMANDS, Command

_LABEL = re.compile("[0-9A-Za-z]+")


@dataclass(frozen=True, slots=True)
class FromRecordings:
    """What was given on the command line.

    Parameters
    ----------
    recordings, others : tuple of Path
    classes : mapping of str to float or None, or None
        None for sessions of this program, which know theirs.
    commands : str or None
        `13=walk,17=stand`.
    without : tuple of str
        Electrodes to leave out.
    subject, session : str
    max_false_per_min, trial_s : float
    band_hz : tuple of float or None
    mains_hz : float or None
    seed : int
    """

    recordings: tuple[Path, ...]
    others: tuple[Path, ...]
    classes: Mapping[str, float | None] | None
    commands: str | None
    without: tuple[str, ...]
    subject: str
    session: str
    max_false_per_min: float
    trial_s: float
    band_hz: tuple[float, float] | None
    mains_hz: float | None
    seed: int


def calibrate_from(given: FromRecordings, out: Path, *, as_json: bool) -> None:
    """Calibrate from recordings and tell what came of it.

    Raises
    ------
    click.UsageError
        When the options do not fit each other.
    BciAppError, CalibrationError
        When the recordings cannot be read or do not suffice.
    """
    for label in (given.subject, given.session):
        if label and not _LABEL.fullmatch(label):
            raise click.UsageError(f"{label!r}: expected letters and digits, such as 01.")
    if given.session:
        refuse_taken(out, given.subject, given.session)
    remarks = output.console(stderr=True)
    own: list[LabelledRecording] = []
    targets: tuple[Target, ...] = ()
    for file in _find(given.recordings):
        labelled, targets = _label(file, given)
        own.append(labelled)
        for repair in labelled.recording.repairs:
            remarks.print(f"{file.name}: {repair}", markup=False)
    own = _join_runs(own)
    others = [_join_runs([_label(file, given)[0] for file in files]) for files in _people(given)]
    request = FitRequest(
        subject=given.subject,
        targets=_with_commands(targets, given.commands),
        max_false_per_min=given.max_false_per_min,
        session=given.session,
        trial_s=given.trial_s,
        band_hz=given.band_hz,
        mains_hz=given.mains_hz,
        seed=given.seed,
    )
    began_s = time.perf_counter()
    with output.progress() as bar:
        task = bar.add_task("Reading", total=100)
        calibration = fit_subject(
            own,
            others,
            request,
            lambda what, share: bar.update(task, description=what, completed=round(100 * share)),
        )
        path = calibration.save(out)
    took_s = time.perf_counter() - began_s
    for remark in calibration.figures.remarks:
        remarks.print(remark, markup=False)
    if as_json:
        output.print_json(calibration_result(calibration, path, took_s))
    else:
        print_calibration(calibration, path)


def _find(paths: tuple[Path, ...]) -> list[Path]:
    """List the recordings named, and those in the folders named but for the sweeps of visits."""
    sweep = f"_task-{SWEEP_TASK}_"
    return [file for file in find_recordings(paths) if file in paths or sweep not in file.name]


def _label(file: Path, given: FromRecordings) -> tuple[LabelledRecording, tuple[Target, ...]]:
    """Read a recording; return it with its classes and the targets that they stand for."""
    if is_session(file):
        session = read_session(file)
        targets = settings_of(session).targets
        classes = {f"{target.frequency_hz:g}": target.frequency_hz for target in targets}
        recording = _leave_out(session.recording(), given.without)
        labelled = LabelledRecording(
            recording, given.classes or {**classes, "idle": None}, session.headset
        )
        if given.classes is None:
            return labelled, targets
    else:
        if given.classes is None:
            raise click.UsageError(
                "no --classes: expected what each event code of the recordings means, such as "
                "--classes 2=13,4=17,3=21,1=idle."
            )
        recording = _leave_out(read_recording(file), given.without)
        labelled = LabelledRecording(recording, given.classes)
    frequencies_hz = sorted({f for f in given.classes.values() if f is not None})
    if given.commands is None and len(frequencies_hz) > len(COMMANDS_IN_ORDER):
        raise click.UsageError(
            f"{len(frequencies_hz)} targets, but only {len(COMMANDS_IN_ORDER)} commands to give "
            "them in order: say what each commands with --commands, such as --commands "
            "13=walk,17=stand."
        )
    commands = [*COMMANDS_IN_ORDER, *[Command.STAND] * len(frequencies_hz)]
    return labelled, tuple(map(Target, frequencies_hz, commands))


def _join_runs(recordings: list[LabelledRecording]) -> list[LabelledRecording]:
    """Join the runs of a session, known by their names as in BIDS: they are of one day."""
    sessions: dict[object, list[LabelledRecording]] = {}
    for each in recordings:
        path = each.recording.path
        session = path.with_name(path.name.split("_run-")[0])
        sessions.setdefault((session, tuple(each.classes.items())), []).append(each)
    return [
        replace(runs[0], recording=join([each.recording for each in runs]))
        if len(runs) > 1
        else runs[0]
        for runs in sessions.values()
    ]


def _leave_out(recording: Recording, names: tuple[str, ...]) -> Recording:
    unknown = [name for name in names if name not in recording.channel_names]
    if unknown:
        raise click.UsageError(
            f"there is no electrode {', '.join(unknown)} in {recording.name}: expected some of "
            f"{', '.join(recording.channel_names)}."
        )
    kept = [k for k, name in enumerate(recording.channel_names) if name not in names]
    if not kept:
        raise click.UsageError("--without leaves no electrode: expected at least one.")
    return replace(
        recording,
        samples_uv=recording.samples_uv[:, kept],
        channel_names=tuple(recording.channel_names[k] for k in kept),
    )


def _people(given: FromRecordings) -> list[list[Path]]:
    """List the recordings of each other person: one folder a person, never the subject's."""
    own = {file.resolve() for file in _find(given.recordings)}
    by_folder: dict[Path, list[Path]] = {}
    for file in _find(given.others):
        if file.resolve() not in own and file.parent.resolve() not in {f.parent for f in own}:
            by_folder.setdefault(file.parent, []).append(file)
    return list(by_folder.values())


def _with_commands(targets: tuple[Target, ...], commands: str | None) -> tuple[Target, ...]:
    if commands is None:
        return targets
    wanted: dict[float, Command] = {}
    for item in commands.split(","):
        frequency, _, name = (part.strip() for part in item.partition("="))
        try:
            wanted[float(frequency)] = COMMANDS[name.replace("-", " ").replace("_", " ")]
        except (ValueError, KeyError):
            raise click.UsageError(
                f"{item!r} in --commands: expected HZ=COMMAND with one of {', '.join(COMMANDS)}."
            ) from None
    frequencies_hz = {target.frequency_hz for target in targets}
    if wanted.keys() != frequencies_hz:
        raise click.UsageError(
            f"--commands names {list_hz(sorted(wanted))}: expected each of "
            f"{list_hz(sorted(frequencies_hz))} once."
        )
    return tuple(Target(target.frequency_hz, wanted[target.frequency_hz]) for target in targets)


def calibration_result(calibration: Calibration, path: Path, took_s: float) -> dict[str, object]:
    """Return what came of a calibration, for --json."""
    text, found = calibration.profile.text, calibration.figures
    point = text.operating_point
    return {
        "profile": str(path),
        "report": str(report_path(path)),
        "subject": text.subject,
        "decoder": text.decoder,
        "n_sessions": found.n_sessions,
        "n_trials": found.n_trials,
        "compared": [msgspec.to_builtins(each) for each in text.compared],
        "window_s": found.window_s,
        "max_false_per_min": point.max_false_per_min,
        "expected_false_per_min": msgspec.to_builtins(point.expected_false_per_min),
        "expected_right": msgspec.to_builtins(point.expected_right),
        "expected_response_s": point.expected_response_s,
        "more_trials_worth_it": found.prospect.worth_it,
        "remarks": list(found.remarks),
        "took_s": took_s,
    }


def print_calibration(calibration: Calibration, path: Path) -> None:
    """Print what came of a calibration."""
    text, found = calibration.profile.text, calibration.figures
    point = text.operating_point
    report = output.console()
    rows = [
        (each.decoder, f"{each.accuracy:.3f}", f"{each.standard_error:.3f}")
        for each in text.compared
    ]
    report.print(
        output.table((f"decoder, {found.window_s:g} s", "accuracy", "standard error"), rows)
    )
    right, false = point.expected_right, point.expected_false_per_min
    rows_expected = [
        ("decoder", text.decoder),
        ("looks answered rightly", f"{right.value:.0%} ({right.low:.0%} to {right.high:.0%})"),
        ("response time", output.figure(point.expected_response_s, ".2f", " s")),
        (
            "false commands",
            f"{false.value:.2f} a minute ({false.low:.2f} to {false.high:.2f}), "
            f"{point.max_false_per_min:g} accepted",
        ),
        ("more trials", found.prospect.reason),
        ("profile", str(path)),
        ("report", str(report_path(path))),
    ]
    report.print(output.facts(rows_expected))
    report.print("Expected of the next session, with 90 % intervals; nothing was tested on itself.")

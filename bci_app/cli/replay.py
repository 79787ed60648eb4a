"""`bci-app replay`: a recording through the online path, to an exoskeleton."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import click
from click.core import ParameterSource

from bci_app.cli import output
from bci_app.cli.display import has_display
from bci_app.cli.narration import Narrator
from bci_app.cli.parameters import (
    COMMANDS_IN_ORDER,
    band_option,
    classes_option,
    harmonics_option,
    mains_option,
    trial_option,
    window_option,
)
from bci_app.cli.windows import show_recorded
from bci_app.errors import RecordingError
from bci_app.evaluation.answers import Prompt
from bci_app.online.settings import PathSettings, Target
from bci_app.recordings.reading import read_recording
from bci_app.recordings.recording import Recording
from bci_app.recordings.session_file import is_session, read_session
from bci_app.runtime.parity import Parity, check_parity, events_of, settings_of
from bci_app.runtime.profile_files import find_profile
from bci_app.runtime.profiles import profile_of, settings_with
from bci_app.runtime.replay import ReplayResult, run_replay, truth_of
from bci_app.runtime.session import SessionEvent
from bci_app.runtime.tally import flatten
from bci_app.runtime.what_if import change_settings
from calibration.profile import Profile, read_profile


class _SpeedType(click.ParamType[float | None]):
    name = "FACTOR|max"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float | None:
        if value is None or value == "max":
            return None
        try:
            speed = float(str(value))
        except ValueError:
            speed = 0.0
        if not 0 < speed < float("inf"):
            self.fail(
                f"{value!r}: expected a positive number (1 is real time), or max.", param, ctx
            )
        return speed


class _ChangesType(click.ParamType[Mapping[str, object]]):
    name = "NAME=VALUE,…"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Mapping[str, object]:
        changes: dict[str, object] = {}
        for item in re.split(r",(?=[\w.]+=)", str(value)):
            name, separator, text = (part.strip() for part in item.partition("="))
            if not separator or not name:
                self.fail(f"{item!r}: expected NAME=VALUE, such as window_s=1.5.", param, ctx)
            try:
                changes[name] = json.loads(text, parse_constant=str)
            except (ValueError, RecursionError):
                changes[name] = text  # a word
        return changes


_SAID_BY_A_SESSION = {
    "classes": "--classes",
    "trial_s": "--trial",
    "stream": "--stream",
    "window_s": "--window",
    "n_harmonics": "--harmonics",
    "band_hz": "--band",
    "mains_hz": "--mains",
}

_Case = tuple[Recording, PathSettings, Sequence[Prompt], Profile | None]


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@classes_option("A session of this program knows its own.")
@click.option(
    "--check",
    is_flag=True,
    help="Derive each decision of a session again; exit 1 at the first difference.",
)
@click.option(
    "--with",
    "changes",
    type=_ChangesType(),
    help="What would have happened with other settings: window_s=1.5,policy.threshold=0.6; "
    "profile=01 with another profile (a subject or a file), profile=none with none.",
)
@click.option(
    "--speed",
    type=_SpeedType(),
    default="1",
    show_default=True,
    help="1 is real time; max is as fast as it goes.",
)
@click.option(
    "--exoskeleton",
    metavar="sim|none|PORT",
    default="sim",
    show_default=True,
    help="The simulated one, none, or a real one at a port.",
)
@trial_option
@click.option(
    "--view",
    is_flag=True,
    help="Then look at it in a window that plays, steps, scrubs and jumps from mistake to mistake.",
)
@click.option("--stream", help="Of an XDF with several: name or type of the stream of samples.")
@window_option(PathSettings().window_s)
@harmonics_option(5)
@band_option("6-80")
@mains_option
@output.json_option
@click.pass_context
def command(
    ctx: click.Context,
    file: Path,
    classes: Mapping[str, float | None] | None,
    check: bool,
    changes: Mapping[str, object] | None,
    speed: float | None,
    exoskeleton: str,
    trial_s: float,
    view: bool,
    stream: str | None,
    window_s: float,
    n_harmonics: int,
    band_hz: tuple[float, float],
    mains_hz: float | None,
    as_json: bool,
) -> None:
    """Send a recording through the online path, and what it commands to an exoskeleton.

    FILE is what a session left, which knows its targets and settings, or any other EEG recording
    with --classes: then the targets, in order of their frequencies, command: stand, walk, sit,
    turn left, turn right. Each decision is told when its outcome is known.

    \b
    bci-app replay session.xdf --check
    bci-app replay session.xdf --speed max --with window_s=1.5
    bci-app replay record_raw.fif --classes 2=13,4=17,3=21,1=idle --speed max --view
    """  # noqa: D301 - click takes the backslash
    if not file.exists():
        raise RecordingError(f"{file} does not exist: expected a session or another recording.")
    of_session = file.is_file() and is_session(file)
    if check:
        if not of_session or changes:
            raise click.UsageError(
                "--check compares a session with itself: expected a file that a session left, and "
                "no --with."
            )
        ctx.exit(_report_parity(file, check_parity(read_session(file)), as_json=as_json))
    if view and not has_display():
        raise click.UsageError("--view opens a window, and there is no display.")
    if exoskeleton not in ("sim", "none") and (speed is None or speed > 1):
        raise click.UsageError(
            "a real exoskeleton moves a person: expected real time or slower. Use --speed 1."
        )
    if of_session:
        _refuse_what_a_session_says(ctx)
        recording, settings, prompts, profile = _case_of_session(file, dict(changes or {}))
    else:
        if classes is None:
            raise click.UsageError(
                "no --classes: expected what each event code of the recording means, such as "
                "--classes 2=13,4=17,1=idle."
            )
        settings = PathSettings(
            targets=_targets(classes),
            band_hz=band_hz,
            mains_hz=mains_hz,
            window_s=window_s,
            n_harmonics=n_harmonics,
        )
        settings, profile = _change(settings, None, dict(changes or {}))
        recording = read_recording(file, stream=stream)
        for repair in recording.repairs:
            output.console(stderr=True).print(f"[yellow]{repair}[/]")
        prompts = truth_of(recording, classes, settings.frequencies_hz, trial_s)
    say = output.console(stderr=True).print if as_json else output.console().print
    narrator = Narrator(settings, recording.sampling_rate_hz, say)
    events: list[SessionEvent] = []
    result = run_replay(
        recording,
        settings,
        prompts,
        speed=speed,
        exoskeleton=exoskeleton,
        listeners=[narrator, events.append] if view else [narrator],
        profile=profile,
    )
    narrator.finish()
    if as_json:
        decisions = [asdict(record) for record in narrator.decisions]
        output.print_json({"recording": str(file), **flatten(result), "decisions": decisions})
    else:
        _print_report(result)
    if view:
        show_recorded(events, recording, settings, calibrated=profile is not None)


def _targets(classes: Mapping[str, float | None]) -> tuple[Target, ...]:
    frequencies_hz = sorted({f for f in classes.values() if f is not None})
    if not 2 <= len(frequencies_hz) <= len(COMMANDS_IN_ORDER):
        raise click.UsageError(
            f"{len(frequencies_hz)} targets in --classes: expected 2 to {len(COMMANDS_IN_ORDER)}."
        )
    return tuple(map(Target, frequencies_hz, COMMANDS_IN_ORDER[: len(frequencies_hz)]))


def _refuse_what_a_session_says(ctx: click.Context) -> None:
    for name, option in _SAID_BY_A_SESSION.items():
        if ctx.get_parameter_source(name) is not ParameterSource.DEFAULT:
            raise click.UsageError(
                f"{option} is for other recordings: a session has its own targets and settings. "
                "Change them with --with, such as --with window_s=1.5."
            )


def _case_of_session(file: Path, changes: dict[str, object]) -> _Case:
    session = read_session(file)
    settings, profile = _change(settings_of(session), profile_of(session), changes)
    prompts = [event for event in events_of(session) if isinstance(event, Prompt)]
    return session.recording(), settings, prompts, profile


def _change(
    settings: PathSettings, profile: Profile | None, changes: dict[str, object]
) -> tuple[PathSettings, Profile | None]:
    """Return settings and profile with changes, among which another profile may be."""
    name = changes.pop("profile", None)
    if name == "none":
        profile = None
    elif name is not None:
        profile = read_profile(find_profile(str(name)))
        settings = settings_with(profile, settings)
    return change_settings(settings, changes), profile


def _report_parity(file: Path, parity: Parity, *, as_json: bool) -> int:
    """Report how a session and its replay compare; return the exit code."""
    difference = parity.difference
    if as_json:
        output.print_json(
            {
                "recording": str(file),
                "n_events": parity.n_events,
                "n_decisions": parity.n_decisions,
                "n_gate_inputs": parity.n_gate_inputs,
                "n_unrecorded": parity.n_unrecorded,
                "difference": (
                    None
                    if difference is None
                    else {
                        "event": difference.number,
                        "recorded": str(difference.recorded),
                        "replayed": str(difference.replayed),
                    }
                ),
            }
        )
    elif difference is None:
        output.console().print(
            f"[bold green]The same:[/] {parity.n_decisions} decisions and all {parity.n_events} "
            f"events of the path, with {parity.n_gate_inputs} reports, faults and stops taken in."
        )
        if parity.n_unrecorded:
            output.console().print(
                f"The session was cut off: {parity.n_unrecorded} events follow that it had not "
                "recorded yet."
            )
    else:
        report = output.console()
        report.print(
            f"[bold red]A difference[/] after {parity.n_events} events that are the same, "
            f"{parity.n_decisions} decisions among them:"
        )
        rows = [("recorded", str(difference.recorded)), ("replayed", str(difference.replayed))]
        report.print(output.facts(rows))
    return 0 if difference is None else 1


def _print_report(result: ReplayResult) -> None:
    answers = result.answers
    figure = output.figure
    rows = [
        (
            "trials",
            f"{answers.n_trials}: {answers.n_right} right, {answers.n_wrong} wrong, "
            f"{answers.n_missed} without a decision",
        ),
        ("accuracy", figure(answers.accuracy, ".1%")),
        ("response time", figure(answers.response_time_s, ".2f", " s")),
        (
            "idle",
            f"{answers.n_false} false decisions in {answers.idle_min:.1f} min "
            f"({figure(answers.false_per_min, '.2f', ' a minute')})",
        ),
        ("between trials", f"{answers.n_unasked} decisions in {answers.unasked_min:.1f} min"),
        *output.session_facts(result.session),
        ("speed", f"{result.speed:.4g} × real time ({result.elapsed_s:.2f} s)"),
    ]
    output.console().print(output.facts(rows))

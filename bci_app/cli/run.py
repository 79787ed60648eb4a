"""`bci-app run`: a session as configured."""

import sys
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path

import click

from bci_app.cli import output
from bci_app.cli.display import has_display
from bci_app.cli.export_on_close import check_export, export_on_close
from bci_app.cli.narration import Narrator
from bci_app.cli.parameters import config_option
from bci_app.cli.photosensitivity import confirm_leds
from bci_app.cli.signals import stopping_on_signals
from bci_app.cli.windows import run_with_window
from bci_app.evaluation.rate_test import rate_in_words
from bci_app.runtime.configuration import read_configuration
from bci_app.runtime.controls import Controls
from bci_app.runtime.profile_files import find_profile
from bci_app.runtime.profiles import PROFILE_FACT, settings_with
from bci_app.runtime.recorder import Recorder, session_path
from bci_app.runtime.run import RunResult, run_session
from bci_app.runtime.session import Listener
from bci_app.runtime.tally import flatten
from calibration.profile import read_profile
from devices.headset.source import HeadsetInfo


@click.command()
@config_option(": see docs/configuration.md.")
@click.option(
    "--profile",
    "profile_name",
    metavar="SUBJECT|FILE",
    help="Decide with a subject's profile: 01 or sub-01/ses-02 in the folder subjects, or a "
    "file. See `bci-app calibrate`. Without one the path is careful and slow.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, min_open=True),
    help="End after so long. Default: when somebody ends it.",
)
@click.option("--seed", default=0, show_default=True, help="Which virtual subject, if one is used.")
@click.option("--headless", is_flag=True, help="No operator window, even where there is a display.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    default="sessions",
    show_default=True,
    help="Record the session in this folder.",
)
@output.json_option
def command(
    file: Path,
    profile_name: str | None,
    seconds: float | None,
    seed: int,
    headless: bool,
    out: Path,
    as_json: bool,
) -> None:
    """Run a session: configured headset, targets on the screen, exoskeleton.

    Any key or click in the subject's window stops the legs. Ctrl+C (or SIGTERM) stops the legs and
    ends the session.
    """
    configuration = read_configuration(file)
    facts: dict[str, object] = {"configuration": file.read_text(encoding="utf-8")}
    profile = None
    if profile_name is not None:
        profile = read_profile(find_profile(profile_name))
        configuration = replace(configuration, path=settings_with(profile, configuration.path))
        facts[PROFILE_FACT] = profile.packed()
    check_export(configuration)
    if configuration.leds.port:
        confirm_leds()
    remarks = output.console(stderr=True)
    running: list[Controls] = []
    narrators: list[Narrator] = []
    recording = session_path(out)

    def attach(info: HeadsetInfo, controls: Controls) -> list[Listener]:
        running.append(controls)
        remarks.print(
            f"{info.name}: {len(info.channel_names)} channels at {info.sampling_rate_hz:g} Hz"
        )
        narrators.append(Narrator(configuration.path, info.sampling_rate_hz, remarks.print))
        recorder = Recorder(recording, info, configuration.path, facts)
        return [*narrators, stack.enter_context(recorder)]

    with ExitStack() as stack, stopping_on_signals(running):
        result = run_with_window(
            lambda watch: run_session(
                configuration,
                seed=seed,
                duration_s=seconds,
                attach=lambda info, controls: [*attach(info, controls), *watch(info, controls)],
                profile=profile,
            ),
            title=file.stem,
            settings=configuration.path,
            calibrated=profile is not None,
            windows=has_display() and not headless,
        )
    narrators[0].finish()
    subject = None if profile is None else profile.text.subject
    exported = export_on_close(recording, configuration, subject)
    if as_json:
        output.print_json(
            {
                **flatten(result),
                "recording": str(recording),
                "exported": None if exported is None else str(exported),
                "decisions": [asdict(record) for record in narrators[0].decisions],
            }
        )
    else:
        _print_report(result, recording, exported)
    if exported is None and configuration.recording.export != "none":
        sys.exit(1)


def _print_report(result: RunResult, recording: Path, exported: Path | None) -> None:
    rows = [
        ("lasted", f"{result.duration_s:.0f} s"),
        ("decisions", str(result.decisions)),
        *output.session_facts(result.session),
        ("false commands", rate_in_words(result.false_commands)),
        ("recorded in", str(recording)),
    ]
    if exported is not None:
        rows.append(("exported to", str(exported)))
    output.console().print(output.facts(rows))

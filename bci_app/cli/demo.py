"""`bci-app demo`: the whole loop with nothing plugged in."""

import json
from contextlib import ExitStack
from pathlib import Path

import click

from bci_app.cli import output
from bci_app.cli.display import has_display
from bci_app.cli.narration import Narrator
from bci_app.cli.signals import stopping_on_signals
from bci_app.cli.windows import SessionPicture, run_with_window
from bci_app.online.settings import PathSettings
from bci_app.runtime.configuration import ScreenSettings
from bci_app.runtime.controls import Controls
from bci_app.runtime.demo import DemoResult, run_demo
from bci_app.runtime.lsl_broadcast import LslBroadcast
from bci_app.runtime.recorder import Recorder, session_path
from bci_app.runtime.session import Listener
from bci_app.runtime.tally import flatten
from devices.headset.source import HeadsetInfo


@click.command()
@click.option("--headless", is_flag=True, help="No windows, even where there is a display.")
@click.option(
    "--seconds",
    type=click.FloatRange(min=1),
    help="How long the course goes on: no movement begins after that. Default: one round.",
)
@click.option("--seed", default=0, show_default=True, help="Which virtual subject.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Keep the recording, the summary and a picture of the operator window here.",
)
@click.option("--lsl", is_flag=True, help="Offer samples and events on the network, through LSL.")
@output.json_option
@click.pass_context
def command(
    ctx: click.Context,
    headless: bool,
    seconds: float | None,
    seed: int,
    out: Path | None,
    lsl: bool,
    as_json: bool,
) -> None:
    """Lead a virtual subject through a course: headset, decoder, serial line, legs.

    A virtual subject wears a virtual Cyton, read by BrainFlow's own driver. They are told where
    to look, look away in between, and the simulated exoskeleton does what is decided. With a
    display the targets are on the screen, and the mouse pointer is the subject's gaze. Exit code 0
    only when the course was completed.
    """
    settings = PathSettings()
    remarks = output.console(stderr=True)
    remarks.print("Starting a virtual subject, their headset and an exoskeleton")
    recording = None if out is None else session_path(out)
    running: list[Controls] = []
    pictures: list[SessionPicture] = []

    def attach(info: HeadsetInfo, controls: Controls) -> list[Listener]:
        running.append(controls)
        remarks.print(
            f"{info.name}: {len(info.channel_names)} channels at {info.sampling_rate_hz:g} Hz"
        )
        listeners: list[Listener] = [Narrator(settings, info.sampling_rate_hz, remarks.print)]
        if lsl:
            broadcast = LslBroadcast("bci-app", info, settings.frequencies_hz)
            listeners.append(stack.enter_context(broadcast))
        if recording is not None:
            facts = {"seeds": {"virtual_subject": seed}}
            listeners.append(stack.enter_context(Recorder(recording, info, settings, facts)))
            pictures.append(SessionPicture("Demo", info, settings))
        return [*listeners, *pictures]

    screen = ScreenSettings(size_deg=3.0) if has_display() and not headless else None
    if screen is not None:
        remarks.print("Look at a target with the mouse pointer: hold it there, do not click")
    with ExitStack() as stack, stopping_on_signals(running):
        result = run_with_window(
            lambda watch: run_demo(
                settings,
                seed=seed,
                duration_s=seconds,
                screen=screen,
                attach=lambda info, controls: [*attach(info, controls), *watch(info, controls)],
            ),
            title="Demo",
            settings=settings,
            windows=screen is not None,
        )
    summary = flatten(result) | {"recording": None if recording is None else str(recording)}
    if out is not None:
        (out / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
        try:
            pictures[0].save(out / "operator.png")
        except ImportError as error:
            remarks.print(
                f"[yellow]no picture of the operator window[/] ({error}): `bci-app doctor`"
            )
    if as_json:
        output.print_json(summary)
    else:
        _print_report(result)
    ctx.exit(0 if result.passed else 1)


def _print_report(result: DemoResult) -> None:
    report, answers = output.console(), result.answers
    rows = [
        ("movements made", f"{result.movements_made} of {result.movements_asked}"),
        ("accuracy", output.figure(answers.accuracy, ".1%")),
        ("response time", output.figure(answers.response_time_s, ".2f", " s")),
        ("information transfer", output.figure(answers.itr_bits_per_min, ".1f", " bit/min")),
        (
            "false decisions",
            f"{answers.n_false} in {answers.idle_min:.1f} min of looking away",
        ),
        *output.session_facts(result.session),
        ("walked", f"{result.distance_m:.1f} m in {result.duration_s:.0f} s"),
    ]
    report.print(output.facts(rows))
    if result.passed:
        report.print("[bold green]The course was completed.[/]")
    else:
        report.print("[bold red]The course was not completed.[/]")

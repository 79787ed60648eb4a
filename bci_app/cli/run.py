"""`bci-app run`: a session as configured."""

from dataclasses import asdict
from pathlib import Path

import click

from bci_app.cli import output
from bci_app.cli.narration import Narrator
from bci_app.cli.signals import stopping_on_signals
from bci_app.runtime.configuration import read_configuration
from bci_app.runtime.controls import Controls
from bci_app.runtime.run import RunResult, run_session
from bci_app.runtime.session import Listener
from devices.headset.source import HeadsetInfo


@click.command()
@click.option(
    "--config",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    metavar="FILE",
    help="The session's configuration, in TOML: see docs/configuration.md.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, min_open=True),
    help="End after so long. Default: when somebody ends it.",
)
@click.option("--seed", default=0, show_default=True, help="Which virtual subject, if one is used.")
@output.json_option
def command(file: Path, seconds: float | None, seed: int, as_json: bool) -> None:
    """Run a session: configured headset, targets on the screen, exoskeleton.

    Any key or click in the subject's window stops the legs. Ctrl+C (or SIGTERM) stops the legs and
    ends the session.
    """
    configuration = read_configuration(file)
    remarks = output.console(stderr=True)
    running: list[Controls] = []
    narrators: list[Narrator] = []

    def attach(info: HeadsetInfo, controls: Controls) -> list[Listener]:
        running.append(controls)
        remarks.print(
            f"{info.name}: {len(info.channel_names)} channels at {info.sampling_rate_hz:g} Hz"
        )
        narrators.append(Narrator(configuration.path, info.sampling_rate_hz, remarks.print))
        return [*narrators]

    with stopping_on_signals(running):
        result = run_session(configuration, seed=seed, duration_s=seconds, attach=attach)
    narrators[0].finish()
    if as_json:
        decisions = [asdict(record) for record in narrators[0].decisions]
        output.print_json({**asdict(result), "decisions": decisions})
    else:
        _print_report(result)


def _print_report(result: RunResult) -> None:
    latency = result.decision_latency_ms
    rows = [
        ("lasted", f"{result.duration_s:.0f} s"),
        ("decisions", str(result.decisions)),
        (
            "commands",
            f"{result.commands_sent} sent, {result.commands_acknowledged} acknowledged, "
            f"{result.commands_refused} refused, {result.commands_unanswered} unanswered, "
            f"{result.commands_withheld} withheld",
        ),
        (
            "sample to frame",
            f"{output.figure(latency['p50'], '.2f', ' ms')} median, "
            f"{output.figure(latency['p99'], '.2f', ' ms')} p99",
        ),
        ("samples lost", str(result.lost_samples)),
    ]
    output.console().print(output.facts(rows))

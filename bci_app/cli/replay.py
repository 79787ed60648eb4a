"""`bci-app replay`: a recording through the online path, to an exoskeleton."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import click

from bci_app.cli import output
from bci_app.cli.narration import Narrator
from bci_app.cli.parameters import (
    band_option,
    classes_option,
    harmonics_option,
    mains_option,
    window_option,
)
from bci_app.online.settings import PathSettings, Target
from bci_app.recordings.reading import read_recording
from bci_app.runtime.replay import ReplayResult, run_replay, truth_of
from devices.exoskeleton.command import Command


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


_COMMANDS = (
    Command.STAND,
    Command.WALK,
    Command.SIT,
    Command.TURN_LEFT,
    Command.TURN_RIGHT,
)
"""What the targets of a recording command, in order of their frequencies."""


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@classes_option
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
@click.option(
    "--trial",
    "trial_s",
    type=click.FloatRange(min=0, min_open=True),
    default=5.0,
    show_default=True,
    help="Length of a trial after its event, in seconds; the next one ends it early.",
)
@window_option
@harmonics_option
@band_option
@mains_option
@output.json_option
def command(
    file: Path,
    classes: Mapping[str, float | None],
    speed: float | None,
    exoskeleton: str,
    trial_s: float,
    window_s: float,
    n_harmonics: int,
    band_hz: tuple[float, float],
    mains_hz: float | None,
    as_json: bool,
) -> None:
    """Send a recording through the online path, and what it commands to an exoskeleton.

    FILE is any recording that MNE-Python reads; its events come from its annotations or from the
    sibling X-eve.fif of X_raw.fif. The targets, in order of their frequencies, command: stand,
    walk, sit, turn left, turn right. Each decision is told when its outcome is known.

    Example: bci-app replay record_raw.fif --classes 2=13,4=17,3=21,1=idle --speed max
    """
    if exoskeleton not in ("sim", "none") and (speed is None or speed > 1):
        raise click.UsageError(
            "a real exoskeleton moves a person: expected real time or slower. Use --speed 1."
        )
    frequencies_hz = tuple(sorted({f for f in classes.values() if f is not None}))
    if not 2 <= len(frequencies_hz) <= len(_COMMANDS):
        raise click.UsageError(
            f"{len(frequencies_hz)} targets in --classes: expected 2 to {len(_COMMANDS)}."
        )
    settings = PathSettings(
        targets=tuple(map(Target, frequencies_hz, _COMMANDS[: len(frequencies_hz)])),
        band_hz=band_hz,
        mains_hz=mains_hz,
        window_s=window_s,
        n_harmonics=n_harmonics,
    )
    recording = read_recording(file)
    prompts = truth_of(recording, classes, frequencies_hz, trial_s)
    say = output.console(stderr=True).print if as_json else output.console().print
    narrator = Narrator(settings, recording.sampling_rate_hz, say)
    result = run_replay(
        recording,
        settings,
        prompts,
        speed=speed,
        exoskeleton=exoskeleton,
        listeners=[narrator],
    )
    narrator.finish()
    if as_json:
        decisions = [asdict(record) for record in narrator.decisions]
        output.print_json({"recording": str(file), **result.as_dict(), "decisions": decisions})
    else:
        _print_report(result)


def _print_report(result: ReplayResult) -> None:
    answers, latency = result.answers, result.decision_latency_ms
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
        (
            "commands",
            f"{result.commands_sent} sent, {result.commands_acknowledged} acknowledged, "
            f"{result.commands_refused} refused, {result.commands_withheld} withheld by the gate",
        ),
        (
            "last sample to frame written",
            f"{figure(latency['p50'], '.2f', ' ms')} median, "
            f"{figure(latency['p99'], '.2f', ' ms')} p99",
        ),
        ("speed", f"{result.speed:.4g} × real time ({result.elapsed_s:.2f} s)"),
    ]
    output.console().print(output.facts(rows))

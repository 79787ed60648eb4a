"""`bci-app bench`: speed and latency on this machine, beside what they may be."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bci_app.cli import output
from bci_app.cli.parameters import config_option
from bci_app.cli.photosensitivity import confirm_flicker

if TYPE_CHECKING:
    from bci_app.runtime.screen_latency import MeasuredScreen


@click.group(invoke_without_command=True)
@output.json_option
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """Measure speed and latency on this machine, beside what they may be.

    Without a sub-command: `path`.
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(path, as_json=as_json)


@command.command()
@output.json_option
def path(as_json: bool) -> None:
    """Time the steps from a sample to a command.

    A hop is filter, decoder and decision for the samples that came since the last one: 8 channels
    at 250 Hz, five targets. Times are those of a clock on the wall: a busy machine shows.
    """
    from bci_app.runtime.path_cost import measure_path

    output.console(stderr=True).print("Measuring; a few seconds")
    costs = measure_path()
    if as_json:
        output.print_json({"steps": [asdict(cost) | {"passed": cost.passed} for cost in costs]})
        return
    rows = [
        (
            cost.step,
            *(f"{value:.2f}" for value in (cost.p50_ms, cost.p99_ms, cost.max_ms)),
            output.figure(cost.limit_ms, ".0f"),
            "[green]✓[/]" if cost.passed else "[bold red]✗[/]",
            cost.limit,
        )
        for cost in costs
    ]
    columns = ("step", "p50 ms", "p99 ms", "max ms", "limit ms", "", "why")
    output.console().print(output.table(columns, rows))


@command.command()
@config_option(": its board, screen and targets are used.")
@click.option("--pin", default="A5", show_default=True, help="Where the photodiode is connected.")
@click.option(
    "--seconds",
    type=click.FloatRange(min=3, max=600),
    default=30,
    show_default=True,
    help="How long to measure; the patch inverts two or three times a second.",
)
@output.json_option
def screen(file: Path, pin: str, seconds: float, as_json: bool) -> None:
    """Measure how late the screen is, with a photodiode on an analogue input of the board.

    The subject window shows the targets as in a session, and inverts a patch in the lower right
    corner at irregular times. The time that it reports for each inversion is compared with the
    photodiode's edge, on the clock of the samples: the latency that a decoder sees. Any key or
    click in that window ends it.
    """
    from bci_app.runtime.configuration import read_configuration
    from bci_app.runtime.screen_latency import measure_screen

    configuration = read_configuration(file)
    confirm_flicker(
        "Targets will flicker on the screen.",
        "The photodiode lies flat on the lower right corner, and whoever sees the screen agrees?",
    )
    output.console(stderr=True).print(f"Measuring for {seconds:g} s")
    measured = measure_screen(configuration, pin=pin, seconds=seconds, confirmed_by="researcher")
    if as_json:
        output.print_json(_figures_of(measured))
        return
    _print_screen(measured)


def _jitter_limit_ms(measured: "MeasuredScreen") -> float:
    """One refresh, and half a sampling period within which an edge cannot be timed."""
    return 1e3 / measured.screen.refresh_hz + 0.5e3 / measured.sampling_rate_hz


def _figures_of(measured: "MeasuredScreen") -> dict[str, object]:
    latency, frames = measured.latency, measured.frames
    return {
        "latency_ms": asdict(latency.latency_ms),
        "jitter_ms": asdict(latency.jitter_ms),
        "jitter_limit_ms": _jitter_limit_ms(measured),
        "inversions_seen": latency.n_matched,
        "inversions_not_seen": latency.n_unmatched,
        "frames": None if frames is None else frames.n_frames,
        "missed_frames": None if frames is None else frames.n_missed,
        "refresh_hz": measured.screen.refresh_hz,
        "synchronised": measured.screen.synchronised,
        "screen": measured.screen.name,
        "pin": measured.pin,
        "sampling_rate_hz": measured.sampling_rate_hz,
        "clock_residual_ms": measured.clock_residual_ms,
        "seconds": measured.seconds,
    }


def _print_screen(measured: "MeasuredScreen") -> None:
    latency, frames, screen = measured.latency, measured.frames, measured.screen
    limit_ms = _jitter_limit_ms(measured)
    kept = "[green]✓[/]" if latency.jitter_ms.p99 <= limit_ms else "[bold red]✗[/]"
    rows = [
        (what, *(f"{value:.1f}" for value in (times.p50, times.p99, times.max)), limit, sign)
        for what, times, limit, sign in (
            ("latency: reported frame to light", latency.latency_ms, "–", ""),
            ("jitter: distance from the median", latency.jitter_ms, f"{limit_ms:.1f}", kept),
        )
    ]
    report = output.console()
    report.print(output.table(("", "p50 ms", "p99 ms", "max ms", "limit ms", ""), rows))
    n_inversions = latency.n_matched + latency.n_unmatched
    lines = [
        ("inversions seen", f"{latency.n_matched} of {n_inversions}"),
        (
            "frames missed",
            "–" if frames is None else f"{frames.n_missed} of {frames.n_frames + frames.n_missed}",
        ),
        ("screen", f"{screen.name}, {screen.refresh_hz:.2f} Hz"),
        (
            "compared",
            f"the frame times of the subject window with pin {measured.pin} at "
            f"{measured.sampling_rate_hz:g} Hz",
        ),
        ("clock of the samples", f"good to {measured.clock_residual_ms:.2f} ms"),
    ]
    report.print(output.facts(lines))
    if not screen.synchronised:
        report.print(
            "[yellow]This display has no vertical synchronisation:[/] what was found is when "
            "frames reached it, not when light would leave a screen."
        )

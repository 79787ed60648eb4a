"""How commands speak: a JSON result or a report on standard output, all else on standard error."""

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import click
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

if TYPE_CHECKING:
    from bci_app.runtime.tally import SessionFigures

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print the result as JSON on standard output."
)


def console(*, stderr: bool = False) -> Console:
    """Return where a report (standard output) or a remark (standard error) goes."""
    return Console(stderr=stderr, highlight=False)


def progress() -> Progress:
    """Return a progress bar on standard error that vanishes when it is done."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console(stderr=True),
        transient=True,
    )


def print_json(result: Mapping[str, object]) -> None:
    """Print one JSON object on standard output; a figure that does not exist is null."""
    click.echo(json.dumps(result, indent=2, allow_nan=False))


def table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> Table:
    """Lay out rows under headings: the first column to the left, figures to the right."""
    laid_out = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for number, name in enumerate(columns):
        laid_out.add_column(name, justify="left" if number == 0 else "right")
    for row in rows:
        laid_out.add_row(*row)
    return laid_out


def facts(rows: Iterable[tuple[str, str]]) -> Table:
    """Lay out names and their values, without headings."""
    laid_out = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for name, value in rows:
        laid_out.add_row(f"[dim]{name}[/]", value)
    return laid_out


def session_facts(session: "SessionFigures") -> list[tuple[str, str]]:
    """Say what a session sent and lost."""
    latency = session.decision_latency_ms
    return [
        (
            "commands",
            f"{session.commands_sent} sent, {session.commands_acknowledged} acknowledged, "
            f"{session.commands_refused} refused, {session.commands_unanswered} unanswered, "
            f"{session.commands_withheld} withheld",
        ),
        (
            "sample to frame",
            f"{figure(latency['p50'], '.2f', ' ms')} median, "
            f"{figure(latency['p99'], '.2f', ' ms')} p99",
        ),
        ("samples lost", str(session.lost_samples)),
    ]


def figure(value: float | None, form: str, unit: str = "") -> str:
    """Format a figure, or a dash where there is none."""
    return "–" if value is None else f"{value:{form}}{unit}"

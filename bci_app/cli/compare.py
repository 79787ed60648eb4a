"""`bci-app compare`: decoders × window lengths × recordings, as a table with statistics."""

import importlib
import math
import multiprocessing
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click

from bci_app.cli import output
from bci_app.cli.sources import (
    exclude_option,
    find_sources,
    paths_argument,
    source_classes_option,
    start_option,
)
from bci_app.errors import BciAppError, ConfigurationError, RecordingError
from bci_app.evaluation.cells import CellResult, Row
from bci_app.evaluation.comparison import CellSummary, Comparison, compare, summarise_cells
from bci_app.evaluation.comparison_figure import draw_comparison, save_figure
from bci_app.evaluation.comparison_tables import tidy_tables, write_csv, write_parquet
from bci_app.evaluation.grid import make_cells, run_grid
from bci_app.evaluation.schemes import Scheme
from bci_app.evaluation.trials import TrialEvaluation

_LENGTHS_S = (1.0, 2.0, 3.0, 4.0)


@click.command()
@paths_argument
@source_classes_option
@click.option("--decoders", default="cca,fbcca,wilks,fbwilks", show_default=True)
@click.option("--windows", help="Lengths in seconds. Default: 1,2,3,4, as far as trials last.")
@start_option
@click.option(
    "--scheme",
    type=click.Choice([str(scheme) for scheme in Scheme]),
    default=str(Scheme.UNCALIBRATED),
    show_default=True,
    help="Whose trials a decoder has seen.",
)
@exclude_option
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Keep figure, tidy tables (CSV and Parquet) and finished cells here: the next run goes "
    "on from them.",
)
@click.option("--workers", type=click.IntRange(min=1), help="Processes. Default: one a core.")
@click.option(
    "--cluster", metavar="ADDRESS", help="A Dask scheduler instead, such as tcp://…:8786."
)
@output.json_option
def command(
    paths: tuple[Path, ...],
    classes: Mapping[str, float | None] | None,
    decoders: str,
    windows: str | None,
    start_s: float | None,
    scheme: str,
    exclude: tuple[str, ...],
    out: Path | None,
    workers: int | None,
    cluster: str | None,
    as_json: bool,
) -> None:
    """Compare decoders at several window lengths on recordings, one folder a subject.

    Recordings are files, folders of them, or data sets of MOABB by name (moabb:Nakanishi2015).
    Means are over subjects, with 95 % intervals; differences are tested over subjects by flipping
    signs, corrected for their number (Holm).

    Example: bci-app compare recordings/ --classes 2=13,4=17,3=21 --out comparison
    """
    names = [name.strip() for name in decoders.split(",")]
    given_s = None if windows is None else _lengths(windows)
    sources = find_sources(paths, classes, exclude)
    start_s = sources.start_s if start_s is None else start_s
    longest_s = math.inf if sources.trial_s is None else sources.trial_s - start_s
    lengths_s = given_s or [s for s in _LENGTHS_S if s <= longest_s] or [longest_s]
    evaluation = TrialEvaluation(
        names[0], sources.classes, start_s, lengths_s[0], trial_s=sources.trial_s
    )
    cells = make_cells(evaluation, Scheme(scheme), names, lengths_s)
    folder = None if out is None else out / "cells"
    try:
        with output.progress() as bar, _executor(workers, cluster) as (executor, n_workers):
            done = run_grid(sources.files, cells, executor, n_workers, folder)
            results = list(bar.track(done, total=len(cells), description="Evaluating"))
    except BrokenExecutor as error:
        raise BciAppError(
            "a process that evaluated was ended from outside: expected enough memory for each. Try "
            "fewer --workers; with --out, what is finished is not computed again."
        ) from error
    results.sort(key=lambda result: cells.index(result.cell))
    rows = [row for result in results for row in result.rows]
    failures = {f.recording: f.reason for result in results for f in result.failures}
    for recording, reason in failures.items():
        output.console(stderr=True).print(f"left out {recording}: {reason}", markup=False)
    if not rows:
        recording, reason = next(iter(failures.items()))
        raise RecordingError(
            f"none of the {len(sources.files)} recordings could be used. {recording}: {reason}"
        )
    summaries, comparisons = summarise_cells(rows), compare(rows)
    if out is not None:
        _write(out, rows, summaries, comparisons, evaluation.class_names)
    if as_json:
        output.print_json(
            {
                "cells": [asdict(summary) for summary in summaries],
                "comparisons": [asdict(comparison) for comparison in comparisons],
                "n_known_cells": sum(result.was_known for result in results),
                "failed": [{"recording": r, "reason": why} for r, why in failures.items()],
            }
        )
    else:
        _print_report(results, summaries, comparisons)


def _lengths(windows: str) -> list[float]:
    try:
        return [float(text) for text in windows.split(",")]
    except ValueError:
        raise click.UsageError(
            f"{windows!r} in --windows: expected lengths in seconds, such as 1,2,3."
        ) from None


@contextmanager
def _executor(workers: int | None, cluster: str | None) -> Iterator[tuple[Executor, int]]:
    if cluster is None and workers == 1:
        with ThreadPoolExecutor(1) as executor:
            yield executor, 1
        return
    if cluster is None:
        # Not forked: a child must not inherit threads of numerical libraries.
        context = multiprocessing.get_context("spawn")
        workers = workers or os.cpu_count() or 1
        with ProcessPoolExecutor(workers, context) as executor:
            yield executor, workers
        return
    try:
        client_kind = importlib.import_module("distributed").Client  # has no types
    except ImportError as error:
        raise ConfigurationError(
            "Dask is not installed: expected the extra `cluster`. Install it with "
            "`pip install 'bci-app[cluster]'`."
        ) from error
    try:
        client = client_kind(cluster, timeout=10)
    except (OSError, ValueError) as error:
        raise BciAppError(
            f"no Dask scheduler answers at {cluster} ({error}): expected its address, such as "
            "tcp://localhost:8786. Start one with `dask scheduler`."
        ) from error
    with client, client.get_executor() as executor:
        yield executor, sum(client.nthreads().values())


def _write(
    folder: Path,
    rows: list[Row],
    summaries: list[CellSummary],
    comparisons: list[Comparison],
    classes: Sequence[str],
) -> None:
    tables = tidy_tables(rows, classes, summaries, comparisons)
    write_csv(tables, folder)
    try:
        write_parquet(tables, folder)
    except ImportError:
        output.console(stderr=True).print(
            "no Parquet beside the CSV: pyarrow is not installed. `pip install 'bci-app[parquet]'`",
            markup=False,
        )
    save_figure(draw_comparison(rows, summaries, classes), folder)


def _print_report(
    results: list[CellResult], summaries: list[CellSummary], comparisons: list[Comparison]
) -> None:
    report = output.console()
    lines = [
        (
            summary.decoder,
            f"{summary.window_s:g}",
            f"{summary.accuracy:.3f}",
            "–" if summary.ci95 is None else f"{summary.ci95[0]:.3f} – {summary.ci95[1]:.3f}",
            f"{summary.itr_bits_per_min:.1f}",
            str(summary.n_subjects),
            str(summary.n_recordings),
        )
        for summary in summaries
    ]
    of_cells = ("decoder", "window s", "accuracy", "95 %", "bit/min", "subjects", "files")
    report.print(output.table(of_cells, lines))
    differences = [
        (
            f"{c.better} > {c.worse}",
            f"{c.window_s:g}",
            f"{c.difference:.3f}",
            f"{c.p:.3f}",
            f"{c.p_holm:.3f}",
        )
        for c in comparisons
    ]
    if differences:
        of_pairs = ("difference", "window s", "mean", "p", "p (Holm)")
        report.print(output.table(of_pairs, differences))
    if n_gapped := max(summary.n_gapped for summary in summaries):
        report.print(f"Up to {n_gapped} trials left out of a cell: samples are missing in them.")
    n_known = sum(result.was_known for result in results)
    if n_known:
        report.print(f"{n_known} of {len(results)} cells were known from an earlier run.")

"""A comparison as tidy tables: CSV always, Parquet where pyarrow is installed."""

import csv
import importlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from bci_app.errors import RecordingError
from bci_app.evaluation.cells import Row
from bci_app.evaluation.comparison import CellSummary, Comparison

TidyTable = Sequence[Mapping[str, object]]
"""One mapping a row, all with the same keys."""


def tidy_tables(
    rows: Sequence[Row],
    classes: Sequence[str],
    summaries: Sequence[CellSummary],
    comparisons: Sequence[Comparison],
) -> dict[str, TidyTable]:
    """Return the tables of a comparison by their names.

    Parameters
    ----------
    rows : sequence of Row
    classes : sequence of str
        Name of each class.
    summaries : sequence of CellSummary
    comparisons : sequence of Comparison

    Returns
    -------
    dict
        `rows`: each recording in each cell; `confusion`: how many trials of a class were taken for
        which, in each of them; `cells`: means over subjects; `differences`: every two decoders.
    """
    return {
        "rows": [_without(asdict(row), "confusion") for row in rows],
        "confusion": [
            {
                "decoder": row.decoder,
                "scheme": row.scheme,
                "start_s": row.start_s,
                "window_s": row.window_s,
                "subject": row.subject,
                "recording": row.recording,
                "asked": classes[asked],
                "answered": classes[answered],
                "n_trials": n_trials,
            }
            for row in rows
            for asked, counts in enumerate(row.confusion)
            for answered, n_trials in enumerate(counts)
        ],
        "cells": [
            _split_interval(_split_interval(asdict(summary), "ci95"), "itr_ci95")
            for summary in summaries
        ],
        "differences": [asdict(comparison) for comparison in comparisons],
    }


def write_csv(tables: Mapping[str, TidyTable], folder: Path) -> None:
    """Write each table as `NAME.csv`; one without rows is not written.

    Raises
    ------
    RecordingError
        When the folder cannot be written.
    """
    try:
        for name, table in tables.items():
            if not table:
                continue
            with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, list(table[0]), lineterminator="\n")
                writer.writeheader()
                writer.writerows(table)
    except OSError as error:
        raise unwritable(folder, error) from error


def write_parquet(tables: Mapping[str, TidyTable], folder: Path) -> None:
    """Write each table as `NAME.parquet`; one without rows is not written.

    Raises
    ------
    ImportError
        When pyarrow is not installed.
    RecordingError
        When the folder cannot be written.
    """
    arrow = importlib.import_module("pyarrow")  # has no types
    parquet = importlib.import_module("pyarrow.parquet")
    try:
        for name, table in tables.items():
            if table:
                parquet.write_table(
                    arrow.Table.from_pylist(list(map(dict, table))), folder / f"{name}.parquet"
                )
    except OSError as error:
        raise unwritable(folder, error) from error


def unwritable(folder: Path, error: OSError) -> RecordingError:
    """Return the error that says that results cannot be kept."""
    return RecordingError(
        f"{folder} cannot be written ({error.strerror or error}): expected a folder with room in "
        "it that you may write to. Choose another one."
    )


def _without(row: dict[str, object], name: str) -> dict[str, object]:
    return {key: value for key, value in row.items() if key != name}


def _split_interval(row: Mapping[str, object], name: str) -> dict[str, object]:
    """Put the two ends of an interval into columns of their own."""
    split: dict[str, object] = {}
    for key, value in row.items():
        if key == name:
            low, high = value if isinstance(value, tuple) else (None, None)
            split |= {f"{name}_low": low, f"{name}_high": high}
        else:
            split[key] = value
    return split

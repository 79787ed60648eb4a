import csv
import json
from itertools import product

import pytest

from bci_app.errors import RecordingError
from bci_app.evaluation.comparison import compare, summarise_cells
from bci_app.evaluation.comparison_tables import tidy_tables, write_csv, write_parquet

from .test_comparison import row

ROWS = [
    row(decoder, subject, accuracy, window_s)
    for (decoder, accuracy), subject, window_s in product(
        [("cca", 0.5), ("fbcca", 0.75)], "abc", [1.0, 2.0]
    )
]


@pytest.fixture
def tables():
    return tidy_tables(ROWS, ("10 Hz", "14 Hz"), summarise_cells(ROWS), compare(ROWS))


def test_each_figure_stands_once_in_a_row_of_its_own(tables, tmp_path):
    write_csv(tables, tmp_path)
    with (tmp_path / "rows.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(ROWS)
    assert [float(r["accuracy"]) for r in rows] == [r.accuracy for r in ROWS]
    with (tmp_path / "confusion.csv").open() as file:
        counts = list(csv.DictReader(file))
    assert len(counts) == 4 * len(ROWS)
    right = [int(c["n_trials"]) for c in counts if c["asked"] == c["answered"] == "10 Hz"]
    assert right == [r.n_right for r in ROWS]
    with (tmp_path / "cells.csv").open() as file:
        cells = list(csv.DictReader(file))
    assert [c["ci95_low"] for c in cells] == ["0.5", "0.5", "0.75", "0.75"]  # all are alike
    with (tmp_path / "differences.csv").open() as file:
        assert [d["better"] for d in csv.DictReader(file)] == ["fbcca", "fbcca"]


def test_parquet_holds_the_same(tables, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")
    write_parquet(tables, tmp_path)
    for name, table in tables.items():
        read = parquet.read_table(tmp_path / f"{name}.parquet").to_pylist()
        assert read == json.loads(json.dumps(table))


def test_a_single_subject_has_no_intervals_and_no_differences(tmp_path):
    rows = ROWS[:1]
    tables = tidy_tables(rows, ("10 Hz", "14 Hz"), summarise_cells(rows), compare(rows))
    write_csv(tables, tmp_path)
    with (tmp_path / "cells.csv").open() as file:
        assert next(csv.DictReader(file))["ci95_low"] == ""
    assert not (tmp_path / "differences.csv").exists()


def test_a_folder_that_cannot_be_written_is_said(tables, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordingError, match="cannot be written"):
        write_csv(tables, tmp_path / "file")

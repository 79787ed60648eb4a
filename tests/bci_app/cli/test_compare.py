import csv
import json
import subprocess
import sys

import pytest

from ..evaluation.test_grid import write


@pytest.fixture
def folder(tmp_path):
    for k in range(2):
        write(tmp_path / "recordings" / f"subject{k}.csv", k)
    return tmp_path / "recordings"


def arguments(folder, *options):
    return ["compare", folder, "--classes", "2=10,3=14", "--windows", "1", *options]


def test_a_comparison_is_kept_and_gone_on_with(bci_app, folder, tmp_path):
    out = tmp_path / "out"
    one = arguments(folder, "--out", out, "--workers", "1", "--json")
    first = bci_app(*one, "--decoders", "cca")
    figures = json.loads(first.out)
    assert figures["n_known_cells"] == 0
    assert figures["cells"][0]["n_recordings"] == 2
    run = bci_app(*arguments(folder, "--out", out, "--workers", "1", "--decoders", "cca"))
    assert run.code == 0
    assert "1 of 1 cells were known" in " ".join(run.out.split())
    with (out / "rows.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["recording"] for row in rows] == [
        "recordings/subject0.csv",
        "recordings/subject1.csv",
    ]
    assert {row["decoder"] for row in rows} == {"cca"}
    assert (out / "comparison.png").exists()
    assert {path.name for path in out.glob("*.csv")} == {"rows.csv", "cells.csv", "confusion.csv"}
    assert "Parquet" in first.err or (out / "rows.parquet").exists()


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--windows", "long"], 2, "expected lengths in seconds"),
        (["--decoders", "magic"], 1, "no decoder 'magic'"),
        (["--exclude", "*"], 1, "every recording was excluded"),
    ],
)
def test_wrong_use_is_one_clear_message(bci_app, folder, options, code, message):
    run = bci_app(*arguments(folder, *options))
    assert run.code == code
    assert message in " ".join(run.err.split())


def test_results_that_cannot_be_kept_are_said(bci_app, folder, tmp_path):
    (tmp_path / "file").write_text("")
    run = bci_app(*arguments(folder, "--out", tmp_path / "file", "--workers", "1"))
    assert run.code != 0
    assert "is a file" in run.err or "cannot be written" in " ".join(run.err.split())


def test_processes_give_the_same_as_this_one(bci_app, folder):
    here = json.loads(bci_app(*arguments(folder, "--workers", "1", "--json")).out)
    ran = subprocess.run(
        [sys.executable, "-m", "bci_app", *arguments(folder, "--workers", "2", "--json")],
        capture_output=True,
        check=True,
    )
    assert json.loads(ran.stdout) == here


def dask(role, *options, **more):
    command = [sys.executable, "-m", f"distributed.cli.dask_{role}", "--no-dashboard", *options]
    return subprocess.Popen(command, text=True, stderr=subprocess.PIPE, **more)


@pytest.mark.timeout(180)  # three programs that start slowly
def test_on_a_cluster_the_same_comes_out(bci_app, folder, tmp_path):
    pytest.importorskip("distributed", reason="the extra cluster is not installed")
    here = json.loads(bci_app(*arguments(folder, "--workers", "1", "--json")).out)
    with dask("scheduler", "--host", "127.0.0.1", "--port", "0") as scheduler:
        try:
            line = next(line for line in scheduler.stderr if "Scheduler at:" in line)
            address = line.split()[-1]
            there = ["--cluster", address, "--json"]
            options = ["--no-nanny", "--nthreads", "1", "--local-directory", tmp_path]
            with dask("worker", address, *options) as one, dask("worker", address, *options) as two:
                try:
                    ran = subprocess.run(
                        [sys.executable, "-m", "bci_app", *arguments(folder, *there)],
                        capture_output=True,
                        check=True,
                    )
                finally:
                    for worker in (one, two):
                        worker.terminate()
                        worker.communicate()
        finally:
            scheduler.terminate()
            scheduler.communicate()
    assert json.loads(ran.stdout)["cells"] == here["cells"]

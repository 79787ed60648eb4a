"""How fast decoders are compared: cells a second on 1 and 2 cores, and on 2 Dask workers.

A cell is one recording, decoder and window length: 4 decoders × 4 windows on the exoskeleton
recordings. Programs are started before the clock is: a warm-up evaluates one cell in each worker.
The results must be the same wherever they were computed.

    python benchmarks/evaluation_speed.py                 1 and 2 processes
    python benchmarks/evaluation_speed.py --dask          and 2 Dask workers (extra `cluster`)
"""

import argparse
import json
import multiprocessing
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from recordings_folder import data_folder

from bci_app.evaluation.cells import Cell, CellResult, run_cells
from bci_app.evaluation.grid import make_cells, run_grid
from bci_app.evaluation.schemes import Scheme
from bci_app.evaluation.trials import TrialEvaluation
from bci_app.recordings.reading import find_recordings

_CLASSES = {"2": 13.0, "4": 17.0, "3": 21.0}
_DECODERS = ("cca", "fbcca", "wilks", "fbwilks")
_WINDOWS_S = (1.0, 2.0, 3.0, 4.0)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--dask", action="store_true", help="two Dask workers as well")
    parser.add_argument("--repeats", type=int, default=3, help="the fastest counts")
    options = parser.parse_args()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    files = [file for file in find_recordings((data_folder() / "exoskeleton",)) if is_fif(file)]
    evaluation = TrialEvaluation(_DECODERS[0], _CLASSES, window_s=_WINDOWS_S[0])
    cells = make_cells(evaluation, Scheme.UNCALIBRATED, _DECODERS, _WINDOWS_S)
    places = {"1 process": processes(1), "2 processes": processes(2)}
    if options.dask:
        places["2 Dask workers"] = dask_workers(2)
    report: dict[str, float] = {}
    found = []
    for name, place in places.items():
        with place as (executor, n_workers):
            for warm_up in [executor.submit(run_cells, files[:1], cells[:1]) for _ in range(8)]:
                warm_up.result()
            elapsed_s, results = min(
                (measure(files, cells, executor, n_workers) for _ in range(options.repeats)),
                key=lambda timed: timed[0],
            )
        report[name] = round(sum(len(result.rows) for result in results) / elapsed_s, 1)
        found.append(sorted(repr(result.rows) for result in results))
    print(
        json.dumps(
            {
                "n_recordings": len(files),
                "n_cells": len(files) * len(cells),
                "cells_per_s": report,
                "all_alike": all(rows == found[0] for rows in found),
            },
            indent=2,
        )
    )


def measure(
    files: Sequence[Path], cells: Sequence[Cell], executor: Executor, n_workers: int
) -> tuple[float, list[CellResult]]:
    """Evaluate all cells; return the time it took, and the results."""
    began_s = time.perf_counter()
    results = list(run_grid(files, cells, executor, n_workers, None))
    return time.perf_counter() - began_s, results


def is_fif(file: Path) -> bool:
    """One session is there as GDF too."""
    return file.suffix == ".fif"


@contextmanager
def processes(n: int) -> Iterator[tuple[Executor, int]]:
    """Start processes of this machine."""
    with ProcessPoolExecutor(n, multiprocessing.get_context("spawn")) as executor:
        yield executor, n


@contextmanager
def dask_workers(n: int) -> Iterator[tuple[Executor, int]]:
    """Start a Dask scheduler and workers, each a process of its own."""
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
        client.get_executor(pure=False) as executor,  # a repeat is to be computed again
    ):
        yield executor, n


if __name__ == "__main__":
    main()

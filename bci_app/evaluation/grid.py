"""Decoders × window lengths × recordings, on all cores or a cluster, resumed where it was left."""

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from bci_app.decoders import DECODERS
from bci_app.errors import ConfigurationError, RecordingError
from bci_app.evaluation.cells import Cell, CellResult, Failure, Row, run_cells
from bci_app.evaluation.schemes import Scheme
from bci_app.evaluation.trials import TrialEvaluation


def make_cells(
    evaluation: TrialEvaluation,
    scheme: Scheme,
    decoders: Sequence[str],
    windows_s: Sequence[float],
) -> list[Cell]:
    """Return a cell for each decoder and window length, all else as in `evaluation`.

    Raises
    ------
    ConfigurationError
        When a decoder is unknown, or learns and the scheme gives it nothing to learn from.
    """
    for name in decoders:
        if name not in DECODERS:
            raise ConfigurationError(
                f"there is no decoder {name!r}: expected among {', '.join(sorted(DECODERS))}."
            )
        if DECODERS[name].needs_calibration and scheme is Scheme.UNCALIBRATED:
            raise ConfigurationError(
                f"{name} learns from labelled trials: expected the scheme {Scheme.CALIBRATED} or "
                f"{Scheme.TRANSFER}, or other decoders."
            )
    settings = {name: getattr(evaluation, name) for name in evaluation.__dataclass_fields__}
    return [
        Cell(TrialEvaluation(**settings | {"decoder": name, "window_s": window_s}), scheme)
        for name in decoders
        for window_s in windows_s
    ]


def run_grid(
    files: Sequence[Path],
    cells: Sequence[Cell],
    executor: Executor,
    n_workers: int,
    folder: Path | None,
) -> Iterator[CellResult]:
    """Evaluate all cells, each yielded when it is done.

    Parameters
    ----------
    files : sequence of Path
        The recordings, where every worker can read them.
    cells : sequence of Cell
    executor : Executor
        Of processes, or of a Dask cluster (`Client.get_executor()`).
    n_workers : int
        How many tasks it runs at a time.
    folder : Path or None
        Where finished cells are kept: those of an earlier run on the same recordings, with the
        same settings and version, are not computed again.

    Raises
    ------
    RecordingError
        When the folder cannot be written.
    """
    unknown: list[Cell] = []
    for cell in cells:
        known = None if folder is None else _read_result(cell, _kept(folder, files, cell))
        if known is None:
            unknown.append(cell)
        else:
            yield known
    running = [
        executor.submit(run_cells, tuple(files), task) for task in _tasks(unknown, n_workers)
    ]
    try:
        for future in as_completed(running):
            for result in future.result():
                if folder is not None:
                    _keep_result(result, _kept(folder, files, result.cell))
                yield result
    finally:
        for future in running:
            future.cancel()


def _tasks(cells: Sequence[Cell], n_workers: int) -> list[tuple[Cell, ...]]:
    """Put cells together that differ in their windows only, yet keep all workers busy."""
    by_decoder: dict[str, list[Cell]] = {}
    for cell in cells:
        by_decoder.setdefault(cell.evaluation.decoder, []).append(cell)
    if not by_decoder:
        return []
    n_parts = math.ceil(n_workers / len(by_decoder))
    return [
        tuple(members[part::n_parts])
        for members in by_decoder.values()
        for part in range(min(n_parts, len(members)))
    ]


def _kept(folder: Path, files: Sequence[Path], cell: Cell) -> Path:
    """Return where a cell is kept, told from all others with the recordings as they are now."""
    states = [(str(file.resolve()), file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    told = [version("bci-app"), states, asdict(cell.evaluation), str(cell.scheme)]
    key = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:24]
    return folder / f"{key}.json"


def _keep_result(result: CellResult, path: Path) -> None:
    """Write a finished cell, whole or not at all."""
    table = {
        "rows": [asdict(row) for row in result.rows],
        "failures": [asdict(failure) for failure in result.failures],
    }
    unfinished = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        raise RecordingError(
            f"{path.parent} cannot be written ({error.strerror or error}): expected a folder with "
            "room in it that you may write to. Choose another one."
        ) from error


def _read_result(cell: Cell, path: Path) -> CellResult | None:
    """Read a finished cell; None when there is none, or it is no longer of this form."""
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        rows = tuple(
            Row(**row | {"confusion": tuple(map(tuple, row["confusion"]))}) for row in table["rows"]
        )
        failures = tuple(Failure(**failure) for failure in table["failures"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return CellResult(cell, rows, failures, was_known=True)

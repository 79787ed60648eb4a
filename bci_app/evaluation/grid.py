"""Decoders × window lengths × recordings, on all cores or a cluster, resumed where it was left."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from bci_app.decoders import DECODERS
from bci_app.errors import ConfigurationError, RecordingError
from bci_app.evaluation.schemes import Scheme, evaluate_recording
from bci_app.evaluation.trials import TrialEvaluation, cut_trials
from bci_app.recordings.reading import read_recording
from calibration.errors import CalibrationError
from calibration.metrics import itr_bits_per_min


@dataclass(frozen=True, slots=True)
class Cell:
    """One decoder at one window length, on all recordings.

    Parameters
    ----------
    evaluation : TrialEvaluation
    scheme : Scheme
    """

    evaluation: TrialEvaluation
    scheme: Scheme


@dataclass(frozen=True, slots=True)
class Row:
    """One recording in one cell: a row of the tidy table.

    Parameters
    ----------
    decoder, scheme : str
    start_s, window_s : float
    subject : str
        The folder of the recording.
    recording : str
    n_trials, n_right : int
    n_gapped : int
        Trials that were left out because samples are missing in them.
    accuracy, itr_bits_per_min : float
    confusion : tuple of tuple of int
        Row k, column m: trials of class k that were taken for class m.
    """

    decoder: str
    scheme: str
    start_s: float
    window_s: float
    subject: str
    recording: str
    n_trials: int
    n_right: int
    n_gapped: int
    accuracy: float
    itr_bits_per_min: float
    confusion: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """A recording that could not be used in a cell, and why."""

    recording: str
    reason: str


@dataclass(frozen=True, slots=True)
class CellResult:
    """What came of a cell.

    Parameters
    ----------
    cell : Cell
    rows : tuple of Row
    failures : tuple of Failure
    was_known : bool
        Whether it was computed in an earlier run.
    """

    cell: Cell
    rows: tuple[Row, ...]
    failures: tuple[Failure, ...]
    was_known: bool = False


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
                f"{name} learns from labelled trials: expected a scheme that has some. Add "
                "--calibrated or --transfer, or leave it out."
            )
    settings = {name: getattr(evaluation, name) for name in evaluation.__dataclass_fields__}
    return [
        Cell(TrialEvaluation(**settings | {"decoder": name, "window_s": window_s}), scheme)
        for name in decoders
        for window_s in windows_s
    ]


def run_grid(
    files: Sequence[Path], cells: Sequence[Cell], executor: Executor, folder: Path | None
) -> Iterator[CellResult]:
    """Evaluate all cells, each yielded when it is done.

    Parameters
    ----------
    files : sequence of Path
        The recordings, where every worker can read them.
    cells : sequence of Cell
    executor : Executor
        Of processes, or of a Dask cluster (`Client.get_executor()`).
    folder : Path or None
        Where finished cells are kept: those of an earlier run on the same recordings, with the
        same settings and version, are not computed again.

    Raises
    ------
    RecordingError
        When the folder cannot be written.
    """
    running = {}
    for cell in cells:
        kept = None if folder is None else folder / f"{_key(files, cell)}.json"
        known = None if kept is None else _read_result(cell, kept)
        if known is not None:
            yield known
        else:
            running[executor.submit(run_cell, tuple(files), cell)] = kept
    try:
        for future in as_completed(running):
            result = future.result()
            if (kept := running[future]) is not None:
                _keep_result(result, kept)
            yield result
    finally:
        for future in running:
            future.cancel()


def run_cell(files: Sequence[Path], cell: Cell) -> CellResult:
    """Evaluate one cell; recordings that cannot be used are left out and named."""
    evaluation, pool, rows, failures = cell.evaluation, [], [], []
    for file in files:
        try:
            pool.append((file, cut_trials(read_recording(file), evaluation)))
        except (RecordingError, CalibrationError) as error:
            failures.append(Failure(str(file), str(error)))
    trials = [labelled for _, labelled in pool]
    for file, scored in pool:
        try:
            result = evaluate_recording(scored, trials, evaluation, cell.scheme)
        except CalibrationError as error:
            failures.append(Failure(str(file), str(error)))
            continue
        rows.append(
            Row(
                decoder=evaluation.decoder,
                scheme=str(cell.scheme),
                start_s=evaluation.start_s,
                window_s=evaluation.window_s,
                subject=scored.subject.name,
                recording=result.recording,
                n_trials=result.n_trials,
                n_right=result.n_right,
                n_gapped=result.n_gapped,
                accuracy=result.accuracy,
                itr_bits_per_min=itr_bits_per_min(
                    result.accuracy,
                    len(result.confusion),
                    evaluation.start_s + evaluation.window_s,
                ),
                confusion=result.confusion,
            )
        )
    return CellResult(cell, tuple(rows), tuple(failures))


def _key(files: Sequence[Path], cell: Cell) -> str:
    """Return what tells a cell, with the recordings as they are now, from all others."""
    states = [(str(file.resolve()), file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    told = [version("bci-app"), states, asdict(cell.evaluation), str(cell.scheme)]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:24]


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

"""One decoder at one window length on all recordings: a cell, and what comes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bci_app.errors import BciAppError
from bci_app.evaluation.schemes import Scheme, evaluate_recording
from bci_app.evaluation.trials import (
    LabelledTrials,
    TrialEvaluation,
    cut_trials,
    filter_recording,
    name_subjects,
)
from bci_app.recordings.reading import read_recording
from bci_app.recordings.recording import printable
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
        The folder of the recording, with as much of its path as tells it from the others'.
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


def run_cells(files: Sequence[Path], cells: Sequence[Cell]) -> list[CellResult]:
    """Evaluate cells that differ in their windows only: each recording is filtered once for all.

    Recordings that cannot be used are left out and named.
    """
    subjects = name_subjects(files)
    found = [_Found(cell, subjects) for cell in cells]
    for file in files:
        try:
            recording = read_recording(file)
            filtered = filter_recording(recording, cells[0].evaluation)
        except (BciAppError, CalibrationError) as error:
            for one in found:
                one.leave_out(file, error)
            continue
        for one in found:
            try:
                trials = cut_trials(recording, one.cell.evaluation, filtered)
            except (BciAppError, CalibrationError) as error:
                one.leave_out(file, error)
                continue
            if one.cell.scheme is Scheme.UNCALIBRATED:
                one.score(file, trials, ())  # and let go of it: there may be gigabytes of them
            else:
                one.pool.append((file, trials))
    for one in found:
        pool = [trials for _, trials in one.pool]
        for file, trials in one.pool:
            one.score(file, trials, pool)
    return [CellResult(one.cell, tuple(one.rows), tuple(one.failures)) for one in found]


@dataclass(frozen=True, slots=True)
class _Found:
    """What has come of a cell so far."""

    cell: Cell
    subjects: Mapping[Path, str]
    pool: list[tuple[Path, LabelledTrials]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    def leave_out(self, file: Path, error: Exception) -> None:
        self.failures.append(Failure(printable(file), printable(str(error))))

    def score(self, file: Path, scored: LabelledTrials, pool: Sequence[LabelledTrials]) -> None:
        evaluation = self.cell.evaluation
        try:
            result = evaluate_recording(scored, pool, evaluation, self.cell.scheme)
        except CalibrationError as error:
            self.leave_out(file, error)
            return
        self.rows.append(
            Row(
                decoder=evaluation.decoder,
                scheme=str(self.cell.scheme),
                start_s=evaluation.start_s,
                window_s=evaluation.window_s,
                subject=self.subjects[scored.subject],
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

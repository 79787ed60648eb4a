"""`bci-app evaluate`: accuracy of a decoder in the trials of recordings."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fnmatch import fnmatch
from pathlib import Path

import click

from bci_app.cli import output
from bci_app.cli.parameters import (
    band_option,
    classes_option,
    harmonics_option,
    mains_option,
    window_option,
)
from bci_app.decoders import DECODERS
from bci_app.errors import RecordingError
from bci_app.evaluation.trials import (
    EvaluationSummary,
    RecordingResult,
    TrialEvaluation,
    evaluate_recording,
    summarise,
)
from bci_app.recordings.reading import find_recordings, read_recording
from calibration.errors import CalibrationError


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@classes_option
@click.option(
    "--decoder",
    type=click.Choice(sorted(DECODERS)),
    default="cca",
    show_default=True,
    help="How a window is scored.",
)
@click.option(
    "--start",
    "start_s",
    default=0.5,
    show_default=True,
    help="Begin of the window after a trial's onset, in seconds.",
)
@window_option
@harmonics_option
@band_option
@mains_option
@click.option(
    "--exclude",
    metavar="PATTERN",
    multiple=True,
    help="Leave out recordings whose path matches, such as '*2013.04.06-16.22.32*'.",
)
@output.json_option
def command(
    paths: tuple[Path, ...],
    classes: Mapping[str, float | None],
    decoder: str,
    start_s: float,
    window_s: float,
    n_harmonics: int,
    band_hz: tuple[float, float],
    mains_hz: float | None,
    exclude: tuple[str, ...],
    as_json: bool,
) -> None:
    """Decode one window in every trial of the recordings (files, or folders of them).

    The recordings are filtered causally, as they would be live. A selection takes START + WINDOW
    seconds in the information transfer rate. A recording in a folder that cannot be used is named
    and left out.

    Example: bci-app evaluate recordings/ --classes 2=13,4=17,3=21
    """
    evaluation = TrialEvaluation(
        decoder, classes, start_s, window_s, n_harmonics, band_hz, mains_hz
    )
    files = [
        file
        for file in find_recordings(paths)
        if not any(fnmatch(str(file), pattern) for pattern in exclude)
    ]
    if not files:
        raise RecordingError("every recording was excluded: expected at least one to evaluate.")
    results, failures = _evaluate_files(files, evaluation, named=set(paths))
    if not results:
        raise RecordingError(
            f"none of the {len(files)} recordings could be used. {failures[0].recording}: "
            f"{failures[0].reason}"
        )
    summary = summarise(results, evaluation)
    if as_json:
        failed = [{"recording": f.recording, "reason": f.reason} for f in failures]
        output.print_json({**asdict(summary), "failed": failed})
    else:
        _print_report(summary)


@dataclass(frozen=True, slots=True)
class _Failure:
    recording: str
    reason: str


def _evaluate_files(
    files: list[Path], evaluation: TrialEvaluation, named: set[Path]
) -> tuple[list[RecordingResult], list[_Failure]]:
    results, failures = [], []
    remarks = output.console(stderr=True)
    with output.progress() as bar:
        for file in bar.track(files, description="Decoding"):
            try:
                results.append(evaluate_recording(read_recording(file), evaluation))
            except (RecordingError, CalibrationError) as error:
                if file in named:
                    raise
                failures.append(_Failure(str(file), str(error)))
                remarks.print(f"[yellow]left out[/] {file.name}: {error}", markup=True)
    return results, failures


def _print_report(summary: EvaluationSummary) -> None:
    report = output.console()
    rows = [
        (str(row["recording"]), str(row["n_trials"]), f"{row['accuracy']:.3f}")
        for row in summary.per_recording
    ]
    report.print(output.table(("recording", "trials", "accuracy"), rows), markup=False)
    low, high = summary.pooled_accuracy_ci95
    report.print(
        f"{summary.decoder}, {summary.window_s:g} s from {summary.start_s:g} s after onset: accuracy "
        f"[bold]{summary.accuracy:.3f}[/] mean over {summary.n_recordings} recordings "
        f"({low:.3f} to {high:.3f}, 95 % of the pooled trials), "
        f"{summary.itr_bits_per_min:.1f} bit/min",
    )

"""`bci-app evaluate`: accuracy of a decoder in the trials of recordings."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from bci_app.cli import output
from bci_app.cli.evaluate_online import evaluate_online
from bci_app.cli.parameters import (
    band_option,
    harmonics_option,
    mains_option,
    max_false_option,
    window_option,
)
from bci_app.cli.sources import (
    exclude_option,
    find_sources,
    paths_argument,
    source_classes_option,
    start_option,
)
from bci_app.decoders import DECODERS
from bci_app.errors import BciAppError, RecordingError
from bci_app.evaluation.asynchronous import OnlineEvaluation
from bci_app.evaluation.schemes import (
    EvaluationSummary,
    RecordingResult,
    Scheme,
    evaluate_recording,
    summarise,
)
from bci_app.evaluation.trials import LabelledTrials, TrialEvaluation, cut_trials
from bci_app.recordings.reading import read_recording
from calibration.errors import CalibrationError

_BEST = {
    Scheme.UNCALIBRATED: "fbwilks",
    Scheme.CALIBRATED: "evidence",
    Scheme.TRANSFER: "evidence",
}


@click.command()
@paths_argument
@source_classes_option
@click.option(
    "--decoder",
    type=click.Choice(sorted(DECODERS)),
    help="How a window is scored; by default the best: fbwilks, and with --calibrated or "
    "--transfer evidence.",
)
@click.option(
    "--calibrated",
    is_flag=True,
    help="Learn from the subject's other sessions (one folder a subject) and, where the decoder "
    "can, from other subjects; each session is scored in turn.",
)
@click.option(
    "--transfer",
    is_flag=True,
    help="Learn from other subjects' sessions only (one folder a subject).",
)
@start_option
@window_option(2.0)
@click.option(
    "--trial",
    "trial_s",
    type=float,
    help="How long the flicker lasts after the onset, in seconds: what is learned from. By default "
    "half the shortest time from one trial to the next.",
)
@harmonics_option(None)
@band_option(None)
@mains_option
@exclude_option
@click.option(
    "--online",
    is_flag=True,
    help="Run the whole recordings through the online path: answers, response times and false "
    "commands. --start, --window and --harmonics have no say then.",
)
@click.option(
    "--onsets",
    type=click.Choice(["known", "unknown"]),
    default="unknown",
    show_default=True,
    help="With --online: whether each trial, idle ones too, is announced to the policy, which then "
    "gives one command at most.",
)
@max_false_option("With --online: ")
@click.option(
    "--resplice",
    "resplice_seed",
    metavar="SEED",
    type=int,
    help="With --online: put the trials of each recording in random order first, so that nothing "
    "can be owed to the order.",
)
@click.option(
    "--adapt",
    "adapts",
    is_flag=True,
    help="With --online, a model and unknown onsets: let the threshold follow how high idle goes, "
    "slowly and within bounds. The operating curve is drawn without.",
)
@output.json_option
def command(
    paths: tuple[Path, ...],
    classes: Mapping[str, float | None] | None,
    decoder: str | None,
    calibrated: bool,
    transfer: bool,
    start_s: float | None,
    window_s: float,
    trial_s: float | None,
    n_harmonics: int | None,
    band_hz: tuple[float, float] | None,
    mains_hz: float | None,
    exclude: tuple[str, ...],
    online: bool,
    onsets: str,
    max_false_per_min: float,
    resplice_seed: int | None,
    adapts: bool,
    as_json: bool,
) -> None:
    """Decode one window in every trial of the recordings.

    Recordings are files, folders of them, or data sets of MOABB by name (moabb:Nakanishi2015).

    The recordings are filtered causally, as they would be live. A selection takes START + WINDOW
    seconds in the information transfer rate. Trials in which samples are missing are left out and
    counted. With 1=idle among the classes, a decoder that knows
    rest (evidence) has it as one more class; for the others rest trials are left out. A recording
    in a folder that cannot be used is named and left out.

    Example: bci-app evaluate recordings/ --classes 2=13,4=17,3=21,1=idle --calibrated --trial 5

    With --online the figures are those of use: what was commanded, how soon, and how often when
    nobody asked. Trials last --trial seconds (5 by default); model and threshold come from other
    recordings only.

    Example: bci-app evaluate recordings/ --classes 2=13,4=17,3=21,1=idle --online --calibrated
    """
    if calibrated and transfer:
        raise click.UsageError("--calibrated and --transfer exclude each other: choose one.")
    scheme = Scheme.UNCALIBRATED
    if calibrated or transfer:
        scheme = Scheme.CALIBRATED if calibrated else Scheme.TRANSFER
    if online and decoder is not None:
        raise click.UsageError(
            "--online runs the online path, which has its own decoder: leave out --decoder."
        )
    decoder = decoder or _BEST[scheme]
    if DECODERS[decoder].needs_calibration and scheme is Scheme.UNCALIBRATED:
        raise click.UsageError(
            f"{decoder} learns from labelled trials: add --calibrated (the subject's other "
            "sessions) or --transfer (other subjects')."
        )
    sources = find_sources(paths, classes, exclude)
    trial_s = trial_s or sources.trial_s
    start_s = sources.start_s if start_s is None else start_s
    evaluation = TrialEvaluation(
        decoder, sources.classes, start_s, window_s, n_harmonics, band_hz, mains_hz, trial_s
    )
    if online:
        online_evaluation = OnlineEvaluation(
            sources.classes,
            scheme,
            onsets_known=onsets == "known",
            max_false_per_min=max_false_per_min,
            resplice_seed=resplice_seed,
            adapts=adapts,
            trial_s=trial_s or 5.0,
            band_hz=band_hz,
            mains_hz=mains_hz,
        )
        evaluate_online(sources.files, online_evaluation, sources.named, as_json=as_json)
        return
    results, failures = _evaluate_files(sources.files, evaluation, scheme, sources.named)
    if not results:
        raise RecordingError(
            f"none of the {len(sources.files)} recordings could be used. {failures[0].recording}: "
            f"{failures[0].reason}"
        )
    summary = summarise(results, evaluation, scheme)
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
    files: list[Path], evaluation: TrialEvaluation, scheme: Scheme, named: set[Path]
) -> tuple[list[RecordingResult], list[_Failure]]:
    pool: list[tuple[Path, LabelledTrials]] = []
    results: list[RecordingResult] = []
    failures: list[_Failure] = []

    def leave_out(file: Path, error: Exception) -> None:
        if file in named:
            raise error
        failures.append(_Failure(str(file), str(error)))
        output.console(stderr=True).print(f"left out {file.name}: {error}", markup=False)

    with output.progress() as bar:
        for file in bar.track(files, description="Reading"):
            try:
                trials = cut_trials(read_recording(file), evaluation)
            except (BciAppError, CalibrationError) as error:
                leave_out(file, error)
                continue
            if scheme is Scheme.UNCALIBRATED:  # let go of them: there may be gigabytes
                results.append(evaluate_recording(trials, (), evaluation, scheme))
            else:
                pool.append((file, trials))
        everything = [trials for _, trials in pool]
        for file, scored in bar.track(pool, description="Decoding"):
            try:
                results.append(evaluate_recording(scored, everything, evaluation, scheme))
            except CalibrationError as error:
                leave_out(file, error)
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
        f"{summary.decoder}, {summary.scheme}, {summary.window_s:g} s from {summary.start_s:g} s "
        f"after onset: accuracy "
        f"[bold]{summary.accuracy:.3f}[/] mean over {summary.n_recordings} recordings "
        f"({low:.3f} to {high:.3f}, 95 % of the pooled trials), "
        f"{summary.itr_bits_per_min:.1f} bit/min",
    )
    if summary.n_gapped:
        report.print(f"{summary.n_gapped} trials left out: samples are missing in them.")

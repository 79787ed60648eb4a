"""`bci-app evaluate --online`: false commands, answers and response times of the online path."""

from dataclasses import asdict, replace
from pathlib import Path

from rich.table import Table

from bci_app.cli import output
from bci_app.errors import BciAppError, RecordingError
from bci_app.evaluation.asynchronous import (
    OnlineEvaluation,
    Session,
    decode_session,
    fit_for,
    prepare_session,
    run_session,
)
from bci_app.evaluation.decoded_run import DecodedRun
from bci_app.evaluation.online_summary import OnlineSummary, summarise_online
from bci_app.evaluation.operating_curve import OperatingCurve, operating_curve
from bci_app.evaluation.schemes import Scheme
from bci_app.evaluation.session_result import SessionResult
from bci_app.evaluation.trials import name_subjects
from bci_app.online.growing import IdleOfPerson
from bci_app.recordings.reading import read_recording
from calibration.errors import CalibrationError


def evaluate_online(
    files: list[Path], evaluation: OnlineEvaluation, named: set[Path], *, as_json: bool
) -> None:
    """Run recordings through the online path and report.

    Parameters
    ----------
    files : list of Path
    evaluation : OnlineEvaluation
    named : set of Path
        Those that were named one by one, which must be usable.
    as_json : bool

    Raises
    ------
    RecordingError
        When no recording could be used.
    """
    pool: list[tuple[Path, Session]] = []
    results: list[SessionResult] = []
    runs: list[DecodedRun] = []
    failed: list[dict[str, str]] = []

    def leave_out(file: Path, error: Exception) -> None:
        if file in named:
            raise error
        failed.append({"recording": str(file), "reason": str(error)})
        output.console(stderr=True).print(f"left out {file.name}: {error}", markup=False)

    with output.progress() as bar:
        for file in bar.track(files, description="Reading"):
            try:
                pool.append((file, prepare_session(read_recording(file), evaluation)))
            except (BciAppError, CalibrationError) as error:
                leave_out(file, error)
        sessions = [session for _, session in pool]
        subjects = name_subjects(files)
        known_idle: dict[tuple[str, ...], list[IdleOfPerson]] = {}
        for file, session in bar.track(pool, description="Running"):
            try:
                model = None
                if evaluation.scheme is not Scheme.UNCALIBRATED:
                    model = fit_for(session, sessions, evaluation, known_idle)
                result = run_session(session, model, evaluation)
                results.append(replace(result, subject=subjects[session.trials.subject]))
                if model is not None:
                    runs.append(decode_session(session, model, evaluation))
            except (BciAppError, CalibrationError) as error:
                leave_out(file, error)
    if not results:
        raise RecordingError(
            f"none of the {len(files)} recordings could be used. {failed[0]['recording']}: "
            f"{failed[0]['reason']}"
        )
    curve = operating_curve(runs) if runs else None
    summary = summarise_online(results, evaluation, curve)
    if as_json:
        output.print_json({**asdict(summary), "failed": failed})
    else:
        _print_report(summary)


def _print_report(summary: OnlineSummary) -> None:
    figure = output.figure
    rows = [
        (
            "trials answered right",
            f"{summary.true_positive_rate:.3f} ({_range(summary.true_positive_rate_ci95)})",
        ),
        (
            "trials answered wrong",
            f"{summary.wrong_rate:.3f} ({_range(summary.wrong_rate_ci95)})",
        ),
        (
            "response time",
            f"{figure(summary.latency_s['mean'], '.2f', ' s')} mean, "
            f"{figure(summary.latency_s['median'], '.2f', ' s')} median",
        ),
        (
            "false commands in idle",
            f"{figure(summary.false_per_min, '.2f', ' a minute')} in {summary.idle_min:.1f} min, "
            f"{summary.max_false_per_min:g} accepted",
        ),
        (
            "commands between trials",
            f"{figure(summary.between_per_min, '.2f', ' a minute')}",
        ),
        ("calibration error", figure(summary.expected_calibration_error, ".3f")),
    ]
    report = output.console()
    report.print(output.facts(rows))
    report.print(
        f"{summary.scheme}, onsets {summary.onsets}, {summary.n_recordings} recordings, "
        f"{summary.n_trials} trials with a target; means over recordings with 95 % intervals."
    )
    if summary.operating_curve is not None:
        report.print("\nFor other accepted rates, all trials together:")
        report.print(_curve_table(summary.operating_curve), markup=False)


def _curve_table(curve: OperatingCurve) -> Table:
    rows = []
    for point in curve.points:
        figures = [
            (point.false_per_min, point.false_per_min_ci95, ".2f"),
            (point.hit_rate, point.hit_rate_ci95, ".3f"),
            (point.wrong_rate, point.wrong_rate_ci95, ".3f"),
            (point.response_s, point.response_s_ci95, ".2f"),
        ]
        cells = [
            "–"
            if value is None or interval is None
            else f"{value:{form}} ({interval[0]:{form}} to {interval[1]:{form}})"
            for value, interval, form in figures
        ]
        rows.append((f"{point.accepted_false_per_min:g}", *cells))
    return output.table(("accepted/min", "false/min", "right", "wrong", "response, s"), rows)


def _range(interval: tuple[float, float]) -> str:
    low, high = interval
    return f"{low:.3f} to {high:.3f}"

"""From labelled recordings to a subject's profile: what `calibrate` does once the trials are there.

The guided calibration and `calibrate --from` both end here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec
import numpy as np

from bci_app.evaluation.candidates import make_candidates
from bci_app.evaluation.fold_models import FoldModels, fit_fold_models
from bci_app.evaluation.learning import learning_points
from bci_app.evaluation.operation import Operation, operate_fixed, operate_growing
from bci_app.evaluation.own_sessions import FIXED_WINDOW, GROWING, labels_of, windows_of
from bci_app.online.growing import DELAY_S
from bci_app.online.settings import PathSettings
from bci_app.runtime.gathering import Gathered, gather
from bci_app.runtime.labelled import FitRequest, LabelledRecording
from bci_app.runtime.profile_files import (
    OPEN_SESSION,
    next_session,
    profile_path,
    refuse_taken,
    report_path,
)
from bci_app.runtime.profile_text import describe
from calibration.expectation import ExpectedShare, expect_share
from calibration.findings import Findings
from calibration.fitting import (
    BoolArray,
    FloatArray,
    HeldOut,
    IntArray,
    assign_folds,
    choose_simplest,
    confusion,
    cross_validate,
    standard_error,
)
from calibration.learning_curve import fit_learning_curve, look_ahead
from calibration.profile import Profile, write_profile
from calibration.spectra import measure_spectra

__all__ = ["Calibration", "FitRequest", "LabelledRecording", "Progress", "fit_subject"]

Progress = Callable[[str, float], None]
"""Called with what is being done, and the share of all that is done, from 0 to 1."""

_COMPARED_S = (1.0, 2.0, 3.0, 4.0)
_CHOSEN_S = 2.0
_BLOCK = 2  # trials of each class that another block of a guided calibration has


@dataclass(frozen=True, slots=True)
class Calibration:
    """A fitted subject.

    Parameters
    ----------
    profile : Profile
        Its session is `00` where the request left it open, until it is saved.
    figures : Findings
        All that the report shows, as numbers.
    """

    profile: Profile
    figures: Findings = field(repr=False)

    def save(self, folder: Path, *, again: bool = False) -> Path:
        """Write the profile to `folder`/sub-X/ses-Y and its report beside it.

        Parameters
        ----------
        folder : Path
        again : bool
            Whether to replace what was saved of this session before.

        Returns
        -------
        Path
            Of the profile.

        Raises
        ------
        CalibrationError
            When they cannot be written, or the session has a profile already.
        """
        text = self.profile.text
        if text.session == OPEN_SESSION:
            session = next_session(folder, text.subject)
            profile = replace(self.profile, text=msgspec.structs.replace(text, session=session))
            return replace(self, profile=profile).save(folder)
        if not again:
            refuse_taken(folder, text.subject, text.session)
        path = profile_path(folder, text.subject, text.session)
        write_profile(self.profile, path)
        self.write_report(report_path(path))
        return path

    def write_report(self, path: Path) -> None:
        """Write the report as one HTML file that needs nothing else.

        Raises
        ------
        CalibrationError
            When it cannot be written.
        """
        from calibration.report import write_report

        write_report(self.profile.text, self.figures, path)


def fit_subject(
    own: Sequence[LabelledRecording],
    others: Sequence[Sequence[LabelledRecording]],
    request: FitRequest,
    progress: Progress | None = None,
) -> Calibration:
    """Compare decoders, fit the chosen one, set its operating point and foretell what it will do.

    No figure comes from trials that the decoder or the threshold had seen: with two sessions or
    more each is left out in turn, with a single one groups of whole trials are.

    Parameters
    ----------
    own : sequence of LabelledRecording
        The subject's sessions, at least one, with the same channels and sampling rate.
    others : sequence of sequence of LabelledRecording
        Sessions of each other person, to learn from; those with other channels, another sampling
        rate or the samples of one of the subject's are left out, and named in the figures.
    request : FitRequest
    progress : callable, optional

    Returns
    -------
    Calibration

    Raises
    ------
    CalibrationError
        When there are too few trials, a class is missing, or an electrode is dead: it says which.
    ConfigurationError
        When targets, band or trial length do not suit the recordings.
    """
    tell = progress or (lambda _what, _share: None)
    tell("Reading the trials", 0.0)
    gathered = gather(own, others, request)
    plan, sessions = gathered.plan, gathered.own
    labels, numbers = labels_of(sessions)
    folds = assign_folds(labels, numbers)
    models = fit_fold_models(
        sessions,
        folds,
        gathered.others,
        plan,
        lambda done, of: tell("Fitting", 0.1 + 0.4 * done / of),
    )
    tell("Comparing decoders", 0.5)
    compared = _compare(gathered, models, labels, folds)
    window_s = _CHOSEN_S if _CHOSEN_S in compared else min(compared)
    tell("Setting the operating point", 0.6)
    chosen, operation = _operate(compared[window_s], gathered, models, folds, request)
    tell("Looking at the learning curve", 0.8)
    points = learning_points(sessions, folds, gathered.others, plan, window_s)
    curve = fit_learning_curve(points)
    n_each = int(np.bincount(labels).min())
    probabilities, was_right = _predictions(gathered, models, folds, labels)
    findings = Findings(
        compared=compared,
        window_s=window_s,
        chosen=chosen,
        confusion=confusion(chosen, plan.idle + 1),
        curve=operation.curve,
        n_sessions=len(sessions),
        n_trials=len(labels),
        idle_min=_idle_min(gathered, labels),
        within_session=len(sessions) == 1,
        expected_right=_expect_right(operation, labels, plan.idle, len(sessions)),
        probabilities=probabilities if chosen.decoder == GROWING else np.empty(0),
        was_right=was_right if chosen.decoder == GROWING else np.empty(0, dtype=np.bool_),
        spectra=measure_spectra(
            windows_of(sessions, FIXED_WINDOW, _shortest(gathered)),
            labels,
            plan.frequencies_hz,
            sessions[0].recording.sampling_rate_hz,
        ),
        learning=curve,
        prospect=look_ahead(curve, n_each, _BLOCK),
        remarks=gathered.remarks,
    )
    arrays = models.final.to_arrays() if chosen.decoder == GROWING else {}
    profile = Profile(describe(own, gathered, request, findings, operation), arrays)
    tell("Done", 1.0)
    return Calibration(profile, findings)


def _compare(
    gathered: Gathered, models: FoldModels, labels: IntArray, folds: IntArray
) -> dict[float, tuple[HeldOut, ...]]:
    """Answers of each decoder for trials that it has not seen, by window length."""
    longest_s = _shortest(gathered) / gathered.own[0].recording.sampling_rate_hz
    fitted_s = models.final.decoder.lengths_s
    return {
        window_s: tuple(
            cross_validate(candidate, labels, folds)
            for candidate in make_candidates(
                gathered.own, models.by_fold, folds, gathered.plan, window_s
            )
        )
        for window_s in _COMPARED_S
        if window_s <= longest_s and window_s in fitted_s
    }


def _operate(
    compared: Sequence[HeldOut],
    gathered: Gathered,
    models: FoldModels,
    folds: IntArray,
    request: FitRequest,
) -> tuple[HeldOut, Operation]:
    """Choose a decoder and its operating point.

    The simplest decoder must be as good as the best but for one standard error in two things: its
    answers, and the looks that it answers when no more false commands are accepted.
    """
    plan, accepted = gathered.plan, request.max_false_per_min
    settings = PathSettings(targets=request.targets, band_hz=plan.band_hz, mains_hz=plan.mains_hz)
    growing = operate_growing(
        gathered.own,
        folds,
        models,
        plan,
        settings,
        max_false_per_min=accepted,
        n_others_idle=gathered.n_others_idle,
        seed=request.seed,
    )
    chosen = choose_simplest(compared)
    if chosen.decoder == FIXED_WINDOW:
        fixed = operate_fixed(
            gathered.own, folds, plan, settings, max_false_per_min=accepted, seed=request.seed
        )
        n_looks = int((chosen.labels != plan.idle).sum())
        least = growing.point.hit_rate - standard_error(growing.point.hit_rate, n_looks)
        if fixed.point.hit_rate >= least:
            return chosen, fixed
        chosen = next(result for result in compared if result.decoder == GROWING)
    return chosen, growing


def _predictions(
    gathered: Gathered, models: FoldModels, folds: IntArray, labels: IntArray
) -> tuple[FloatArray, BoolArray]:
    """Probability of the likeliest class in windows of several lengths, and whether it was true."""
    rate_hz = gathered.own[0].recording.sampling_rate_hz
    fitted_s = [s for s in _COMPARED_S if s in models.final.decoder.lengths_s]
    probabilities, right = [], []
    for fold, model in enumerate(models.by_fold):
        held = folds == fold
        for window_s in fitted_s:
            windows_uv = windows_of(gathered.own, GROWING, round(window_s * rate_hz))[held]
            scores = model.decoder.score_windows(windows_uv)
            probabilities.append(np.exp(scores.max(axis=1)))
            right.append(scores.argmax(axis=1) == labels[held])
    return np.concatenate(probabilities), np.concatenate(right)


def _expect_right(
    operation: Operation, labels: IntArray, idle: int, n_sessions: int
) -> ExpectedShare:
    n_looks = int((labels != idle).sum())
    return expect_share(round(operation.point.hit_rate * n_looks), n_looks, n_sessions)


def _idle_min(gathered: Gathered, labels: IntArray) -> float:
    plan = gathered.plan
    return float((labels == plan.idle).sum() * (plan.trial_s - DELAY_S) / 60)


def _shortest(gathered: Gathered) -> int:
    """Count the samples of the shortest session's windows."""
    return min(int(session.windows_uv[FIXED_WINDOW].shape[-1]) for session in gathered.own)

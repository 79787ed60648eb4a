"""A subject's sessions, cut and observed once, for all that is fitted to and tested on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from bci_app.decoders.estimator import IntArray
from bci_app.decoders.references import FloatArray
from bci_app.evaluation.decoded_run import DecodedRun, decode_run
from bci_app.evaluation.resplicing import resplice
from bci_app.evaluation.session_result import TrialTruth
from bci_app.evaluation.trials import LabelledTrials, TrialEvaluation, cut_trials
from bci_app.online.growing import DELAY_S, GrowingModel, Observed, make_growing_decoder
from bci_app.online.settings import PathSettings
from bci_app.recordings.recording import Recording
from calibration.errors import CalibrationError
from calibration.fitting import BoolArray
from calibration.trials import label_trials

FIXED_WINDOW = "cca"
"""The decoder of windows of a fixed length, as a session runs it."""
GROWING = "evidence"
"""The decoder of windows that grow."""
COMPARED = (FIXED_WINDOW, "fbcca", "fbwilks", "cca-knn", GROWING)
"""The decoders that are compared for a subject, the simplest first."""

_BEFORE_S = 5.0


@dataclass(frozen=True, slots=True)
class TrialPlan:
    """What the trials of all sessions have in common.

    Parameters
    ----------
    frequencies_hz : tuple of float
        The targets in the order of their labels.
    trial_s : float
    band_hz : tuple of float
    mains_hz : float or None
    """

    frequencies_hz: tuple[float, ...]
    trial_s: float
    band_hz: tuple[float, float]
    mains_hz: float | None

    @property
    def idle(self) -> int:
        """Label of idle."""
        return len(self.frequencies_hz)

    def evaluation(self, decoder: str, classes: Mapping[str, float | None]) -> TrialEvaluation:
        """How trials are cut for a decoder: what shows their target, to their end."""
        return TrialEvaluation(
            decoder,
            classes,
            DELAY_S,
            self.trial_s - DELAY_S,
            band_hz=self.band_hz,
            mains_hz=self.mains_hz,
            trial_s=self.trial_s,
            keep_idle=True,
        )

    def labels_of(self, ascending: IntArray) -> IntArray:
        """Return labels in the order of the targets, of labels in that of their frequencies."""
        order = [self.frequencies_hz.index(f) for f in sorted(self.frequencies_hz)]
        return np.array([*order, self.idle], dtype=np.intp)[ascending]


@dataclass(frozen=True, slots=True)
class OwnSession:
    """A session of the subject.

    Parameters
    ----------
    recording : Recording
    onsets, labels : ndarray of int, shape (n_trials,)
        Of the trials without a gap, in order of time.
    windows_uv : mapping of str to ndarray, shape (n_trials, [n_bands,] n_channels, n_times)
        From `DELAY_S` after the onset to the trial's end, filtered for each decoder.
    observed : mapping
        What growing decoders learn from.
    n_left_out : int
        Trials with a gap.
    """

    recording: Recording
    onsets: IntArray
    labels: IntArray
    windows_uv: Mapping[str, FloatArray] = field(repr=False)
    observed: Observed = field(repr=False)
    n_left_out: int


def prepare_own(
    recording: Recording, classes: Mapping[str, float | None], plan: TrialPlan
) -> OwnSession:
    """Cut a session of the subject.

    Trials that the end of the recording or a gap cuts off are left out.

    Raises
    ------
    CalibrationError
        When a code never occurs, or none of its trials is whole.
    ConfigurationError
        When targets, band or trial length do not suit it.
    """
    whole, onsets, n_left_out = _keep_whole_trials(recording, classes, plan)
    cut = {name: cut_trials(whole, plan.evaluation(name, classes)) for name in COMPARED}
    learned = cut[GROWING]
    return OwnSession(
        recording,
        onsets,
        plan.labels_of(learned.labels),
        {name: trials.windows_uv for name, trials in cut.items()},
        _observe(learned, plan),
        n_left_out,
    )


def observe_other(
    recording: Recording, classes: Mapping[str, float | None], plan: TrialPlan
) -> tuple[Observed, IntArray]:
    """Cut another person's session; return what decoders learn from it, and its trials' labels.

    Raises
    ------
    CalibrationError, ConfigurationError
        As :func:`prepare_own`.
    """
    whole, _, _ = _keep_whole_trials(recording, classes, plan)
    trials = cut_trials(whole, plan.evaluation(GROWING, classes))
    return _observe(trials, plan), plan.labels_of(trials.labels)


def _observe(trials: LabelledTrials, plan: TrialPlan) -> Observed:
    decoder = make_growing_decoder(plan.frequencies_hz, trials.sampling_rate_hz, plan.trial_s)
    return decoder.observe(trials.windows_uv, plan.labels_of(trials.labels))


def _keep_whole_trials(
    recording: Recording, classes: Mapping[str, float | None], plan: TrialPlan
) -> tuple[Recording, IntArray, int]:
    """Return a recording with the markers of whole trials, their onsets, and how many went."""
    label_trials([(marker.index, marker.code) for marker in recording.markers], classes)
    missing = np.logical_not(np.isfinite(recording.samples_uv).all(axis=1))
    n_trial = round(plan.trial_s * recording.sampling_rate_hz)
    markers = [marker for marker in recording.markers if marker.code in classes]
    whole = [
        marker
        for marker in markers
        if marker.index + n_trial <= len(missing)
        and not missing[marker.index : marker.index + n_trial].any()
    ]
    lost = sorted(classes.keys() - {marker.code for marker in whole})
    if lost:
        raise CalibrationError(
            f"no trial with the code {', '.join(lost)} in {recording.name} is whole: each lacks "
            f"samples, or {plan.trial_s:g} s of them after its onset. Expected some; give the "
            "trials' true length, or leave this recording out."
        )
    onsets = np.array([marker.index for marker in whole], dtype=np.intp)
    return replace(recording, markers=tuple(whole)), onsets, len(markers) - len(whole)


def splice(
    session: OwnSession, trials: BoolArray, plan: TrialPlan, seed: int
) -> tuple[Recording, TrialTruth]:
    """Put some trials of a session in random order, one after the other.

    A stream in which nothing can be owed to the order, and in which no trial was learned from.

    Parameters
    ----------
    session : OwnSession
    trials : ndarray of bool, shape (n_trials,)
    plan : TrialPlan
    seed : int

    Raises
    ------
    CalibrationError
        When there is no order in which no target follows itself.
    """
    recording, rate_hz = session.recording, session.recording.sampling_rate_hz
    onsets, labels = session.onsets[trials], session.labels[trials]
    # What comes long before is of no use to the filters.
    first = max(0, int(onsets[0]) - round(_BEFORE_S * rate_hz))
    samples_uv = _without_gaps(recording.samples_uv[first:])
    spliced = resplice(
        replace(recording, samples_uv=samples_uv, markers=()),
        onsets - first,
        labels,
        tuple(str(label) for label in labels.tolist()),
        plan.idle,
        delay_s=DELAY_S,
        trial_s=plan.trial_s,
        seed=seed,
    )
    truth = TrialTruth.of_trials(
        np.array([marker.index for marker in spliced.markers], dtype=np.intp),
        np.array([int(marker.code) for marker in spliced.markers], dtype=np.intp),
        plan.idle,
        n_samples=len(spliced.samples_uv),
        trial_s=plan.trial_s,
        sampling_rate_hz=rate_hz,
    )
    return spliced, truth


def _without_gaps(samples_uv: FloatArray) -> FloatArray:
    """Hold the last sample through gaps, which lie between the trials that are used."""
    missing = ~np.isfinite(samples_uv).all(axis=1)
    if not missing.any():
        return samples_uv
    present = np.where(missing, 0, np.arange(len(samples_uv)))
    held = samples_uv[np.maximum.accumulate(present)]
    held[~np.isfinite(held).all(axis=1)] = 0.0
    return np.asarray(held)


def decode_held_out(
    session: OwnSession,
    trials: BoolArray,
    model: GrowingModel,
    settings: PathSettings,
    plan: TrialPlan,
    seed: int,
) -> DecodedRun:
    """Decode trials as the online path would, by a model that never saw them."""
    spliced, truth = splice(session, trials, plan, seed)
    return decode_run(spliced.samples_uv, model, settings, truth)


def windows_of(sessions: Sequence[OwnSession], decoder: str, n_times: int) -> FloatArray:
    """Return the first samples of all trials, filtered for a decoder."""
    return np.concatenate([session.windows_uv[decoder][..., :n_times] for session in sessions])


def labels_of(sessions: Sequence[OwnSession]) -> tuple[IntArray, IntArray]:
    """Label and session of all trials, shape (n_trials,)."""
    labels = np.concatenate([session.labels for session in sessions])
    numbers = np.repeat(np.arange(len(sessions)), [len(s.labels) for s in sessions])
    return labels, numbers

"""Evaluation as in use: the online path over whole recordings, idle among them.

The path is the one that runs live, its model and its threshold come from other recordings only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from bci_app.errors import ConfigurationError
from bci_app.evaluation.decoded_run import DecodedRun, decode_run
from bci_app.evaluation.resplicing import resplice
from bci_app.evaluation.schemes import Scheme
from bci_app.evaluation.session_result import Expectation, SessionResult, TrialTruth, score_session
from bci_app.evaluation.trials import LabelledTrials, TrialEvaluation, cut_trials
from bci_app.online.adaptation import adaptation_for
from bci_app.online.events import PathEvent
from bci_app.online.growing import (
    DELAY_S,
    GrowingDecoder,
    GrowingModel,
    IdleOfPerson,
    Observed,
    fit_growing_model,
    idle_of_people,
    make_growing_decoder,
)
from bci_app.online.path import OnlinePath
from bci_app.online.sequential import SequentialSettings
from bci_app.online.settings import PathSettings, Target
from bci_app.recordings.recording import Recording
from calibration.errors import CalibrationError
from calibration.trials import label_trials
from devices.chunk import Chunk
from devices.exoskeleton.command import Command

_CHUNK_S = 10.0
_SEAM_S = 0.25  # that re-splicing may take beyond a trial's end


@dataclass(frozen=True, slots=True)
class OnlineEvaluation:
    """What is evaluated.

    Parameters
    ----------
    classes : mapping of str to float or None
        Target frequency of each event code, None for idle.
    scheme : Scheme
        Without calibration the path decides by canonical correlation in windows of fixed length.
    onsets_known : bool
        Whether each trial, idle ones too, is announced to the policy; else the stream just runs.
    max_false_per_min : float
        Accepted rate of false commands.
    resplice_seed : int or None
        Put the trials in random order first.
    adapts : bool
        Whether the threshold follows idle.
    trial_s : float
        How long a trial lasts from its onset.
    band_hz, mains_hz
        As in :class:`~bci_app.evaluation.trials.TrialEvaluation`.
    """

    classes: Mapping[str, float | None]
    scheme: Scheme
    onsets_known: bool = False
    max_false_per_min: float = 0.5
    resplice_seed: int | None = None
    adapts: bool = False
    trial_s: float = 5.0
    band_hz: tuple[float, float] | None = None
    mains_hz: float | None = 50.0

    def __post_init__(self) -> None:
        if self.max_false_per_min <= 0:
            raise ConfigurationError(
                f"{self.max_false_per_min:g} false commands a minute: expected a positive rate."
            )
        if self.onsets_known and self.scheme is Scheme.UNCALIBRATED:
            raise ConfigurationError(
                "known onsets are for a policy whose windows grow, which learns from labelled "
                "trials: add --calibrated or --transfer, or leave the onsets unknown."
            )

        if self.adapts and (self.onsets_known or self.scheme is Scheme.UNCALIBRATED):
            raise ConfigurationError(
                "a threshold that adapts is for a model that runs with onsets unknown: add "
                "--calibrated or --transfer, and leave the onsets unknown."
            )

    def trial_evaluation(self) -> TrialEvaluation:
        """How trials are cut for the decoder to learn from."""
        window_s = self.trial_s - DELAY_S
        return TrialEvaluation(
            "evidence",
            self.classes,
            DELAY_S,
            window_s,
            band_hz=self.band_hz,
            mains_hz=self.mains_hz,
            trial_s=self.trial_s,
        )


@dataclass(frozen=True, slots=True)
class Session:
    """A recording that is scored, learned from, or both.

    Parameters
    ----------
    recording : Recording
    trials : LabelledTrials
        Its samples are dropped: what is learned from them is in `observed`.
    observed : mapping or None
        What decoders learn from; None where none learns.
    """

    recording: Recording
    trials: LabelledTrials
    observed: Observed | None


def prepare_session(recording: Recording, evaluation: OnlineEvaluation) -> Session:
    """Cut a recording's trials and observe what a decoder can learn from them.

    Raises
    ------
    CalibrationError
        When a code never occurs or a trial is not whole.
    ConfigurationError
        When targets, band or trial length do not suit the recording.
    """
    trials = cut_trials(recording, evaluation.trial_evaluation())
    observed = None
    if evaluation.scheme is not Scheme.UNCALIBRATED:
        decoder = _decoder(recording.sampling_rate_hz, evaluation)
        observed = decoder.observe(trials.windows_uv, trials.labels)
    nothing = trials.windows_uv[..., :0]
    return Session(recording, replace(trials, windows_uv=nothing, whole_uv=nothing), observed)


def _decoder(rate_hz: float, evaluation: OnlineEvaluation) -> GrowingDecoder:
    frequencies_hz = evaluation.trial_evaluation().frequencies_hz
    return make_growing_decoder(frequencies_hz, rate_hz, evaluation.trial_s)


def fit_for(
    scored: Session,
    pool: Sequence[Session],
    evaluation: OnlineEvaluation,
    known_idle: dict[tuple[str, ...], list[IdleOfPerson]],
) -> GrowingModel:
    """Fit a model for a session from the others; one with the same samples is never among them.

    Parameters
    ----------
    scored : Session
    pool : sequence of Session
    evaluation : OnlineEvaluation
    known_idle : dict
        Idle of other people by their recordings, which the sessions of a subject share; grows.

    Raises
    ------
    CalibrationError
        When there is nothing to learn from.
    """
    usable = [session for session in pool if session.trials.fits(scored.trials)]
    own: list[Observed] = []
    people: dict[object, list[Observed]] = {}
    recordings: list[str] = []
    for session in usable:
        if session.observed is None:
            continue
        if session.trials.subject == scored.trials.subject:
            own.append(session.observed)
        else:
            people.setdefault(session.trials.subject, []).append(session.observed)
            recordings.append(str(session.recording.path))
    if evaluation.scheme is Scheme.TRANSFER:
        own = []
    elif not own:
        raise CalibrationError(
            f"{scored.trials.recording} is the only session in its folder with these channels and "
            "this sampling rate: expected at least one more of the subject's to calibrate on."
        )
    if not own and not people:
        raise CalibrationError(
            f"no other subject's recording has the channels and the sampling rate of "
            f"{scored.trials.recording}: expected at least one, in a folder of its own."
        )
    decoder = _decoder(scored.trials.sampling_rate_hz, evaluation)
    others, key = list(people.values()), tuple(recordings)
    if key not in known_idle:
        known_idle[key] = idle_of_people(decoder, others)
    return fit_growing_model(decoder, own, others, known_idle[key])


def run_session(
    session: Session, model: GrowingModel | None, evaluation: OnlineEvaluation
) -> SessionResult:
    """Send a recording through the online path and hold its decisions against the trials."""
    recording, truth = _as_scored(session, evaluation)
    settings = _path_settings(evaluation, recording.sampling_rate_hz)
    expected = None
    if model is not None:
        sequential = model.settings_for(
            evaluation.max_false_per_min, onsets_known=evaluation.onsets_known
        )
        if evaluation.adapts:
            sequential = replace(sequential, adaptation=adaptation_for(model.unannounced))
        settings = replace(settings, sequential=sequential)
        expected = _expectation(model, settings.sequential)
    path = OnlinePath(settings, recording.sampling_rate_hz, len(recording.channel_names), model)
    announced = truth.onsets.tolist() if evaluation.onsets_known else []
    events = _drive(path, recording, announced)
    trials = session.trials
    return score_session(trials.recording, trials.subject.name, events, truth, expected)


def decode_session(
    session: Session,
    model: GrowingModel,
    evaluation: OnlineEvaluation,
    shortest_s: float | None = None,
) -> DecodedRun:
    """Decode a recording hop by hop, as :func:`decode_run`, by a model of other recordings."""
    recording, truth = _as_scored(session, evaluation)
    return decode_run(
        recording.samples_uv,
        model,
        _path_settings(evaluation, recording.sampling_rate_hz),
        truth,
        onsets_known=evaluation.onsets_known,
        shortest_s=shortest_s,
    )


def _as_scored(session: Session, evaluation: OnlineEvaluation) -> tuple[Recording, TrialTruth]:
    """Return the recording, in another order where that is wanted, and its trials."""
    recording, n_targets = session.recording, len(evaluation.trial_evaluation().frequencies_hz)
    onsets, labels, codes = truth_of_trials(recording, evaluation)
    if evaluation.resplice_seed is not None:
        recording = resplice(
            recording,
            onsets,
            labels,
            codes,
            n_targets,
            delay_s=DELAY_S,
            trial_s=evaluation.trial_s,
            seed=evaluation.resplice_seed,
        )
        onsets, labels, _ = truth_of_trials(recording, evaluation)
    truth = TrialTruth.of_trials(
        onsets,
        labels,
        n_targets,
        n_samples=len(recording.samples_uv),
        trial_s=evaluation.trial_s,
        sampling_rate_hz=recording.sampling_rate_hz,
    )
    return recording, truth


def _path_settings(evaluation: OnlineEvaluation, rate_hz: float) -> PathSettings:
    trials = evaluation.trial_evaluation()
    return PathSettings(
        targets=tuple(Target(f, Command.STAND) for f in trials.frequencies_hz),
        band_hz=trials.band_for(rate_hz),
        mains_hz=evaluation.mains_hz,
    )


def _expectation(model: GrowingModel, settings: SequentialSettings) -> Expectation:
    rate = model.false_rate(onsets_known=settings.onsets_known)
    threshold = settings.threshold
    return Expectation(
        threshold, rate.expected_per_min(threshold), rate.interval_per_min(threshold)
    )


def truth_of_trials(
    recording: Recording, evaluation: OnlineEvaluation
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], tuple[str, ...]]:
    """Return onset, label and code of each trial; the label of idle is the number of targets.

    Trials in which samples are missing are left out: nobody could have answered them.
    """
    frequencies_hz = evaluation.trial_evaluation().frequencies_hz
    missing = np.logical_not(np.isfinite(recording.samples_uv).all(axis=1))
    n_trial = round((evaluation.trial_s + _SEAM_S) * recording.sampling_rate_hz)
    markers = [
        (m.index, m.code)
        for m in recording.markers
        if m.code in evaluation.classes and not missing[max(0, m.index) :][:n_trial].any()
    ]
    trials = label_trials(markers, evaluation.classes)
    onsets = np.array([trial.onset_index for trial in trials], dtype=np.intp)
    labels = [
        len(frequencies_hz) if t.frequency_hz is None else frequencies_hz.index(t.frequency_hz)
        for t in trials
    ]
    codes = tuple(code for _, code in markers)
    return onsets, np.array(labels, dtype=np.intp), codes


def _drive(path: OnlinePath, recording: Recording, announced: list[int]) -> list[PathEvent]:
    """Push a recording, announcing a look at each of these samples."""
    n_chunk = round(_CHUNK_S * recording.sampling_rate_hz)
    n_samples = len(recording.samples_uv)
    edges = sorted({*range(0, n_samples, n_chunk), *announced, n_samples})
    events: list[PathEvent] = []
    for start, stop in pairwise(edges):
        if start in announced:
            path.begin_look()
        events += path.push(Chunk(recording.samples_uv[start:stop], start))
    return events

"""Evaluation as in use: the online path over whole recordings, idle among them.

The path is the one that runs live, its model and its threshold come from other recordings only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from bci_app.errors import ConfigurationError
from bci_app.evaluation.reliability import (
    ReliabilityBin,
    expected_calibration_error,
    reliability,
)
from bci_app.evaluation.resplicing import resplice
from bci_app.evaluation.schemes import Scheme
from bci_app.evaluation.trials import LabelledTrials, TrialEvaluation, cut_trials
from bci_app.online.events import Decided, PathEvent, Scored
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
from bci_app.online.settings import PathSettings, Target
from bci_app.recordings.recording import Recording
from calibration.errors import CalibrationError
from calibration.trials import label_trials
from devices.chunk import Chunk
from devices.exoskeleton.command import Command

FloatArray = npt.NDArray[np.float64]

_CHUNK_S = 10.0
_N_RESAMPLES = 2000


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


@dataclass(frozen=True, slots=True)
class SessionResult:
    """What the path did in one recording.

    Parameters
    ----------
    recording, subject : str
    n_target_trials, n_right, n_wrong : int
        By the first decision in each trial.
    n_later : int
        Further decisions in those trials.
    latencies_s : tuple of float
        From the onset to each right decision.
    n_false : int
        Decisions in idle trials.
    idle_min : float
    n_between : int
        Decisions outside trials, the first `DELAY_S` after an onset included: nobody answers so
        soon.
    between_min : float
    threshold : float or None
        None for the path without a model.
    expected_false_per_min : float or None
        What was expected at that threshold.
    expected_interval : tuple of float or None
        90 % interval of that.
    probabilities, right : ndarray
        Of the likeliest class at each hop in a trial, and whether it was the true one.
    """

    recording: str
    subject: str
    n_target_trials: int
    n_right: int
    n_wrong: int
    n_later: int
    latencies_s: tuple[float, ...]
    n_false: int
    idle_min: float
    n_between: int
    between_min: float
    threshold: float | None
    expected_false_per_min: float | None
    expected_interval: tuple[float, float] | None
    probabilities: FloatArray = field(repr=False)
    right: npt.NDArray[np.bool_] = field(repr=False)

    def figures(self) -> dict[str, object]:
        """Return the rates of this recording."""
        return {
            "recording": self.recording,
            "true_positive_rate": self.n_right / self.n_target_trials,
            "wrong_rate": self.n_wrong / self.n_target_trials,
            "false_per_min": self.n_false / self.idle_min if self.idle_min else None,
            "latency_s": _latency(self.latencies_s),
            "n_trials": self.n_target_trials,
            "idle_min": self.idle_min,
            "n_between": self.n_between,
            "threshold": self.threshold,
            "expected_false_per_min": self.expected_false_per_min,
            "expected_interval": self.expected_interval,
        }


def run_session(
    session: Session, model: GrowingModel | None, evaluation: OnlineEvaluation
) -> SessionResult:
    """Send a recording through the online path and hold its decisions against the trials."""
    recording, frequencies_hz = session.recording, evaluation.trial_evaluation().frequencies_hz
    rate_hz = recording.sampling_rate_hz
    onsets, labels, codes = truth_of_trials(recording, evaluation)
    n_targets = len(frequencies_hz)
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
    settings = PathSettings(
        targets=tuple(Target(f, Command.STAND) for f in frequencies_hz),
        band_hz=evaluation.trial_evaluation().band_for(rate_hz),
        mains_hz=evaluation.mains_hz,
    )
    if model is not None:
        sequential = model.settings_for(
            evaluation.max_false_per_min, onsets_known=evaluation.onsets_known
        )
        settings = replace(settings, sequential=sequential)
    path = OnlinePath(settings, rate_hz, len(recording.channel_names), model)
    announced = onsets.tolist() if evaluation.onsets_known else []
    events = _drive(path, recording, announced)
    begins = onsets + round(DELAY_S * rate_hz)
    ends = onsets + round(evaluation.trial_s * rate_hz)
    ends[:-1] = np.minimum(ends[:-1], begins[1:])
    ends = np.minimum(ends, len(recording.samples_uv))
    decided = [event for event in events if isinstance(event, Decided)]
    by_trial = [
        [d for d in decided if begin < d.end_index <= end]
        for begin, end in zip(begins, ends, strict=True)
    ]
    looked = [(k, label) for k, label in enumerate(labels.tolist()) if label < n_targets]
    answered = [(k, label) for k, label in looked if by_trial[k]]
    right = [k for k, label in answered if by_trial[k][0].target == label]
    n_false = sum(len(by_trial[k]) for k in np.flatnonzero(labels == n_targets))
    in_trials = sum(map(len, by_trial))
    after_first = sum(d.end_index > onsets[0] for d in decided)
    sought_min = (ends - begins).sum() / rate_hz / 60
    rate = model.false_rate(onsets_known=evaluation.onsets_known) if model else None
    threshold = settings.sequential.threshold if model else None
    probabilities, was_right = _predictions(events, begins, ends, labels, n_targets)
    return SessionResult(
        recording=session.trials.recording,
        subject=session.trials.subject.name,
        n_target_trials=len(looked),
        n_right=len(right),
        n_wrong=len(answered) - len(right),
        n_later=sum(len(by_trial[k]) - 1 for k, _ in answered),
        latencies_s=tuple(float((by_trial[k][0].end_index - onsets[k]) / rate_hz) for k in right),
        n_false=n_false,
        idle_min=float((ends - begins)[labels == n_targets].sum() / rate_hz / 60),
        n_between=int(after_first - in_trials),
        between_min=float((len(recording.samples_uv) - onsets[0]) / rate_hz / 60 - sought_min),
        threshold=threshold,
        expected_false_per_min=rate.expected_per_min(threshold)
        if rate and threshold is not None
        else None,
        expected_interval=rate.interval_per_min(threshold)
        if rate and threshold is not None
        else None,
        probabilities=probabilities if model else np.empty(0),
        right=was_right if model else np.empty(0, dtype=np.bool_),
    )


def truth_of_trials(
    recording: Recording, evaluation: OnlineEvaluation
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], tuple[str, ...]]:
    """Return onset, label and code of each trial; the label of idle is the number of targets."""
    frequencies_hz = evaluation.trial_evaluation().frequencies_hz
    markers = [(m.index, m.code) for m in recording.markers]
    trials = label_trials(markers, evaluation.classes)
    onsets = np.array([trial.onset_index for trial in trials], dtype=np.intp)
    labels = [
        len(frequencies_hz) if t.frequency_hz is None else frequencies_hz.index(t.frequency_hz)
        for t in trials
    ]
    codes = tuple(code for _, code in markers if code in evaluation.classes)
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


def _predictions(
    events: Sequence[PathEvent],
    begins: npt.NDArray[np.intp],
    ends: npt.NDArray[np.intp],
    labels: npt.NDArray[np.intp],
    n_targets: int,
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Probability of the likeliest class at each hop within a trial, and whether it was true."""
    scored = [event for event in events if isinstance(event, Scored)]
    indices = np.array([event.end_index for event in scored], dtype=np.intp)
    probabilities = np.array([event.scores for event in scored]).reshape(-1, n_targets)
    idle = 1 - probabilities.sum(axis=1, keepdims=True)
    classes = np.concatenate([probabilities, idle], axis=1)
    trial = np.searchsorted(begins, indices) - 1
    inside = (trial >= 0) & (indices <= ends[trial])
    best = classes.argmax(axis=1)
    return classes.max(axis=1)[inside], (best == labels[trial])[inside]


@dataclass(frozen=True, slots=True)
class OnlineSummary:
    """Figures over all recordings.

    Parameters
    ----------
    scheme : str
    onsets : str
        `known` or `unknown`.
    resplice_seed : int or None
    max_false_per_min : float
        What was accepted.
    n_recordings, n_trials : int
    true_positive_rate, wrong_rate : float
        Share of the trials with a target whose first decision was right, or wrong; mean over
        recordings.
    true_positive_rate_ci95, wrong_rate_ci95 : tuple of float
        Bootstrap over recordings.
    latency_s : dict
        `median` and `mean` from the onset to right decisions.
    false_per_min : float or None
        In idle trials, all recordings together.
    false_per_min_ci95 : tuple of float or None
        Bootstrap over recordings.
    idle_min : float
    n_later : int
        Decisions after the first one in a trial with a target.
    between_per_min : float or None
        Decisions outside trials.
    between_min : float
    expected_calibration_error : float or None
        Of the probability of the likeliest class at each hop in a trial.
    reliability : tuple of ReliabilityBin
    per_recording : tuple of dict
    per_subject : tuple of dict
    """

    scheme: str
    onsets: str
    resplice_seed: int | None
    max_false_per_min: float
    n_recordings: int
    n_trials: int
    true_positive_rate: float
    true_positive_rate_ci95: tuple[float, float]
    wrong_rate: float
    wrong_rate_ci95: tuple[float, float]
    latency_s: dict[str, float | None]
    false_per_min: float | None
    false_per_min_ci95: tuple[float, float] | None
    idle_min: float
    n_later: int
    between_per_min: float | None
    between_min: float
    expected_calibration_error: float | None
    reliability: tuple[ReliabilityBin, ...]
    per_recording: tuple[dict[str, object], ...]
    per_subject: tuple[dict[str, object], ...]


def summarise_online(
    results: Sequence[SessionResult], evaluation: OnlineEvaluation
) -> OnlineSummary:
    """Put the results of at least one recording into figures."""
    right = np.array([r.n_right / r.n_target_trials for r in results])
    wrong = np.array([r.n_wrong / r.n_target_trials for r in results])
    n_false = np.array([r.n_false for r in results], dtype=np.float64)
    idle_min = np.array([r.idle_min for r in results])
    between_min = sum(r.between_min for r in results)
    drawn = np.random.default_rng(0).integers(len(results), size=(_N_RESAMPLES, len(results)))
    has_idle = bool((idle_min > 0).all())
    bins = reliability(
        np.concatenate([r.probabilities for r in results]),
        np.concatenate([r.right for r in results]),
    )
    return OnlineSummary(
        scheme=str(evaluation.scheme),
        onsets="known" if evaluation.onsets_known else "unknown",
        resplice_seed=evaluation.resplice_seed,
        max_false_per_min=evaluation.max_false_per_min,
        n_recordings=len(results),
        n_trials=sum(r.n_target_trials for r in results),
        true_positive_rate=float(right.mean()),
        true_positive_rate_ci95=_interval(right[drawn].mean(axis=1)),
        wrong_rate=float(wrong.mean()),
        wrong_rate_ci95=_interval(wrong[drawn].mean(axis=1)),
        latency_s=_latency([s for r in results for s in r.latencies_s]),
        false_per_min=float(n_false.sum() / idle_min.sum()) if has_idle else None,
        false_per_min_ci95=(
            _interval(n_false[drawn].sum(axis=1) / idle_min[drawn].sum(axis=1))
            if has_idle
            else None
        ),
        idle_min=float(idle_min.sum()),
        n_later=sum(r.n_later for r in results),
        between_per_min=(
            sum(r.n_between for r in results) / between_min if between_min > 0 else None
        ),
        between_min=between_min,
        expected_calibration_error=expected_calibration_error(bins),
        reliability=bins,
        per_recording=tuple(r.figures() for r in results),
        per_subject=tuple(_by_subject(results)),
    )


def _by_subject(results: Sequence[SessionResult]) -> list[dict[str, object]]:
    figures: list[dict[str, object]] = []
    for subject in sorted({r.subject for r in results}):
        of_subject = [r for r in results if r.subject == subject]
        idle_min = sum(r.idle_min for r in of_subject)
        n_false = sum(r.n_false for r in of_subject)
        figures.append(
            {
                "subject": subject,
                "true_positive_rate": float(
                    np.mean([r.n_right / r.n_target_trials for r in of_subject])
                ),
                "wrong_rate": float(np.mean([r.n_wrong / r.n_target_trials for r in of_subject])),
                "latency_s": _latency([s for r in of_subject for s in r.latencies_s]),
                "n_false": n_false,
                "idle_min": idle_min,
                "false_per_min": n_false / idle_min if idle_min else None,
            }
        )
    return figures


def _latency(latencies_s: Sequence[float]) -> dict[str, float | None]:
    if not latencies_s:
        return {"median": None, "mean": None}
    return {"median": float(np.median(latencies_s)), "mean": float(np.mean(latencies_s))}


def _interval(resampled: FloatArray) -> tuple[float, float]:
    low, high = np.quantile(resampled, (0.025, 0.975)).tolist()
    return low, high

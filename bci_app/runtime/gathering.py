"""Whether recordings suffice for a calibration; if so, their trials, cut and observed."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from bci_app.errors import BciAppError
from bci_app.evaluation.own_sessions import OwnSession, TrialPlan, observe_other, prepare_own
from bci_app.online.growing import Observed
from bci_app.online.settings import list_hz
from bci_app.recordings.recording import Recording
from bci_app.runtime.labelled import FitRequest, LabelledRecording
from calibration.errors import CalibrationError
from calibration.fitting import LEAST_TRIALS
from calibration.profile_fields import ElectrodeQuality, Source
from calibration.quality import judge

# So much less than the other electrodes shows no brain, whatever the unit.
_DEAD = 1e-3
_USUAL_UV, _NO_EEG_UV = 20.0, 1000.0


@dataclass(frozen=True, slots=True)
class Gathered:
    """Recordings that suit each other, cut and observed.

    Parameters
    ----------
    plan : TrialPlan
    own : tuple of OwnSession
    others : tuple of tuple of Observed
        Sessions of each other person.
    n_others_idle : int
    own_sources, others_sources : tuple of Source
    quality : tuple of ElectrodeQuality
    remarks : tuple of str
        What was left out, and what to know.
    """

    plan: TrialPlan
    own: tuple[OwnSession, ...]
    others: tuple[tuple[Observed, ...], ...] = field(repr=False)
    n_others_idle: int
    own_sources: tuple[Source, ...]
    others_sources: tuple[Source, ...]
    quality: tuple[ElectrodeQuality, ...]
    remarks: tuple[str, ...]


def gather(
    own: Sequence[LabelledRecording],
    others: Sequence[Sequence[LabelledRecording]],
    request: FitRequest,
) -> Gathered:
    """Check recordings, cut their trials and observe them.

    Raises
    ------
    CalibrationError
        When the subject's recordings do not suffice.
    ConfigurationError
        When targets, band or trial length do not suit them.
    """
    _check_own(own, request)
    first = own[0].recording
    plan = request.plan(first.sampling_rate_hz)
    sessions = [prepare_own(each.recording, each.classes, plan) for each in own]
    _check_counts(sessions, plan)
    remarks = [
        f"{session.recording.name}: {session.n_left_out} trials left out, cut off by a gap or by "
        "the recording's end."
        for session in sessions
        if session.n_left_out
    ]
    quality, doubt = _judge_electrodes([each.recording for each in own])
    if doubt:
        remarks.append(doubt)
    own_sources = [
        _source(each.recording, len(session.labels), session.n_left_out)
        for each, session in zip(own, sessions, strict=True)
    ]
    seen = {source.sha256 for source in own_sources}
    people: list[tuple[Observed, ...]] = []
    sources: list[Source] = []
    n_idle = 0
    for person in others:
        learned: list[Observed] = []
        for each in person:
            source = _source(each.recording, 0, 0)
            try:
                _check_other(each.recording, first, source.sha256 in seen)
                observed, labels = observe_other(each.recording, each.classes, plan)
            except (BciAppError, CalibrationError) as error:
                remarks.append(f"{each.recording.name} of another person was left out: {error}")
                continue
            seen.add(source.sha256)
            n_idle += int((labels == plan.idle).sum())
            learned.append(observed)
            sources.append(_source(each.recording, len(labels), 0))
        if learned:
            people.append(tuple(learned))
    return Gathered(
        plan,
        tuple(sessions),
        tuple(people),
        n_idle,
        tuple(own_sources),
        tuple(sources),
        quality,
        tuple(remarks),
    )


def _check_own(own: Sequence[LabelledRecording], request: FitRequest) -> None:
    if not own:
        raise CalibrationError("no recording of the subject: expected at least one.")
    wanted = {target.frequency_hz for target in request.targets}
    first, digests = own[0].recording, set[str]()
    for each in own:
        recording = each.recording
        if None not in each.classes.values():
            raise CalibrationError(
                "no class is idle: expected trials in which the subject looks at no target, for "
                "what must not happen is learned from them. Name their event code, such as 1=idle."
            )
        found = {frequency_hz for frequency_hz in each.classes.values() if frequency_hz is not None}
        if found != wanted:
            raise CalibrationError(
                f"the classes of {recording.name} are targets at {list_hz(sorted(found))}: "
                f"expected {list_hz(sorted(wanted))}."
            )
        if (recording.channel_names, recording.sampling_rate_hz) != (
            first.channel_names,
            first.sampling_rate_hz,
        ):
            raise CalibrationError(
                f"{recording.name} has the channels {', '.join(recording.channel_names)} at "
                f"{recording.sampling_rate_hz:g} Hz, but {first.name} has "
                f"{', '.join(first.channel_names)} at {first.sampling_rate_hz:g} Hz: expected the "
                "same. Calibrate from one kind at a time."
            )
        _check_electrodes(recording)
        digest = digest_of(recording)
        if digest in digests:
            raise CalibrationError(
                f"{recording.name} has the samples of another recording that was given: expected "
                "each session once, or a trial would be tested that was learned from."
            )
        digests.add(digest)


def _check_electrodes(recording: Recording) -> None:
    steps = [np.diff(uv[np.isfinite(uv)]) for uv in recording.samples_uv.T]
    spread = np.array([step.std() if len(step) else 0.0 for step in steps])
    typical = np.median(spread)
    dead = [
        name
        for name, value in zip(recording.channel_names, spread.tolist(), strict=True)
        if not value > _DEAD * typical
    ]
    if dead:
        raise CalibrationError(
            f"{', '.join(dead)} is dead in {recording.name}: its signal does not move. Expected a "
            "brain at each electrode. Calibrate without it (--without "
            f"{','.join(dead)}), or mend the contact and record again."
        )


def _judge_electrodes(
    recordings: Sequence[Recording],
) -> tuple[tuple[ElectrodeQuality, ...], str]:
    """Judge the electrodes; also return what speaks against the recordings' unit, if anything."""
    samples_uv = np.concatenate([recording.samples_uv for recording in recordings])
    first, doubt = recordings[0], ""
    names, rate_hz = first.channel_names, first.sampling_rate_hz
    judged = judge(samples_uv, names, rate_hz)
    spread_uv = float(np.median([each.spread_uv or 0.0 for each in judged]))
    if spread_uv > _NO_EEG_UV:
        judged = judge(samples_uv * (_USUAL_UV / spread_uv), names, rate_hz)
        doubt = (
            f"The electrodes of {first.name} swing by {spread_uv:.0f} µV, which no scalp does: its "
            "unit is not what the file says. Nothing but the electrodes' grades depends on it; "
            f"they are as if the usual electrode swung by {_USUAL_UV:g} µV."
        )
    quality = tuple(
        ElectrodeQuality(electrode=each.name, grade=each.grade.name.lower(), advice=each.sentence)
        for each in judged
    )
    return quality, doubt


def _check_counts(sessions: Sequence[OwnSession], plan: TrialPlan) -> None:
    labels = np.concatenate([session.labels for session in sessions])
    counts = np.bincount(labels, minlength=plan.idle + 1)
    for label, count in enumerate(counts.tolist()):
        if count < LEAST_TRIALS:
            name = "idle" if label == plan.idle else f"{plan.frequencies_hz[label]:g} Hz"
            raise CalibrationError(
                f"{count} whole trials of {name}: expected at least {LEAST_TRIALS} of each class, "
                "to learn from some and to test on the rest. Record more; those you have can be "
                "used together with new ones."
            )


def _check_other(recording: Recording, first: Recording, is_known: bool) -> None:
    if is_known:
        raise CalibrationError("it has the samples of a recording that is used already.")
    if (recording.channel_names, recording.sampling_rate_hz) != (
        first.channel_names,
        first.sampling_rate_hz,
    ):
        raise CalibrationError(
            f"it has {len(recording.channel_names)} channels at {recording.sampling_rate_hz:g} Hz, "
            "and not the subject's."
        )


def digest_of(recording: Recording) -> str:
    """SHA-256 of the samples, the same for recordings with the same samples."""
    return hashlib.sha256(np.ascontiguousarray(recording.samples_uv).tobytes()).hexdigest()


def _source(recording: Recording, n_trials: int, n_left_out: int) -> Source:
    return Source(
        file=recording.name,
        sha256=digest_of(recording),
        n_trials=n_trials,
        n_left_out=n_left_out,
        began_at=None if recording.began_at is None else recording.began_at.isoformat(),
    )

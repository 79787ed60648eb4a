"""What was recorded in a visit, read back: to go on where it was left, and to be fitted."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from bci_app.errors import BciAppError, RecordingError
from bci_app.online.settings import PathSettings
from bci_app.recordings.recording import Marker, Recording
from bci_app.recordings.session_file import SessionFile, read_session
from bci_app.runtime.labelled import LabelledRecording
from bci_app.runtime.subjects import SubjectSession, find_sessions, find_subjects
from calibration.protocol import Outcome, ProtocolSettings

TASK = "calibration"
"""The task of recordings with a protocol's trials, in the names of their files."""
SWEEP_TASK = "sweep"
"""That of recordings in which candidate frequencies were looked at for a moment."""
PROTOCOL = "protocol"
"""The fact of a session that holds the settings of the protocol that led it."""

_GAP_S = 1.0


def outcomes_of(session: SessionFile) -> list[Outcome]:
    """Return the trials of a session in their order; one that was cut off is spoiled."""
    rejected = {e.fields["index"] for e in session.entries if e.event == "TrialRejected"}
    outcomes: list[Outcome] = []
    under_way: tuple[int, int | None] | None = None
    for entry in session.entries:
        if entry.event != "Prompt":
            continue
        if under_way is not None:
            index, target = under_way
            outcomes.append(Outcome(target, kept=index not in rejected))
        asked_for_nothing = entry.fields["asked"] == "nothing in particular"
        under_way = None if asked_for_nothing else (entry.fields["index"], entry.fields["target"])
    if under_way is not None:
        outcomes.append(Outcome(under_way[1], kept=False))
    return outcomes


def protocol_of(session: SessionFile) -> ProtocolSettings:
    """Return the settings of the protocol that led a session.

    Raises
    ------
    RecordingError
        When none did.
    """
    try:
        return msgspec.convert(session.facts[PROTOCOL], ProtocolSettings)
    except (KeyError, msgspec.ValidationError) as error:
        raise RecordingError(
            f"{session.path} was not led by the guided protocol ({error}): expected a recording "
            "of `bci-app calibrate`. `bci-app calibrate --from` fits any other."
        ) from error


def settings_of(session: SessionFile) -> PathSettings:
    """Return the settings of a session's online path.

    Raises
    ------
    RecordingError
        When they are not of this version.
    """
    try:
        return msgspec.convert(session.facts["settings"], PathSettings)
    except (KeyError, msgspec.ValidationError) as error:
        raise RecordingError(
            f"{session.path} holds settings of another version ({error}): expected those of this "
            "one. Begin a new session."
        ) from error


def join(recordings: Sequence[Recording]) -> Recording:
    """Join the runs of one visit into one recording, with a gap between them.

    Parameters
    ----------
    recordings : sequence of Recording
        At least one, with the same channels and sampling rate.

    Raises
    ------
    RecordingError
        When channels or sampling rate differ.
    """
    first = recordings[0]
    parts: list[np.ndarray[tuple[int, int], np.dtype[np.float64]]] = []
    markers: list[Marker] = []
    position = 0
    for recording in recordings:
        if (recording.channel_names, recording.sampling_rate_hz) != (
            first.channel_names,
            first.sampling_rate_hz,
        ):
            raise RecordingError(
                f"{recording.path} has other electrodes or another sampling rate than "
                f"{first.path}: expected the same headset in all of a session. Begin a new one."
            )
        if parts:
            gap = np.full(
                (round(_GAP_S * first.sampling_rate_hz), len(first.channel_names)), np.nan
            )
            parts.append(gap)
            position += len(gap)
        markers += [Marker(position + marker.index, marker.code) for marker in recording.markers]
        parts.append(recording.samples_uv)
        position += len(recording.samples_uv)
    return Recording(
        first.path,
        np.concatenate(parts),
        first.sampling_rate_hz,
        first.channel_names,
        tuple(markers),
        began_at=first.began_at,
    )


def read_runs(paths: Sequence[Path]) -> list[SessionFile]:
    """Read the runs that hold any sample, in order of time."""
    sessions = [read_session(path) for path in paths]
    return [session for session in sessions if len(session.samples_uv)]


def labelled_visit(visit: SubjectSession) -> LabelledRecording | None:
    """Return all trials that were recorded in a visit, None when there are none.

    Raises
    ------
    RecordingError
        When a recording is damaged, or they are not of one headset.
    """
    runs = read_runs(visit.recordings(TASK))
    if not runs:
        return None
    classes: dict[str, float | None] = {f"{f:g}": f for f in runs[0].frequencies_hz}
    classes["idle"] = None
    recording = join([run.recording() for run in runs])
    return LabelledRecording(recording, classes, runs[0].headset)


def visits_beside(
    visit: SubjectSession, own: LabelledRecording
) -> tuple[list[LabelledRecording], list[list[LabelledRecording]]]:
    """Return what else can be learned from: the subject's other visits, and other people's.

    Only those with the same targets, electrodes and sampling rate; one that cannot be read could
    only have helped, and is left out.

    Parameters
    ----------
    visit : SubjectSession
    own : LabelledRecording
        Its trials.
    """
    same = [_like(own, each) for each in find_sessions(visit.root, visit.subject) if each != visit]
    people = [
        [_like(own, each) for each in find_sessions(visit.root, subject)]
        for subject in find_subjects(visit.root)
        if subject != visit.subject
    ]
    kept = [[each for each in person if each is not None] for person in people]
    return [each for each in same if each is not None], [person for person in kept if person]


def _like(own: LabelledRecording, visit: SubjectSession) -> LabelledRecording | None:
    try:
        other = labelled_visit(visit)
    except BciAppError:
        return None
    alike = other is not None and (
        other.classes == own.classes
        and other.recording.channel_names == own.recording.channel_names
        and other.recording.sampling_rate_hz == own.recording.sampling_rate_hz
        and set(own.classes) <= {marker.code for marker in other.recording.markers}
    )
    return other if alike else None

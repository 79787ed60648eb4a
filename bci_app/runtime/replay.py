"""Replay: a recording through the online path, as it would have been live."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from bci_app.evaluation.answers import Answers, Prompt, prompts_from_trials
from bci_app.online.settings import PathSettings
from bci_app.recordings.recording import Recording
from bci_app.runtime.pacing import pace
from bci_app.runtime.profiles import build_path
from bci_app.runtime.quality import SignalWatch, likely_uv_per_unit
from bci_app.runtime.session import Listener, Session
from bci_app.runtime.simulators import simulated_exoskeleton
from bci_app.runtime.tally import SessionFigures, Tally
from calibration.profile import Profile
from calibration.trials import label_trials
from devices.chunk import Chunk
from devices.exoskeleton.link import Link
from devices.exoskeleton.serial_link import ExoskeletonLink
from devices.exoskeleton.virtual_link import VirtualLink
from devices.headset.source import HeadsetInfo

_CHUNK_S = 0.04  # about what a headset delivers at a time
_UNANSWERED_CHUNK_S = 10.0
_ANSWERS_S = 1.0
_POLL_S = 0.01


def truth_of(
    recording: Recording,
    classes: Mapping[str, float | None],
    frequencies_hz: tuple[float, ...],
    trial_s: float,
) -> list[Prompt]:
    """Return what the subject of a recording was asked, from its markers.

    Parameters
    ----------
    recording : Recording
    classes : mapping of str to float or None
        Target frequency of each event code, None for idle.
    frequencies_hz : tuple of float
        The targets, in the order of their indices.
    trial_s : float
        Length of a trial; the next trial ends it early.

    Raises
    ------
    CalibrationError
        When a code never occurs.
    """
    trials = label_trials([(m.index, m.code) for m in recording.markers], classes)
    targets = [
        (
            trial.onset_index,
            None if trial.frequency_hz is None else frequencies_hz.index(trial.frequency_hz),
        )
        for trial in trials
    ]
    n_trial = round(trial_s * recording.sampling_rate_hz)
    return prompts_from_trials(targets, n_trial, len(recording.samples_uv))


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """What came of a replay.

    Parameters
    ----------
    duration_s : float
        Length of the recording.
    elapsed_s : float
        Time the replay took, reading the file not included.
    speed : float
        Their ratio: how many times real time.
    session : SessionFigures
    answers : Answers
    """

    duration_s: float
    elapsed_s: float
    speed: float
    session: SessionFigures
    answers: Answers


def run_replay(
    recording: Recording,
    settings: PathSettings,
    prompts: Sequence[Prompt],
    *,
    speed: float | None,
    exoskeleton: str,
    listeners: Iterable[Listener] = (),
    profile: Profile | None = None,
) -> ReplayResult:
    """Send a recording through the online path, and what it commands to an exoskeleton.

    Parameters
    ----------
    recording : Recording
    settings : PathSettings
    prompts : sequence of Prompt
        What the subject was asked, in order of time.
    speed : float or None
        1 is real time; None as fast as it goes.
    exoskeleton : str
        `sim` for the simulated one (a process of its own behind a serial line; at full speed in
        the recording's own time), `none`, or a port.
    listeners : iterable of callable
        Called with every event of the session.
    profile : Profile, optional
        Whose model decides; `settings` are those with it.

    Raises
    ------
    ConfigurationError
        When the settings or the profile do not suit the recording.
    DeviceError
        When the exoskeleton cannot be reached.
    """
    tally = Tally()
    headset = HeadsetInfo("", recording.sampling_rate_hz, recording.channel_names)
    path = build_path(settings, headset, profile)
    with ExitStack() as stack:
        link, let_pass = _open_exoskeleton(stack, exoskeleton, in_virtual_time=speed is None)
        watch = SignalWatch(
            recording.channel_names,
            recording.sampling_rate_hz,
            uv_per_unit=likely_uv_per_unit(recording.samples_uv),
        )
        session = Session(path, link, [tally, *listeners], watch)
        chunks = recording.chunks(_chunk_s(settings, exoskeleton, speed))
        if speed is not None:
            chunks = pace(chunks, recording.sampling_rate_hz, speed)
        began_s = time.perf_counter()
        waiting = list(prompts)
        for chunk in chunks:
            let_pass(chunk.first_index / recording.sampling_rate_hz)
            rest = chunk
            while waiting and waiting[0].index < chunk.end_index:
                before, rest = _split(rest, waiting[0].index)
                if len(before):
                    session.feed(before)
                session.tell(waiting.pop(0))
            session.feed(rest)
        elapsed_s = time.perf_counter() - began_s
        _await_answers(session, tally, let_pass, recording.duration_s)
    return ReplayResult(
        duration_s=recording.duration_s,
        elapsed_s=elapsed_s,
        speed=recording.duration_s / elapsed_s,
        session=tally.figures(),
        answers=tally.answers(recording.sampling_rate_hz, len(settings.targets)),
    )


def _chunk_s(settings: PathSettings, exoskeleton: str, speed: float | None) -> float:
    """How much to feed at a time: the events are the same, only their price is not.

    At full speed what is commanded must still reach the legs in time: a decision can only be made
    at the end of a hop.
    """
    if speed is not None:
        return _CHUNK_S
    return _UNANSWERED_CHUNK_S if exoskeleton == "none" else settings.hop_s


def _split(chunk: Chunk, index: int) -> tuple[Chunk, Chunk]:
    """Cut a chunk in two before the sample of an absolute index."""
    n_before = max(0, index - chunk.first_index)
    return (
        Chunk(chunk.samples_uv[:n_before], chunk.first_index, chunk.arrival_s),
        Chunk(chunk.samples_uv[n_before:], chunk.first_index + n_before, chunk.arrival_s),
    )


_LetPass = Callable[[float], None]


def _open_exoskeleton(
    stack: ExitStack, exoskeleton: str, *, in_virtual_time: bool
) -> tuple[Link | None, _LetPass]:
    """Open a link; also return what lets time pass on it, which on a real line does so itself."""

    def real_time(_now_s: float) -> None: ...

    if exoskeleton == "none":
        return None, real_time
    if exoskeleton == "sim" and in_virtual_time:
        virtual_link = stack.enter_context(VirtualLink())
        return virtual_link, virtual_link.advance
    if exoskeleton == "sim":
        return stack.enter_context(simulated_exoskeleton()), real_time
    return stack.enter_context(ExoskeletonLink(exoskeleton)), real_time


def _await_answers(session: Session, tally: Tally, let_pass: _LetPass, end_s: float) -> None:
    """Wait a little for what was sent at the very end to be answered."""
    let_pass(end_s + _ANSWERS_S)
    session.poll()
    deadline_s = time.monotonic() + _ANSWERS_S
    while tally.n_pending and time.monotonic() < deadline_s:
        time.sleep(_POLL_S)
        session.poll()

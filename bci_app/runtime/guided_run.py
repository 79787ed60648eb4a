"""One run of the guided protocol: a headset and the targets led through it, into one recording."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bci_app.evaluation.answers import Asked, Prompt, TrialRejected
from bci_app.online.path import OnlinePath
from bci_app.online.settings import PathSettings
from bci_app.runtime.bench import Bench, Feed
from bci_app.runtime.controls import Controls
from bci_app.runtime.recorder import Recorder
from bci_app.runtime.session import (
    FlickerAsked,
    Listener,
    Note,
    Session,
    SessionEvent,
    StopRequested,
)
from bci_app.runtime.subject_stimulus import SubjectStimulus
from bci_app.stimulus import messages
from calibration import protocol as guided
from calibration.protocol import Phase, Progress, Protocol
from calibration.quality import Grade, Problem, judge
from devices.chunk import Chunk
from devices.headset.acquisition import DeviceFailed, StreamResumed, StreamSilent
from devices.headset.source import HeadsetInfo

_LOOK_AWAY = "Look away from all targets"
_MOVED = (Problem.MUSCLE, Problem.LOOSE)


@dataclass(frozen=True, slots=True)
class Led:
    """How far the protocol is, told a few times a second.

    Parameters
    ----------
    progress : Progress
    trial : Asked or None
        What the subject is to look at now.
    held : str
        What it waits for; empty when it does not.
    """

    progress: Progress
    trial: guided.Asked | None
    held: str

    @property
    def sentence(self) -> str:
        """Where it is, in a line."""
        progress = self.progress
        minutes, seconds = divmod(round(progress.remaining_s), 60)
        return (
            f"Block {progress.block + 1} of {progress.n_blocks}, {progress.phase.value}, "
            f"{minutes}:{seconds:02d} left, {progress.n_spoiled} spoiled"
        )


@dataclass(frozen=True, slots=True)
class Run:
    """How a run ended.

    Parameters
    ----------
    recording : Path
    completed : bool
        Whether the protocol is done; else somebody ended it, and it can be gone on with.
    reason : str
        Why it ended early.
    """

    recording: Path
    completed: bool
    reason: str = ""


def lead(
    bench: Bench,
    protocol: Protocol,
    settings: PathSettings,
    *,
    recording: Path,
    facts: Mapping[str, object],
    controls: Controls,
    tell: Callable[[Led], None],
    admit: Callable[[HeadsetInfo], None] = lambda _: None,
    on_block: Callable[[int], None] = lambda _: None,
) -> Run:
    """Lead whoever wears the headset through a protocol, and record it as an ordinary session.

    A pause (`Controls.pause`) or a stop holds it, `Controls.begin` goes on, `Controls.end` ends it.
    Whatever happens, what was recorded until then is whole and can be fitted or gone on with.

    Parameters
    ----------
    bench : Bench
    protocol : Protocol
        Where it is left when this returns.
    settings : PathSettings
        With as many targets as the protocol has.
    recording : Path
        A new file.
    facts : mapping
        What else belongs into it.
    controls : Controls
    tell : callable
        Told how far it is.
    admit : callable
        Told which headset streams; it raises to refuse it.
    on_block : callable
        Told each block that has ended, while the subject rests and all of it is in the file. It
        must not take long where the headset is a real one.

    Raises
    ------
    DeviceError
        When a device does not come up, or the headset is given up.
    RecordingError
        When the disk takes no more.
    """
    with ExitStack() as stack:
        feed = stack.enter_context(bench.headset())
        info = feed.info
        admit(info)
        recorder = stack.enter_context(Recorder(recording, info, settings, facts))
        stimulus = stack.enter_context(bench.stimulus(settings, controls))
        path = OnlinePath(settings, info.sampling_rate_hz, len(info.channel_names))

        def end_block(block: int) -> None:
            recorder.flush()
            on_block(block)

        leader = _Leader(feed, protocol, settings, stimulus, end_block)
        listeners: list[Listener] = [recorder]
        if stimulus is not None:
            listeners += [stimulus, *feed.surroundings(settings)]
        session = Session(path, None, [*listeners, leader])
        if stimulus is not None:
            session.tell(stimulus.ready)
        try:
            while protocol.phase is not Phase.DONE and not controls.ended:
                item = feed.get()
                if isinstance(item, Chunk):
                    session.feed(item)
                elif item is None:
                    session.poll()
                else:
                    session.observe_fault(item)
                    if isinstance(item, DeviceFailed):
                        raise item.error
                if stimulus is not None:
                    stimulus.poll(session)
                controls.carry_out(session)
                leader.go_on(session)
                tell(leader.state())
        finally:
            leader.break_off(session)
            tell(leader.state())
    return Run(recording, protocol.phase is Phase.DONE, leader.why_ended)


class _Leader:
    """Binds a protocol to a session: a listener that is asked, between events, how to go on."""

    def __init__(
        self,
        feed: Feed,
        protocol: Protocol,
        settings: PathSettings,
        stimulus: SubjectStimulus | None,
        on_block: Callable[[int], None],
    ) -> None:
        self._feed = feed
        self._protocol = protocol
        self._frequencies_hz = settings.frequencies_hz
        self._stimulus = stimulus
        self._on_block = on_block
        self._end_index = 0
        self._onset: int | None = None  # of the trial under way, once it is known
        self._look_index = 0
        self._kept: list[Chunk] = []
        self._ready = stimulus is None
        self._begun = False
        self._asked: list[FlickerAsked] = []
        self._stopped = ""
        self._held = ""
        self._silent = ""
        self._flickering_since: int | None = None
        self.ended_because = ""

    def __call__(self, event: SessionEvent) -> None:
        """Take in an event; what follows from it comes out of `go_on`."""
        match event:
            case Chunk():
                self._end_index = event.end_index
                if self._protocol.phase is Phase.LOOK:
                    self._kept.append(event)
            case FlickerAsked():
                self._asked.append(event)
            case StopRequested():
                self._stopped = event.reason
            case messages.Confirmed():
                self._ready = True
            case messages.Began():
                index = self._feed.index_at(event.time_s)
                self._flickering_since = self._end_index if index is None else max(index, 0)
            case StreamSilent():
                self._silent = "the headset is silent: it is connected again as soon as it answers"
            case StreamResumed():
                self._silent = ""
            case messages.Declined():
                self.ended_because = "the subject does not want to see flicker"
            case messages.Failed():
                self.ended_because = f"the targets failed: {event.reason}"
            case messages.Closed() if not self.ended_because:
                self.ended_because = "the subject window was closed"
            case _:
                pass

    @property
    def why_ended(self) -> str:
        """Why it ended before the protocol was done, as far as that is known."""
        return "" if self._protocol.phase is Phase.DONE else self.ended_because or self._held

    @property
    def _now_s(self) -> float:
        return self._end_index / self._feed.info.sampling_rate_hz

    def state(self) -> Led:
        return Led(
            self._protocol.progress(self._now_s), self._protocol.trial, self._silent or self._held
        )

    def go_on(self, session: Session) -> None:
        """Follow what people asked for, then let time pass."""
        if self._stopped:
            self._hold(session, self._stopped)
            self._stopped = ""
        asked, self._asked = self._asked, []
        for wish in asked:
            if wish.on and self._ready:
                self._held = ""
                self._do(session, self._protocol.begin(self._now_s))
            elif not wish.on:
                self._hold(session, "paused")
        if self._ready and not self._begun:
            self._begun = True
            self._do(session, self._protocol.begin(self._now_s))
        self._note_onset(session)
        self._do(session, self._protocol.advance(self._now_s))

    def break_off(self, session: Session) -> None:
        """Leave no trial half-way in the recording."""
        self._do(session, self._protocol.pause())

    def _hold(self, session: Session, why: str) -> None:
        self._held = why
        self._do(session, self._protocol.pause())

    def _do(self, session: Session, steps: Iterable[guided.Step]) -> None:
        for step in steps:
            match step:
                case guided.Cued(trial):
                    self._cue(trial)
                case guided.LookBegan(trial):
                    self._begin_look(session, trial)
                case guided.LookEnded(whole=whole):
                    self._end_look(session, whole)
                case guided.BlockEnded(block):
                    self._on_block(block)
                case guided.Held(reason):
                    self._held = reason
                    session.tell(Note(reason))

    def _cue(self, trial: guided.Asked) -> None:
        if self._stimulus is not None:
            self._stimulus.cue(trial.target, _LOOK_AWAY if trial.target is None else "")

    def _begin_look(self, session: Session, trial: guided.Asked) -> None:
        self._kept, self._onset, self._flickering_since = [], None, None
        self._look_index = self._end_index
        target = trial.target
        self._feed.ask(None if target is None else self._frequencies_hz[target])
        if self._stimulus is None:
            self._flickering_since = self._end_index
            self._note_onset(session)
        else:
            self._stimulus.flicker(True)

    def _note_onset(self, session: Session) -> None:
        """Tell of the prompt once the first flickering frame was shown: that is its sample."""
        trial = self._protocol.trial
        if (
            self._protocol.phase is not Phase.LOOK
            or trial is None
            or self._onset is not None
            or self._flickering_since is None
        ):
            return
        self._onset = self._flickering_since
        self._protocol.note_flicker(self._onset / self._feed.info.sampling_rate_hz)
        asked = Asked.IDLE if trial.target is None else Asked.TARGET
        session.tell(Prompt(self._onset, asked, trial.target))

    def _end_look(self, session: Session, whole: bool) -> None:
        if self._stimulus is not None:
            self._stimulus.flicker(False)
        self._feed.ask(None)
        onset, self._onset, self._flickering_since = self._onset, None, None
        if onset is not None:
            session.tell(Prompt(max(self._end_index, onset), Asked.NOTHING))
        if not whole:
            if onset is not None:
                session.tell(TrialRejected(onset, "broken off"))
            return
        if onset is None:
            self._do(session, self._protocol.reject("the targets did not flicker"))
        elif reason := self._spoiled():
            session.tell(TrialRejected(onset, reason))
            self._do(session, self._protocol.reject(reason))

    def _spoiled(self) -> str:
        """Say why nothing is to be learned from the trial that has just ended."""
        info = self._feed.info
        n_lost = self._end_index - self._look_index - sum(map(len, self._kept))
        if n_lost:
            return f"{n_lost} samples were lost"
        samples_uv = np.concatenate([chunk.samples_uv for chunk in self._kept])
        electrodes = judge(samples_uv, info.channel_names, info.sampling_rate_hz, info.range_uv)
        bad = [electrode for electrode in electrodes if electrode.grade is Grade.BAD]
        if bad:
            return bad[0].sentence
        moved = [electrode for electrode in electrodes if electrode.problem in _MOVED]
        return moved[0].sentence if len(moved) > len(electrodes) / 2 else ""

"""A session: the online path between a source of samples and an exoskeleton.

Whoever owns the samples (an acquisition thread, a recording) feeds them in; whoever wants to know
(printer, summary, window, recorder) listens. Everything happens in the caller's thread.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from bci_app.evaluation.answers import Asked, Prompt, TrialRejected
from bci_app.evaluation.rate_test import RateSeen
from bci_app.online.events import Commanded, PathEvent
from bci_app.online.path import OnlinePath
from bci_app.runtime.quality import SignalJudged, SignalWatch
from bci_app.stimulus.messages import StimulusReport
from devices.chunk import Chunk
from devices.exoskeleton.command import Command
from devices.exoskeleton.events import Event as LinkEvent
from devices.exoskeleton.events import LinkDown, TelemetryReceived
from devices.exoskeleton.link import Link
from devices.headset.acquisition import DeviceFailed, Fault, StreamResumed, StreamSilent

LATE_SAMPLES_S = 0.25
"""Age of a chunk beyond which the legs come to rest and no command rests on it."""

LATE_LINK_S = 0.25
"""Round trip on the line beyond which the legs come to rest and nothing is sent."""


@dataclass(frozen=True, slots=True)
class CommandSent:
    """A command was handed to the link.

    Parameters
    ----------
    sequence : int
        The link's number for it, under which its outcome will be reported.
    command : Command
    end_index : int or None
        Absolute index just after the last sample that it rests on, None for a stop that no
        decision asked for.
    arrival_s : float or None
        Monotonic time at which that sample arrived.
    """

    sequence: int
    command: Command
    end_index: int | None
    arrival_s: float | None


@dataclass(frozen=True, slots=True)
class Note:
    """Something the researcher wants to remember, at this moment."""

    text: str


@dataclass(frozen=True, slots=True)
class CommandTakenBack:
    """The researcher says that the last command was not wanted."""


@dataclass(frozen=True, slots=True)
class Hindered:
    """Something is bad, and no command passes while it is.

    Parameters
    ----------
    cause : str
        What it is about: `stream`, `timing`, `link`, `signal`, `start`.
    reason : str
        What is wrong, in words.
    """

    cause: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unhindered:
    """What was bad is good again."""

    cause: str


@dataclass(frozen=True, slots=True)
class FlickerAsked:
    """The researcher wants the targets to flicker, or to stand still."""

    on: bool


@dataclass(frozen=True, slots=True)
class StopReleased:
    """The stop was released: a deliberate act."""


@dataclass(frozen=True, slots=True)
class StopRequested:
    """An emergency stop was asked for; it is latched in the gate and sent to the exoskeleton."""

    reason: str


SessionEvent: TypeAlias = (
    Chunk
    | PathEvent
    | LinkEvent
    | Fault
    | Prompt
    | TrialRejected
    | CommandSent
    | SignalJudged
    | StopRequested
    | StopReleased
    | Hindered
    | Unhindered
    | FlickerAsked
    | Note
    | CommandTakenBack
    | RateSeen
    | StimulusReport
)

Listener: TypeAlias = Callable[[SessionEvent], None]


class Session:
    """The online path, an exoskeleton and those who listen.

    Parameters
    ----------
    path : OnlinePath
    exoskeleton : Link or None
        Without one, decisions are made and the gate lets nothing through.
    listeners : iterable of callable
        Called with each event in order, in the caller's thread.
    watch : SignalWatch, optional
        Judges the signal; while an electrode that is needed is bad, no command passes.
    """

    def __init__(
        self,
        path: OnlinePath,
        exoskeleton: Link | None,
        listeners: Iterable[Listener],
        watch: SignalWatch | None = None,
    ) -> None:
        self._path = path
        self._exoskeleton = exoskeleton
        self._listeners = tuple(listeners)
        self._watch = watch
        self._signal_obstacle: str | None = None
        self._hindrances: set[str] = set()
        self._end_index = 0

    def feed(self, chunk: Chunk) -> None:
        """Push samples through the path and send what it commands."""
        self.poll()
        self._end_index = chunk.end_index
        self.tell(chunk)
        if self._watch is None:
            self._decide(chunk)
            return
        # A verdict on the signal counts from the very sample at which it falls, however the stream
        # is cut.
        while len(chunk):
            judged, chunk = self._watch.cut(chunk)
            self._decide(judged)
            self._observe_signal(self._watch, judged)

    def _decide(self, chunk: Chunk) -> None:
        for event in self._path.push(chunk):
            if isinstance(event, Commanded) and self._exoskeleton is not None:
                # The frame first, the listeners after: they must not add to the latency.
                sequence = self._exoskeleton.send(event.command)
                self.tell(event)
                self.tell(CommandSent(sequence, event.command, event.end_index, chunk.arrival_s))
            else:
                self.tell(event)

    def poll(self) -> None:
        """Take in what the exoskeleton reported."""
        if self._exoskeleton is None:
            return
        gate = self._path.gate
        for event in self._exoskeleton.poll():
            if isinstance(event, TelemetryReceived):
                gate.observe_posture(event.telemetry.posture, event.telemetry.faults)
            elif isinstance(event, LinkDown):
                gate.forget_posture()
            self.tell(event)
        round_trip_s = self._exoskeleton.quality.round_trip_s
        if round_trip_s is not None:
            self._judge("link", round_trip_s > LATE_LINK_S, "the exoskeleton answers late")

    def observe_fault(self, fault: Fault) -> None:
        """Take in a fault of the headset: the legs come to rest and no command passes."""
        self.tell(fault)
        if isinstance(fault, StreamResumed):
            self.unhinder("stream")
        elif isinstance(fault, StreamSilent | DeviceFailed):
            self.hinder("stream", "the headset is silent")
            self._bring_to_rest()

    def _observe_signal(self, watch: SignalWatch, chunk: Chunk) -> None:
        """Let the signal be judged: when it gets bad the legs come to rest, and nothing passes."""
        judged = watch.push(chunk)
        if judged is not None:
            self.tell(judged)
        if watch.obstacle == self._signal_obstacle:
            return
        was_good, self._signal_obstacle = self._signal_obstacle is None, watch.obstacle
        if watch.obstacle is None:
            self.unhinder("signal")
            return
        self.hinder("signal", watch.obstacle)
        if was_good:
            self._bring_to_rest()

    def _bring_to_rest(self) -> None:
        if self._exoskeleton is not None:
            sequence = self._exoskeleton.send(Command.STOP)
            self.tell(CommandSent(sequence, Command.STOP, None, None))

    def observe_lateness(self, late_s: float) -> None:
        """Take in how long the newest chunk has waited.

        A decision on old samples is no answer, and legs that walk on do not hear the next one.
        """
        self._judge("timing", late_s > LATE_SAMPLES_S, "the samples are decoded late")

    def ask(self, asked: Asked, target: int | None = None) -> None:
        """Say what the subject is asked to do with their eyes from the next sample on."""
        self.tell(Prompt(self._end_index, asked, target))

    def hinder(self, cause: str, reason: str) -> None:
        """Let no command pass while `cause` is present."""
        self._hindrances.add(cause)
        self._path.gate.hinder(cause, reason)
        self.tell(Hindered(cause, reason))

    def unhinder(self, cause: str) -> None:
        """Say that `cause` is gone."""
        self._hindrances.discard(cause)
        self._path.gate.unhinder(cause)
        self.tell(Unhindered(cause))

    def _judge(self, cause: str, bad: bool, reason: str) -> None:
        """When something gets bad the legs come to rest, and no command passes until it is not."""
        if bad and cause not in self._hindrances:
            self.hinder(cause, reason)
            self._bring_to_rest()
        elif not bad and cause in self._hindrances:
            self.unhinder(cause)

    def stop(self, reason: str) -> None:
        """Stop the exoskeleton now, and let nothing through until :meth:`release`."""
        if self._exoskeleton is not None:
            self._exoskeleton.emergency_stop()
        self.latch_stop(reason)

    def latch_stop(self, reason: str) -> None:
        """Let nothing through until :meth:`release`: the stop itself went out already."""
        self._path.gate.stop(reason)
        self.tell(StopRequested(reason))

    def release(self) -> None:
        """Leave the stop: a deliberate act."""
        if self._exoskeleton is not None:
            self._exoskeleton.release_stop()
        self._path.gate.release()
        self.tell(StopReleased())

    def tell(self, event: SessionEvent) -> None:
        """Let everybody who listens know."""
        for listener in self._listeners:
            listener(event)

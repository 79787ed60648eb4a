"""A session that goes on for hours, and a listener that says how it does every few seconds.

The session is the one of ``bci-app run``: virtual subject, Cyton behind BrainFlow's own driver,
subject window and operator window, recording, LSL outlets, exoskeleton on a pseudo-terminal. The
subject walks the reference course again and again and rests after each round, with the flicker on.
"""

import json
import sys
import time
from argparse import Namespace
from collections import Counter, deque
from contextlib import ExitStack
from dataclasses import asdict, replace

from soak_course import hours_of_course

from bci_app.cli.signals import stopping_on_signals
from bci_app.evaluation.answers import Prompt
from bci_app.online.events import Decided, GapFound, Scored, Withheld
from bci_app.runtime.configuration import LslSettings, SessionConfiguration
from bci_app.runtime.profiles import PROFILE_FACT, settings_with
from bci_app.runtime.recorder import Recorder, session_path
from bci_app.runtime.run import run_session
from bci_app.runtime.session import (
    CommandSent,
    Hindered,
    SessionEvent,
    StopReleased,
    StopRequested,
    Unhindered,
)
from bci_app.runtime.tally import flatten
from bci_app.stimulus import messages
from bci_app.ui.app import run_with_window
from bci_app.ui.mailbox import Mailbox
from calibration.profile import read_profile
from devices.chunk import Chunk
from devices.exoskeleton import events as link
from devices.headset.sample_clock import ClockFit, SampleClock
from devices.headset.stream import DeviceFailed, ReconnectFailed, StreamResumed, StreamSilent

EVERY_S = 5.0

TROUBLES = (
    DeviceFailed,
    ReconnectFailed,
    StreamResumed,
    StreamSilent,
    Hindered,
    Unhindered,
    StopReleased,
    StopRequested,
    link.LinkDown,
    link.Unanswered,
    messages.Failed,
    messages.Refused,
    messages.StopRequested,
)


class Waiting:
    """How many things have waited in a queue, from when each came and was taken."""

    def __init__(self) -> None:
        self._taken_s: deque[float] = deque()
        self.most = 0

    def take(self, came_s: float, taken_s: float) -> None:
        """Count those that were still waiting when this one came, and itself."""
        self._taken_s.append(taken_s)
        while self._taken_s and self._taken_s[0] <= came_s:
            self._taken_s.popleft()
        self.most = max(self.most, len(self._taken_s))


class Stretch:
    """What happened in a few seconds of the session."""

    def __init__(self, began_s: float) -> None:
        self.began_s = began_s
        self.n_samples = 0
        self.lost_samples = 0
        self.n_gaps = 0
        self.path_ms: list[float] = []
        self.frame_ms: list[float] = []
        self.round_trip_ms: list[float] = []
        self.waiting = dict.fromkeys(
            ("headset", "recorder", "operator window", "exoskeleton", "stimulus"), 0
        )
        self.prompts: list[tuple[int, str, int | None]] = []
        self.decisions: list[tuple[int, int]] = []
        self.withheld: list[tuple[int, str]] = []
        self.troubles: list[tuple[float, str]] = []
        self.events: Counter[str] = Counter()

    def note_waiting(self, queue: str, n_waiting: int) -> None:
        """Keep the largest number."""
        self.waiting[queue] = max(self.waiting[queue], n_waiting)


class Watch:
    """A listener that prints a line of JSON about each stretch.

    Parameters
    ----------
    rate_hz : float
    recorder : Recorder
    mailbox : Mailbox
        Of the operator window.
    """

    def __init__(self, rate_hz: float, recorder: Recorder, mailbox: Mailbox) -> None:
        self._rate_hz = rate_hz
        self._recorder = recorder
        self._mailbox = mailbox
        self._began_s = time.monotonic()
        self._stretch = Stretch(self._began_s)
        self._headset = Waiting()
        self._in_a_row = ("", 0)
        self._clock: SampleClock | None = None
        self._arrival_s = 0.0
        self._end_index = 0
        self._arrivals_s: dict[int, float] = {}
        self._frames: messages.Frames | None = None
        self._distance_m = 0.0

    def __call__(self, event: SessionEvent) -> None:
        """Take in an event."""
        stretch = self._stretch
        stretch.events[type(event).__name__] += 1
        self._note_queues(event)
        match event:
            case Chunk():
                self._take_samples(event)
            case Scored():
                stretch.path_ms.append(self._since_ms(self._arrival_s))
            case CommandSent(end_index=int(), arrival_s=float()):
                self._arrivals_s[event.sequence] = event.arrival_s
            case link.FrameWritten() if event.sequence in self._arrivals_s:
                late_s = event.written_at_s - self._arrivals_s.pop(event.sequence)
                stretch.frame_ms.append(round(late_s * 1e3, 3))
            case link.Acknowledged():
                stretch.round_trip_ms.append(round(event.round_trip_s * 1e3, 3))
            case link.TelemetryReceived():
                self._distance_m = event.telemetry.distance_m
            case messages.Frames():
                self._frames = event
            case GapFound():
                stretch.n_gaps += 1
                stretch.lost_samples += event.n_lost
            case Prompt():
                stretch.prompts.append((event.index, event.asked.name, event.target))
            case Decided():
                stretch.decisions.append((event.end_index, event.target))
            case Withheld():
                stretch.withheld.append((event.end_index, event.reason))
            case _ if isinstance(event, TROUBLES):
                stretch.troubles.append((round(time.monotonic() - self._began_s, 3), repr(event)))
            case _:
                pass

    def _take_samples(self, chunk: Chunk) -> None:
        now_s = time.monotonic()
        self._arrival_s = now_s if chunk.arrival_s is None else chunk.arrival_s
        self._headset.take(self._arrival_s, now_s)
        self._end_index = chunk.end_index
        self._stretch.n_samples += len(chunk)
        if self._clock is None:
            self._clock = SampleClock(self._rate_hz, chunk.end_index - 1, self._arrival_s)
        else:
            self._clock.push(chunk.end_index - 1, self._arrival_s)
        if now_s - self._stretch.began_s >= EVERY_S:
            self._print(now_s, self._clock.fit)
            self._stretch = Stretch(now_s)
            self._headset.most = 0

    def _note_queues(self, event: SessionEvent) -> None:
        """Look at the queues; what comes in one row was waiting together."""
        self._stretch.note_waiting("recorder", self._recorder.n_waiting)
        self._stretch.note_waiting("operator window", self._mailbox.n_waiting)
        queue = ""
        if isinstance(event, link.Event):
            queue = "exoskeleton"
        elif isinstance(event, messages.StimulusReport):
            queue = "stimulus"
        n_before = self._in_a_row[1] if self._in_a_row[0] == queue else 0
        self._in_a_row = (queue, n_before + 1)
        if queue:
            self._stretch.note_waiting(queue, n_before + 1)

    def _since_ms(self, then_s: float) -> float:
        return round((time.monotonic() - then_s) * 1e3, 3)

    def _print(self, now_s: float, fit: ClockFit) -> None:
        stretch = self._stretch
        stretch.waiting["headset"] = self._headset.most
        fields = {name: value for name, value in vars(stretch).items() if name != "began_s"}
        fields |= {
            "at_s": round(now_s - self._began_s, 3),
            "seconds": round(now_s - stretch.began_s, 3),
            "end_index": self._end_index,
            # Sample 0, by the fit's newest point and the nominal rate: moves as the clocks drift.
            "zero_s": fit.time_s - fit.index / self._rate_hz - self._began_s,
            "drift_ppm": round(fit.drift_ppm, 3),
            "residual_ms": round(fit.residual_s * 1e3, 4),
            "frames": None if self._frames is None else asdict(self._frames.timing),
            "recording_bytes": self._recorder.n_bytes,
            "window_dropped": self._mailbox.n_dropped,
            "python_blocks": sys.getallocatedblocks(),
            "distance_m": round(self._distance_m, 2),
        }
        print(json.dumps({"kind": "stretch", **fields}), flush=True)


def hold_session(arguments: Namespace) -> None:
    """Hold the session; lines of JSON on standard output."""
    configuration = SessionConfiguration(lsl=LslSettings(publish=True, name="soak"))
    facts: dict[str, object] = {"seeds": {"virtual_subject": arguments.seed}}
    profile = None
    if arguments.profile is not None:
        profile = read_profile(arguments.profile)
        configuration = replace(configuration, path=settings_with(profile, configuration.path))
        facts[PROFILE_FACT] = profile.packed()
    recording = session_path(arguments.out)
    running = []

    def work(window):
        def attach(info, controls):
            running.append(controls)
            (mailbox,) = window(info, controls)
            recorder = stack.enter_context(Recorder(recording, info, configuration.path, facts))
            return [recorder, mailbox, Watch(info.sampling_rate_hz, recorder, mailbox)]

        return run_session(
            configuration,
            seed=arguments.seed,
            duration_s=arguments.seconds,
            attach=attach,
            profile=profile,
            course=hours_of_course(),
            confirmed_by="benchmark",
        )

    with ExitStack() as stack, stopping_on_signals(running):
        result = run_with_window(
            work,
            title="soak",
            settings=configuration.path,
            calibrated=profile is not None,
            flicker=True,
        )
    line = {"kind": "result", "recording": str(recording), **flatten(result)}
    print(json.dumps(line), file=sys.stdout, flush=True)

"""All that a researcher sees of a session, as plain values: events in, what to draw out.

A live session, a replay and a test feed the same object; the panels read it and nothing else.
"""

from collections import deque

import numpy as np

from bci_app.evaluation.answers import Asked, Prompt, TrialRejected
from bci_app.evaluation.rate_test import RateSeen, rate_in_words
from bci_app.online.events import (
    Adapted,
    Commanded,
    Decided,
    EyesJudged,
    GapFound,
    Scored,
    Withheld,
)
from bci_app.runtime import session as runtime
from bci_app.runtime.quality import SignalJudged
from bci_app.runtime.session import CommandSent, SessionEvent
from bci_app.stimulus import messages as stimulus
from bci_app.ui.session_values import (
    CommandMark,
    Fate,
    LogEntry,
    SessionInfo,
    Severity,
    how_sure,
    posture_name,
)
from bci_app.ui.signal_history import SignalHistory
from calibration.quality import ElectrodeQuality, Grade, Problem
from devices.chunk import Chunk
from devices.exoskeleton import events as link
from devices.exoskeleton.messages import Telemetry
from devices.exoskeleton.postures import Posture
from devices.headset.stream import DeviceFailed, ReconnectFailed, StreamResumed, StreamSilent
from devices.headset.stream import Fault as HeadsetFault

KEPT_S = 35.0
_MAX_LOG = 1000
_MAX_TRACK = 4000
_TRACK_STEP_M = 0.02

_SEVERITY = {
    Grade.GOOD: Severity.GOOD,
    Grade.DOUBTFUL: Severity.NOTICE,
    Grade.BAD: Severity.ALARM,
}


class SessionView:
    """The state of a session as the windows show it.

    Parameters
    ----------
    info : SessionInfo

    Attributes
    ----------
    signal : SignalHistory
    scores : deque of (int, tuple of float)
        End of each scored window and the scores.
    decisions, prompts, gaps, commands : deque
    telemetry : Telemetry or None
    track : deque of (float, float)
        Where the exoskeleton has been.
    log : deque of LogEntry
        The newest last.
    n_logged : int
        How many entries there have been since the last restart.
    n_restarts : int
        How often everything was forgotten.
    """

    def __init__(self, info: SessionInfo) -> None:
        self.info = info
        rate_hz = info.sampling_rate_hz
        self._n_kept = round(KEPT_S * rate_hz)
        self.signal = SignalHistory(self._n_kept, len(info.channel_names))
        self.log: deque[LogEntry] = deque(maxlen=_MAX_LOG)
        self.n_logged = 0
        self.n_restarts = 0
        self.latest_s = 0.0
        self._start()

    def restart(self, index: int) -> None:
        """Forget what was shown and go on at a sample index: a replay jumps."""
        self._start()
        self.n_restarts += 1
        self.signal.clear(index)
        self.log.clear()
        self.n_logged = 0

    def _start(self) -> None:
        n_scores = round(KEPT_S / self.info.settings.hop_s) + 1
        self.scores: deque[tuple[int, tuple[float, ...]]] = deque(maxlen=n_scores)
        self.decisions: deque[Decided] = deque(maxlen=256)
        self.prompts: deque[Prompt] = deque(maxlen=256)
        self.gaps: deque[GapFound] = deque(maxlen=64)
        self.commands: deque[CommandMark] = deque(maxlen=256)
        self._sent: dict[int, CommandMark] = {}
        self.telemetry: Telemetry | None = None
        self.telemetry_at_s: float | None = None
        self.track: deque[tuple[float, float]] = deque(maxlen=_MAX_TRACK)
        self.stop_reason: str | None = None
        self.hindrances: dict[str, str] = {}
        self.electrodes: tuple[ElectrodeQuality, ...] = ()
        self.silent_since_s: float | None = None
        self.failure: str | None = None
        self.ended: str | None = None
        self.link_up: bool | None = None
        self.link_message = ""
        self.round_trip_s: float | None = None
        self.heard_s: float | None = None
        self.lost_samples = 0
        self.decode_s: deque[float] = deque(maxlen=512)
        self._fed_s: float | None = None
        self.screen: stimulus.Ready | None = None
        self.frames: stimulus.Frames | None = None
        self.flickering = False
        self.rate: RateSeen | None = None

    # --- what is asked of it ---------------------------------------------------------------------

    @property
    def now_index(self) -> int:
        """Absolute index just after the newest sample."""
        return self.signal.end_index

    @property
    def now_s(self) -> float:
        """Time of the newest sample since the first."""
        return self.now_index / self.info.sampling_rate_hz

    def seconds(self, index: int) -> float:
        """Time of a sample, 0 now and negative before."""
        return (index - self.now_index) / self.info.sampling_rate_hz

    @property
    def asked(self) -> Prompt | None:
        """What the subject is asked at present."""
        return self.prompts[-1] if self.prompts else None

    def decode_ms(self) -> tuple[float, float] | None:
        """Median and 99th percentile of the time from a chunk's arrival to its scores."""
        if not self.decode_s:
            return None
        p50, p99 = np.percentile(np.array(self.decode_s), [50, 99]) * 1e3
        return float(p50), float(p99)

    def label(self, target: int) -> str:
        """Name a target."""
        return self.info.targets[target].command.words

    # --- what is told to it ----------------------------------------------------------------------

    def take(self, event: SessionEvent, at_s: float) -> None:
        """Take in an event that happened at `at_s` (monotonic)."""
        self.latest_s = at_s
        match event:
            case Chunk():
                self.signal.append(event)
                self.heard_s = event.arrival_s
                self._fed_s = at_s
                if self.silent_since_s is not None:
                    self.silent_since_s = None
            case Scored():
                self.scores.append((event.end_index, event.scores))
                if self._fed_s is not None and event.end_index <= self.now_index:
                    self.decode_s.append(at_s - self._fed_s)
            case Decided():
                self.decisions.append(event)
                self._log(Severity.INFO, f"Decided {self.label(event.target)}, {how_sure(event)}")
            case GapFound():
                self.gaps.append(event)
                self.lost_samples += event.n_lost
                self._log(Severity.NOTICE, f"{event.n_lost} samples lost")
            case Withheld():
                self.commands.append(
                    CommandMark(event.end_index, event.command, Fate.WITHHELD, event.reason)
                )
                self._log(Severity.NOTICE, f"Withheld {event.command.words}: {event.reason}")
            case Prompt():
                self.prompts.append(event)
                if event.asked is not Asked.NOTHING:
                    asked = (
                        "look at no target" if event.target is None else self.label(event.target)
                    )
                    self._log(Severity.INFO, f"Asked: {asked}")
            case TrialRejected():
                self._log(Severity.NOTICE, f"Trial to be done again: {event.reason}")
            case runtime.Note():
                self._log(Severity.INFO, f"Note: {event.text}")
            case runtime.CommandTakenBack():
                self._log(Severity.NOTICE, "The last command was not wanted")
            case RateSeen():
                self._take_rate(event)
            case runtime.StopRequested():
                self._stopped(event.reason)
            case runtime.StopReleased():
                self.released()
            case SignalJudged():
                self._take_electrodes(event.electrodes)
            case runtime.Hindered():
                self.hindrances[event.cause] = event.reason
                if event.cause not in ("stream", "signal", "start"):  # told themselves, or no news
                    self._log(Severity.ALARM, f"No command passes: {event.reason}")
            case runtime.Unhindered():
                self.hindrances.pop(event.cause, None)
                if event.cause not in ("stream", "start"):
                    self._log(Severity.GOOD, "Commands pass again")
            case runtime.FlickerAsked():
                pass  # the stimulus reports when it began or paused
            case EyesJudged():
                said = (
                    "Eyes closed? Alpha is far larger than in calibration: nothing is decided"
                    if event.closed
                    else "Alpha is as usual again: decisions go on"
                )
                self._log(Severity.NOTICE, said)
            case Adapted():
                pass  # a step of the threshold, every few seconds
            case Commanded() | CommandSent():
                self._take_command(event)
            case StreamSilent() | ReconnectFailed() | StreamResumed() | DeviceFailed():
                self._take_fault(event)
            case _ if isinstance(event, link.Event):
                self._take_link(event, at_s)
            case _:
                self._take_stimulus(event)

    def end(self, reason: str) -> None:
        """Take in that the session is over, and why: nothing more will come."""
        self.ended = reason
        self._log(Severity.ALARM, f"The session has ended: {reason}")

    def released(self) -> None:
        """Take in that the stop was released."""
        if self.stop_reason is not None:
            self.stop_reason = None
            self._log(Severity.NOTICE, "Stop released")

    def _log(self, severity: Severity, text: str) -> None:
        self.log.append(LogEntry(self.now_s, severity, text))
        self.n_logged += 1

    def _stopped(self, reason: str) -> None:
        if self.stop_reason is None:
            self._log(Severity.ALARM, f"STOP: {reason}")
        self.stop_reason = reason

    def _take_rate(self, seen: RateSeen) -> None:
        before, self.rate = self.rate, seen
        if seen.contradicted and not (before and before.contradicted):
            self._log(Severity.ALARM, f"More false commands than accepted: {rate_in_words(seen)}")

    def _take_electrodes(self, electrodes: tuple[ElectrodeQuality, ...]) -> None:
        """Log what changed, once: the figures go on changing, and are seen on the head."""
        before = {electrode.name: electrode.problem for electrode in self.electrodes}
        for electrode in electrodes:
            known = before.get(electrode.name, Problem.NONE)
            if electrode.problem is not known:
                self._log(_SEVERITY[electrode.grade], electrode.sentence)
        self.electrodes = electrodes

    def _take_command(self, event: Commanded | CommandSent) -> None:
        if isinstance(event, Commanded):
            return  # what was sent follows, or there is nobody to send it to
        index = self.now_index if event.end_index is None else event.end_index
        mark = CommandMark(index, event.command, Fate.PENDING)
        self.commands.append(mark)
        self._sent[event.sequence] = mark
        while len(self._sent) > 64:
            del self._sent[next(iter(self._sent))]

    def _take_fault(self, fault: HeadsetFault) -> None:
        match fault:
            case StreamSilent():
                self.silent_since_s = fault.since_s
                self.electrodes = ()  # what was judged is gone
                self._log(Severity.ALARM, "The headset is silent; commands are stopped")
            case ReconnectFailed():
                self._log(Severity.NOTICE, f"The headset did not start again: {fault.error}")
            case StreamResumed():
                self.silent_since_s = None
                self._log(Severity.NOTICE, f"The headset is back; {fault.n_lost} samples were lost")
            case DeviceFailed():
                self.failure = str(fault.error)
                self.electrodes = ()
                self._log(Severity.ALARM, f"The headset gave up: {fault.error}")

    def _take_link(self, event: link.Event, at_s: float) -> None:
        match event:
            case link.TelemetryReceived():
                self._take_telemetry(event.telemetry, at_s)
            case link.LinkUp():
                self.link_up = True
                self._log(Severity.GOOD, f"Connected to the exoskeleton {event.name}")
            case link.LinkDown():
                if self.link_up is not False:
                    self._log(Severity.ALARM, f"Exoskeleton: {event.message}")
                self.link_up, self.link_message = False, event.message.rstrip(".")
            case link.Acknowledged():
                self.round_trip_s = event.round_trip_s
                self._settle(event.sequence, Fate.ACKNOWLEDGED, "")
                if event.command is None:
                    self.released()
                else:
                    self._log(
                        Severity.GOOD,
                        f"Sent {event.command.words}, acknowledged in "
                        f"{event.round_trip_s * 1e3:.1f} ms",
                    )
            case link.Refused() | link.Unanswered():
                refused = isinstance(event, link.Refused)
                name = "the release" if event.command is None else event.command.words
                reason = (
                    event.reason.words if isinstance(event, link.Refused) else event.cause.value
                )
                self._settle(event.sequence, Fate.REFUSED if refused else Fate.UNANSWERED, reason)
                self._log(
                    Severity.NOTICE,
                    f"{'Refused' if refused else 'No answer to'} {name}: {reason}",
                )
            case link.StopConfirmed():
                self.round_trip_s = event.round_trip_s
                self._log(Severity.ALARM, "The exoskeleton confirmed the stop")
            case link.FrameWritten():
                pass

    def _settle(self, sequence: int, fate: Fate, reason: str) -> None:
        mark = self._sent.pop(sequence, None)
        if mark is not None:
            mark.fate, mark.reason = fate, reason

    def _take_telemetry(self, telemetry: Telemetry, at_s: float) -> None:
        before = self.telemetry
        self.telemetry, self.telemetry_at_s = telemetry, at_s
        self.link_up = True
        place = (telemetry.x_m, telemetry.y_m)
        if not self.track or np.hypot(*np.subtract(place, self.track[-1])) >= _TRACK_STEP_M:
            self.track.append(place)
        if before is not None and before.posture is not telemetry.posture:
            held = telemetry.posture in (Posture.SAFE_STOP, Posture.FAULT)
            self._log(
                Severity.ALARM if held else Severity.INFO,
                f"The exoskeleton is {posture_name(telemetry.posture)}",
            )

    def _take_stimulus(self, report: stimulus.StimulusReport) -> None:
        match report:
            case stimulus.Ready():
                self.screen = report
                for misfit in report.misfits:
                    severity = Severity.ALARM if misfit.forbids_start else Severity.NOTICE
                    self._log(severity, f"Screen: {misfit.text}")
            case stimulus.Frames():
                self.frames = report
            case stimulus.Began():
                self.flickering = True
                self._log(Severity.INFO, "The flicker begins")
            case stimulus.Paused():
                self.flickering = False
                self._log(Severity.INFO, "The flicker pauses")
            case stimulus.Blanked():
                self.flickering = False
            case stimulus.StopRequested():
                self._stopped(report.source)
            case stimulus.Confirmed():
                self._log(Severity.INFO, f"Photosensitivity notice confirmed by {report.by}")
            case stimulus.Declined():
                self._log(Severity.ALARM, "The subject declined the flicker")
            case stimulus.Refused():
                self._log(Severity.NOTICE, f"The screen refused: {report.reason}")
            case stimulus.Failed():
                self._log(Severity.ALARM, f"Subject window: {report.reason}")
            case _:
                pass

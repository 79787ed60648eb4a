"""The controller's end of the protocol: bytes and time in, bytes to write and events out.

No clock, thread or port in here. What it promises, in the order of rank:

- an emergency stop is obeyed whoever sends it, session or not, and stays until it is released;
- when the host falls silent the session ends and the legs come to rest;
- a request is executed once, and only if its host had fresh telemetry when it asked.
"""

import math
from dataclasses import dataclass

from devices.exoskeleton import messages as m
from devices.exoskeleton.body import Body
from devices.exoskeleton.command import Command
from devices.exoskeleton.encoding import MalformedMessageError, decode, encode
from devices.exoskeleton.framing import FrameParser, LineErrors, encode_frame
from devices.exoskeleton.motion import Motion
from devices.exoskeleton.postures import HELD, Fault, Happening, Posture, Reason

TELEMETRY_PERIOD_S = 0.02
COMMAND_LIFETIME_S = 1.0
"""Age of the telemetry named by a request beyond which it is refused as stale."""

SHORTEST_TIMEOUT_S, LONGEST_TIMEOUT_S = 0.2, 2.0
HEARTBEATS_PER_TIMEOUT = 10

_ROUNDING_MS = 1e-6
_COMMANDS = {command.value: command for command in Command}


@dataclass(frozen=True, slots=True)
class SessionOpened:
    """A host was welcomed."""

    session: int
    at_s: float


@dataclass(frozen=True, slots=True)
class SessionClosed:
    """A host said goodbye, or its heartbeat stopped."""

    session: int
    silent: bool
    at_s: float


@dataclass(frozen=True, slots=True)
class Executed:
    """A command was accepted and is under way."""

    session: int
    sequence: int
    command: Command
    at_s: float


@dataclass(frozen=True, slots=True)
class Declined:
    """A request was refused."""

    session: int
    sequence: int
    reason: Reason
    at_s: float


@dataclass(frozen=True, slots=True)
class StopLatched:
    """An emergency stop was obeyed."""

    stop_count: int
    at_s: float


@dataclass(frozen=True, slots=True)
class StopLifted:
    """The emergency stop was released."""

    at_s: float


@dataclass(frozen=True, slots=True)
class PostureChanged:
    """The legs do something else now."""

    posture: Posture
    at_s: float


ControllerEvent = (
    SessionOpened | SessionClosed | Executed | Declined | StopLatched | StopLifted | PostureChanged
)


@dataclass(slots=True)
class _Session:
    number: int
    timeout_s: float
    fresh_at_s: float
    last_sequence: int | None = None
    last_answer: m.Acknowledgement | m.Refusal | None = None

    @property
    def ends_at_s(self) -> float:
        return self.fresh_at_s + self.timeout_s


class Controller:
    """One exoskeleton's side of one line.

    Call `receive` with whatever arrives, `advance` no later than `next_deadline_s`, and write
    what `take_output` returns.

    Parameters
    ----------
    body : Body
        What is moved; a new controller on the same body is that controller after a restart.
    now_s : float
        The time, of any monotonic clock: that of the power-up.
    name : str
        How it introduces itself, up to 16 ASCII characters.

    Attributes
    ----------
    motion : Motion
        The machine of postures.
    """

    def __init__(self, body: Body, now_s: float, name: str = "simulator") -> None:
        self.motion = Motion(body, now_s)
        self._name = name
        self._powered_at_s = now_s
        self._parser = FrameParser()
        self._output: list[bytes] = []
        self._events: list[ControllerEvent] = []
        self._session: _Session | None = None
        self._past_session = 0
        self._heartbeat_lost = False
        self._telemetry_at_s = now_s
        self._stop_latched = self.motion.posture in HELD
        self._stop_count = int(self._stop_latched)
        self._stop_number: int | None = None
        self._posture = self.motion.posture

    @property
    def errors(self) -> LineErrors:
        """What arrived and could not be used."""
        return self._parser.errors

    @property
    def next_deadline_s(self) -> float:
        """When `advance` has something to do, if nothing arrives before."""
        ends_at_s = math.inf if self._session is None else self._session.ends_at_s
        return min(self._telemetry_at_s, ends_at_s)

    def receive(self, data: bytes, now_s: float) -> None:
        """Take the bytes that arrived, cut anywhere."""
        self._settle(now_s)
        for body in self._parser.feed(data):
            try:
                self._handle(decode(body), now_s)
            except MalformedMessageError:
                self._parser.errors.content += 1
        self._note_posture(now_s)

    def advance(self, now_s: float) -> None:
        """Move the legs, watch the heartbeat, report."""
        self._settle(now_s)
        if now_s >= self._telemetry_at_s:
            self._telemetry_at_s += TELEMETRY_PERIOD_S
            if self._telemetry_at_s <= now_s:  # late by more than a period: no catching up
                self._telemetry_at_s = now_s + TELEMETRY_PERIOD_S
            self._write(self._telemetry(now_s))

    def stop_here(self, now_s: float) -> None:
        """Latch an emergency stop from this side: the button on the exoskeleton."""
        self._settle(now_s)
        self._latch(None, now_s)
        self._note_posture(now_s)

    def take_output(self) -> list[bytes]:
        """Return the frames to write now, in their order."""
        output, self._output = self._output, []
        return output

    def take_events(self) -> list[ControllerEvent]:
        """Return what happened since the last call."""
        events, self._events = self._events, []
        return events

    def _settle(self, now_s: float) -> None:
        """Let happen, at its own time, what was due before now."""
        session = self._session
        if session is not None and now_s >= session.ends_at_s:
            self.motion.advance(session.ends_at_s)
            self._end_session(session.ends_at_s, silent=True)
        self.motion.advance(now_s)
        self._note_posture(now_s)

    def _note_posture(self, now_s: float) -> None:
        if self.motion.posture is not self._posture:
            self._posture = self.motion.posture
            self._events.append(PostureChanged(self._posture, now_s))

    def _write(self, message: m.ControllerMessage) -> None:
        self._output.append(encode_frame(encode(message)))

    def _time_ms(self, now_s: float) -> int:
        return int((now_s - self._powered_at_s) * 1e3 + _ROUNDING_MS) % (1 << 32)

    def _handle(self, message: m.HostMessage | m.ControllerMessage, now_s: float) -> None:
        match message:
            case m.EmergencyStop():
                self._latch(message.number, now_s)
                self._write(m.Stopped(message.number, self._stop_count))
            case m.CommandRequest() | m.ReleaseStop():
                self._on_request(message, now_s)
            case m.Heartbeat():
                session = self._session
                if session is not None and session.number == message.session:
                    self._write(m.HeartbeatReply(message.session, message.count))
                    if self._is_fresh(message.seen_ms, now_s):
                        session.fresh_at_s = now_s
            case m.Hello():
                self._on_hello(message, now_s)
            case m.Goodbye():
                if self._session is not None and self._session.number == message.session:
                    self._end_session(now_s, silent=False)
            case _:
                raise MalformedMessageError("a controller's message came from the host's side")

    # Session.

    def _on_hello(self, hello: m.Hello, now_s: float) -> None:
        session = self._session
        if not hello.lowest_version <= m.VERSION <= hello.highest_version:
            self._turn_away(hello, m.HelloCause.VERSION)
        elif hello.session == self._past_session:
            self._turn_away(hello, m.HelloCause.SESSION_OVER)
        elif session is not None and session.number != hello.session:
            self._turn_away(hello, m.HelloCause.BUSY)
        else:
            if session is None:
                asked_s = hello.heartbeat_timeout_ms / 1e3
                timeout_s = min(max(asked_s, SHORTEST_TIMEOUT_S), LONGEST_TIMEOUT_S)
                session = self._session = _Session(hello.session, timeout_s, now_s)
                self._heartbeat_lost = False
                self._events.append(SessionOpened(hello.session, now_s))
            timeout_ms = round(session.timeout_s * 1e3)
            self._write(
                m.Welcome(
                    session=session.number,
                    version=m.VERSION,
                    heartbeat_interval_ms=timeout_ms // HEARTBEATS_PER_TIMEOUT,
                    heartbeat_timeout_ms=timeout_ms,
                    command_lifetime_ms=round(COMMAND_LIFETIME_S * 1e3),
                    time_ms=self._time_ms(now_s),
                    name=self._name,
                )
            )

    def _turn_away(self, hello: m.Hello, cause: m.HelloCause) -> None:
        self._write(m.HelloRefused(hello.session, cause, m.VERSION, m.VERSION))

    def _end_session(self, now_s: float, *, silent: bool) -> None:
        if self._session is not None:
            self._past_session, self._session = self._session.number, None
            self._heartbeat_lost = silent
            self._events.append(SessionClosed(self._past_session, silent, now_s))
            self.motion.happen(Happening.REST, now_s)

    # Requests.

    def _is_fresh(self, seen_ms: int, now_s: float) -> bool:
        age_ms = (self._time_ms(now_s) - seen_ms) % (1 << 32)
        return age_ms <= COMMAND_LIFETIME_S * 1e3

    def _on_request(self, request: m.CommandRequest | m.ReleaseStop, now_s: float) -> None:
        session = self._session
        if session is None or session.number != request.session:
            self._write(m.Refusal(request.session, request.sequence, Reason.NO_SESSION))
            return
        if session.last_sequence is not None and session.last_answer is not None:
            ahead = (request.sequence - session.last_sequence) % (1 << 16)
            if ahead == 0:
                self._write(session.last_answer)
            if not 0 < ahead < 1 << 15:
                return  # a repetition, answered again; or one from before, given up long ago
        session.last_sequence = request.sequence
        session.last_answer = self._execute(request, now_s)
        self._write(session.last_answer)

    def _execute(
        self, request: m.CommandRequest | m.ReleaseStop, now_s: float
    ) -> m.Acknowledgement | m.Refusal:
        reason: Reason | None
        command = None
        if not self._is_fresh(request.seen_ms, now_s):
            reason = Reason.STALE
        elif isinstance(request, m.ReleaseStop):
            reason = self._release(request.stop_count, now_s)
        else:
            command = _COMMANDS.get(request.code)
            reason = Reason.UNKNOWN_COMMAND
            if command is not None:
                reason = self.motion.command(command, now_s)
        if reason is not None:
            self._events.append(Declined(request.session, request.sequence, reason, now_s))
            return m.Refusal(request.session, request.sequence, reason)
        if command is not None:
            self._events.append(Executed(request.session, request.sequence, command, now_s))
        return m.Acknowledgement(request.session, request.sequence)

    # Emergency stop.

    def _latch(self, number: int | None, now_s: float) -> None:
        if self._stop_latched and number is not None and number == self._stop_number:
            return  # a repetition
        self._stop_latched, self._stop_number = True, number
        self._stop_count = (self._stop_count + 1) % (1 << 16)
        self.motion.happen(Happening.EMERGENCY_STOP, now_s)
        self._events.append(StopLatched(self._stop_count, now_s))

    def _release(self, stop_count: int, now_s: float) -> Reason | None:
        if stop_count != self._stop_count:
            return Reason.WRONG_STOP
        reason = self.motion.release(now_s)
        if reason is None and self._stop_latched:
            self._stop_latched = False
            self._events.append(StopLifted(now_s))
        return reason

    def _telemetry(self, now_s: float) -> m.Telemetry:
        motion, body = self.motion, self.motion.body
        faults = motion.faults
        if self._heartbeat_lost:
            faults |= Fault.HEARTBEAT_LOST
        return m.Telemetry(
            session=0 if self._session is None else self._session.number,
            time_ms=self._time_ms(now_s),
            posture=motion.posture,
            faults=faults,
            stop_latched=self._stop_latched,
            stop_count=self._stop_count,
            battery_percent=int(body.battery_percent),
            gait_phase=motion.gait_phase,
            angles_deg=body.angles_deg,
            velocities_deg_per_s=body.velocities_deg_per_s,
            x_m=body.x_m,
            y_m=body.y_m,
            heading_deg=body.heading_deg,
            distance_m=body.distance_m,
        )

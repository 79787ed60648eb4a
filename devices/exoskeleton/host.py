"""The host's end of the protocol: bytes and time in, bytes to write and events out.

No clock, thread or port in here: whoever owns those hands them in, and writes what
`Host.take_output` returns. Times are seconds of any one monotonic clock.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

from devices.exoskeleton import messages as m
from devices.exoskeleton.command import Command
from devices.exoskeleton.encoding import MalformedMessageError, decode, encode
from devices.exoskeleton.events import (
    Acknowledged,
    DownCause,
    Event,
    LinkDown,
    LinkQuality,
    LinkUp,
    Refused,
    StopConfirmed,
    TelemetryReceived,
    Unanswered,
    UnansweredCause,
)
from devices.exoskeleton.framing import FrameParser, encode_frame
from devices.exoskeleton.heartbeats import Heartbeats
from devices.exoskeleton.link_state import LinkInput, LinkState, next_link_state
from devices.exoskeleton.pending_stop import PendingStop
from devices.exoskeleton.postures import Reason
from devices.exoskeleton.requests import Request, RequestQueue

HEARTBEAT_TIMEOUT_S = 0.5
"""What is asked for; the controller has the last word."""

ANSWER_WITHIN_S = 2.0
"""How long a controller may leave a hello unanswered before the link is reported down."""

GREET_EVERY_S = 0.1
GREET_LATER_EVERY_S = 0.5


class Outgoing(NamedTuple):
    """A frame to write; `sequence` is that of a request that goes out for the first time."""

    frame: bytes
    sequence: int | None = None


class Host:
    """One host's side of one line.

    Call `opened` when the port is open, `receive` with whatever arrives, `advance` no later than
    `next_deadline_s`, and write what `take_output` returns, in that order. Requests never outlive
    their session: what is not answered when a link is lost is reported and forgotten. Only an
    emergency stop does: it is repeated, through every reconnection, until it is confirmed.

    Parameters
    ----------
    new_session : callable
        Returns a number from 1 to 2**32 - 1 that no earlier session had: a random one.
    """

    def __init__(self, new_session: Callable[[], int]) -> None:
        self._new_session = new_session
        self._parser = FrameParser()
        self._state = LinkState.CLOSED
        self._events: list[Event] = []
        self._output: list[Outgoing] = []
        self._sequence = 0
        self._requests = RequestQueue()

        self._session = 0
        self._opened_at_s = 0.0
        self._greet_at_s = math.inf
        self._report_silence_at_s = math.inf
        self._busy = False

        self._timeout_s = math.inf
        self._heartbeats = Heartbeats()
        self._heard_at_s = -math.inf
        self._seen_ms = 0
        self._telemetry: m.Telemetry | None = None
        self._foreign_telemetry = False

        self._stop = PendingStop(new_session())
        self._stop_count = 0

        self._retransmissions = 0
        self._frames_received = 0
        self._frames_late = 0
        self._sessions = 0

    @property
    def state(self) -> LinkState:
        """Where the link stands."""
        return self._state

    @property
    def telemetry(self) -> m.Telemetry | None:
        """The newest telemetry of this session, None before the first."""
        return self._telemetry

    @property
    def next_deadline_s(self) -> float:
        """When `advance` has something to do, if nothing arrives before."""
        deadline_s = min(
            self._greet_at_s,
            self._report_silence_at_s,
            self._heartbeats.due_at_s,
            self._stop.due_at_s,
        )
        if self._state is LinkState.UP:
            deadline_s = min(
                deadline_s, self._heard_at_s + self._timeout_s, self._requests.next_deadline_s
            )
        return deadline_s

    @property
    def quality(self) -> LinkQuality:
        """How well the line does."""
        errors = self._parser.errors
        return LinkQuality(
            round_trip_s=self._heartbeats.round_trip_s,
            retransmissions=self._retransmissions,
            heartbeats_sent=self._heartbeats.sent,
            heartbeats_answered=self._heartbeats.answered,
            frames_received=self._frames_received,
            frames_late=self._frames_late,
            checksum_errors=errors.checksum,
            other_errors=errors.total - errors.checksum,
            sessions=self._sessions,
        )

    # What the owner of the port says.

    def opened(self, now_s: float) -> None:
        """Begin: the port is open; `advance` says hello."""
        self._parser.reset()
        self._enter(LinkInput.OPENED)
        self._greet_anew(now_s)
        if self._stop.is_pending:
            self._write_stop(now_s)

    def lost(self, now_s: float, message: str, *, cause: DownCause = DownCause.PORT_LOST) -> None:
        """End: the port failed. Does nothing while there is none."""
        if self._state is not LinkState.CLOSED:
            self._go_down(LinkInput.LOST, cause, message, now_s)
            self._stop.hold()

    def close(self, now_s: float) -> None:
        """Say goodbye, then `lost`: what is to be written remains in the output."""
        session, up = self._session, self._state is LinkState.UP
        self.lost(now_s, "the link was closed", cause=DownCause.CLOSED)
        if up:
            self._output.append(Outgoing(encode_frame(encode(m.Goodbye(session)))))

    def receive(self, data: bytes, now_s: float) -> None:
        """Take the bytes that arrived, cut anywhere."""
        for body in self._parser.feed(data):
            try:
                self._handle(decode(body), now_s)
            except MalformedMessageError:
                self._parser.errors.content += 1

    def advance(self, now_s: float, *, alive: bool = True) -> None:
        """Do what is due: heartbeats, repetitions, giving up.

        Parameters
        ----------
        now_s : float
            The time.
        alive : bool
            Whether the program behind this link still runs; without it neither heartbeat nor
            hello is sent, and the controller comes to rest.
        """
        if now_s >= self._stop.due_at_s:
            self._retransmissions += 1
            self._write_stop(now_s)
        if self._state is LinkState.GREETING:
            if now_s >= self._report_silence_at_s:
                self._report_silence(now_s)
            if now_s >= self._greet_at_s:
                self._greet(now_s, alive=alive)
        elif self._state is LinkState.UP:
            self._advance_session(now_s, alive=alive)

    # What the program asks.

    def send(self, command: Command, now_s: float) -> int:
        """Ask for `command` and return the number under which its outcome will be reported."""
        return self._ask(command, now_s)

    def release_stop(self, now_s: float) -> int:
        """Ask for the release of the latched emergency stop; answered like a command."""
        return self._ask(None, now_s)

    @property
    def next_stop_frame(self) -> bytes:
        """The frame that the next call of `emergency_stop` will write."""
        return self._stop.next_frame

    def emergency_stop(self, now_s: float) -> None:
        """Stop now: drops all requests, goes out before all else, is repeated until confirmed."""
        self._give_up(self._requests.clear(), UnansweredCause.OVERTAKEN)
        self._stop.ask(now_s)
        if self._state is not LinkState.CLOSED:
            self._output.clear()
            self._write_stop(now_s)

    def take_output(self) -> list[Outgoing]:
        """Return the frames to write now, in their order."""
        output, self._output = self._output, []
        return output

    def take_events(self) -> list[Event]:
        """Return what happened since the last call."""
        events, self._events = self._events, []
        return events

    # Session.

    def _enter(self, happened: LinkInput) -> None:
        self._state = next_link_state(self._state, happened)

    def _go_down(self, why: LinkInput, cause: DownCause, message: str, now_s: float) -> None:
        self._enter(why)
        self._give_up(self._requests.clear(), UnansweredCause.LINK_LOST)
        self._output.clear()
        self._greet_at_s = self._report_silence_at_s = math.inf
        self._heartbeats.end()
        self._session, self._telemetry = 0, None
        self._events.append(LinkDown(cause, message, now_s))
        if self._state is not LinkState.CLOSED and self._stop.is_pending:
            self._write_stop(now_s)
        if self._state is LinkState.GREETING:
            self._greet_anew(now_s)

    def _greet_anew(self, now_s: float) -> None:
        self._session = self._new_session()
        self._opened_at_s = now_s
        self._report_silence_at_s = now_s + ANSWER_WITHIN_S
        self._busy = False
        self._greet_at_s = now_s

    def _greet(self, now_s: float, *, alive: bool) -> None:
        early = now_s < self._opened_at_s + ANSWER_WITHIN_S
        self._greet_at_s = now_s + (GREET_EVERY_S if early else GREET_LATER_EVERY_S)
        if alive:
            timeout_ms = round(HEARTBEAT_TIMEOUT_S * 1e3)
            self._write(m.Hello(self._session, m.VERSION, m.VERSION, timeout_ms))

    def _report_silence(self, now_s: float) -> None:
        self._report_silence_at_s = math.inf
        if self._busy:
            cause = DownCause.BUSY
            message = "the controller serves another host: close the other program. Trying on"
        else:
            cause = DownCause.SILENT
            message = (
                f"no controller answered within {ANSWER_WITHIN_S:g} s: is it powered, is this its "
                "port, does it speak the protocol of docs/protocol.md? Trying on"
            )
        self._events.append(LinkDown(cause, message, now_s))

    def _advance_session(self, now_s: float, *, alive: bool) -> None:
        if now_s >= self._heard_at_s + self._timeout_s:
            self._fall_silent(now_s)
            return
        self._give_up(self._requests.take_expired(now_s), UnansweredCause.EXPIRED)
        if not alive:
            self._heartbeats.withhold(now_s)
            self._give_up(self._requests.clear(), UnansweredCause.EXPIRED)
            return
        if (request := self._requests.due_again(now_s)) is not None:
            self._retransmissions += 1
            self._output.append(Outgoing(request.frame))
        self._write_next_request(now_s)
        if now_s >= self._heartbeats.due_at_s:
            self._write(m.Heartbeat(self._session, self._heartbeats.send(now_s), self._seen_ms))

    def _fall_silent(self, now_s: float) -> None:
        if self._foreign_telemetry:
            cause, message = DownCause.SESSION_LOST, "the controller restarted"
        else:
            cause = DownCause.SILENT
            message = f"nothing was heard from the controller for {self._timeout_s:g} s"
        self._go_down(LinkInput.SILENT, cause, message, now_s)

    # Requests.

    def _ask(self, command: Command | None, now_s: float) -> int:
        self._sequence += 1
        request = Request(self._sequence, command, now_s)
        if self._state is not LinkState.UP:
            self._give_up([request], UnansweredCause.NO_LINK)
        elif self._stop.is_pending:
            self._give_up([request], UnansweredCause.OVERTAKEN)
        elif not self._requests.add(request):
            self._give_up([request], UnansweredCause.QUEUE_FULL)
        else:
            self._write_next_request(now_s)
        return self._sequence

    def _write_next_request(self, now_s: float) -> None:
        request = self._requests.next_to_write(now_s)
        if request is None:
            return
        session, sequence, seen_ms = self._session, request.wire_sequence, self._seen_ms
        request.frame = encode_frame(
            encode(
                m.ReleaseStop(session, sequence, seen_ms, self._stop_count)
                if request.command is None
                else m.CommandRequest(session, sequence, seen_ms, request.command)
            )
        )
        self._output.append(Outgoing(request.frame, request.sequence))

    def _give_up(self, requests: list[Request], cause: UnansweredCause) -> None:
        self._events.extend(Unanswered(r.sequence, r.command, cause) for r in requests)

    def _write(self, message: m.HostMessage) -> None:
        self._output.append(Outgoing(encode_frame(encode(message))))

    def _write_stop(self, now_s: float) -> None:
        self._stop.written(now_s)
        self._output.insert(0, Outgoing(self._stop.frame))

    # What the controller says.

    def _handle(self, message: m.HostMessage | m.ControllerMessage, now_s: float) -> None:
        match message:
            case m.Stopped():
                self._on_stopped(message, now_s)
            case m.Telemetry():
                self._on_telemetry(message, now_s)
            case m.Welcome() | m.HelloRefused():
                self._on_greeted(message, now_s)
            case m.HeartbeatReply() | m.Acknowledgement() | m.Refusal():
                if self._state is LinkState.UP and message.session == self._session:
                    self._on_reply(message, now_s)
            case _:
                raise MalformedMessageError("a host's message came from the controller's side")
        self._frames_received += 1

    def _on_greeted(self, message: m.Welcome | m.HelloRefused, now_s: float) -> None:
        if self._state is not LinkState.GREETING or message.session != self._session:
            return
        if isinstance(message, m.Welcome):
            self._begin_session(message, now_s)
        elif message.cause is m.HelloCause.BUSY:
            self._busy = True
        elif message.cause is m.HelloCause.SESSION_OVER:
            self._session = self._new_session()
            self._greet_at_s = now_s
        else:
            self._go_down(
                LinkInput.VERSION_REFUSED,
                DownCause.INCOMPATIBLE,
                f"the controller speaks versions {message.lowest_version} to "
                f"{message.highest_version} of the protocol, this program version {m.VERSION}: "
                "update the older of the two",
                now_s,
            )

    def _begin_session(self, welcome: m.Welcome, now_s: float) -> None:
        interval_ms, timeout_ms = welcome.heartbeat_interval_ms, welcome.heartbeat_timeout_ms
        if (
            welcome.version != m.VERSION
            or not 0 < interval_ms <= timeout_ms // 2
            or not welcome.command_lifetime_ms
        ):
            raise MalformedMessageError("a welcome with terms that no host can keep")
        self._enter(LinkInput.WELCOMED)
        self._sessions += 1
        self._timeout_s = timeout_ms / 1e3
        self._heartbeats.begin(interval_ms / 1e3, now_s)
        self._requests.lifetime_s = welcome.command_lifetime_ms / 1e3
        self._greet_at_s = self._report_silence_at_s = math.inf
        self._heard_at_s = now_s
        self._seen_ms, self._foreign_telemetry = welcome.time_ms, False
        self._events.append(
            LinkUp(
                welcome.name,
                welcome.version,
                self._timeout_s,
                self._requests.lifetime_s,
                now_s,
            )
        )

    def _on_telemetry(self, telemetry: m.Telemetry, now_s: float) -> None:
        if self._state is not LinkState.UP:
            return
        age_ms = (telemetry.time_ms - self._seen_ms) % (1 << 32)
        newer = 0 < age_ms < 1 << 31
        if telemetry.session == self._session:
            if not newer:
                self._frames_late += 1
                return
            self._heard_at_s, self._seen_ms = now_s, telemetry.time_ms
            self._telemetry, self._stop_count = telemetry, telemetry.stop_count
            self._events.append(TelemetryReceived(telemetry, now_s))
        elif newer:
            self._lose_session(now_s)
        else:  # from before the session; or from after a restart, when the clock began anew
            self._foreign_telemetry = True

    def _on_reply(
        self, reply: m.HeartbeatReply | m.Acknowledgement | m.Refusal, now_s: float
    ) -> None:
        if isinstance(reply, m.Refusal) and reply.reason is Reason.NO_SESSION:
            self._lose_session(now_s)
            return
        self._heard_at_s = now_s
        if isinstance(reply, m.HeartbeatReply):
            self._heartbeats.on_reply(reply.count, now_s)
            return
        request = self._requests.answered(reply.sequence)
        if request is None:
            return  # the answer to a repetition, or to what was given up
        if isinstance(reply, m.Refusal):
            self._events.append(Refused(request.sequence, request.command, reply.reason))
        else:
            round_trip_s = now_s - request.written_at_s
            self._events.append(Acknowledged(request.sequence, request.command, round_trip_s))
        self._write_next_request(now_s)

    def _lose_session(self, now_s: float) -> None:
        self._go_down(
            LinkInput.SESSION_LOST,
            DownCause.SESSION_LOST,
            "the controller ended the session: it did not hear this program in time",
            now_s,
        )

    def _on_stopped(self, stopped: m.Stopped, now_s: float) -> None:
        round_trip_s = self._stop.confirm(stopped.number, now_s)
        if round_trip_s is not None:
            self._events.append(StopConfirmed(round_trip_s))
            self._stop_count = stopped.stop_count

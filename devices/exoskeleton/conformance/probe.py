"""A host that says exactly what it is told to, to find out how a controller takes it."""

import random
from collections.abc import Callable
from typing import Protocol, TypeVar

from devices.exoskeleton import messages as m
from devices.exoskeleton.command import Command
from devices.exoskeleton.encoding import MalformedMessageError, decode, encode
from devices.exoskeleton.framing import FrameParser, encode_frame
from devices.exoskeleton.postures import HELD, Posture

ANSWER_WITHIN_S = 0.25
"""How long a controller under test may take to answer."""

MOVE_WITHIN_S = 20.0
"""How long a movement that ends by itself may take."""

_LONGEST_TIMEOUT_S = 2.0
_READ_S = 0.005

_Message = TypeVar("_Message", bound=m.ControllerMessage)


class NotConformingError(Exception):
    """The controller did not do what the protocol demands."""


class Channel(Protocol):
    """A line to a controller, and the time."""

    def now_s(self) -> float:
        """Return the time."""

    def write(self, data: bytes) -> None:
        """Send bytes."""

    def read(self, timeout_s: float) -> bytes:
        """Return what has arrived, waiting for it up to `timeout_s`."""


def demand(condition: object, message: str) -> None:
    """Raise `NotConformingError` unless the condition holds."""
    if not condition:
        raise NotConformingError(message)


class Probe:
    """Talks to one controller.

    Parameters
    ----------
    channel : Channel
        The line to it.
    rng : random.Random
        Where session numbers and junk come from.

    Attributes
    ----------
    session : int
        The session that was opened last.
    seen : list of Telemetry
        All telemetry since the check began.
    replies : list of HeartbeatReply
        All answers to heartbeats.
    answers : list
        All else that arrived and was not taken yet.
    """

    def __init__(self, channel: Channel, rng: random.Random) -> None:
        self.channel = channel
        self.rng = rng
        self.session = 0
        self.seen: list[m.Telemetry] = []
        self._parser = FrameParser()
        self.answers: list[m.ControllerMessage] = []
        self.replies: list[m.HeartbeatReply] = []
        self._sequence = 0
        self._count = 0
        self._beat_at_s: float | None = None
        self._interval_s = 0.0

    @property
    def latest(self) -> m.Telemetry:
        """The newest telemetry, waited for when there was none yet."""
        if not self.seen:
            self.until(lambda: bool(self.seen), ANSWER_WITHIN_S, "send telemetry")
        return self.seen[-1]

    def say(self, *messages: m.HostMessage) -> None:
        """Send messages."""
        self.channel.write(b"".join(encode_frame(encode(message)) for message in messages))

    def listen(self, duration_s: float) -> None:
        """Let time pass and take in what arrives, with heartbeats when they are on."""
        end_s = self.channel.now_s() + duration_s
        while (now_s := self.channel.now_s()) < end_s:
            if self._beat_at_s is not None and now_s >= self._beat_at_s:
                self._beat_at_s = now_s + self._interval_s
                self._count += 1
                self.say(m.Heartbeat(self.session, self._count % (1 << 16), self.latest_ms))
            for body in self._parser.feed(self.channel.read(min(_READ_S, end_s - now_s))):
                self._take(body)

    def until(self, condition: Callable[[], bool], within_s: float, what: str) -> float:
        """Wait for a condition; return how long it took."""
        begun_s = self.channel.now_s()
        while not condition():
            waited_s = self.channel.now_s() - begun_s
            demand(waited_s < within_s, f"the controller did not {what} within {within_s:g} s")
            self.listen(_READ_S)
        return self.channel.now_s() - begun_s

    def answer(self, kind: type[_Message], *said: m.HostMessage) -> _Message:
        """Say something, if anything, and return the next answer, which has to be of a kind."""
        if said:
            self.answers.clear()
            self.say(*said)
        about = " and ".join(type(message).__name__ for message in said) or "what was sent"
        self.until(lambda: bool(self.answers), ANSWER_WITHIN_S, f"answer {about}")
        answer = self.answers.pop(0)
        if not isinstance(answer, kind):
            raise NotConformingError(f"{about} was answered by {answer}, not by a {kind.__name__}")
        return answer

    def no_answer(self, *said: m.HostMessage) -> None:
        """Say something that must not be answered."""
        self.answers.clear()
        self.say(*said)
        self.listen(ANSWER_WITHIN_S / 2)
        demand(not self.answers, f"{said} was answered by {self.answers[:1]}")

    # Sessions.

    @property
    def latest_ms(self) -> int:
        """Controller's clock as last heard."""
        return self.latest.time_ms

    def hello(self, timeout_ms: int = 500) -> m.Hello:
        """Return a hello under a new number."""
        self.session = self.rng.randrange(1, 1 << 32)
        return m.Hello(self.session, m.VERSION, m.VERSION, timeout_ms)

    def open(self, timeout_ms: int = 500, *, beating: bool = True) -> m.Welcome:
        """Open a session and, unless told otherwise, keep it alive from now on."""
        welcome = self.answer(m.Welcome, self.hello(timeout_ms))
        self._interval_s = welcome.heartbeat_interval_ms / 1e3
        self._beat_at_s = self.channel.now_s() if beating else None
        return welcome

    def fall_silent(self) -> None:
        """Send no more heartbeats."""
        self._beat_at_s = None

    def close(self) -> None:
        """Say goodbye and wait until no session is open, whosever it was."""
        self.fall_silent()
        if self.session:
            self.say(m.Goodbye(self.session))
        self.listen(0.05)
        self.until(
            lambda: self.latest.session == 0, _LONGEST_TIMEOUT_S + 0.5, "end a session left alone"
        )
        self.answers.clear()

    # Requests.

    def request(self, code: int, seen_ms: int | None = None) -> m.CommandRequest:
        """Return a command under the next sequence number."""
        self._sequence = (self._sequence + 1) % (1 << 16)
        seen_ms = self.latest_ms if seen_ms is None else seen_ms
        return m.CommandRequest(self.session, self._sequence, seen_ms % (1 << 32), code)

    def release(self, stop_count: int | None = None) -> m.ReleaseStop:
        """Return a release, of the latest stop unless told otherwise."""
        self._sequence = (self._sequence + 1) % (1 << 16)
        count = self.latest.stop_count if stop_count is None else stop_count
        return m.ReleaseStop(self.session, self._sequence, self.latest_ms, count)

    def ask(self, command: Command) -> None:
        """Ask for a command that has to be acknowledged."""
        request = self.request(command)
        answer = self.answer(m.Acknowledgement, request)
        demand(answer.sequence == request.sequence, f"{request} was answered by {answer}")

    def arrive(self, posture: Posture) -> None:
        """Wait for a posture."""
        self.until(
            lambda: self.latest.posture is posture, MOVE_WITHIN_S, f"come to be {posture.name}"
        )

    def settle(self, posture: Posture | None = None) -> None:
        """Bring about what a check begins with: no session, no stop, legs at rest."""
        self.close()
        if self.latest.stop_latched or self.latest.posture in HELD:
            self.open()
            self.answer(m.Acknowledgement, self.release())
            self.close()
        self.until(
            lambda: self.latest.posture in (Posture.SITTING, Posture.STANDING),
            MOVE_WITHIN_S,
            "come to rest",
        )
        if posture is not None and self.latest.posture is not posture:
            self.open()
            self.ask(Command.STAND if posture is Posture.STANDING else Command.SIT)
            self.arrive(posture)
            self.close()
        del self.seen[:-1]

    def _take(self, body: bytes) -> None:
        try:
            message = decode(body)
        except MalformedMessageError as error:
            raise NotConformingError(f"{body.hex()} is no message: {error}") from error
        if isinstance(message, m.Telemetry):
            self.seen.append(message)
        elif isinstance(message, m.HeartbeatReply):
            self.replies.append(message)
        elif isinstance(message, m.ControllerMessage):
            self.answers.append(message)
        else:
            raise NotConformingError(f"the controller sent {message}, which only a host may")

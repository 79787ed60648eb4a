"""A link to a simulated exoskeleton without port, thread or clock: both ends in virtual time."""

import random

from devices.errors import DeviceError
from devices.exoskeleton.command import Command
from devices.exoskeleton.event_queue import EventQueue
from devices.exoskeleton.events import Event, FrameWritten, LinkQuality
from devices.exoskeleton.host import ANSWER_WITHIN_S, Host
from devices.exoskeleton.link import Link
from devices.exoskeleton.link_state import LinkState
from devices.exoskeleton.messages import Telemetry
from devices.exoskeleton.simulated import SimulatedExoskeleton


class VirtualLink(Link):
    """The two ends of the protocol wired to each other, in the time that the caller tells.

    The frames are those of a real line, bit for bit. `advance` moves the time; what is asked
    between two calls is asked at the time of the first.

    Parameters
    ----------
    now_s : float
        The time at the beginning.
    seed : int
        Of whatever is random: session numbers, and the accidents of the line.

    Attributes
    ----------
    host : Host
        The end that asks.
    exoskeleton : SimulatedExoskeleton
        The end that moves, with the line to it.
    now_s : float
        The time.
    """

    def __init__(self, now_s: float = 0.0, seed: int = 0) -> None:
        rng = random.Random(seed)
        self.now_s = now_s
        self.host = Host(lambda: rng.randrange(1, 1 << 32))
        self.exoskeleton = SimulatedExoskeleton(now_s, seed)
        self._queue = EventQueue()

    def start(self) -> None:
        """Open a session; moves the time when the line delays.

        Raises
        ------
        DeviceError
            When the faults of the line let no session come about.
        """
        self.host.opened(self.now_s)
        self._settle()
        deadline_s = self.now_s + ANSWER_WITHIN_S
        while not self.is_up and self.now_s < deadline_s:
            self.advance(min(self._next_due_s(), deadline_s))
        if not self.is_up:
            raise DeviceError("the line is too bad for a session: give it fewer faults")

    def close(self) -> None:
        """Say goodbye, upon which the exoskeleton comes to rest; may be called twice."""
        self.host.close(self.now_s)
        self._settle()

    def advance(self, now_s: float) -> None:
        """Let the time pass until `now_s`, and happen all that is due on the way."""
        while (due_s := self._next_due_s()) <= now_s:
            self.now_s = max(self.now_s, due_s)
            if self.host.next_deadline_s <= self.now_s:
                self.host.advance(self.now_s)
            self._settle()
        self.now_s = max(self.now_s, now_s)

    def send(self, command: Command) -> int:
        """Ask for `command`; its outcome will be reported under the number returned."""
        sequence = self.host.send(command, self.now_s)
        self._settle()
        return sequence

    def emergency_stop(self) -> None:
        """Stop the legs now, before all else; latched until it is released."""
        self.host.emergency_stop(self.now_s)
        self._settle()

    def release_stop(self) -> int:
        """Ask for the release of the emergency stop, like a command (whose place None takes)."""
        sequence = self.host.release_stop(self.now_s)
        self._settle()
        return sequence

    def poll(self) -> list[Event]:
        """Return what happened since the last call, in order."""
        return self._queue.drain()

    @property
    def is_up(self) -> bool:
        """Whether a session is open."""
        return self.host.state is LinkState.UP

    @property
    def telemetry(self) -> Telemetry | None:
        """The newest telemetry of this session, None before the first."""
        return self.host.telemetry

    @property
    def quality(self) -> LinkQuality:
        """How well the line does."""
        return self.host.quality

    def _next_due_s(self) -> float:
        return min(self.host.next_deadline_s, self.exoskeleton.next_deadline_s)

    def _settle(self) -> None:
        """Exchange what is written until nothing more arrives now."""
        now_s = self.now_s
        output = self.host.take_output()
        while True:
            for frame, sequence in output:
                self.exoskeleton.receive(frame, now_s)
                if sequence is not None:
                    self._queue.put(FrameWritten(sequence, now_s))
            if data := self.exoskeleton.transmit(now_s):
                self.host.receive(data, now_s)
            for event in self.host.take_events():
                self._queue.put(event)
            output = self.host.take_output()
            if not output:
                return

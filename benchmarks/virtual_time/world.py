"""A host, a line and a walking exoskeleton, in virtual time, with hands on all of it."""

import heapq
import itertools
import math
import random
from collections.abc import Callable

from devices.exoskeleton.command import Command
from devices.exoskeleton.controller import (
    Controller,
    Executed,
    PostureChanged,
    StopLatched,
    StopLifted,
)
from devices.exoskeleton.events import Unanswered, UnansweredCause
from devices.exoskeleton.host import Host
from devices.exoskeleton.link_state import LinkState
from devices.exoskeleton.postures import AT_REST, HELD, Posture
from devices.exoskeleton.requests import SEQUENCES
from devices.exoskeleton.simulated import SimulatedExoskeleton
from devices.exoskeleton.trajectory import STANDING_DEG

MOVES = (Command.WALK, Command.TURN_LEFT, Command.TURN_RIGHT, Command.STAND, Command.STOP)

GIVE_UP_S = 60.0
_WATCH_S = 0.005
_MOVEMENTS = {Posture.WALKING, Posture.TURNING, Posture.STANDING_UP, Posture.SITTING_DOWN}


class World:
    """A host, a line and a walking exoskeleton, in virtual time, with hands on all of it."""

    def __init__(self, seed: int, powered_for_s: float = 0.0) -> None:
        self.rng = random.Random(seed)
        self.now_s = 0.0
        self.exoskeleton = SimulatedExoskeleton(0.0, seed)
        self.exoskeleton.body.angles_deg = STANDING_DEG
        controller = self.exoskeleton.controller = Controller(self.exoskeleton.body, 0.0)
        controller._powered_at_s -= powered_for_s  # noqa: SLF001 - weeks, in no time
        self.host = self.new_host()
        self.clock_error_s = 0.0
        self.running = True
        self.alive = True
        self.plugged = True
        self.second: Host | None = None
        self.stolen = 0.0
        self.asked: dict[int, list[tuple[Command, float]]] = {}
        self.given_up: dict[int, float] = {}
        self.executed: list[Executed] = []
        self.unasked_movements = 0
        self.stopped_at_s = math.inf
        self.latched_at_s = -math.inf
        self.said: list[bytes] = []
        self._inbox = b""
        self._later: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count()
        self._next_move_s = math.inf
        self._last_cause_s = -math.inf

    def new_host(self) -> Host:
        """Return a host with session numbers of this run."""
        return Host(lambda: self.rng.randrange(1, 1 << 32))

    @property
    def host_now_s(self) -> float:
        """The time as the host sees it."""
        return self.now_s + self.clock_error_s

    @property
    def safe(self) -> bool:
        """Whether the legs stand still, sit, or are held still."""
        controller = self.exoskeleton.controller
        if controller is None:
            return True  # without power the brakes hold
        motion = controller.motion
        motion.advance(self.now_s)
        return motion.posture in AT_REST | HELD and not motion.moving

    @property
    def held(self) -> bool:
        """Whether the stop that was called last has been obeyed, and the legs are still."""
        return self.latched_at_s >= self.stopped_at_s and self.safe

    def start(self) -> None:
        """Open the session and let somebody move about for a while."""
        self.host.opened(self.host_now_s)
        self.run(0.2)
        if self.host.state is not LinkState.UP:
            raise RuntimeError("no session came about on a perfect line")
        self.send(Command.WALK)
        self._next_move_s = self.now_s + self.rng.uniform(1.0, 3.0)
        self.run(self.rng.uniform(3.0, 9.0))
        while self.safe:
            self.send(Command.WALK)
            self.run(self.rng.uniform(0.1, 1.0))

    def send(self, command: Command) -> None:
        """Ask for a command, if the program runs."""
        if self.running:
            sequence = self.host.send(command, self.host_now_s)
            self.note_asked(sequence, command)
            self._exchange()

    def note_asked(self, sequence: int, command: Command) -> None:
        """Remember that somebody asked for a command."""
        self.asked.setdefault(sequence % SEQUENCES, []).append((command, self.now_s))

    def stop(self) -> None:
        """Call an emergency stop."""
        self.stopped_at_s = self.now_s
        self.host.emergency_stop(self.host_now_s)

    def stop_moving_about(self) -> None:
        """Ask for nothing more from here on."""
        self._next_move_s = math.inf

    def run(self, duration_s: float) -> None:
        """Let time pass."""
        end_s = self.now_s + duration_s
        while True:
            due_s = min(self._due_s(), end_s)
            self.now_s = max(self.now_s, due_s)
            while self._later and self._later[0][0] <= self.now_s:
                heapq.heappop(self._later)[2]()
            if self.now_s >= self._next_move_s:
                self._next_move_s = self.now_s + self.rng.uniform(0.3, 3.0)
                self.send(self.rng.choice(MOVES))
            if self.running:
                self.host.advance(self.host_now_s, alive=self.alive)
            if self.second is not None:
                self.second.advance(self.now_s)
            self._exchange()
            if due_s >= end_s:
                return

    def until_safe(self) -> float:
        """Let time pass until the legs are safe, held if a stop was called; return how long."""
        begun_s, stopped = self.now_s, math.isfinite(self.stopped_at_s)
        while not (self.held if stopped else self.safe):
            if self.now_s - begun_s > GIVE_UP_S:
                return math.inf
            self.run(_WATCH_S)
        return self.now_s - begun_s

    def keeps_still(self, duration_s: float) -> bool:
        """Let time pass; return whether no joint moved."""
        angles_deg = self.exoskeleton.body.angles_deg
        self.run(duration_s)
        return angles_deg == self.exoskeleton.body.angles_deg

    def unplug(self) -> None:
        """Pull the plug: what is under way is lost."""
        self.plugged = False
        self.exoskeleton.incoming.drop_all()
        self.exoskeleton.outgoing.drop_all()
        self.host.lost(self.host_now_s, "unplugged")
        self.host.take_output()

    def replug(self) -> None:
        """Put it in again."""
        self.plugged = True
        self.host.opened(self.host_now_s)

    def resume(self) -> None:
        """Let the program go on where it stood."""
        self.running = True

    def restart(self) -> None:
        """Start the program anew, after it was killed."""
        self.host = self.new_host()
        self._inbox = b""
        self.running = True
        self.host.opened(self.host_now_s)

    def add_second_host(self) -> None:
        """Let another program open the line, and ask for things too."""
        second = self.second = self.new_host()
        second.opened(self.now_s)

        def ask() -> None:
            command = self.rng.choice(MOVES)
            self.note_asked(second.send(command, self.now_s), command)

        for k in range(20):
            self.later(0.25 * k, ask)

    def later(self, delay_s: float, action: Callable[[], None]) -> None:
        """Have something done after a while."""
        heapq.heappush(self._later, (self.now_s + delay_s, next(self._count), action))

    def inject(self, data: bytes) -> None:
        """Let the controller hear something."""
        self.exoskeleton.receive(data, self.now_s)

    def _due_s(self) -> float:
        due_s = [self.exoskeleton.next_deadline_s, self._next_move_s]
        if self._later:
            due_s.append(self._later[0][0])
        if self.running:
            due_s.append(max(self.host.next_deadline_s - self.clock_error_s, self.now_s + 1e-4))
        if self.second is not None:
            due_s.append(max(self.second.next_deadline_s, self.now_s + 1e-4))
        return min(due_s)

    def _exchange(self) -> None:
        while True:
            frames = [out.frame for out in self.host.take_output()] if self.running else []
            if self.second is not None:
                frames += [out.frame for out in self.second.take_output()]
            self.said += frames
            if self.plugged:
                for frame in frames:
                    self.exoskeleton.receive(frame, self.now_s)
            data = self.exoskeleton.transmit(self.now_s)
            self._note()
            if self.plugged and data:
                self._deliver(data)
            if not frames and not data:
                return

    def _deliver(self, data: bytes) -> None:
        if self.second is not None:
            if self.stolen:  # two programs read one port: each byte goes to one of them
                mine = bytes(byte for byte in data if self.rng.random() >= self.stolen)
                self.second.receive(data[: len(data) - len(mine)], self.now_s)
                data = mine
            else:
                self.second.receive(data, self.now_s)
        if not self.running:
            self._inbox = (self._inbox + data)[-65536:]
            return
        self.host.receive(self._inbox + data, self.host_now_s)
        self._inbox = b""

    def _note(self) -> None:
        for event in self.exoskeleton.take_events():
            if isinstance(event, StopLatched):
                self.latched_at_s = event.at_s
            if isinstance(event, Executed | StopLifted):
                self._last_cause_s = event.at_s
            if isinstance(event, Executed):
                self.executed.append(event)
            if (
                isinstance(event, PostureChanged)
                and event.posture in _MOVEMENTS
                and event.at_s - self._last_cause_s > 1e-6
            ):
                self.unasked_movements += 1
        for event in self.host.take_events():
            if isinstance(event, Unanswered) and event.cause is UnansweredCause.EXPIRED:
                self.given_up[event.sequence % SEQUENCES] = self.now_s

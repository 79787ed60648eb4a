"""What can go wrong between a program and an exoskeleton, and what the legs do then.

Each fault strikes, at a random moment, a session in which somebody walks and turns. Counted over
many seeded runs in virtual time: how long until the legs are in a safe stance (standing still,
seated, or held by a stop), commands executed twice, commands executed that were not asked for,
and commands executed after they had been given up. The last three have to be 0. Where a fault
does not stop the legs by itself, an emergency stop is called under it, and timed.

    python benchmarks/exoskeleton_faults.py                      all rows, 50 runs each
    python benchmarks/exoskeleton_faults.py --only "two hosts" --seed 17 --runs 1
"""

import argparse
import heapq
import itertools
import json
import math
import random
import statistics
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

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
OLDEST_S = 2.0
"""A command waits a second at most in the queue and lives a second on the line."""

GIVE_UP_S = 60.0
_WATCH_S = 0.005


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


_MOVEMENTS = {Posture.WALKING, Posture.TURNING, Posture.STANDING_UP, Posture.SITTING_DOWN}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one run."""

    until_safe_s: float
    executed: int
    executed_twice: int
    not_asked: int
    after_giving_up: int


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong, and how it is brought about.

    Parameters
    ----------
    name, what : str
        In a word, and in a sentence.
    strike : callable
        Brings it about in a world where somebody walks.
    by_itself : bool
        Whether the legs come to rest by themselves; a stop is called under it if not.
    powered_for_s : float
        How long the controller has been running.
    """

    name: str
    what: str
    strike: Callable[[World], None]
    by_itself: bool
    powered_for_s: float = 0.0


FAULTS: list[Fault] = []


def fault(
    name: str, what: str, *, by_itself: bool
) -> Callable[[Callable[[World], None]], Callable[[World], None]]:
    """Add the function below to the table."""

    def add(strike: Callable[[World], None]) -> Callable[[World], None]:
        FAULTS.append(Fault(name, what, strike, by_itself))
        return strike

    return add


def line_fault(name: str, what: str, *, by_itself: bool = False, **faults: float) -> None:
    """Add a fault of the line to the table."""

    def strike(world: World) -> None:
        world.exoskeleton.incoming.change(**faults)
        world.exoskeleton.outgoing.change(**faults)
        world.run(0.0 if by_itself else 5.0)

    FAULTS.append(Fault(name, what, strike, by_itself))


def run(row: Fault, seed: int) -> Outcome:
    """Let one fault strike once."""
    world = World(seed, row.powered_for_s)
    world.start()
    row.strike(world)
    if row.by_itself:
        until_safe_s = world.until_safe()
    else:
        _make_it_walk(world)
        world.stop()
        until_safe_s = world.until_safe()
    stopped = math.isfinite(world.stopped_at_s)
    moved_again = not world.keeps_still(10.0) and stopped  # whatever may come afterwards
    return _outcome(world, until_safe_s, moved_again=moved_again)


def _make_it_walk(world: World) -> None:
    """Have the legs move when the stop is called, as far as the fault allows."""
    world.stop_moving_about()
    deadline_s = world.now_s + 12.0
    while world.safe and world.now_s < deadline_s:
        world.send(Command.WALK)
        world.run(world.rng.uniform(1.2, 2.0))


def _outcome(world: World, until_safe_s: float, *, moved_again: bool) -> Outcome:
    counts: dict[tuple[int, int], int] = {}
    not_asked = world.unasked_movements + moved_again
    after_giving_up = 0
    for event in world.executed:
        key = event.session, event.sequence
        counts[key] = counts.get(key, 0) + 1
        not_asked += not any(
            event.command is command and 0 <= event.at_s - asked_at_s <= OLDEST_S + 1e-6
            for command, asked_at_s in world.asked.get(event.sequence, [])
        )
        after_giving_up += world.given_up.get(event.sequence, math.inf) < event.at_s - 1e-9
    return Outcome(
        until_safe_s=until_safe_s,
        executed=len(world.executed),
        executed_twice=sum(count - 1 for count in counts.values()),
        not_asked=not_asked,
        after_giving_up=after_giving_up,
    )


# The program.


@fault("kill -9", "the program is killed", by_itself=True)
def _kill(world: World) -> None:
    world.running = False


@fault(
    "kill -9, slow line", "the program is killed while the line delays by 300 ms", by_itself=True
)
def _kill_on_slow_line(world: World) -> None:
    world.exoskeleton.command("delay 0.3", world.now_s)
    world.run(2.0)
    world.running = False


@fault("freeze", "SIGSTOP; SIGCONT after 1 to 10 s, with commands waiting", by_itself=True)
def _freeze(world: World) -> None:
    for _ in range(5):
        world.send(world.rng.choice(MOVES))
    world.running = False
    world.later(world.rng.uniform(1.0, 10.0), world.resume)


@fault(
    "short freezes", "the program stands still for 0.1 to 0.4 s, again and again", by_itself=False
)
def _short_freezes(world: World) -> None:
    for _ in range(10):
        world.running = False
        world.run(world.rng.uniform(0.1, 0.4))
        world.resume()
        world.run(world.rng.uniform(0.1, 1.0))


@fault("hang", "the program hangs, the thread of its link goes on", by_itself=True)
def _hang(world: World) -> None:
    world.stop_moving_about()
    world.alive = False


@fault("restart", "the program is killed and started anew within 0.1 to 1 s", by_itself=True)
def _restart(world: World) -> None:
    world.stop_moving_about()
    world.running = False
    world.later(world.rng.uniform(0.1, 1.0), world.restart)


@fault("clock leaps ahead", "the host's clock leaps by 0.6 s to 1 h", by_itself=False)
def _clock_ahead(world: World) -> None:
    world.clock_error_s = 10 ** world.rng.uniform(-0.2, 3.55)
    world.run(5.0)


@fault("clock leaps back", "the host's clock leaps back by 1 to 30 s", by_itself=True)
def _clock_back(world: World) -> None:
    world.clock_error_s = -world.rng.uniform(1.0, 30.0)


@fault("clock runs fast", "the host's clock leaps by 0.3 s, every second", by_itself=False)
def _clock_fast(world: World) -> None:
    for _ in range(8):
        world.clock_error_s += 0.3
        world.run(1.0)


@fault("1,000 commands", "1,000 commands are asked for at once", by_itself=False)
def _burst(world: World) -> None:
    for _ in range(1000):
        world.send(world.rng.choice(MOVES))


@fault("sequence numbers wrap", "65,535 is followed by 0, three commands later", by_itself=False)
def _wrap(world: World) -> None:
    world.host._sequence = SEQUENCES - 3  # noqa: SLF001 - as many commands, in no time
    for _ in range(10):
        world.send(world.rng.choice(MOVES))
        world.run(world.rng.uniform(0.1, 2.0))


# The line.


@fault("unplug", "the cable is pulled out", by_itself=True)
def _unplug(world: World) -> None:
    world.unplug()


@fault("unplug, unnoticed", "the cable is pulled out and the port says nothing", by_itself=True)
def _unplug_unnoticed(world: World) -> None:
    world.plugged = False


@fault(
    "unplug and replug", "the cable is pulled out for 0.05 to 5 s, commands waiting", by_itself=True
)
def _replug(world: World) -> None:
    for _ in range(5):
        world.send(world.rng.choice(MOVES))
    world.stop_moving_about()
    world.unplug()
    world.later(world.rng.uniform(0.05, 5.0), world.replug)


@fault("loose contact", "the cable is pulled out for 50 ms, ten times a second", by_itself=True)
def _loose_contact(world: World) -> None:
    for k in range(30):
        world.later(0.1 * k, world.unplug)
        world.later(0.1 * k + 0.05, world.replug)
    world.run(0.01)


@fault("deaf controller", "nothing reaches the controller any more", by_itself=True)
def _deaf_controller(world: World) -> None:
    world.exoskeleton.incoming.change(cut=True)


@fault("deaf host", "nothing reaches the host any more", by_itself=True)
def _deaf_host(world: World) -> None:
    world.exoskeleton.outgoing.change(cut=True)


line_fault("noise 1e-3", "one bit in 1,000 is flipped", bit_error_rate=1e-3)
line_fault("noise 1e-2", "one bit in 100 is flipped", by_itself=True, bit_error_rate=1e-2)
line_fault("bytes lost", "one byte in 100 is lost", byte_loss=1e-2)
line_fault("30 % lost", "three frames in ten are lost", frame_loss=0.3)
line_fault("60 % lost", "six frames in ten are lost", frame_loss=0.6)
line_fault("duplicated", "every other frame arrives twice", duplication=0.5)
line_fault("reordered", "three frames in ten arrive 60 ms late", reordering=0.3)
line_fault("delayed 300 ms", "every frame arrives 300 ms late", delay_s=0.3)
line_fault("delayed 700 ms", "every frame arrives 700 ms late", by_itself=True, delay_s=0.7)
line_fault(
    "all at once",
    "noise 1e-3, 20 % lost, 30 % twice, 20 % reordered, 50 ms late",
    bit_error_rate=1e-3,
    frame_loss=0.2,
    duplication=0.3,
    reordering=0.2,
    delay_s=0.05,
)


@fault("junk", "5 kB/s of random bytes between the frames", by_itself=False)
def _junk(world: World) -> None:
    for k in range(1000):
        world.later(0.01 * k, lambda: world.inject(world.rng.randbytes(50)))
    world.run(5.0)


@fault("an old recording", "everything a host said so far is said again", by_itself=False)
def _replay(world: World) -> None:
    said = list(world.said)
    world.run(world.rng.uniform(0.0, 2.0))
    for k, frame in enumerate(said):
        world.later(0.002 * k, lambda frame=frame: world.inject(frame))
    world.run(0.002 * len(said) + 1.0)


@fault("two hosts", "a second host speaks on the same line", by_itself=False)
def _second_host(world: World) -> None:
    world.add_second_host()
    world.run(5.0)


@fault("two hosts, one port", "a second host takes half the bytes that arrive", by_itself=True)
def _thief(world: World) -> None:
    world.add_second_host()
    world.stolen = 0.5


# The exoskeleton.


@fault("reboot", "the controller loses its power for a second", by_itself=True)
def _reboot(world: World) -> None:
    world.exoskeleton.reboot(world.now_s)


@fault("reboots", "the controller loses its power three times in a row", by_itself=True)
def _reboots(world: World) -> None:
    for k in range(3):
        world.later(1.7 * k, lambda: world.exoskeleton.reboot(world.now_s))
    world.run(0.0)


@fault("a joint sticks", "one of the six joints stops following", by_itself=True)
def _stick(world: World) -> None:
    world.stop_moving_about()
    while world.safe or world.exoskeleton.controller.motion.posture is not Posture.WALKING:
        world.send(Command.WALK)
        world.run(1.0)
    world.exoskeleton.body.stuck.add(world.rng.choice([0, 1, 3, 4]))


@fault("low battery", "the battery falls to ten per cent", by_itself=True)
def _low_battery(world: World) -> None:
    world.exoskeleton.command("battery 10", world.now_s)


FAULTS.append(
    Fault(
        "its clock wraps",
        "the controller has run for 49.7 days: its 32-bit clock begins anew",
        lambda world: world.run(15.0),
        by_itself=False,
        powered_for_s=(1 << 32) / 1e3 - 14.0,
    )
)


@fault(
    "stop, deaf",
    "the line to the controller is dead for 0.1 to 0.4 s after the stop",
    by_itself=True,
)
def _stop_on_dead_line(world: World) -> None:
    _make_it_walk(world)
    world.exoskeleton.incoming.change(cut=True)
    world.later(world.rng.uniform(0.1, 0.4), world.exoskeleton.incoming.mend)
    world.stop()


@fault("stop, unplugged", "stopped, unplugged at once, plugged in 0.1 to 1 s later", by_itself=True)
def _stop_and_unplug(world: World) -> None:
    _make_it_walk(world)
    world.stop()
    world.unplug()
    world.later(world.rng.uniform(0.1, 1.0), world.replug)


@fault(
    "stop after release", "released, and stopped again before the release arrives", by_itself=True
)
def _stop_after_release(world: World) -> None:
    _make_it_walk(world)
    world.exoskeleton.command("reorder 0.5", world.now_s)
    world.stop()
    world.run(world.rng.uniform(0.3, 0.5))
    world.host.release_stop(world.host_now_s)
    world.run(world.rng.uniform(0.0, 0.1))
    world.stop()


# The table.


def table(rows: list[Fault], seeds: range) -> Iterator[dict[str, object]]:
    """Let each fault strike once a seed; yield a row of figures each."""
    for row in rows:
        outcomes = [run(row, seed) for seed in seeds]
        times_s = sorted(outcome.until_safe_s for outcome in outcomes)
        yield {
            "fault": row.name,
            "what": row.what,
            "runs": len(outcomes),
            "stopped_by": "by itself" if row.by_itself else "by a stop",
            "until_safe_median_s": round(statistics.median(times_s), 3),
            "until_safe_max_s": round(times_s[-1], 3),
            "executed": sum(outcome.executed for outcome in outcomes),
            "executed_twice": sum(outcome.executed_twice for outcome in outcomes),
            "not_asked": sum(outcome.not_asked for outcome in outcomes),
            "after_giving_up": sum(outcome.after_giving_up for outcome in outcomes),
        }


def main() -> int:
    """Make the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--only", help="name of a single fault")
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0, help="of the first run; the others count on")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = [row for row in FAULTS if options.only in (None, row.name)]
    if not rows:
        names = ", ".join(row.name for row in FAULTS)
        parser.error(f"no fault is named {options.only!r}: there are {names}")
    figures = []
    if not options.json:
        print(_LINE.format(*_HEADER_1))
        print(_LINE.format(*_HEADER_2))
    for row in table(rows, range(options.seed, options.seed + options.runs)):
        figures.append(row)
        if not options.json:
            print(_LINE.format(*(row[name] for name in _COLUMNS)), flush=True)
    if options.json:
        print(json.dumps(figures, indent=1))
    return int(any(_is_bad(row) for row in figures))


_COLUMNS = (
    *("fault", "stopped_by", "until_safe_median_s", "until_safe_max_s"),
    *("executed", "executed_twice", "not_asked", "after_giving_up"),
)
_HEADER_1 = ("", "legs safe", "after s", "after s", "commands", "executed", "not", "after")
_HEADER_2 = ("fault", "", "median", "max", "executed", "twice", "asked for", "giving up")
_LINE = "{:24}{:12}{:>8}{:>9}{:>10}{:>10}{:>11}{:>11}"


def _is_bad(row: dict[str, object]) -> bool:
    forbidden = any(row[name] for name in ("executed_twice", "not_asked", "after_giving_up"))
    return forbidden or not math.isfinite(float(str(row["until_safe_max_s"])))


if __name__ == "__main__":
    sys.exit(main())

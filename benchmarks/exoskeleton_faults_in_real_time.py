"""The faults that can be had for real: processes, signals, ports that vanish, a noisy line.

A program in a process of its own walks a simulated exoskeleton through a pseudo-terminal. Then
something happens to it, to the port or to the exoskeleton. Where that does not stop the legs by
itself, the program is told to call an emergency stop. One run a row; the many seeded runs in
virtual time are in ``exoskeleton_faults.py``.

    python benchmarks/exoskeleton_faults_in_real_time.py [--only "kill -9"] [--json]
"""

import argparse
import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from devices.exoskeleton.command import Command
from devices.exoskeleton.controller import Executed
from devices.exoskeleton.encoding import encode
from devices.exoskeleton.framing import encode_frame
from devices.exoskeleton.host import Host
from devices.exoskeleton.messages import Hello
from devices.exoskeleton.postures import AT_REST, HELD, Posture
from devices.exoskeleton.serial_link import ExoskeletonLink
from devices.exoskeleton.simulated import SimulatedExoskeleton
from devices.exoskeleton.trajectory import STANDING_DEG
from devices.pseudo_terminal import PseudoTerminal

WALK_S = 2.0
GIVE_UP_S = 10.0
AFTERWARDS_S = 3.0


def walk(port: str) -> None:
    """Be the program: walk until told otherwise; say what was asked for."""

    def ask(command: Command) -> None:
        print(json.dumps([link.send(command), command]), flush=True)

    with ExoskeletonLink(port) as link:
        asked_at_s = 0.0
        while True:
            link.poll()
            posture = link.telemetry.posture if link.telemetry is not None else None
            if posture is Posture.STANDING and time.monotonic() > asked_at_s + 0.5:
                asked_at_s = time.monotonic()
                ask(Command.WALK)
            if select.select([sys.stdin], [], [], 0.005)[0]:
                match sys.stdin.readline().strip():
                    case "stop":
                        link.emergency_stop()
                        asked_at_s = float("inf")
                    case "hang":
                        time.sleep(60)
                    case "":
                        return


class Bench:
    """The exoskeleton at a port that can vanish, and the program that walks it."""

    def __init__(self, folder: Path) -> None:
        self.exoskeleton = SimulatedExoskeleton(time.monotonic())
        self.exoskeleton.body.angles_deg = STANDING_DEG
        self.exoskeleton.reboot(time.monotonic() - 1.0)
        self.executed: list[Executed] = []
        self.asked: dict[int, int] = {}
        self._port = folder / "exoskeleton"
        self._terminal: PseudoTerminal | None = None
        self._commands: list[str] = []
        self._ending = threading.Event()
        self._server = threading.Thread(target=self._serve, name="exoskeleton")
        self._listener = threading.Thread(target=self._listen, name="listener")

    def __enter__(self) -> Self:
        self.plug()
        self._server.start()
        time.sleep(0.2)
        self.program = subprocess.Popen(
            [sys.executable, __file__, "--walk", str(self._port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self._listener.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.program.kill()
        self.program.wait()
        self._listener.join()
        self.program.stdin.close()
        self.program.stdout.close()
        self._ending.set()
        self._server.join()
        self.unplug()

    @property
    def safe(self) -> bool:
        """Whether the legs stand still, sit, or are held still."""
        controller = self.exoskeleton.controller
        if controller is None:
            return True  # without power the brakes hold
        return controller.motion.posture in AT_REST | HELD and not controller.motion.moving

    @property
    def port(self) -> str:
        """Name of the port that the program has open."""
        return str(self._port)

    def wait(self, condition: Callable[[], bool], within_s: float = GIVE_UP_S) -> float:
        """Wait for something; return how long it took, infinity when it did not come."""
        begun_s = time.monotonic()
        while not condition():
            if time.monotonic() - begun_s > within_s:
                return float("inf")
            time.sleep(0.002)
        return time.monotonic() - begun_s

    def tell(self, word: str) -> None:
        """Tell the program something."""
        self.program.stdin.write(word + "\n")

    def fail(self, line: str) -> None:
        """Make something of the exoskeleton or its line fail."""
        self._commands.append(line)

    def unplug(self) -> None:
        """Have the port vanish."""
        terminal, self._terminal = self._terminal, None
        if terminal is not None:
            self._port.unlink()
            time.sleep(0.02)
            terminal.close()

    def plug(self) -> None:
        """Have it come back under the same name."""
        terminal = PseudoTerminal()
        self._port.symlink_to(terminal.port)
        self._terminal = terminal

    def _serve(self) -> None:
        while not self._ending.is_set():
            terminal = self._terminal
            data = b""
            if terminal is None:
                time.sleep(0.002)
            else:
                data = terminal.read(0.002)
            now_s = time.monotonic()
            self.exoskeleton.receive(data, now_s)
            answer = self.exoskeleton.transmit(now_s)
            if terminal is not None and answer:
                terminal.write(answer)
            events = self.exoskeleton.take_events()
            self.executed += [event for event in events if isinstance(event, Executed)]
            while self._commands:
                self.exoskeleton.command(self._commands.pop(0), now_s)

    def _listen(self) -> None:
        for line in self.program.stdout:
            sequence, command = json.loads(line)
            self.asked[sequence] = command


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong; a stop is called under it unless the legs stop by themselves."""

    name: str
    strike: Callable[[Bench], None]
    by_itself: bool = True
    afterwards: Callable[[Bench], None] = lambda _: None


def failing(line: str) -> Callable[[Bench], None]:
    """Return what makes something of the exoskeleton fail, and waits for it to tell."""

    def strike(bench: Bench) -> None:
        bench.fail(line)

    return strike


def failing_for_a_while(*lines: str) -> Callable[[Bench], None]:
    """Return what makes the line fail, and lets the program walk on under it."""

    def strike(bench: Bench) -> None:
        for line in lines:
            bench.fail(line)
        time.sleep(2.0)
        bench.wait(lambda: not bench.safe)

    return strike


def signalling(number: int) -> Callable[[Bench], None]:
    """Return what sends a signal to the program."""
    return lambda bench: bench.program.send_signal(number)


def _thaw(bench: Bench) -> None:
    time.sleep(2.0)
    bench.program.send_signal(signal.SIGCONT)


def _replug(bench: Bench) -> None:
    time.sleep(1.0)
    bench.plug()


def _second_program(bench: Bench) -> None:
    """Open the port beside the program, without asking, read half of it and talk into it."""

    def talk() -> None:
        fd = os.open(bench.port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        host = Host(lambda: 0x2222)
        host.opened(time.monotonic())
        end_s = time.monotonic() + 4.0
        while time.monotonic() < end_s:
            now_s = time.monotonic()
            host.send(Command.TURN_LEFT, now_s)
            host.advance(now_s)
            frames = b"".join(out.frame for out in host.take_output())
            os.write(fd, frames or encode_frame(encode(Hello(0x3333, 1, 1, 500))))
            with contextlib.suppress(BlockingIOError):
                host.receive(os.read(fd, 64), now_s)
            time.sleep(0.005)
        os.close(fd)

    threading.Thread(target=talk, name="second program").start()
    time.sleep(2.0)


FAULTS = [
    Fault("none", lambda _: None, by_itself=False),
    Fault("kill -9", signalling(signal.SIGKILL)),
    Fault("freeze (SIGSTOP, SIGCONT)", signalling(signal.SIGSTOP), afterwards=_thaw),
    Fault("Ctrl+C", signalling(signal.SIGINT)),
    Fault("hang", lambda bench: bench.tell("hang")),
    Fault("unplug", lambda bench: bench.unplug()),
    Fault("unplug and replug", lambda bench: bench.unplug(), afterwards=_replug),
    Fault("noise 1e-3", failing_for_a_while("noise 1e-3"), by_itself=False),
    Fault("30 % lost", failing_for_a_while("lose-frames 0.3"), by_itself=False),
    Fault("duplicated", failing_for_a_while("duplicate 0.5"), by_itself=False),
    Fault("reordered", failing_for_a_while("reorder 0.3"), by_itself=False),
    Fault("delayed 300 ms", failing_for_a_while("delay 0.3"), by_itself=False),
    Fault("two programs on one port", _second_program, by_itself=False),
    Fault("reboot", failing("reboot")),
    Fault("a joint sticks", failing("stick left_knee")),
    Fault("low battery", failing("battery 10")),
    Fault("button", failing("button")),
]


def run(fault: Fault) -> dict[str, object]:
    """Let one fault strike once."""
    with tempfile.TemporaryDirectory() as folder, Bench(Path(folder)) as bench:
        if bench.wait(lambda: not bench.safe) == float("inf"):
            raise RuntimeError("the program does not walk")
        time.sleep(WALK_S)
        begun_s = time.monotonic()
        fault.strike(bench)
        if not fault.by_itself:
            begun_s = time.monotonic()
            bench.tell("stop")
        bench.wait(lambda: bench.safe)
        until_safe_s = time.monotonic() - begun_s if bench.safe else float("inf")
        fault.afterwards(bench)
        time.sleep(AFTERWARDS_S)
        numbers = [(event.session, event.sequence) for event in bench.executed]
        asked = {sequence % (1 << 16): command for sequence, command in bench.asked.items()}
        strange = [e for e in bench.executed if asked.get(e.sequence) != e.command]
        return {
            "fault": fault.name,
            "stopped_by": "by itself" if fault.by_itself else "by a stop",
            "until_safe_s": round(until_safe_s, 3),
            "executed": len(numbers),
            "executed_twice": len(numbers) - len(set(numbers)),
            "not_asked": len(strange),
        }


def main() -> int:
    """Make the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--walk", help=argparse.SUPPRESS)
    parser.add_argument("--only", help="name of a single fault")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.walk:
        with contextlib.suppress(KeyboardInterrupt):
            walk(options.walk)
        return 0
    rows = [fault for fault in FAULTS if options.only in (None, fault.name)]
    if not rows:
        parser.error(f"no fault has that name: there are {', '.join(f.name for f in FAULTS)}")
    line = "{:28}{:12}{:>14}{:>10}{:>8}{:>11}"
    figures = []
    if not options.json:
        print(line.format("fault", "legs safe", "after s", "executed", "twice", "not asked"))
    for fault in rows:
        figures.append(run(fault))
        if not options.json:
            print(line.format(*figures[-1].values()), flush=True)
    if options.json:
        print(json.dumps(figures, indent=1))
    return int(
        any(r["executed_twice"] or r["not_asked"] or r["until_safe_s"] > GIVE_UP_S for r in figures)
    )


if __name__ == "__main__":
    sys.exit(main())

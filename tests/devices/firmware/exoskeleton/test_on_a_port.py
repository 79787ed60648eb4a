"""The controller in C at a port, under the suite that every controller is asked with."""

import random
import select
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from lockstep import ENVIRONMENT, Lockstep

from devices.exoskeleton import messages as m
from devices.exoskeleton.command import Command
from devices.exoskeleton.conformance.bad_lines import BAD_LINE_CHECKS
from devices.exoskeleton.conformance.sessions import SESSION_CHECKS
from devices.exoskeleton.conformance.suite import CHECKS, check_channel, check_port
from devices.exoskeleton.encoding import decode
from devices.exoskeleton.framing import FrameParser
from devices.exoskeleton.postures import Fault, Posture
from devices.exoskeleton.serial_link import ExoskeletonLink
from devices.pseudo_terminal import pseudo_terminals_available
from devices.serial_port import SerialPort

needs_pseudo_terminals = pytest.mark.skipif(
    not pseudo_terminals_available(), reason="this platform has no pseudo-terminals"
)
WITHIN_S = 10.0


class VirtualChannel:
    """A line to the controller, in its own time."""

    def __init__(self, lockstep: Lockstep) -> None:
        self._board = lockstep
        self._now_ms = 0
        self._arrived = b""

    def now_s(self) -> float:
        return self._now_ms / 1e3

    def write(self, data: bytes) -> None:
        written, _ = self._board.run(0, data)
        self._arrived += written

    def read(self, timeout_s: float) -> bytes:
        steps_ms = max(round(timeout_s * 1e3), 1)
        while not self._arrived and steps_ms > 0:
            self._arrived, _ = self._board.run(1)
            self._now_ms += 1
            steps_ms -= 1
        data, self._arrived = self._arrived, b""
        return data


def test_the_controller_keeps_the_protocol(lockstep_program):
    with Lockstep(lockstep_program) as board:
        results = check_channel(VirtualChannel(board), random.Random(7))
    assert [(r.title, r.failure) for r in results] == [(check.title, "") for check in CHECKS]


@contextmanager
def served(program: Path, pose: str = "standing") -> Iterator[tuple[str, subprocess.Popen]]:
    """Run the controller on a port; yield the port and the process."""
    process = subprocess.Popen(
        [program, pose],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
        text=True,
    )
    try:
        assert select.select([process.stdout], [], [], WITHIN_S)[0], "it names no port"
        yield process.stdout.readline().strip(), process
    finally:
        _, complaint = process.communicate(timeout=WITHIN_S)  # which closes its input
        assert (process.returncode, complaint) == (0, "")


@needs_pseudo_terminals
@pytest.mark.parametrize(
    "check", [SESSION_CHECKS[1], SESSION_CHECKS[4], BAD_LINE_CHECKS[0]], ids=lambda c: c.title
)
def test_the_controller_keeps_the_protocol_on_a_port_in_real_time(harness_program, check):
    """A busy machine may hold things up for longer than the suite allows, but not every time."""
    failures = []
    with served(harness_program, "sitting") as (port, _):
        while len(failures) < 3:
            (result,) = check_port(port, checks=[check])
            if not result.failure:
                return
            failures.append(result.failure)
    pytest.fail(f"{check.title}: {failures}")


@needs_pseudo_terminals
def test_it_ends_when_told_to(harness_program):
    with served(harness_program) as (_, process):
        process.send_signal(signal.SIGTERM)
        assert process.wait(WITHIN_S) == 0


@needs_pseudo_terminals
def test_it_ends_when_its_input_closes(harness_program):
    with served(harness_program) as (_, process):
        process.stdin.close()
        process.stdin = None
        assert process.wait(WITHIN_S) == 0


def until(condition: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + WITHIN_S
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.005)


@needs_pseudo_terminals
def test_the_link_commands_it_and_comes_back_after_a_close(harness_program):
    with served(harness_program) as (port, _):
        for command, posture in (
            (Command.WALK, Posture.WALKING),
            (Command.STOP, Posture.STANDING),
        ):
            with ExoskeletonLink(port) as link:

                def shows(posture: Posture = posture, link: ExoskeletonLink = link) -> bool:
                    link.poll()
                    return link.telemetry is not None and link.telemetry.posture is posture

                link.send(command)
                until(shows)
                assert link.quality.checksum_errors == 0


HOST = """
    import sys, time
    from devices.exoskeleton.command import Command
    from devices.exoskeleton.postures import Posture
    from devices.exoskeleton.serial_link import ExoskeletonLink

    with ExoskeletonLink(sys.argv[1]) as link:
        link.send(Command.WALK)
        while True:
            link.poll()
            if link.telemetry and link.telemetry.posture is Posture.WALKING:
                print("walking", flush=True)
            time.sleep(0.01)
"""


@needs_pseudo_terminals
def test_when_its_host_is_killed_the_legs_come_to_stand(harness_program):
    with ExitStack() as stack:
        port, _ = stack.enter_context(served(harness_program))
        host = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(HOST), port], stdout=subprocess.PIPE, text=True
        )
        stack.callback(host.wait, WITHIN_S)
        stack.callback(host.kill)
        assert host.stdout.readline() == "walking\n"
        host.kill()
        host.wait(WITHIN_S)
        host.stdout.close()
        line, parser = stack.enter_context(SerialPort(port)), FrameParser()
        telemetry: list[m.Telemetry] = []

        def stands() -> bool:
            messages = [decode(body) for body in parser.feed(line.read(0.02))]
            telemetry.extend(x for x in messages if isinstance(x, m.Telemetry))
            return bool(telemetry) and telemetry[-1].posture is Posture.STANDING

        until(stands)
        assert telemetry[-1].session == 0
        assert telemetry[-1].faults == Fault.HEARTBEAT_LOST
        assert not any(telemetry[-1].angles_deg)
        postures = [t.posture for t in telemetry]
        assert postures == sorted(postures, key=[4, 3, 2].index)  # walking, stepping, standing

"""The controller in C, compiled and driven in a time of one's own; and beside it the Python one."""

import itertools
import os
import shutil
import struct
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

from devices.exoskeleton import messages as m
from devices.exoskeleton.body import Body
from devices.exoskeleton.controller import Controller
from devices.exoskeleton.encoding import decode, encode
from devices.exoskeleton.framing import FrameParser, encode_frame
from devices.exoskeleton.messages import Six
from devices.exoskeleton.trajectory import SITTING_DEG, STILL

HERE = Path(__file__).parent
FIRMWARE = HERE.parents[3] / "devices" / "firmware" / "exoskeleton"
CORE = (FIRMWARE / "controller.c", FIRMWARE / "motion.c")
FLAGS = ("-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-O1", "-g")
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
ENVIRONMENT = os.environ | {"ASAN_OPTIONS": "detect_leaks=0"}  # it allocates nothing

_RECORD = struct.Struct("=IHBBBBBB")
_REPORT = struct.Struct("=4I25hh")
_MOST_BYTES = 100
_MOST_STEPS = 50_000
_NO_LOSS_OF_CHARGE_MS = 10_000  # worth mentioning


@cache
def compiler() -> str | None:
    """Return the system's compiler, None where there is none."""
    return shutil.which("cc")


@cache
def sanitizers() -> tuple[str, ...]:
    """Return the compiler's options for the sanitizers, none where they do not work."""
    program = "int main(void) { return 0; }"
    path = Path(os.devnull)
    command = [compiler() or "cc", *SANITIZERS, "-x", "c", "-", "-o", str(path)]
    done = subprocess.run(command, input=program, text=True, capture_output=True, check=False)
    return SANITIZERS if done.returncode == 0 else ()


def build(harness: Path, folder: Path) -> Path:
    """Compile the controller with a harness, under the sanitizers, and return the program."""
    program = folder / harness.stem
    subprocess.run(
        [compiler() or "cc", *FLAGS, *sanitizers(), f"-I{FIRMWARE}", *CORE, harness, "-o", program],
        check=True,
    )
    return program


@dataclass(frozen=True, slots=True)
class Report:
    """What the board saw, besides the bytes.

    Parameters
    ----------
    errors : dict
        What the controller counted, by cause.
    angles_deg, wanted_deg, wanted_deg_per_s : tuple of 6 float
        Where the joints are, where they should be, and how fast they should move.
    yaw_deg_per_s : float
        How fast the body should turn.
    """

    errors: dict[str, int]
    angles_deg: Six
    wanted_deg: Six
    wanted_deg_per_s: Six
    yaw_deg_per_s: float


class Lockstep:
    """The controller in C, and its board.

    Parameters
    ----------
    program : Path
        What `build` made of ``harness_lockstep.c``.
    angles_deg : tuple of 6 float
        Where the joints are at power-up.
    name : str
        How the controller introduces itself.

    Attributes
    ----------
    battery_percent, button, failed, stuck
        The state of the board; `stuck` has a bit for each joint that does not move.
    """

    def __init__(
        self, program: Path, angles_deg: Sequence[float] = SITTING_DEG, name: str = "vectors"
    ) -> None:
        self.battery_percent, self.button, self.failed, self.stuck = 100, False, False, 0
        self._process = subprocess.Popen(
            [program, name, *(str(round(100 * angle)) for angle in angles_deg)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=ENVIRONMENT,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        _, complaint = self._process.communicate()
        if self._process.returncode != 0:
            raise AssertionError(complaint.decode(errors="replace"))

    def run(
        self, steps_ms: int = 0, data: bytes = b"", *, jump_ms: int = 0, reboot: bool = False
    ) -> tuple[bytes, Report]:
        """Let time pass, then bytes arrive; return what the controller wrote."""
        written = b""
        while True:
            steps, piece = min(steps_ms, _MOST_STEPS), b""
            steps_ms -= steps
            if not steps_ms:
                piece, data = data[:_MOST_BYTES], data[_MOST_BYTES:]
            answer, report = self._exchange(jump_ms, steps, reboot, piece)
            written += answer
            jump_ms, reboot = 0, False
            if not steps_ms and not data:
                return written, report

    def _exchange(
        self, jump_ms: int, steps: int, reboot: bool, piece: bytes
    ) -> tuple[bytes, Report]:
        state = (self.battery_percent, self.button, self.failed, self.stuck, reboot)
        to, back = self._process.stdin, self._process.stdout
        assert to is not None
        assert back is not None
        try:
            to.write(_RECORD.pack(jump_ms, steps, *map(int, state), len(piece)) + piece)
            to.flush()
        except BrokenPipeError:
            self._died()
        head = back.read(4)
        if len(head) < 4:
            self._died()
        written = back.read(int.from_bytes(head, "little"))
        values = _REPORT.unpack(back.read(_REPORT.size))
        joints, rest = values[4:10], values[16:]
        return (
            written,
            Report(
                dict(zip(("length", "stuffing", "checksum", "content"), values[:4], strict=True)),
                tuple(v / 100 for v in joints),
                tuple(v / 100 for v in rest[:6]),
                tuple(v / 10 for v in rest[6:12]),
                rest[12] / 100,
            ),
        )

    def _died(self) -> None:
        _, complaint = self._process.communicate()
        raise AssertionError(complaint.decode(errors="replace") or "the controller has died")


class Talk:
    """A controller in C, and a host that says exactly what the test wants said."""

    def __init__(self, lockstep: Lockstep) -> None:
        self.board = lockstep
        self.telemetry: list[m.Telemetry] = []
        self.report: Report | None = None
        self._parser = FrameParser()

    @property
    def latest(self) -> m.Telemetry:
        return self.telemetry[-1]

    def say(self, *messages: m.HostMessage) -> list[m.ControllerMessage]:
        """Say messages, and return the answers, telemetry left out."""
        return self.wait(0, b"".join(encode_frame(encode(message)) for message in messages))

    def wait(self, steps_ms: int, data: bytes = b"", **more: bool | int) -> list:
        """Let time pass; return the answers, telemetry left out."""
        written, self.report = self.board.run(steps_ms, data, **more)
        messages = [decode(body) for body in self._parser.feed(written)]
        assert self._parser.errors.total == 0
        self.telemetry += [x for x in messages if isinstance(x, m.Telemetry)]
        return [x for x in messages if not isinstance(x, m.Telemetry)]


class Seconds(float):
    """A time on a grid of microseconds, so that 0.1 + 0.2 is no more than 0.3.

    The Python controller keeps time in floats; that of C counts milliseconds.
    """

    def __add__(self, other: float) -> "Seconds":
        return Seconds(round(float(self) + other, 6))

    def __sub__(self, other: float) -> "Seconds":
        return Seconds(round(float(self) - other, 6))


class Twins:
    """The controllers in C and in Python at the same time, on the same bytes.

    Each has legs of its own, which move alike but not equally; all else that they say must be
    equal, byte for byte.
    """

    def __init__(self, program: Path, angles_deg: Six = SITTING_DEG) -> None:
        self.in_c = Lockstep(program, angles_deg)
        self.body = Body(angles_deg=angles_deg)
        self.in_python = Controller(self.body, Seconds(0), "vectors")
        self.now_ms = 0
        self.telemetry: m.Telemetry | None = None
        self.heard_bytes = 0
        self.seen: set[object] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.in_c.__exit__()

    def run(
        self,
        steps_ms: int,
        data: bytes = b"",
        *,
        jump_ms: int = 0,
        battery_percent: int = 100,
        press: bool = False,
        reboot: bool = False,
    ) -> None:
        """Let both live through the same, and compare what they say."""
        self.heard_bytes += len(data)
        self.in_c.battery_percent = battery_percent
        frames = b""
        if press:  # for one millisecond
            self.in_c.button = True
            frames, _ = self.in_c.run(1)
            self.in_c.button = False
        more, report = self.in_c.run(steps_ms, data, jump_ms=jump_ms, reboot=reboot)
        said_in_c = _determined(frames + more)
        said_in_python = _determined(
            self._python(steps_ms, data, jump_ms, battery_percent, press, reboot)
        )
        if said_in_c != said_in_python:
            raise AssertionError(_difference(said_in_c, said_in_python, self.now_ms, data))
        self.seen |= {said[2] if kind is m.Telemetry else kind for kind, said in said_in_c}
        if data.endswith(b"\0"):  # one counts an overlong run at its end, the other before
            counted = {name: getattr(self.in_python.errors, name) for name in report.errors}
            assert report.errors == counted

    def _python(
        self,
        steps_ms: int,
        data: bytes,
        jump_ms: int,
        battery_percent: int,
        press: bool,
        reboot: bool,
    ) -> bytes:
        controller = self.in_python
        self.body.battery_percent = battery_percent + 0.5  # what it uses up does not count
        if press:
            self._tick(1, press=True)
        if reboot:
            self.body.velocities_deg_per_s = STILL
            said = controller.take_output()
            controller = self.in_python = Controller(self.body, self._now_s, "vectors")
            assert not said or press
        else:
            said = []
        self.now_ms += jump_ms
        if jump_ms > _NO_LOSS_OF_CHARGE_MS:
            controller.motion.advance(self._now_s)
            self.body.battery_percent = battery_percent + 0.5
        for _ in range(steps_ms):
            self._tick(1)
            self.body.battery_percent = battery_percent + 0.5
        if data:
            controller.receive(data, self._now_s)
            controller.advance(self._now_s)
        controller.take_events()
        return b"".join(said + controller.take_output())

    def _tick(self, steps_ms: int, *, press: bool = False) -> None:
        self.now_ms += steps_ms
        if press:
            self.in_python.stop_here(self._now_s)
        self.in_python.advance(self._now_s)

    @property
    def _now_s(self) -> Seconds:
        return Seconds(self.now_ms / 1e3)


def _determined(data: bytes) -> list[tuple[type, tuple]]:
    """Return what was said, as far as the protocol determines it."""
    bodies = FrameParser().feed(data)
    assert data == b"".join(map(encode_frame, bodies))
    said: list[tuple[type, tuple]] = []
    for body in bodies:
        message = decode(body)
        if isinstance(message, m.Telemetry):
            fixed = (message.session, message.time_ms, message.posture, message.faults)
            stop = (message.stop_latched, message.stop_count, message.battery_percent)
            said.append((m.Telemetry, fixed + stop))
        else:
            said.append((type(message), (body.hex(),)))
    return said


def _difference(in_c: list, in_python: list, now_ms: int, data: bytes) -> str:
    pairs = itertools.zip_longest(in_c, in_python)
    c, python = next((c, python) for c, python in pairs if c != python)
    return f"by {now_ms} ms, after {data.hex()}: C said {c}, Python {python}"

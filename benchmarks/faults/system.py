"""The whole system in real time, as in use, with hands on all of it.

A virtual Cyton behind BrainFlow's driver, `bci-app run` with its recorder, operator window and
subject window on a display of its own, a serial cable, and the controller of a standing
exoskeleton: each in a process of its own.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, Self

from bci_app.online.settings import REFERENCE_TARGETS
from devices.exoskeleton.command import Command
from devices.exoskeleton.postures import Posture
from devices.exoskeleton.trajectory import STANDING_DEG
from devices.virtual_brain import OCCIPITAL_CHANNELS
from faults.app_process import COMMANDS, WITNESS
from faults.cable import Cable
from faults.display import Display
from faults.observed import Look, Seen, Setup

START_WITHIN_S = 60.0
WALK_WITHIN_S = 40.0
PATIENCE_S, LOOK_AWAY_S = 6.0, 1.5
_MARK = "FAULTS_OF"
_HERE = Path(__file__).parent
_FREQUENCIES_HZ = {target.command: target.frequency_hz for target in REFERENCE_TARGETS}


class NotReadyError(RuntimeError):
    """The system did not come so far that a fault could strike."""


class System:
    """The processes, and what was seen of them."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.seed = seed
        self.setup = Setup()
        self.seen: list[Seen] = []
        self.looks: list[Look] = []
        self.stack = ExitStack()
        self.angles_deg: tuple[float, ...] = STANDING_DEG
        self.safe, self.posture = True, Posture.STANDING
        self.display: Display | None = None
        self.starving_over = threading.Event()
        self._mark = uuid.uuid4().hex
        self._readers: list[threading.Thread] = []
        self.ended_s: float | None = None
        self.cable = Cable(folder / "exoskeleton", seed)

    # --- start and end ---------------------------------------------------------------------------

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()
        for reader in self._readers:
            reader.join(5.0)

    def start(self) -> None:
        """Start everything but the program."""
        self.display = self.stack.enter_context(Display())
        self.headset = self._simulate_headset()
        self.cable.start()
        self.stack.callback(self.cable.close)
        self.start_controller()

    def start_controller(self) -> None:
        """Start a controller on the legs as they are, at the far end of the cable."""
        process = self._start(
            [
                *(sys.executable, str(_HERE / "controller_process.py"), str(self.seed)),
                json.dumps(self.angles_deg),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.controller = process
        port = json.loads(process.stdout.readline())["port"]
        self._read(process.stdout, self._take_controller)
        self.cable.reach(port)

    def start_app(self, *, watched: bool = True) -> None:
        """Start the program, with somebody inside who watches and can break it, or without."""
        commands, self._commands = os.pipe()
        witness, said = os.pipe()
        program = [str(_HERE / "app_process.py")] if watched else ["-m", "bci_app"]
        arguments = self.setup.arguments or self._session_arguments()
        if not watched and arguments[0] == "run":
            arguments.append("--headless")  # an operator window would wait until it is closed
        environment = os.environ | {
            COMMANDS: str(commands),
            WITNESS: str(said),
            _MARK: self._mark,
            "DISPLAY": self.display.name if self.display else "",
            "XDG_CONFIG_HOME": str(self.folder),
            "COLUMNS": "200",
            "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
            **self.setup.environment,
        }
        environment.pop("QT_QPA_PLATFORM", None)
        self.app = self._start(
            [sys.executable, *program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            pass_fds=(commands, said),
        )
        os.close(commands)
        os.close(said)
        self.stack.callback(os.close, self._commands)
        threading.Thread(target=self._await_end, name="end", daemon=True).start()
        self._read(os.fdopen(witness), self._take_witness)
        self._read(self.app.stderr, self._take_stderr)
        self._read(self.app.stdout, lambda _: None)

    @property
    def recording(self) -> Path | None:
        """The session's file, if there is one."""
        folder = self.setup.out or self.folder / "sessions"
        found = sorted(folder.glob("*.xdf")) if folder.is_dir() else []
        return found[0] if found else None

    def usual_configuration(self) -> str:
        """Return the configuration of a session with this system's devices."""
        return "\n".join(
            [
                "[headset]",
                'board = "cyton"',
                f'serial_port = "{self.folder}/headset"',
                f"channels = {json.dumps(OCCIPITAL_CHANNELS)}",
                "[exoskeleton]",
                f'port = "{self.cable.port}"',
                "[screen]",
                "size_deg = 3.0",
                "screen_width_mm = 400.0",
            ]
        )

    def _session_arguments(self) -> list[str]:
        file = self.folder / "session.toml"
        file.write_text(self.setup.configuration or self.usual_configuration())
        out = self.setup.out or self.folder / "sessions"
        return ["run", "--config", str(file), "--json", "--out", str(out)]

    def _start(self, command: list[str], **how: Any) -> "subprocess.Popen[str]":
        process = subprocess.Popen(command, text=True, bufsize=1, **how)
        self.stack.callback(_end, process)
        return process

    def _simulate_headset(self) -> "subprocess.Popen[str]":
        process = self._start(
            [
                *(sys.executable, "-m", "bci_app", "simulate", "headset", "--json"),
                *("--until-stdin-closes", "--seed", str(self.seed)),
                *("--link", str(self.folder / "headset")),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        if not process.stdout.readline():
            raise NotReadyError("the virtual headset did not start")
        self._read(process.stdout, lambda _: None)
        return process

    # --- what is seen ----------------------------------------------------------------------------

    def _read(self, lines: IO[str], take: Callable[[str], None]) -> None:
        def read() -> None:
            with lines:
                for line in lines:
                    take(line)

        reader = threading.Thread(target=read, name="reader", daemon=True)
        reader.start()
        self._readers.append(reader)

    def _take_witness(self, line: str) -> None:
        fields = json.loads(line)
        self.seen.append(Seen(fields.pop("at_s"), "app", fields.pop("event"), fields))

    def _take_controller(self, line: str) -> None:
        fields = json.loads(line)
        at_s, event = fields.pop("at_s"), fields.pop("event")
        if event == "Legs":
            self.angles_deg = tuple(fields["angles_deg"])
            changed = fields["safe"] != self.safe
            self.safe = fields["safe"]
            if fields["posture"] is not None:
                self.posture = Posture(fields["posture"])
            if not changed:
                return
        self.seen.append(Seen(at_s, "controller", event, fields))

    def _take_stderr(self, line: str) -> None:
        self.seen.append(Seen(time.monotonic(), "stderr", line.rstrip(), {}))

    def found(
        self, texts: Iterable[str], since_s: float = 0.0, who: str | None = None
    ) -> Seen | None:
        """Return the first thing seen since then whose text begins with one of `texts`."""
        wanted = tuple(texts)
        found = [
            seen
            for seen in list(self.seen)
            if seen.at_s >= since_s and who in (None, seen.who) and seen.text.startswith(wanted)
        ]
        return min(found, key=lambda seen: seen.at_s, default=None)

    @property
    def said(self) -> str:
        """What the program wrote on standard error."""
        return "\n".join(seen.event for seen in list(self.seen) if seen.who == "stderr")

    # --- hands -----------------------------------------------------------------------------------

    def wait(self, condition: Callable[[], object], within_s: float) -> bool:
        """Wait for something; return whether it came."""
        deadline_s = time.monotonic() + within_s
        while not condition():
            if time.monotonic() > deadline_s:
                return False
            time.sleep(0.01)
        return True

    def look(self, command: Command | None) -> None:
        """Turn the subject's eyes to a target, or away."""
        now_s = time.monotonic()
        if self.looks and self.looks[-1].until_s == float("inf"):
            self.looks[-1].until_s = now_s
        if command is not None:
            self.looks.append(Look(command, now_s))
        gaze = "none" if command is None else _FREQUENCIES_HZ[command]
        self.tell_headset(f"gaze {gaze}")

    def tell_headset(self, line: str) -> None:
        """Make something of subject, electrodes, board or wire fail."""
        _write(self.headset, line)

    def tell_controller(self, line: str) -> None:
        """Make something of the exoskeleton fail."""
        _write(self.controller, line)

    def note_power_lost(self) -> None:
        """Take note that the controller is gone: without power the brakes hold the legs."""
        self.safe = True
        self.seen.append(Seen(time.monotonic(), "controller", "Legs", {"safe": True}))

    def other_device(self) -> str:
        """Return the port of something that is no headset and talks."""
        gps = Cable(self.folder / "gps", self.seed)
        gps.start()
        self.stack.callback(gps.close)
        gps.plug_in_gps()
        return gps.port

    def tell_app(self, line: str) -> None:
        """Break something in the program."""
        with contextlib.suppress(BrokenPipeError):
            os.write(self._commands, line.encode() + b"\n")

    def executed(self, command: Command, since_s: float) -> bool:
        """Whether the controller has executed a command since then."""
        return any(
            one.event == "Executed" and one.fields["command"] == command and one.at_s >= since_s
            for one in list(self.seen)
        )

    def look_until_executed(self, command: Command, within_s: float) -> float | None:
        """Look at a target until its command is executed, and away; return when it was.

        A look that comes to nothing is followed by another: one look is one decision at most.
        """
        since_s = time.monotonic()
        while time.monotonic() < since_s + within_s and not self.ended:
            self.look(command)
            self.wait(lambda: self.executed(command, since_s) or self.ended, PATIENCE_S)
            self.look(None)
            if self.executed(command, since_s):
                return time.monotonic()
            self.wait(lambda: self.executed(command, since_s) or self.ended, LOOK_AWAY_S)
        return None

    @property
    def ended(self) -> bool:
        """Whether the program has ended."""
        return self.ended_s is not None

    def _await_end(self) -> None:
        self.app.wait()
        self.ended_s = time.monotonic()

    def process_ids(self) -> list[int]:
        """Return the program's processes, itself first."""
        mark = f"{_MARK}={self._mark}".encode()
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if mark in (folder / "environ").read_bytes():
                    found.append(int(folder.name))
        return sorted(found, key=lambda pid: pid != self.app.pid)

    def stimulus_pid(self) -> int:
        """Return the subject window's process."""
        for pid in self.process_ids():
            if b"bci_app.stimulus" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
        raise NotReadyError("there is no subject window")

    def signal(self, number: int, *pids: int) -> None:
        """Send a signal to processes, the program itself unless told otherwise."""
        for pid in pids or (self.app.pid,):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    # --- to the moment at which a fault strikes ---------------------------------------------------

    def set_out(self) -> None:
        """Start all, confirm the notice, and have the subject walk by looking."""
        self.start()
        self.start_app()
        if not self.wait(lambda: self.found(["StimulusReady"]) or self.ended, START_WITHIN_S):
            raise NotReadyError("the subject window did not open")
        if self.ended:
            raise NotReadyError(f"the program ended: {self.said}")
        self.display.press("bci-app: subject", "Return")
        if not self.wait(lambda: self.found(["StimulusBegan"]), 10.0):
            raise NotReadyError("nothing flickers")
        if not self.wait(lambda: self.found(["Unhindered start"]), START_WITHIN_S):
            raise NotReadyError(f"the session did not get over its start: {self.said}")
        self.walk()

    def walk(self) -> None:
        """Have the legs walk, by looking."""
        if self.look_until_executed(Command.WALK, WALK_WITHIN_S) is None:
            raise NotReadyError("looking did not make the legs walk")
        self.wait(lambda: not self.safe, 2.0)

    def end(self, within_s: float) -> tuple[int | None, list[int]]:
        """End the program in order; return its exit code and what is left of it."""
        if not self.ended:
            self.signal(signal.SIGCONT, *self.process_ids())
            self.signal(signal.SIGTERM)
        if not self.wait(lambda: self.ended, within_s):
            left = self.process_ids()
            self.signal(signal.SIGKILL, *left)
            return None, left
        self.wait(lambda: not self.process_ids(), 4.0)
        left = self.process_ids()
        self.signal(signal.SIGKILL, *left)
        return self.app.returncode, left


def _write(process: "subprocess.Popen[str]", line: str) -> None:
    with contextlib.suppress(OSError):
        process.stdin.write(line + "\n")


def _end(process: "subprocess.Popen[str]") -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGCONT)
        process.kill()
    process.wait()
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()

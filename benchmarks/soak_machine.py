"""A session's processes seen from outside: memory, handles, processor time, and how they end."""

import json
import os
import platform
import subprocess
import sys
import time
from argparse import Namespace
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import psutil

_END_S = 60.0


def process_name(process: psutil.Process) -> str:
    """Say what a process of ours is."""
    words = process.cmdline()
    if "simulate" in words:
        return f"simulated {words[words.index('simulate') + 1]}"
    if "bci_app.stimulus" in words:
        return "subject window"
    if Path(words[0]).name == "Xvfb":
        return "Xvfb"
    if "listen" in words:
        return "LSL listener"
    return "session and operator window" if "session" in words else " ".join(words[:4])


def virtual_display() -> list[psutil.Process]:
    """Find the Xvfb that we draw on, if it is one."""
    display = os.environ.get("DISPLAY", "")
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.name() == "Xvfb" and display in process.cmdline():
                found.append(process)
    return found


def look_at(process: psutil.Process) -> dict[str, float]:
    """Read what a process uses."""
    with process.oneshot():
        times = process.cpu_times()
        return {
            "pid": process.pid,
            "resident_mb": round(process.memory_info().rss / 2**20, 3),
            "handles": process.num_fds(),
            "threads": process.num_threads(),
            "cpu_s": round(times.user + times.system, 2),
            "waited_s": waited_s(process.pid),
        }


def waited_s(pid: int) -> float:
    """Read how long the threads of a process have waited for a processor, by Linux's scheduler."""
    total_ns = 0
    for statistics in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with suppress(OSError):  # the thread has ended
            total_ns += int(statistics.read_text().split()[1])
    return round(total_ns / 1e9, 3)


class Machine:
    """The session's processes, those beside it, and the load of the machine.

    Parameters
    ----------
    root : psutil.Process
        Of the session.
    listener : psutil.Process

    Attributes
    ----------
    ours : set of psutil.Process
        All that were ever seen below the session.
    """

    def __init__(self, root: psutil.Process, listener: psutil.Process) -> None:
        self._root = root
        self._beside = [listener, *virtual_display()]
        self.ours: set[psutil.Process] = {root}
        psutil.cpu_percent()

    def look(self) -> dict[str, object]:
        """Read what they use now."""
        processes: dict[str, dict[str, float]] = {}
        with suppress(psutil.Error):
            self.ours.update(self._root.children(recursive=True))
        for process in [*self.ours, *self._beside]:
            with suppress(psutil.Error, IndexError):
                processes[process_name(process)] = look_at(process)
        return {
            "processes": processes,
            "load_1_min": round(os.getloadavg()[0], 2),
            "busy_percent": psutil.cpu_percent(),
            "free_mb": round(psutil.virtual_memory().available / 2**20),
        }

    def left(self) -> list[str]:
        """Name the processes of the session that have not ended."""
        return [str(process.pid) for process in self.ours if process.is_running()]


def ended(process: subprocess.Popen) -> int:
    """Wait until a process has ended; return its exit code, that of a kill if it took too long."""
    try:
        return process.wait(_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def replayed(recording: str) -> dict[str, object]:
    """Hold a recording against what was decided live."""
    began_s = time.monotonic()
    command = [sys.executable, "-m", "bci_app", "replay", recording, "--check", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    answer = json.loads(done.stdout) if done.stdout.strip() else {"error": done.stderr[-2000:]}
    took_s = round(time.monotonic() - began_s, 1)
    return {"exit_code": done.returncode, "took_s": took_s, **answer}


def watch_session(arguments: Namespace) -> None:
    """Run the session, log how it does, and look at what it leaves."""
    arguments.out.mkdir(parents=True, exist_ok=True)
    program = [sys.executable, str(Path(__file__).with_name("soak.py"))]
    command = [*program, "session"]
    for name in ("out", "seconds", "seed", "profile"):
        if (value := getattr(arguments, name)) is not None:
            command += [f"--{name}", str(value)]
    with (arguments.out / "soak.jsonl").open("w") as log:

        def write(line: dict[str, object]) -> None:
            print(json.dumps(line), file=log, flush=True)

        write(
            {
                "kind": "begin",
                "at": datetime.now(UTC).isoformat(timespec="seconds"),
                "seconds": arguments.seconds,
                "calibrated": arguments.profile is not None,
                "python": platform.python_version(),
                "platform": platform.platform(),
                "processors": os.cpu_count(),
                "nice": os.nice(0),
            }
        )
        heard = (arguments.out / "heard.jsonl").open("w")
        listener = subprocess.Popen([*program, "listen"], stdout=heard)
        session = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        machine = Machine(psutil.Process(session.pid), psutil.Process(listener.pid))
        result: dict[str, object] = {}
        for text in session.stdout or ():
            line = json.loads(text)
            if line.pop("kind") == "result":
                result = line
            else:
                write({"kind": "stretch", **line, **machine.look()})
        exit_code = ended(session)
        left = machine.left()
        heard.close()
        write({"kind": "end", **result, "exit_code": exit_code, "left_running": left})
        write({"kind": "listener", "exit_code": ended(listener)})
        if result:
            write({"kind": "replay", **replayed(str(result["recording"]))})

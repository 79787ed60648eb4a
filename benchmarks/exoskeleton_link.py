"""How fast the link to the exoskeleton is, over a pseudo-terminal to another process.

- Round trip of a command to its acknowledgement, and of the same bytes through a bare echo, in
  turns in one run.
- Emergency stop with 1,000 commands queued and every core busy: from the call to the frame being
  written, and to the controller having obeyed (both processes read the same monotonic clock).

    python benchmarks/exoskeleton_link.py [--json]
"""

import argparse
import contextlib
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

from devices.exoskeleton.command import Command
from devices.exoskeleton.controller import StopLatched
from devices.exoskeleton.encoding import encode
from devices.exoskeleton.events import Acknowledged, StopConfirmed
from devices.exoskeleton.framing import encode_frame
from devices.exoskeleton.messages import CommandRequest, EmergencyStop
from devices.exoskeleton.serial_link import ExoskeletonLink
from devices.exoskeleton.simulator import serve
from devices.pseudo_terminal import PseudoTerminal
from devices.serial_port import SerialPort

BLOCK = 100
PAUSE_S = 0.002
QUEUED = 1000


def serve_exoskeleton() -> None:
    """Be the controller; say when a stop was obeyed."""

    def tell(event: object) -> None:
        if isinstance(event, StopLatched):
            print(event.at_s, flush=True)

    serve(lambda port: print(port, flush=True), until_closed=sys.stdin, on_event=tell)


def serve_echo() -> None:
    """Be a wire that comes back."""
    with PseudoTerminal() as terminal:
        print(terminal.port, flush=True)
        while True:
            if data := terminal.read(0.1):
                terminal.write(data)


@contextlib.contextmanager
def child(role: str) -> Iterator[subprocess.Popen[str]]:
    """Run this file in another process; it ends with the block."""
    with subprocess.Popen(
        [sys.executable, __file__, "--role", role],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def echo_round_trip_s(port: SerialPort, frame: bytes) -> float:
    """Time the bytes of a frame there and back."""
    begun_s = time.monotonic()
    port.write(frame)
    missing = len(frame)
    while missing:
        missing -= len(port.read(1.0))
    return time.monotonic() - begun_s


def command_round_trip_s(link: ExoskeletonLink) -> float:
    """Time a command that changes nothing to its acknowledgement."""
    sequence = link.send(Command.STOP)
    while True:
        time.sleep(PAUSE_S)  # the link's own thread has the time
        for event in link.poll():
            if isinstance(event, Acknowledged) and event.sequence == sequence:
                return event.round_trip_s


def round_trips(n: int) -> dict[str, float]:
    """Compare commands with an echo of the same bytes, block by block."""
    frame = encode_frame(encode(CommandRequest(0x12345678, 1, 100_000, Command.STOP)))
    echoes_s: list[float] = []
    commands_s: list[float] = []
    with child("exoskeleton") as exoskeleton, child("echo") as echo:
        name = exoskeleton.stdout.readline().strip()
        with SerialPort(echo.stdout.readline().strip()) as port, ExoskeletonLink(name) as link:
            for _ in range(n // BLOCK):
                for _ in range(BLOCK):
                    echoes_s.append(echo_round_trip_s(port, frame))
                    time.sleep(PAUSE_S)  # as long as after a command: caches cool down alike
                commands_s += [command_round_trip_s(link) for _ in range(BLOCK)]
    figures = {"n": float(n)}
    figures |= {f"echo_{name}_ms": value for name, value in _quantiles_ms(echoes_s).items()}
    figures |= {f"command_{name}_ms": value for name, value in _quantiles_ms(commands_s).items()}
    figures["ratio_p50"] = figures["command_p50_ms"] / figures["echo_p50_ms"]
    figures["ratio_p99"] = figures["command_p99_ms"] / figures["echo_p99_ms"]
    return figures


def stops(n: int) -> dict[str, float]:
    """Stop again and again with commands queued and all cores busy."""
    written_s, obeyed_s, confirmed_s = [], [], []
    with (
        child("exoskeleton") as exoskeleton,
        busy_processes(os.cpu_count() or 1),
        ExoskeletonLink(exoskeleton.stdout.readline().strip()) as link,
    ):
        stops_at_s = _watch_stops(link)
        for _ in range(n):
            for _ in range(QUEUED):
                link.send(Command.STOP)
            stops_at_s.clear()
            called_s = time.monotonic()
            link.emergency_stop()
            written_s.append(stops_at_s[0] - called_s)
            obeyed_s.append(float(exoskeleton.stdout.readline()) - called_s)
            confirmed_s.append(_confirmed_after_s(link))
            _release(link)
    figures = {"n": float(n), "queued": float(QUEUED), "cores_busy": float(os.cpu_count() or 1)}
    for what, times_s in (("written", written_s), ("obeyed", obeyed_s), ("confirmed", confirmed_s)):
        figures |= {f"{what}_{name}_ms": value for name, value in _quantiles_ms(times_s).items()}
    return figures


def _watch_stops(link: ExoskeletonLink) -> list[float]:
    """Note the time whenever a stop has been handed to the line."""
    stops_at_s: list[float] = []
    port = link._port  # noqa: SLF001 - the moment of writing is nobody else's business
    write, stop_type = port.write, encode(EmergencyStop(0))[0]

    def timed_write(data: bytes) -> None:
        write(data)
        if data[2] == stop_type:
            stops_at_s.append(time.monotonic())

    port.write = timed_write
    return stops_at_s


def _confirmed_after_s(link: ExoskeletonLink) -> float:
    deadline_s = time.monotonic() + 10.0
    while time.monotonic() < deadline_s:
        for event in link.poll():
            if isinstance(event, StopConfirmed):
                return event.round_trip_s
        time.sleep(0.001)
    raise RuntimeError("a stop was not confirmed within 10 s")


def _release(link: ExoskeletonLink) -> None:
    """Release the stop, again when a session was lost meanwhile: every core is busy."""
    deadline_s = time.monotonic() + 30.0
    while time.monotonic() < deadline_s:
        sequence = link.release_stop()
        asked_at_s = time.monotonic()
        while time.monotonic() < asked_at_s + 1.0:
            for event in link.poll():
                if isinstance(event, Acknowledged) and event.sequence == sequence:
                    return
            time.sleep(0.001)
    raise RuntimeError("a stop was not released within 30 s")


@contextlib.contextmanager
def busy_processes(n: int) -> Iterator[None]:
    """Let so many processes do nothing but compute."""
    processes = [multiprocessing.Process(target=_be_busy) for _ in range(n)]
    for process in processes:
        process.start()
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.join()


def _be_busy() -> None:
    while True:
        sum(range(100_000))


def _quantiles_ms(times_s: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times_s, n=100, method="inclusive")
    return {"p50": 1e3 * cuts[49], "p99": 1e3 * cuts[98], "max": 1e3 * max(times_s)}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--role", choices=["exoskeleton", "echo"], help=argparse.SUPPRESS)
    parser.add_argument("--round-trips", type=int, default=2000)
    parser.add_argument("--stops", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.role:
        {"exoskeleton": serve_exoskeleton, "echo": serve_echo}[options.role]()
        return 0
    figures = {"round_trip": round_trips(options.round_trips), "stop": stops(options.stops)}
    if options.json:
        print(json.dumps(figures, indent=1))
        return 0
    for title, values in figures.items():
        print(title)
        for name, value in values.items():
            print(f"    {name:20}{value:10.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

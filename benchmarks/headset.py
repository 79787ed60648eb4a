"""Acquisition through BrainFlow's driver, against a virtual Cyton whose truth is known.

    python benchmarks/headset.py exactness           what comes back of known sines, Cyton and Daisy
    python benchmarks/headset.py stream --minutes 30 loss, latency, memory, processor time
    python benchmarks/headset.py clock               sample times, packets in eights, clock off
    python benchmarks/headset.py faults --runs 50    silence told, receiver unplugged and back

The board runs in a process of its own; both processes read the same monotonic clock, so latency and
sample times are measured against the moment a sample was really due.
"""

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from process_memory import resident_mb

from devices.chunk import Chunk
from devices.headset.acquisition import Acquisition, StreamResumed, StreamSilent
from devices.headset.brainflow_source import BrainFlowHeadset
from devices.headset.cyton import VirtualCyton
from devices.pseudo_terminal import PseudoTerminal
from devices.virtual_brain import VirtualSubject
from devices.virtual_brain.electrodes import Electrodes

RATE_HZ = 250.0
SINE_HZ = 12.0
MEMORY_EVERY_S, SETTLED_S = 5.0, 30.0


class Sine:
    """A subject of one sine: 10, 20, ... µV at the first, second, ... electrode."""

    sampling_rate_hz = RATE_HZ

    def __init__(self, n_electrodes: int) -> None:
        self.channel_names = tuple(f"E{number}" for number in range(1, n_electrodes + 1))
        self.electrodes = Electrodes(self.channel_names, RATE_HZ, np.random.default_rng(0))
        self.index = 0

    def draw(self, n_times: int) -> np.ndarray:
        """Return the next samples."""
        time_s = (self.index + np.arange(n_times)) / RATE_HZ
        self.index += n_times
        return np.outer(np.sin(2 * np.pi * SINE_HZ * time_s), amplitudes_uv(self))

    def look_at(self, frequency_hz: float | None) -> None:
        """Do not care."""

    cue = step = look_at


def amplitudes_uv(subject: Sine) -> np.ndarray:
    """Amplitude at each electrode."""
    return 10.0 * np.arange(1, len(subject.channel_names) + 1)


def run_board(
    make_subject: Callable[[], VirtualSubject | Sine],
    batch: int,
    drift_ppm: float,
    pipe: Connection,
) -> None:
    """Be the board, until the pipe closes; tell when each stream started."""
    board = VirtualCyton(make_subject())
    board.wire.batch(batch)
    board.drift(drift_ppm)
    rate_hz = RATE_HZ * (1 + drift_ppm * 1e-6)
    with PseudoTerminal() as terminal:
        pipe.send(terminal.port)
        was_due_s, unsent = None, b""
        while not pipe.poll():
            due_s = board.next_due_s()
            wait_s = 0.02 if due_s is None else max(due_s - time.monotonic(), 0.0)
            data = terminal.read(0.002 if unsent else wait_s)
            now_s = time.monotonic()
            reply = board.receive(data, now_s)
            if was_due_s is None and board.next_due_s() is not None:
                pipe.send((board.next_due_s(), rate_hz))
            was_due_s = board.next_due_s()
            unsent += reply + board.transmit(now_s)
            terminal.write(unsent[:2048])  # no more than the computer's buffer takes
            unsent = unsent[2048:]


@contextmanager
def board(
    make_subject: Callable[[], VirtualSubject | Sine], batch: int = 1, drift_ppm: float = 0.0
) -> Iterator[tuple[str, Connection]]:
    """Run a board in a process of its own; its port, and a pipe that tells when it started."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=run_board, args=(make_subject, batch, drift_ppm, theirs))
    process.start()
    try:
        yield ours.recv(), ours
    finally:
        ours.send("end")
        process.join(5.0)


def exactness() -> dict[str, object]:
    """Amplitude and frequency of sines, ten seconds, fitted by least squares."""
    found = {}
    for name, n_electrodes in (("cyton", 8), ("cyton_daisy", 16)):
        with (
            board(lambda n=n_electrodes: Sine(n)) as (port, _),
            BrainFlowHeadset(name, port) as headset,
        ):
            rate_hz, chunks = headset.info.sampling_rate_hz, []
            while sum(map(len, chunks)) < 10 * rate_hz + 1:
                chunk = headset.read()
                if chunk is not None:
                    chunks.append(chunk)
        samples_uv = np.concatenate([chunk.samples_uv for chunk in chunks])[1:]
        time_s = np.arange(len(samples_uv)) / rate_hz
        expected_uv = amplitudes_uv(Sine(n_electrodes))
        if n_electrodes == 16:  # each sample is the mean of two conversions
            expected_uv = expected_uv * np.cos(np.pi * SINE_HZ / RATE_HZ)

        def left(frequency_hz: float, samples_uv=samples_uv, time_s=time_s) -> tuple[float, object]:
            angle = 2 * np.pi * frequency_hz * time_s
            wave = np.column_stack((np.sin(angle), np.cos(angle)))
            fitted, residue, *_ = np.linalg.lstsq(wave, samples_uv, rcond=None)
            return float(residue.sum()), np.hypot(*fitted)

        grid_hz = SINE_HZ + np.linspace(-0.01, 0.01, 2001)
        best_hz = min(grid_hz, key=lambda f: left(f)[0])
        amplitude_uv = left(SINE_HZ)[1]
        found[name] = {
            "largest_amplitude_error_uv": round(float(np.abs(amplitude_uv - expected_uv).max()), 4),
            "frequency_error_mhz": round(1e3 * float(best_hz - SINE_HZ), 2),
            "samples_lost": chunks[-1].end_index - sum(map(len, chunks)),
        }
    return found


def stream(minutes: float) -> dict[str, object]:
    """Loss, latency and cost of a long run on a virtual subject."""
    # Filled beforehand, so that what is measured here does not grow.
    latencies_s = np.full(round(minutes * 60 * RATE_HZ * 1.1), np.nan)
    n_chunks = end_index = n_received = 0
    faults: list[str] = []
    memory: list[tuple[float, float]] = []
    with (
        board(lambda: VirtualSubject(1)) as (port, pipe),
        Acquisition(BrainFlowHeadset("cyton", port)) as acquisition,
    ):
        first_s, rate_hz = pipe.recv()
        cpu_before = thread_seconds()
        longest_s, began_s = 0.0, time.monotonic()
        last_s = began_s
        while time.monotonic() - began_s < 60 * minutes:
            item = acquisition.get(1.0)
            now_s = time.monotonic()
            if isinstance(item, Chunk):
                longest_s, last_s = max(longest_s, now_s - last_s), now_s
                end_index, n_received = item.end_index, n_received + len(item)
                latencies_s[n_chunks] = now_s - (first_s + (end_index - 1) / rate_hz)
                n_chunks += 1
            elif item is not None:
                faults.append(f"after {now_s - began_s:.0f} s: {type(item).__name__}")
            if now_s - began_s > len(memory) * MEMORY_EVERY_S:
                memory.append((now_s - began_s, resident_mb()))
        took_s = time.monotonic() - began_s
        spent = {name: s - cpu_before.get(name, 0.0) for name, s in thread_seconds().items()}
        fit = acquisition.clock
        dropped = acquisition.dropped_samples
    ms = 1e3 * latencies_s[:n_chunks]
    settled = [(at_s, mb) for at_s, mb in memory if at_s > SETTLED_S] or memory
    return {
        "minutes": round(took_s / 60, 2),
        "samples": n_received,
        "samples_lost": end_index - n_received,
        "samples_dropped": dropped,
        "faults": faults,
        "longest_pause_s": round(longest_s, 3),
        "latency_ms": {
            **{f"p{q}": round(float(np.percentile(ms, q)), 2) for q in (50, 99, 99.9)},
            "max": round(float(ms.max()), 2),
        },
        "clock": {
            "drift_ppm": round(fit.drift_ppm, 2),
            "residual_ms": round(1e3 * fit.residual_s, 3),
        },
        "memory_mb": {
            "after_30_s": settled[0][1],
            "at_the_end": settled[-1][1],
            "growth_per_hour": round(growth_per_hour(settled), 2),
        },
        "cpu_percent": {name: round(100 * s / took_s, 1) for name, s in spent.items()},
    }


def growth_per_hour(memory: list[tuple[float, float]]) -> float:
    """Slope of the line through (seconds, MB); 0 where two points are too near to tell."""
    if memory[-1][0] - memory[0][0] < SETTLED_S:
        return 0.0
    at_s, mb = np.array(memory).T
    return float(3600 * np.polyfit(at_s, mb, 1)[0])


def clock() -> dict[str, object]:
    """Error of the sample times that the acquisition tells, after ten seconds."""
    found = {}
    for batch, drift_ppm in ((1, 0.0), (8, 200.0), (8, -200.0)):
        with (
            board(lambda: Sine(8), batch, drift_ppm) as (port, pipe),
            Acquisition(BrainFlowHeadset("cyton", port)) as acquisition,
        ):
            first_s, rate_hz = pipe.recv()
            errors_s, index = [], 0
            while index < 60 * RATE_HZ:
                item = acquisition.get(1.0)
                if isinstance(item, Chunk):
                    index = item.end_index - 1
                    if index > 10 * RATE_HZ:
                        true_s = first_s + index / rate_hz
                        errors_s.append(acquisition.clock.time_of(index) - true_s)
            fit = acquisition.clock
        ms = 1e3 * np.abs(errors_s)
        found[f"packets in {batch}s, clock {drift_ppm:+g} ppm"] = {
            "error_ms": {
                "p50": round(float(np.percentile(ms, 50)), 3),
                "p99": round(float(np.percentile(ms, 99)), 3),
                "max": round(float(ms.max()), 3),
            },
            "drift_ppm": round(fit.drift_ppm, 1),
            "residual_ms": round(1e3 * fit.residual_s, 3),
        }
    return found


def faults(runs: int) -> dict[str, object]:
    """Time from a fault to its event, and from plugging in to samples."""
    silent_s, back_s, dead_s, index_errors = [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        link = Path(folder) / "cyton"
        serve = (
            "import sys; from pathlib import Path; from devices.headset.cyton import serve;"
            "from devices.virtual_brain import VirtualSubject;"
            "serve(VirtualSubject(1), lambda port: print(port, flush=True), commands=sys.stdin,"
            "      until_commands_close=True, link=Path(sys.argv[1]))"
        )
        child = subprocess.Popen(
            [sys.executable, "-c", serve, str(link)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

        def command(line: str) -> float:
            child.stdin.write(line + "\n")
            child.stdin.flush()
            return time.monotonic()

        child.stdout.readline()
        threads = n_threads()
        with Acquisition(BrainFlowHeadset("cyton", str(link))) as acquisition:
            streaming_threads = n_threads()
            for _ in range(runs):
                settle(acquisition, 250)
                at_s = command("lose 150")
                dead_s.append(wait_for(acquisition, StreamSilent)[1] - at_s)
                wait_for(acquisition, StreamResumed)
                settle(acquisition, 250)
                at_s = command("unplug")
                silent_s.append(wait_for(acquisition, StreamSilent)[1] - at_s)
                fit = acquisition.clock
                time.sleep(0.3)
                at_s = command("plug")
                wait_for(acquisition, StreamResumed)
                first = acquisition.get(5.0)
                back_s.append(time.monotonic() - at_s)
                index_errors.append(first.end_index - 1 - fit.index_at(first.arrival_s))
            leaked = n_threads() - streaming_threads
        command("gaze none")
        child.stdin.close()
        child.wait(5.0)
        child.stdout.close()
    return {
        "runs": runs,
        "packets_stop_to_event_s": spread(dead_s),
        "unplugged_to_event_s": spread(silent_s),
        "plugged_to_samples_s": spread(back_s),
        "largest_error_of_the_gap_samples": round(float(np.abs(index_errors).max()), 2),
        "threads_leaked": [leaked, n_threads() - threads],
    }


def wait_for(acquisition: Acquisition, kind: type) -> tuple[object, float]:
    """Return the next event of a kind, and when it came."""
    while True:
        item = acquisition.get(30.0)
        if item is None:
            raise SystemExit(f"no {kind.__name__} came")
        if isinstance(item, kind):
            return item, time.monotonic()


def settle(acquisition: Acquisition, n_samples: int) -> None:
    """Read on for so many samples."""
    n_read = 0
    while n_read < n_samples:
        item = acquisition.get(30.0)
        n_read += len(item) if isinstance(item, Chunk) else 0


def spread(seconds: list[float]) -> dict[str, float]:
    """Middle and end of what was measured."""
    return {f"p{q}": round(float(np.percentile(seconds, q)), 3) for q in (50, 99)}


def n_threads() -> int:
    """Threads of this process, those of BrainFlow too."""
    return len(list(Path("/proc/self/task").iterdir()))


def thread_seconds() -> dict[str, float]:
    """Processor time of each thread so far: the acquisition's, the main one, and BrainFlow's."""
    names = {thread.native_id: thread.name for thread in threading.enumerate()}
    ticks = os.sysconf("SC_CLK_TCK")
    seconds: dict[str, float] = {}
    for task in Path("/proc/self/task").iterdir():
        fields = (task / "stat").read_text().rpartition(")")[2].split()
        name = {"headset": "acquisition", "MainThread": "listener"}.get(
            names.get(int(task.name), ""), "BrainFlow"
        )
        seconds[name] = seconds.get(name, 0.0) + (int(fields[11]) + int(fields[12])) / ticks
    return seconds


def main() -> None:
    """Measure what was asked for and print it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=("exactness", "stream", "clock", "faults"))
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--runs", type=int, default=10)
    options = parser.parse_args()
    found = {
        "exactness": exactness,
        "stream": lambda: stream(options.minutes),
        "clock": clock,
        "faults": lambda: faults(options.runs),
    }[options.what]()
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()

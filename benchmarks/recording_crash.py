"""Recordings whose program is killed (`kill -9`) at a random moment: what they lost.

A child records a session in real time and says, after each chunk, up to where it has come. The
parent kills it, reads what is on the disk, makes it whole and derives its decisions again. Lost is
the time between the last sample that the session was fed and the last that can be read.

    python benchmarks/recording_crash.py                  50 sessions, 4 at a time
"""

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from bci_app.errors import RecordingError
from bci_app.online.path import OnlinePath
from bci_app.online.settings import PathSettings
from bci_app.recordings.recovery import recover_session
from bci_app.recordings.session_file import read_session
from bci_app.runtime.parity import check_parity
from bci_app.runtime.recorder import Recorder
from bci_app.runtime.session import Session
from devices.chunk import Chunk
from devices.exoskeleton.virtual_link import VirtualLink
from devices.headset.source import HeadsetInfo

_RATE_HZ = 250.0
_LIVES_S = (0.3, 4.0)
_SETTINGS = PathSettings(window_s=0.5)


def main() -> None:
    """Kill the sessions and print what they lost."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sessions", type=int, default=50)
    parser.add_argument("--at-once", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--record", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.record:
        record(options.record, options.seed)
        return
    seeds = range(options.seed, options.seed + options.sessions)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(options.at_once) as pool:
        results = list(pool.map(lambda seed: kill(Path(folder), seed), seeds))
    lost_s = [result["lost_s"] for result in results if result["lost_s"] is not None]
    print(
        json.dumps(
            {
                "sessions": len(results),
                "not_recoverable": sum(result["lost_s"] is None for result in results),
                "differences": sum(bool(result["different"]) for result in results),
                "lost_s_p50": round(float(np.median(lost_s)), 3),
                "lost_s_max": round(max(lost_s), 3),
                "recorded_s_total": round(sum(result["recorded_s"] for result in results), 1),
            },
            indent=2,
        )
    )


def kill(folder: Path, seed: int) -> dict[str, float | bool | None]:
    """Let a child record, kill it, and see what is left."""
    path = folder / f"session{seed}.xdf"
    command = [sys.executable, __file__, "--record", str(path), "--seed", str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None  # noqa: S101 - it is a pipe
        told = [child.stdout.readline().rstrip()]  # it records
        time.sleep(random.Random(seed).uniform(*_LIVES_S))
        child.send_signal(signal.SIGKILL)
        told += child.stdout.read().splitlines()
    fed = int([line for line in told if line.endswith(b";")][-1][:-1])
    try:
        recovered = recover_session(path)
        session = read_session(recovered.path)
        different = check_parity(session).difference is not None
    except RecordingError as error:
        print(error, file=sys.stderr)
        return {"lost_s": None, "recorded_s": 0.0, "different": False}
    return {
        "lost_s": (fed - len(session.samples_uv)) / _RATE_HZ,
        "recorded_s": session.duration_s,
        "different": different,
    }


def record(path: Path, seed: int) -> None:
    """Record a session until killed, and say after each chunk up to where it was fed."""
    rng = np.random.default_rng(seed)
    info = HeadsetInfo("benchmark", _RATE_HZ, tuple(f"E{k}" for k in range(8)))
    with Recorder(path, info, _SETTINGS) as recorder, VirtualLink(time.monotonic()) as link:
        session = Session(OnlinePath(_SETTINGS, _RATE_HZ, 8), link, [recorder])
        began_s, index = time.monotonic(), 0
        while True:
            now_s = time.monotonic()
            n_due = int((now_s - began_s) * _RATE_HZ) - index
            if n_due > 0:
                time_s = (index + np.arange(n_due)) / _RATE_HZ
                samples_uv = 5 * rng.normal(size=(n_due, 8))
                samples_uv += 5 * np.sin(2 * np.pi * 15 * time_s)[:, np.newaxis]
                link.advance(now_s)
                session.feed(Chunk(samples_uv, index, now_s))
                index += n_due
                sys.stdout.write(f"{index};\n")
                sys.stdout.flush()
            time.sleep(0.004)


if __name__ == "__main__":
    main()

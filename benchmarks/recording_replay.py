"""How fast recordings are read, replayed and derived again.

    python benchmarks/recording_replay.py PATH…           recordings, or folders of them
    python benchmarks/recording_replay.py session.xdf     a session is derived again too

For each file: samples, rate, gaps and events found, seconds to read it; and, where it is long
enough, how many times faster than real time the headless replay is, without an exoskeleton and
with the simulated one; by the clock, and by processor time for a machine that others use too.
"""

import argparse
import time
from pathlib import Path

import numpy as np

from bci_app.errors import BciAppError
from bci_app.online.settings import PathSettings
from bci_app.recordings.reading import find_recordings, read_recording
from bci_app.recordings.session_file import is_session, read_session
from bci_app.runtime.parity import check_parity
from bci_app.runtime.replay import run_replay


def main() -> None:
    """Print a line for each file."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("paths", nargs="+", type=Path)
    for path in find_recordings(tuple(parser.parse_args().paths)):
        try:
            print(f"{path.name}: {describe(path)}")
        except BciAppError as error:
            print(f"{path.name}: {error}")


def describe(path: Path) -> str:
    """Read and replay one file, and say how that went."""
    began_s = time.perf_counter()
    recording = read_recording(path)
    read_s = time.perf_counter() - began_s
    n_missing = int(np.isnan(recording.samples_uv).any(axis=1).sum())
    parts = [
        f"{len(recording.samples_uv)} samples of {len(recording.channel_names)} channels",
        f"{recording.sampling_rate_hz:g} Hz",
        f"{n_missing} missing",
        f"{len(recording.markers)} events",
        f"read in {read_s:.2f} s",
    ]
    if recording.duration_s > 30 and recording.sampling_rate_hz > 180:
        for exoskeleton in ("none", "sim"):
            began_s, began_cpu_s = time.perf_counter(), time.process_time()
            run_replay(recording, PathSettings(), [], speed=None, exoskeleton=exoskeleton)
            cpu_s = time.process_time() - began_cpu_s
            parts.append(
                f"exoskeleton {exoskeleton}: "
                f"{recording.duration_s / (time.perf_counter() - began_s):.0f} × real time "
                f"({recording.duration_s / cpu_s:.0f} × by processor time)"
            )
    if path.suffix == ".xdf" and is_session(path):
        session = read_session(path)
        began_s = time.perf_counter()
        parity = check_parity(session)
        speed = session.duration_s / (time.perf_counter() - began_s)
        parts.append(f"derived again at {speed:.0f} × real time, difference {parity.difference}")
    return ", ".join([*parts, *recording.repairs])


if __name__ == "__main__":
    main()

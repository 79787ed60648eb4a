"""What recording costs: processor time, and what it adds from the last sample to the frame.

A session of 16 channels at 1 kHz is fed in real time, once with a recorder and once without, both
in turns of a few seconds so that the rest of the machine disturbs both alike. Latency is from the
arrival of a chunk to the end of its passage through the session, where the frame has been handed
over. Recording at full length shows that nothing grows.

    python benchmarks/recording_cost.py --seconds 10      a first look
    python benchmarks/recording_cost.py                   2 min: as much with as without
    python benchmarks/recording_cost.py --seconds 600     as long as a session
"""

import argparse
import json
import resource
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from bci_app.online.path import OnlinePath
from bci_app.online.settings import PathSettings
from bci_app.recordings.session_file import read_session
from bci_app.runtime.recorder import Recorder
from bci_app.runtime.session import Session
from devices.chunk import Chunk
from devices.exoskeleton.virtual_link import VirtualLink
from devices.headset.source import HeadsetInfo

_TURN_S = 5.0
_CHUNK_S = 0.004


def main() -> None:
    """Feed both and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="recorded; as much is not")
    parser.add_argument("--channels", type=int, default=16)
    parser.add_argument("--rate", type=float, default=1000.0)
    options = parser.parse_args()
    info = HeadsetInfo("benchmark", options.rate, tuple(f"E{k}" for k in range(options.channels)))
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        path = Path(folder) / "session.xdf"
        recorder = stack.enter_context(Recorder(path, info, PathSettings()))
        recorded, bare = Feed(info, recorder), Feed(info, None)
        while recorded.index < options.seconds * options.rate:
            recorded.run(_TURN_S)
            bare.run(_TURN_S)
        stack.close()
        session = read_session(path)
        n_bytes = path.stat().st_size
    whole = session.closed and len(session.samples_uv) == recorded.index and not session.n_lost
    print(
        json.dumps(
            {
                "seconds": recorded.index / options.rate,
                "recorded_whole": whole,
                "mb": round(n_bytes / 1e6, 1),
                "cpu_percent": {"recorded": recorded.cpu_percent, "bare": bare.cpu_percent},
                "latency_ms": {"recorded": recorded.latency_ms, "bare": bare.latency_ms},
                "added": {
                    "cpu_percent": round(recorded.cpu_percent - bare.cpu_percent, 1),
                    **{
                        f"latency_{level}_ms": round(
                            recorded.latency_ms[level] - bare.latency_ms[level], 3
                        )
                        for level in ("p50", "p99")
                    },
                },
                "max_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            },
            indent=2,
        )
    )


class Feed:
    """A session on a virtual exoskeleton, fed in real time, turn by turn."""

    def __init__(self, info: HeadsetInfo, recorder: Recorder | None) -> None:
        self._rate_hz = info.sampling_rate_hz
        self._n_channels = len(info.channel_names)
        self._link = VirtualLink()
        self._link.start()
        path = OnlinePath(PathSettings(), self._rate_hz, self._n_channels)
        self._session = Session(path, self._link, [] if recorder is None else [recorder])
        self._rng = np.random.default_rng(0)
        self._latencies_s: list[float] = []
        self._cpu_s = self._lasted_s = 0.0
        self.index = 0

    def run(self, duration_s: float) -> None:
        """Feed for a while."""
        n_chunk = round(_CHUNK_S * self._rate_hz)
        noise = 10 * self._rng.normal(
            size=(round(duration_s / _CHUNK_S), n_chunk, self._n_channels)
        )
        began_s, began_cpu_s = time.monotonic(), time.process_time()
        for k, samples_uv in enumerate(noise):
            due_s = began_s + (k + 1) * _CHUNK_S
            time.sleep(max(0.0, due_s - time.monotonic()))
            self._link.advance(self.index / self._rate_hz)
            arrival_s = time.monotonic()
            self._session.feed(Chunk(samples_uv.copy(), self.index, arrival_s))
            self._latencies_s.append(time.monotonic() - arrival_s)
            self.index += n_chunk
        self._cpu_s += time.process_time() - began_cpu_s
        self._lasted_s += time.monotonic() - began_s

    @property
    def cpu_percent(self) -> float:
        """Share of one core while this was fed."""
        return round(100 * self._cpu_s / self._lasted_s, 1)

    @property
    def latency_ms(self) -> dict[str, float]:
        """From a chunk's arrival to the end of its passage."""
        levels = {"p50": 50, "p99": 99, "p99_9": 99.9}
        return {
            name: round(1e3 * float(np.percentile(self._latencies_s, level)), 3)
            for name, level in levels.items()
        }


if __name__ == "__main__":
    main()

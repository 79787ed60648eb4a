"""Cost of one hop of decoder and policy, on one thread: 8 channels, 5 targets, all window lengths.

Usage: OPENBLAS_NUM_THREADS=1 python benchmarks/policy_hop.py

Processor time of the thread, so that a busy machine does not count; filtering included.
"""

import time

import numpy as np
from scaling import Size, fitted

from bci_app.online.path import OnlinePath
from bci_app.online.rehearsal import HOP_S
from devices.chunk import Chunk


def main() -> None:
    """Fit a model to noise with responses, then time the hops of a minute of noise."""
    rng = np.random.default_rng(0)
    size = Size()
    model = fitted(size, rng)
    path = OnlinePath(size.settings, size.rate_hz, size.n_channels, model)
    n_hop = round(HOP_S * size.rate_hz)
    samples_uv = rng.normal(size=(round(60 * size.rate_hz), size.n_channels))
    spent_ms = []
    for start in range(0, len(samples_uv), n_hop):
        chunk = Chunk(samples_uv[start : start + n_hop], start)
        began_ns = time.thread_time_ns()
        path.push(chunk)
        spent_ms.append((time.thread_time_ns() - began_ns) / 1e6)
    settled = np.array(spent_ms[len(spent_ms) // 4 :])
    p50, p99 = np.percentile(settled, [50, 99])
    print(
        f"{len(model.decoder.lengths_s)} window lengths, {size.n_targets} targets, "
        f"{size.n_channels} channels: {p50:.2f} ms median, {p99:.2f} ms p99 a hop"
    )


if __name__ == "__main__":
    main()

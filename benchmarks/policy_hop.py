"""Cost of one hop of decoder and policy, on one thread: 8 channels, 5 targets, all window lengths.

Usage: OPENBLAS_NUM_THREADS=1 python benchmarks/policy_hop.py

Processor time of the thread, so that a busy machine does not count; filtering included.
"""

import time

import numpy as np

from bci_app.online.growing import fit_growing_model, make_growing_decoder
from bci_app.online.path import OnlinePath
from bci_app.online.settings import PathSettings
from devices.chunk import Chunk

RATE_HZ = 250.0
N_CHANNELS = 8
N_EACH = 6
TRIAL_S = 5.0


def main() -> None:
    """Fit a model to noise with responses, then time the hops of a minute of noise."""
    rng = np.random.default_rng(0)
    settings = PathSettings()
    frequencies_hz = settings.frequencies_hz
    decoder = make_growing_decoder(frequencies_hz, RATE_HZ, TRIAL_S)
    labels = np.tile(np.arange(len(frequencies_hz) + 1), N_EACH)
    time_s = np.arange(round((TRIAL_S - 0.5) * RATE_HZ)) / RATE_HZ
    people = []
    for _ in range(3):
        windows_uv = rng.normal(size=(len(labels), N_CHANNELS, len(time_s)))
        for window_uv, label in zip(windows_uv, labels, strict=True):
            if label < len(frequencies_hz):
                phase = 2 * np.pi * frequencies_hz[label] * time_s + rng.uniform(0, 2 * np.pi)
                window_uv += 0.5 * np.sin(phase)
        people.append(decoder.observe(windows_uv, labels))
    model = fit_growing_model(decoder, people[:1], [[people[1]], [people[2]]])
    path = OnlinePath(settings, RATE_HZ, N_CHANNELS, model)
    n_hop = round(0.125 * RATE_HZ)
    samples_uv = rng.normal(size=(round(60 * RATE_HZ), N_CHANNELS))
    spent_ms = []
    for start in range(0, len(samples_uv), n_hop):
        chunk = Chunk(samples_uv[start : start + n_hop], start)
        began_ns = time.thread_time_ns()
        path.push(chunk)
        spent_ms.append((time.thread_time_ns() - began_ns) / 1e6)
    settled = np.array(spent_ms[len(spent_ms) // 4 :])
    p50, p99 = np.percentile(settled, [50, 99])
    print(
        f"{len(decoder.lengths_s)} window lengths, {len(frequencies_hz)} targets, "
        f"{N_CHANNELS} channels: {p50:.2f} ms median, {p99:.2f} ms p99 a hop"
    )


if __name__ == "__main__":
    main()

"""A small fitted model: two targets, three channels, trials of 2.5 s."""

from functools import lru_cache

import numpy as np

from bci_app.online.growing import fit_growing_model, make_growing_decoder

RATE_HZ = 128.0
FREQUENCIES_HZ = (9.0, 13.0)
IDLE = len(FREQUENCIES_HZ)
TRIAL_S = 2.5
MIXING = np.array([1.0, 0.7, -0.4])


def looking(target, duration_s, seed, amplitude_uv=1.5):
    """EEG-like noise, with a response to a target or to none, shape (n_times, n_channels)."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    samples_uv = rng.normal(scale=2.0, size=(len(time_s), len(MIXING)))
    if target != IDLE:
        phase = 2 * np.pi * FREQUENCIES_HZ[target] * time_s + rng.uniform(0, 2 * np.pi)
        response = np.sin(phase) + 0.5 * np.sin(2 * phase)
        samples_uv += amplitude_uv * response[:, np.newaxis] * MIXING
    return samples_uv


def observed(decoder, seed, n_each=6):
    labels = np.tile(np.arange(IDLE + 1), n_each)
    windows = [looking(label, TRIAL_S - 0.5, 1000 * seed + k).T for k, label in enumerate(labels)]
    return decoder.observe(np.array(windows), labels)


@lru_cache(maxsize=1)
def fitted():
    decoder = make_growing_decoder(FREQUENCIES_HZ, RATE_HZ, TRIAL_S)
    return fit_growing_model(
        decoder, [observed(decoder, 1)], [[observed(decoder, 2)], [observed(decoder, 3)]]
    )

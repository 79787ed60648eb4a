"""Simulated responses that the decoder tests share."""

from collections.abc import Callable

import numpy as np
import pytest

from bci_app.decoders.references import FloatArray, reference_signals

RATE_HZ = 250.0
FREQUENCIES_HZ = (9.0, 11.0, 13.0, 15.0)


@pytest.fixture
def simulate() -> Callable[..., tuple[FloatArray, np.ndarray]]:
    """Make windows of responses of known phase in noise that the channels share in part."""

    def windows(
        n_each: int = 6,
        n_channels: int = 6,
        n_times: int = 250,
        frequencies_hz: tuple[float, ...] = FREQUENCIES_HZ,
        amplitude_uv: float = 2.0,
        n_idle: int = 0,
        free_phase: bool = False,
        seed: int = 0,
    ) -> tuple[FloatArray, np.ndarray]:
        rng = np.random.default_rng(seed)
        mixing = np.eye(n_channels) + 0.3 * np.random.default_rng(7).normal(
            size=(n_channels, n_channels)
        )
        gains = np.random.default_rng(8).uniform(0.5, 1.5, size=(n_channels, 2))
        labels = np.repeat(
            np.arange(len(frequencies_hz) + 1), [*[n_each] * len(frequencies_hz), n_idle]
        )
        made = 5.0 * mixing @ rng.normal(size=(len(labels), n_channels, n_times))
        for window, label in zip(made, labels, strict=True):
            if label == len(frequencies_hz):
                continue
            long = reference_signals(frequencies_hz[label], n_times + 250, RATE_HZ, 2)
            shift = rng.integers(250) if free_phase else 3 * label
            response = long[shift : shift + n_times]
            window += amplitude_uv * (
                np.outer(gains[:, 0], response[:, 0]) + np.outer(gains[:, 1], response[:, 3]) / 2
            )
        return made, labels

    return windows

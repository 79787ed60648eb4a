"""Reference signals: what a flicker of known frequency would look like in the EEG."""

from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from bci_app.errors import ConfigurationError

FloatArray = npt.NDArray[np.float64]


def reference_signals(
    frequency_hz: float, n_times: int, sampling_rate_hz: float, n_harmonics: int
) -> FloatArray:
    """Sines and cosines at a frequency and its harmonics.

    Parameters
    ----------
    frequency_hz : float
        Frequency of the flicker; it need not divide anything.
    n_times : int
        Length of the window in samples. Sample k is taken at k / `sampling_rate_hz`.
    sampling_rate_hz : float
        Sampling rate.
    n_harmonics : int
        Number of harmonics, the fundamental included.

    Returns
    -------
    ndarray of float64, shape (n_times, 2 * n_harmonics)
        Columns sin 1f, cos 1f, sin 2f, … A harmonic at or above half the sampling rate cannot be
        in the data: its two columns are zero.
    """
    time_s = np.arange(n_times) / sampling_rate_hz
    harmonics_hz = frequency_hz * np.arange(1, n_harmonics + 1)
    phase = 2 * np.pi * np.outer(time_s, harmonics_hz)
    waves = np.stack([np.sin(phase), np.cos(phase)], axis=-1)
    waves[:, harmonics_hz >= sampling_rate_hz / 2] = 0.0
    return waves.reshape(n_times, 2 * n_harmonics)


@lru_cache(maxsize=64)
def reference_bases(
    frequencies_hz: tuple[float, ...], n_times: int, sampling_rate_hz: float, n_harmonics: int
) -> FloatArray:
    """Orthonormal bases of the centred reference signals, by QR; computed once, then remembered.

    Returns
    -------
    ndarray of float64, shape (n_targets, n_times, 2 * n_harmonics)
        Read-only. Columns of harmonics that cannot be in the data are zero.
    """
    # Stored with the targets side by side, so that one product with all of them copies nothing.
    stored = np.empty((n_times, len(frequencies_hz), 2 * n_harmonics))
    bases = stored.transpose(1, 0, 2)
    for basis, frequency_hz in zip(bases, frequencies_hz, strict=True):
        signals = reference_signals(frequency_hz, n_times, sampling_rate_hz, n_harmonics)
        present = signals.any(axis=0)
        basis[...] = 0.0
        basis[:, present] = np.linalg.qr(signals[:, present] - signals[:, present].mean(axis=0))[0]
    bases.flags.writeable = False
    return bases


def check_targets(
    frequencies_hz: tuple[float, ...],
    sampling_rate_hz: float,
    window_s: float,
    n_harmonics: int,
    phase_tells_apart: bool = False,
) -> None:
    """Refuse targets that no window of this length can tell apart at this sampling rate.

    Two targets count as apart when their highest harmonics drift by at least half a cycle over the
    window: the criterion that the closest published layouts (0.2 Hz, 5 harmonics, 0.5 s) just meet.
    Where the phase of each target is known (`phase_tells_apart`), any distance will do.

    Raises
    ------
    ConfigurationError
        When a frequency is not between 0 and half the sampling rate, or two are too close.
    """
    nyquist_hz = sampling_rate_hz / 2
    for frequency_hz in frequencies_hz:
        if not 0 < frequency_hz < nyquist_hz:
            raise ConfigurationError(
                f"a target at {frequency_hz:g} Hz cannot be seen at {sampling_rate_hz:g} samples a "
                f"second: expected a frequency between 0 and {nyquist_hz:g} Hz (half the sampling "
                "rate). Choose another target or a faster headset."
            )
    if phase_tells_apart:
        return
    apart_hz = 0.5 / (window_s * n_harmonics)
    ordered = sorted(frequencies_hz)
    for low, high in pairwise(ordered):
        if high - low < apart_hz:
            raise ConfigurationError(
                f"targets at {low:g} and {high:g} Hz cannot be told apart in {window_s:g} s: "
                f"expected at least {apart_hz:.2g} Hz between them. Choose targets further apart "
                "or a longer window."
            )

"""True latency and jitter of a screen, from a photodiode on one of the board's inputs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bci_app.errors import RecordingError

_MAX_LATENCY_S = 0.25
_MIN_MATCHES = 5


@dataclass(frozen=True, slots=True)
class ScreenLatency:
    """From the reported time of a frame to its light.

    Parameters
    ----------
    median_ms, p99_ms : float
        Latency.
    jitter_ms : float
        Standard deviation of the latency.
    n_matched, n_unmatched : int
        Inversions of the photodiode patch that were, and were not, seen by the photodiode.
    """

    median_ms: float
    p99_ms: float
    jitter_ms: float
    n_matched: int
    n_unmatched: int


def measure_latency(
    signal: npt.NDArray[np.float64],
    times_s: npt.NDArray[np.float64],
    inversions: Sequence[tuple[float, bool]],
) -> ScreenLatency:
    """Match the patch's inversions with the photodiode's edges.

    Parameters
    ----------
    signal : ndarray of float64, shape (n_times,)
        The photodiode's channel, in any unit; more light is more signal.
    times_s : ndarray of float64, shape (n_times,)
        Monotonic time of each sample.
    inversions : sequence of (float, bool)
        Reported time of each inversion, and whether the patch became white.

    Returns
    -------
    ScreenLatency

    Raises
    ------
    RecordingError
        When fewer than five inversions are seen in the signal.
    """
    low, high = np.percentile(signal, [5, 95])
    middle = (low + high) / 2
    above = signal > middle
    edges = np.flatnonzero(above[1:] != above[:-1])
    step = signal[edges + 1] - signal[edges]
    share = (middle - signal[edges]) / step
    edge_times_s = times_s[edges] + share * (times_s[edges + 1] - times_s[edges])
    rising = above[edges + 1]
    latencies_s = []
    for time_s, white in inversions:
        later = edge_times_s[(rising == white) & (edge_times_s >= time_s)]
        if len(later) and later[0] - time_s <= _MAX_LATENCY_S:
            latencies_s.append(later[0] - time_s)
    if len(latencies_s) < _MIN_MATCHES:
        raise RecordingError(
            f"the photodiode saw {len(latencies_s)} of {len(inversions)} inversions of its patch: "
            f"expected at least {_MIN_MATCHES}. Put it flat on the patch in the lower right corner "
            "and check which input it is connected to."
        )
    latencies_ms = np.array(latencies_s) * 1e3
    return ScreenLatency(
        median_ms=float(np.median(latencies_ms)),
        p99_ms=float(np.percentile(latencies_ms, 99)),
        jitter_ms=float(np.std(latencies_ms)),
        n_matched=len(latencies_s),
        n_unmatched=len(inversions) - len(latencies_s),
    )

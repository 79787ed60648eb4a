"""True latency and jitter of a screen, from a photodiode on one of the board's inputs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bci_app.errors import RecordingError

FloatArray = npt.NDArray[np.float64]

# Light may come a little before its frame is reported, or a quarter of a second after.
_EARLIEST_S, _LATEST_S = -0.05, 0.25
_MIN_MATCHES = 5
_LONGEST_STEP = 1.5  # between samples, in periods; more is a loss, and an edge in it has no time


@dataclass(frozen=True, slots=True)
class Spread:
    """How a time spreads, in milliseconds: median, 99th percentile, largest."""

    p50: float
    p99: float
    max: float


@dataclass(frozen=True, slots=True)
class ScreenLatency:
    """From the reported time of a frame to its light.

    Parameters
    ----------
    latency_ms : Spread
        Negative where the light comes before the report.
    jitter_ms : Spread
        Distance of the latency from its median.
    n_matched, n_unmatched : int
        Inversions of the photodiode patch that were, and were not, seen by the photodiode.
    """

    latency_ms: Spread
    jitter_ms: Spread
    n_matched: int
    n_unmatched: int


def measure_latency(
    signal: FloatArray, times_s: FloatArray, inversions: Sequence[tuple[float, bool]]
) -> ScreenLatency:
    """Match the patch's inversions with the photodiode's edges.

    Each edge is timed by a straight line between the samples beside it: what is found is good to a
    fraction of the sampling period on average, and to about half of one in the single case.

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
    edge_times_s, rising = _edges(signal, times_s)
    latencies_s = []
    for time_s, white in inversions:
        after_s = edge_times_s[rising == white] - time_s
        after_s = after_s[(after_s >= _EARLIEST_S) & (after_s <= _LATEST_S)]
        if len(after_s):
            latencies_s.append(after_s[0])
    if len(latencies_s) < _MIN_MATCHES:
        raise RecordingError(
            f"the photodiode saw {len(latencies_s)} of {len(inversions)} inversions of its patch: "
            f"expected at least {_MIN_MATCHES}. Put it flat on the patch in the lower right corner "
            "and check which input it is connected to."
        )
    latencies_ms = np.array(latencies_s) * 1e3
    return ScreenLatency(
        latency_ms=_spread(latencies_ms),
        jitter_ms=_spread(np.abs(latencies_ms - np.median(latencies_ms))),
        n_matched=len(latencies_s),
        n_unmatched=len(inversions) - len(latencies_s),
    )


def _edges(signal: FloatArray, times_s: FloatArray) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Return when the signal passes half of its height, and whether it rises."""
    if len(signal) < 2:
        return np.empty(0), np.empty(0, dtype=np.bool_)
    low, high = np.percentile(signal, [5, 95])
    middle = (low + high) / 2
    above = signal > middle
    steps_s = np.diff(times_s)
    whole = steps_s < _LONGEST_STEP * np.median(steps_s)
    edges = np.flatnonzero((above[1:] != above[:-1]) & whole)
    share = (middle - signal[edges]) / (signal[edges + 1] - signal[edges])
    return times_s[edges] + share * steps_s[edges], above[edges + 1]


def _spread(values_ms: FloatArray) -> Spread:
    p50, p99 = np.percentile(values_ms, [50, 99])
    return Spread(float(p50), float(p99), float(values_ms.max()))

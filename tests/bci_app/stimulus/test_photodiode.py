import numpy as np
import pytest

from bci_app.errors import RecordingError
from bci_app.stimulus.photodiode import measure_latency


def recorded(latency_s: float, jitter_s: float, rate_hz: float = 1000.0):
    """A photodiode that sees each inversion `latency_s` after it was reported."""
    rng = np.random.default_rng(3)
    reported_s = 100 + np.cumsum(rng.uniform(0.3, 0.5, 60))
    inversions = [(float(t), k % 2 == 0) for k, t in enumerate(reported_s)]
    light_s = reported_s + latency_s + rng.normal(0, jitter_s, 60)
    times_s = np.arange(100, reported_s[-1] + 1, 1 / rate_hz)
    white = np.searchsorted(light_s, times_s) % 2 == 1
    return white * 40.0 + rng.normal(0, 1.0, len(times_s)), times_s, inversions


@pytest.mark.parametrize("latency_s", [-0.004, 0.005, 0.023, 0.08])
def test_latency_and_jitter_are_found(latency_s):
    found = measure_latency(*recorded(latency_s, 0.001))
    assert (found.n_matched, found.n_unmatched) == (60, 0)
    assert found.latency_ms.p50 == pytest.approx(latency_s * 1e3, abs=0.8)
    assert found.latency_ms.p50 < found.latency_ms.p99 <= found.latency_ms.max
    assert 0.4 < found.jitter_ms.p50 < 1.0
    assert found.jitter_ms.max < 5.0


def test_an_inversion_that_was_never_light_is_counted():
    signal, times_s, inversions = recorded(0.02, 0.0)
    extra = [*inversions, (times_s[-1] - 0.3, True)]
    assert measure_latency(signal, times_s, extra).n_unmatched == 1


def test_an_edge_among_lost_samples_is_no_edge():
    signal, times_s, inversions = recorded(0.02, 0.0)
    lost = (times_s > inversions[7][0]) & (times_s < inversions[7][0] + 0.1)
    found = measure_latency(signal[~lost], times_s[~lost], inversions)
    assert (found.n_matched, found.n_unmatched) == (59, 1)
    assert found.jitter_ms.max < 1.5


@pytest.mark.parametrize("n_times", [0, 1, 5000])
def test_a_photodiode_that_sees_nothing_is_said(n_times):
    _, times_s, inversions = recorded(0.02, 0.0)
    with pytest.raises(RecordingError, match="Put it flat on the patch"):
        measure_latency(np.zeros(n_times), times_s[:n_times], inversions)

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


@pytest.mark.parametrize("latency_s", [0.005, 0.023, 0.08])
def test_latency_and_jitter_are_found(latency_s):
    latency = measure_latency(*recorded(latency_s, 0.001))
    assert latency.n_matched == 60
    assert latency.median_ms == pytest.approx(latency_s * 1e3, abs=0.8)
    assert 0.7 < latency.jitter_ms < 1.4


def test_an_inversion_that_was_never_light_is_counted():
    signal, times_s, inversions = recorded(0.02, 0.0)
    extra = [*inversions, (times_s[-1] - 0.3, True)]
    assert measure_latency(signal, times_s, extra).n_unmatched == 1


def test_a_photodiode_that_sees_nothing_is_said():
    rng = np.random.default_rng(0)
    _, times_s, inversions = recorded(0.02, 0.0)
    dark = np.zeros(len(times_s)) + rng.normal(0, 1e-3, len(times_s)) * 0
    with pytest.raises(RecordingError, match="Put it flat on the patch"):
        measure_latency(dark, times_s, inversions)

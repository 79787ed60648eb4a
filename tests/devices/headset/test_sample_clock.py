import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.headset.sample_clock import SampleClock

RATE_HZ = 250.0


def arrivals(seed, seconds, drift_ppm, batch=1, jitter_s=0.4e-3, hold_ups=0.02):
    """Index and arrival of the last sample of each batch, and when every sample was taken."""
    rng = np.random.default_rng(seed)
    indices = np.arange(round(seconds * RATE_HZ))
    taken_s = 1000.0 + indices / (RATE_HZ * (1.0 + drift_ppm * 1e-6))
    last = indices[batch - 1 :: batch]
    delay_s = rng.exponential(jitter_s, len(last))
    held_up = rng.random(len(last)) < hold_ups
    delay_s[held_up] += rng.uniform(0.0, 0.3, np.count_nonzero(held_up))
    return last, np.maximum.accumulate(taken_s[last] + delay_s), taken_s


def run(last, arrived_s):
    clock = SampleClock(RATE_HZ, int(last[0]), float(arrived_s[0]))
    fits = [clock.fit]
    for index, arrival_s in zip(last[1:], arrived_s[1:], strict=True):
        clock.push(int(index), float(arrival_s))
        fits.append(clock.fit)
    return fits


@pytest.mark.parametrize("drift_ppm", [-200.0, 0.0, 200.0])
@pytest.mark.parametrize("batch", [1, 8])
def test_after_ten_seconds_time_is_known_to_a_millisecond(drift_ppm, batch):
    last, arrived_s, taken_s = arrivals(3, 120.0, drift_ppm, batch)
    fits = run(last, arrived_s)
    settled = round(10.0 * RATE_HZ / batch)
    errors_s = np.array(
        [fit.time_of(i) - taken_s[i] for fit, i in zip(fits[settled:], last[settled:], strict=True)]
    )
    assert np.percentile(np.abs(errors_s), 99) < 1e-3
    assert fits[-1].drift_ppm == pytest.approx(drift_ppm, abs=15.0)
    assert 0.0 < fits[-1].residual_s < 1e-3


def test_index_and_time_are_each_other_s_inverse():
    last, arrived_s, _ = arrivals(1, 20.0, 50.0)
    fit = run(last, arrived_s)[-1]
    assert fit.index_at(fit.time_of(12345)) == pytest.approx(12345)
    assert fit.time_of(fit.index_at(1234.5)) == pytest.approx(1234.5)


def test_a_gap_with_known_length_does_not_disturb_it():
    last, arrived_s, taken_s = arrivals(2, 60.0, 100.0)
    there = (last < 5000) | (last > 8000)
    fits = run(last[there], arrived_s[there])
    assert abs(fits[-1].time_of(last[-1]) - taken_s[-1]) < 1e-3
    assert fits[-1].drift_ppm == pytest.approx(100.0, abs=15.0)


def test_a_start_that_was_held_up_is_forgotten():
    last, arrived_s, taken_s = arrivals(4, 30.0, 0.0, hold_ups=0.0)
    arrived_s = np.maximum(arrived_s, arrived_s[0] + 0.7)  # the first 175 come in one burst
    fits = run(last, arrived_s)
    assert abs(fits[-1].time_of(last[-1]) - taken_s[-1]) < 1e-3


def test_nothing_grows_without_bound():
    last, arrived_s, _ = arrivals(5, 200.0, 0.0)
    clock = SampleClock(RATE_HZ, 0, float(arrived_s[0]))
    for index, arrival_s in zip(last, arrived_s, strict=True):
        clock.push(int(index), float(arrival_s))
    assert len(clock._bins) == 240


@given(
    delays_s=st.lists(st.floats(0.0, 2.0), min_size=2, max_size=60),
    steps=st.lists(st.integers(1, 400), min_size=60, max_size=60),
)
@settings(deadline=None)
def test_the_line_never_runs_above_an_arrival_and_never_drifts_beyond_reason(delays_s, steps):
    indices = np.cumsum(steps[: len(delays_s)])
    arrived_s = [50.0 + i / RATE_HZ + d for i, d in zip(indices, delays_s, strict=True)]
    clock = SampleClock(RATE_HZ, int(indices[0]), arrived_s[0])
    for index, arrival_s in zip(indices[1:], arrived_s[1:], strict=True):
        clock.push(int(index), arrival_s)
        assert clock.fit.time_of(index) <= arrival_s + 1e-9
        assert abs(clock.fit.drift_ppm) < 501.0
        assert clock.fit.residual_s >= -1e-9

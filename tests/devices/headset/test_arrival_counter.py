import numpy as np
import pytest

from devices.headset.arrival_counter import ArrivalCounter

RATE_HZ = 200.0


def run(lost=(), held_up=(), seconds=20, per_arrival=10, drift_ppm=0.0):
    """Indices given to samples that truly had others, for samples that come ten at a time."""
    counter, rng = ArrivalCounter(RATE_HZ), np.random.default_rng(0)
    given, true, now_s = [], [], 0.0
    for first in range(0, round(seconds * RATE_HZ), per_arrival):
        last_s = (first + per_arrival) / (RATE_HZ * (1 + drift_ppm * 1e-6))
        if any(start <= last_s < end for start, end in lost):
            continue
        free_s = max((end for start, end in held_up if start <= last_s < end), default=last_s)
        now_s = max(now_s, free_s + rng.exponential(0.005))
        for position, n_samples, index in counter.push([0] * per_arrival, now_s):
            assert position == len(given)
            given += range(index, index + n_samples)
        true += range(first, first + per_arrival)
    return np.array(given), np.array(true)


@pytest.mark.parametrize("drift_ppm", [-200.0, 0.0, 200.0])
def test_without_a_loss_samples_are_simply_counted(drift_ppm):
    given, true = run(seconds=300, drift_ppm=drift_ppm)
    np.testing.assert_array_equal(given, true)


def test_samples_that_were_held_up_are_not_taken_for_lost():
    given, true = run(held_up=[(5.0, 5.8), (8.0, 11.0)])
    np.testing.assert_array_equal(given, true)


@pytest.mark.parametrize("lost_s", [0.25, 1.0, 5.0])
def test_a_loss_is_seen_a_second_later_and_to_a_few_samples(lost_s):
    given, true = run(lost=[(5.0, 5.0 + lost_s)])
    assert np.abs(given - true)[true < 1000].max() == 0
    assert np.abs(given - true)[true > (5.0 + lost_s + 1.3) * RATE_HZ].max() <= 3
    assert (np.diff(given) > 0).all()

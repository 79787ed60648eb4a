import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bci_app.evaluation.rate_test import ERROR_RATE, RateSeen, contradicts, poisson_interval


@given(st.integers(0, 200), st.floats(0.1, 1e4))
def test_the_interval_of_a_rate_holds_the_rate_and_shrinks_with_time(count, minutes):
    low, high = poisson_interval(count, minutes)
    assert low <= count / minutes < high
    twice = poisson_interval(2 * count, 2 * minutes)
    assert twice[1] - twice[0] < high - low


def test_no_event_in_three_hours_leaves_a_fiftieth_a_minute():
    assert poisson_interval(0, 180.0) == pytest.approx((0.0, 3.689 / 180), rel=1e-3)


@given(st.integers(0, 50), st.floats(0.0, 500.0), st.floats(0.01, 5.0))
def test_more_false_commands_or_less_time_contradict_the_more(count, minutes, accepted):
    if contradicts(count, minutes, accepted):
        assert contradicts(count + 1, minutes, accepted)
        assert contradicts(count, minutes / 2, accepted)
        assert contradicts(count, minutes, accepted / 2)


def test_sessions_as_good_as_accepted_are_seldom_warned_of_however_often_one_looks():
    rng = np.random.default_rng(3)
    warned = 0
    for _ in range(300):
        at_min = np.cumsum(rng.exponential(1 / 0.5, size=60))
        # The evidence is highest just after a false command.
        warned += any(contradicts(k + 1, t, 0.5) for k, t in enumerate(at_min.tolist()))
    assert warned / 300 <= ERROR_RATE + 0.02


def test_three_times_as_many_as_accepted_are_found_out_within_minutes():
    rng = np.random.default_rng(4)
    found_min = []
    for _ in range(100):
        at_min = np.cumsum(rng.exponential(1 / 1.5, size=200)).tolist()
        found_min.append(next(t for k, t in enumerate(at_min) if contradicts(k + 1, t, 0.5)))
    assert np.median(found_min) < 12


def test_all_false_commands_in_all_time_make_the_rate():
    seen = RateSeen(2, 3.0, 1, 7.0, 0.5, contradicted=False)
    assert seen.per_min == pytest.approx(0.3)
    low, high = seen.interval_per_min
    assert low < 0.3 < high
    nothing = RateSeen(0, 0.0, 0, 0.0, 0.5, contradicted=False)
    assert nothing.per_min is nothing.interval_per_min is None

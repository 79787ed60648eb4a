import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.errors import CalibrationError
from calibration.expectation import expect_share, widen_rate

COUNTS = st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@settings(deadline=None, max_examples=50)  # importing SciPy takes its time
@given(COUNTS, st.integers(1, 6))
def test_the_interval_lies_around_what_is_expected(counts, n_sessions):
    n_right, n_trials = counts
    expected = expect_share(n_right, n_trials, n_sessions)
    low, high = expected.interval()
    assert 0 <= low <= high <= 1
    assert expected.mean == pytest.approx((n_right + 1) / (n_trials + 2))
    least, most = expected.interval_of(24)
    assert 0 <= least <= most <= 24


def test_more_trials_of_one_session_are_no_other_session():
    def width(n_trials, n_sessions):
        low, high = expect_share(n_trials * 3 // 4, n_trials, n_sessions).interval()
        return high - low

    assert width(24, 1) > width(240, 1) > width(240, 4) > 0.1
    assert width(24_000, 1) == pytest.approx(width(240_000, 1), rel=0.01)


def test_nothing_seen_is_refused():
    with pytest.raises(CalibrationError, match="no trial"):
        expect_share(0, 0, 1)


def test_an_extrapolated_rate_is_less_sure():
    known = widen_rate((0.2, 0.8), 0.0, 10)
    assert known[0] < 0.2
    assert known[1] > 1.5 * 0.8
    low, high = widen_rate((0.2, 0.8), 3.0, 10)
    assert low < known[0]
    assert high > known[1]
    assert math.sqrt(low * high) == pytest.approx(0.4)
    assert widen_rate((0.2, 0.8), 3.0, 1000)[1] < high

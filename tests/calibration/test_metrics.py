import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.metrics import itr_bits_per_min, wilson_interval


def test_rate_of_faultless_selection_is_log2_of_the_targets():
    assert itr_bits_per_min(1.0, 8, 3.0) == pytest.approx(60.0)


def test_rate_of_the_reference_system():
    # Wolpaw's formula by hand: 5 targets, 90 %, 4 s.
    bits = math.log2(5) + 0.9 * math.log2(0.9) + 0.1 * math.log2(0.1 / 4)
    assert itr_bits_per_min(0.9, 5, 4.0) == pytest.approx(15 * bits)


@pytest.mark.parametrize("accuracy", [0.0, 0.1, 0.25])
def test_rate_at_chance_or_below_is_nothing(accuracy):
    assert itr_bits_per_min(accuracy, 4, 2.0) == 0.0


@pytest.mark.parametrize("arguments", [(1.1, 4, 1.0), (-0.1, 4, 1.0), (0.5, 1, 1.0), (0.5, 4, 0.0)])
def test_rate_of_the_impossible_is_refused(arguments):
    with pytest.raises(ValueError, match="expected an accuracy"):
        itr_bits_per_min(*arguments)


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_interval_holds_the_share_and_stays_in_range(counts):
    n_right, n_trials = counts
    low, high = wilson_interval(n_right, n_trials)
    assert 0 <= low <= n_right / n_trials + 1e-12
    assert n_right / n_trials - 1e-12 <= high <= 1


def test_interval_is_wilsons():
    # Newcombe (1998), Stat. Med. 17:857, table I: 81 of 263.
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)

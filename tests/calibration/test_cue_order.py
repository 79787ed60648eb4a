from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from calibration.cue_order import balanced_order


@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=6),
    st.integers(0, 2**32 - 1),
    st.none() | st.integers(0, 5),
)
def test_nothing_comes_twice_running_where_that_can_be_avoided(counts, seed, last):
    last = None if last is None or last >= len(counts) else last
    order = balanced_order(counts, np.random.default_rng(seed), last)
    assert [order.count(k) for k in range(len(counts))] == counts
    total = sum(counts)
    avoidable = all(2 * count <= total + (k != last) for k, count in enumerate(counts))
    if avoidable:
        with_last = order if last is None else [last, *order]
        assert all(a != b for a, b in pairwise(with_last))

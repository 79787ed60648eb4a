import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bci_app.online.ring_buffer import RingBuffer


@given(
    capacity=st.integers(1, 20),
    lengths=st.lists(st.integers(0, 50), min_size=1, max_size=12),
    data=st.data(),
)
def test_every_window_that_is_held_equals_the_stream(capacity, lengths, data):
    stream = np.arange(sum(lengths) * 2, dtype=float).reshape(-1, 2)
    buffer = RingBuffer(capacity, n_channels=2)
    end = 0
    for length in lengths:
        buffer.append(stream[end : end + length])
        end += length
        assert buffer.end_index == end
        if end:
            n_times = data.draw(st.integers(1, min(capacity, end)))
            newest = data.draw(st.integers(max(n_times, end - capacity + n_times), end))
            window = buffer.window(newest, n_times)
            assert np.array_equal(window, stream[newest - n_times : newest])
            assert window.flags.c_contiguous
            assert not window.flags.owndata
            assert not window.flags.writeable


def test_what_is_not_held_is_refused():
    buffer = RingBuffer(capacity=10, n_channels=1)
    buffer.append(np.zeros((25, 1)))
    for end_index, n_times in [(25, 11), (24, 10), (26, 1), (15, 1), (20, 0)]:
        with pytest.raises(IndexError, match="only 15 to 25"):
            buffer.window(end_index, n_times)
    assert buffer.window(25, 10).shape == (10, 1)


def test_no_window_reaches_back_over_a_restart():
    buffer = RingBuffer(capacity=10, n_channels=1)
    buffer.append(np.zeros((8, 1)))
    buffer.restart(100)
    buffer.append(np.ones((5, 1)))
    assert (buffer.start_index, buffer.end_index) == (100, 105)
    assert buffer.window(105, 5).all()
    with pytest.raises(IndexError):
        buffer.window(105, 6)

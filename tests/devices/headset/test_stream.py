import numpy as np
import pytest

from devices.chunk import Chunk
from devices.errors import DeviceError
from devices.headset.stream import Stream, StreamResumed, StreamSilent


def chunk(first_index, n_times, arrival_s=None):
    return Chunk(np.zeros((n_times, 2)), first_index, arrival_s)


def streaming(until=1000, start_s=100.0):
    """A stream that has taken samples up to `until`, one every 4 ms."""
    stream = Stream(250.0, start_s)
    for index in range(until):
        now_s = start_s + (index + 1) / 250.0
        assert stream.push(chunk(index, 1, now_s), now_s)[0].first_index == index
        assert stream.poll(now_s) == []
    return stream, start_s + until / 250.0


def test_chunks_pass_unchanged_while_nothing_happens_and_set_the_clock():
    stream, now_s = streaming()
    (item,) = stream.push(chunk(1000, 3, now_s + 0.012), now_s + 0.012)
    assert (item.first_index, item.arrival_s) == (1000, now_s + 0.012)
    assert stream.clock.time_of(1002) == pytest.approx(now_s + 0.012, abs=1e-6)


def test_a_chunk_without_arrival_is_stamped():
    assert Stream(250.0, 1.0).push(chunk(0, 2), 1.5)[0].arrival_s == 1.5


def test_a_silence_is_told_once_and_so_is_its_end():
    stream, now_s = streaming()
    assert stream.poll(now_s + 0.39) == []
    assert stream.poll(now_s + 0.41) == [StreamSilent(now_s)]
    assert stream.poll(now_s + 9.0) == []
    assert stream.break_off(DeviceError("unplugged")) == []
    assert stream.silence_s(now_s + 9.0) == pytest.approx(9.0)
    resumed, item = stream.push(chunk(1200, 1, now_s + 0.9), now_s + 0.9)
    assert resumed == StreamResumed(now_s + 0.9, 200)
    assert item.first_index == 1200
    assert stream.poll(now_s + 1.0) == []


def test_a_device_that_failed_is_silent_at_once_and_says_why():
    stream, now_s = streaming()
    assert stream.break_off(DeviceError("unplugged")) == [StreamSilent(now_s, "unplugged")]


@pytest.mark.parametrize("absence_s", [0.1, 1.0, 3.3, 600.0])
@pytest.mark.parametrize("n_first", [1, 4])
def test_a_new_session_goes_on_after_a_gap_as_long_as_the_time(absence_s, n_first):
    stream, now_s = streaming()
    stream.break_off(DeviceError("unplugged"))
    stream.restart(now_s + absence_s)
    at_s = now_s + absence_s + n_first / 250.0
    resumed, item = stream.push(chunk(0, n_first, at_s), at_s)
    assert resumed.n_lost == round(absence_s * 250)
    assert item.first_index == 1000 + round(absence_s * 250)
    (item,) = stream.push(chunk(n_first, 1, at_s + 0.004), at_s + 0.004)
    assert item.first_index == 1000 + round(absence_s * 250) + n_first
    assert stream.clock.time_of(item.first_index) == pytest.approx(at_s + 0.004, abs=1e-6)


def test_indices_never_go_back_however_soon_a_session_starts_anew():
    stream, now_s = streaming()
    stream.restart(now_s)
    (item,) = stream.push(chunk(0, 50, now_s + 0.001), now_s + 0.001)
    assert item.first_index == 1000


def test_a_session_without_any_sample_before_it_starts_at_zero():
    stream = Stream(250.0, 0.0)
    assert stream.poll(0.5) == [StreamSilent(0.0)]
    stream.restart(3.0)
    resumed, item = stream.push(chunk(0, 1, 3.1), 3.1)
    assert (resumed.n_lost, item.first_index) == (0, 0)


@pytest.mark.parametrize("true_hz", [125.0, 240.0, 260.0, 500.0])
def test_a_headset_that_delivers_at_another_rate_is_refused(true_hz):
    stream = Stream(250.0, 0.0)

    def listen():
        for index in range(12_000):
            stream.push(chunk(index, 1, index / true_hz), index / true_hz)

    with pytest.raises(DeviceError, match=f"250 Hz, but delivers {true_hz:.0f} samples"):
        listen()


def test_a_clock_that_drifts_and_long_delays_are_no_other_rate():
    stream, rng = Stream(250.0, 0.0), np.random.default_rng(0)
    now_s = 0.0
    for index in range(30_000):
        held_up_s = rng.uniform(0.0, 1.5) if rng.random() < 0.005 else 0.0
        now_s = max(now_s, index / (250.0 * (1.0 + 300e-6)) + held_up_s)
        stream.push(chunk(index, 1, now_s), now_s)


@pytest.mark.parametrize(("n_skipped", "late_s"), [(256, 0.0), (0, 1.0)])
def test_one_step_of_count_or_delay_is_no_other_rate(n_skipped, late_s):
    stream = Stream(250.0, 0.0)
    for index in range(10_000):
        after = index > 5_000
        now_s = index / 250.0 + late_s * after
        stream.push(chunk(index + n_skipped * after, 1, now_s), now_s)

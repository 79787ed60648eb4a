import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.headset.packet_counter import PacketCounter

RATE_HZ = 250.0


def indices(counter: PacketCounter, arrivals: list[tuple[float, list[int]]]) -> dict[int, int]:
    """Position -> absolute index, for batches of (arrival, packet numbers)."""
    found = {}
    for now_s, numbers in arrivals:
        for position, length, first in counter.push(numbers, now_s):
            found.update({position + k: first + k for k in range(length)})
    return found


def on_time(sent: list[int], modulus: int = 256, step: int = 1) -> list[tuple[float, list[int]]]:
    """Each sample arrives alone, 10 ms after it was taken."""
    return [(10.0 + index / RATE_HZ, [index * step % modulus]) for index in sent]


def test_an_undisturbed_stream_counts_up_and_keeps_its_runs_whole():
    counter = PacketCounter(RATE_HZ)
    assert counter.push([5, 6, 7, 8], 1.0) == [(0, 4, 0)]
    assert counter.push([9, 10], 1.008) == [(4, 2, 4)]
    assert counter.push([], 1.010) == []


@pytest.mark.parametrize("n_lost", [1, 2, 31, 32, 33, 127, 128, 200, 255, 256, 257, 511, 5000])
@pytest.mark.parametrize(("modulus", "step"), [(256, 1), (256, 2), (65536, 1)])
def test_a_loss_of_any_length_is_counted_exactly(n_lost, modulus, step):
    sent = [*range(300), *range(300 + n_lost, 700 + n_lost)]
    found = indices(PacketCounter(RATE_HZ, modulus, step), on_time(sent, modulus, step))
    assert [found[k] for k in range(len(sent))] == sent


@pytest.mark.parametrize("stall_s", [0.3, 0.6, 1.0, 1.4, 3.0])
@pytest.mark.parametrize("cut", [1, 2, 7, 1000])
def test_packets_that_were_only_held_up_are_not_counted_as_lost(stall_s, cut):
    held_up = round(stall_s * RATE_HZ)
    arrivals = on_time(list(range(200)))
    burst_s = 10.0 + (200 + held_up) / RATE_HZ
    burst = [index % 256 for index in range(200, 200 + held_up)]
    for k, start in enumerate(range(0, held_up, cut)):
        arrivals.append((burst_s + k * 1e-5, burst[start : start + cut]))
    arrivals += on_time(list(range(200 + held_up, 600 + held_up)))
    found = indices(PacketCounter(RATE_HZ), arrivals)
    assert [found[k] for k in range(600 + held_up)] == list(range(600 + held_up))


@pytest.mark.parametrize("stalls_s", [(1.74, 0.6), (2.5, 0.6), (1.1, 1.1), (1.0, 0.6, 0.6, 0.6)])
@pytest.mark.parametrize("portion", [2, 30, 100])
def test_a_machine_that_stalls_again_amid_the_burst_loses_nothing(stalls_s, portion):
    arrivals, sent, now_s = on_time(list(range(200))), 200, 10.0 + 199 / RATE_HZ
    for stall_s in stalls_s:  # after each only a part of what waits gets through
        now_s += stall_s
        arrivals.append((now_s, [k % 256 for k in range(sent, sent + portion)]))
        sent += portion
        now_s += 0.02
    waiting = round((now_s - 10.0) * RATE_HZ) - sent
    arrivals.append((now_s, [k % 256 for k in range(sent, sent + waiting)]))
    sent += waiting
    arrivals += on_time(list(range(sent, sent + 300)))
    found = indices(PacketCounter(RATE_HZ), arrivals)
    assert [found[k] for k in range(sent + 300)] == list(range(sent + 300))


@pytest.mark.parametrize("stall_s", [1.0, 1.7, 3.0])
@pytest.mark.parametrize("faster", [1.5, 3.0, 10.0])
def test_what_was_held_up_may_take_its_time_to_come_in(stall_s, faster):
    arrivals, sent, now_s = on_time(list(range(200))), 200, 10.0 + 199 / RATE_HZ + stall_s
    while sent < (now_s - 10.0) * RATE_HZ:
        arrivals.append((now_s, [sent % 256]))
        sent += 1
        now_s += 1.0 / (faster * RATE_HZ)
    arrivals += on_time(list(range(sent, sent + 300)))
    found = indices(PacketCounter(RATE_HZ), arrivals)
    assert [found[k] for k in range(sent + 300)] == list(range(sent + 300))


@pytest.mark.parametrize("false", [0, 10, 98, 99, 102, 103, 120, 133, 200, 255])
def test_a_false_number_costs_its_own_packet_only(false):
    arrivals = on_time(list(range(400)))
    arrivals[100] = (arrivals[100][0], [false])
    found = indices(PacketCounter(RATE_HZ), arrivals)
    assert 100 not in found
    assert all(found[k] == k for k in range(400) if k != 100)


def test_a_packet_sent_twice_is_taken_once():
    arrivals = on_time([*range(50), 49, *range(50, 100)])
    found = indices(PacketCounter(RATE_HZ), arrivals)
    assert 50 not in found
    assert [found[k] for k in range(51, 101)] == list(range(50, 100))


@pytest.mark.parametrize("true_hz", [125.0, 240.0, 260.0, 500.0])
def test_at_another_rate_than_said_nothing_is_taken_for_lost(true_hz):
    arrivals = [(10.0 + index / true_hz, [index % 256]) for index in range(3000)]
    found = indices(PacketCounter(RATE_HZ), arrivals)
    assert [found[k] for k in range(3000)] == list(range(3000))


@pytest.mark.parametrize("restart_at", [0, 40, 150, 250])
def test_a_board_that_counts_anew_goes_on_where_the_time_says(restart_at):
    before = on_time(list(range(300)))
    after = [
        (10.0 + (300 + k) / RATE_HZ, [(restart_at + k) % 256])
        for k in range(300)
        if restart_at + k != 300 % 256
    ]
    found = indices(PacketCounter(RATE_HZ), before + after)
    last = found[max(found)]
    assert abs(last - 599) <= 1


@pytest.mark.parametrize("n_lost", [1, 20, 400])
def test_samples_that_share_a_packet_share_its_number(n_lost):
    sent = [*range(300), *range(300 + n_lost, 500 + n_lost)]
    arrivals = [(10.0 + 12 * packet / RATE_HZ, [packet % 65536] * 12) for packet in sent]
    found = indices(PacketCounter(RATE_HZ, modulus=65536, repeats=12), arrivals)
    expected = [12 * packet + k for packet in sent for k in range(12)]
    assert [found[k] for k in range(len(expected))] == expected


@given(
    # A loss of whole turns right after another cannot be told from being held up twice.
    losses=st.lists(
        st.tuples(st.integers(5, 400), st.integers(1, 900).filter(lambda n: n % 256)),
        min_size=1,
        max_size=8,
    ),
    jitter=st.lists(st.floats(0.0, 0.05), min_size=1, max_size=20),
    drift_ppm=st.floats(-200.0, 200.0),
    first=st.integers(0, 255),
)
@settings(max_examples=150, deadline=None)
def test_losses_jitter_and_drift_together(losses, jitter, drift_ppm, first):
    sent, index = [], 0
    for n_good, n_lost in losses:
        sent += range(index, index + n_good)
        index += n_good + n_lost
    sent += range(index, index + 300)
    rate_hz = RATE_HZ * (1.0 + drift_ppm * 1e-6)
    arrivals, now_s = [], 0.0
    for k, index in enumerate(sent):
        now_s = max(now_s, 10.0 + index / rate_hz + jitter[k % len(jitter)])
        arrivals.append((now_s, [(first + index) % 256]))
    found = indices(PacketCounter(RATE_HZ), arrivals)
    assert [found[k] for k in range(len(sent))] == sent

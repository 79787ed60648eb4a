import pytest

from devices.headset.cyton.wire import Wire


def packet(number):
    return bytes([0xA0, number, *range(30), 0xC0])


PACKETS = [packet(number) for number in range(20)]


def arrived(wire, packets=tuple(PACKETS), now_s=0.0):
    return wire.send(list(packets), now_s)


def test_an_undisturbed_wire_changes_nothing():
    wire = Wire()
    assert arrived(wire) == b"".join(PACKETS)
    assert arrived(wire, []) == b""


def test_packets_are_lost_and_repeated_once_each():
    wire = Wire()
    wire.lose(2)
    wire.lose(1)
    wire.repeat(1)
    assert arrived(wire) == b"".join([PACKETS[3], *PACKETS[3:]])


def test_a_corrupt_packet_differs_in_one_byte():
    wire = Wire()
    wire.corrupt(1)
    data = arrived(wire)
    changed = [a != b for a, b in zip(data, b"".join(PACKETS), strict=True)]
    assert sum(changed) == 1
    assert changed.index(True) < 33


def test_a_truncated_packet_is_shorter_and_the_rest_is_whole():
    wire = Wire()
    wire.truncate(1)
    data = arrived(wire)
    cut = data[: -19 * 33]
    assert 1 <= len(cut) < 33
    assert PACKETS[0].startswith(cut)
    assert data[len(cut) :] == b"".join(PACKETS[1:])


def test_batched_packets_arrive_together_and_none_is_forgotten():
    wire = Wire()
    wire.batch(8)
    sizes = [len(wire.send([p], 0.0)) // 33 for p in PACKETS]
    assert sizes == [0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0]
    wire.batch(1)
    assert wire.send([], 0.0) == b"".join(PACKETS[16:])


def test_what_was_held_up_arrives_at_once_and_in_order():
    wire = Wire()
    wire.stall(0.5)
    assert wire.send(PACKETS[:1], 10.0) == b""
    assert wire.send(PACKETS[1:9], 10.49) == b""
    assert wire.send(PACKETS[9:], 10.5) == b"".join(PACKETS)


@pytest.mark.parametrize("fault", ["lose", "corrupt", "truncate", "repeat"])
def test_a_fault_ends_with_its_count(fault):
    wire = Wire(seed=3)
    getattr(wire, fault)(5)
    arrived(wire, PACKETS[:5])
    assert arrived(wire, PACKETS[5:]) == b"".join(PACKETS[5:])

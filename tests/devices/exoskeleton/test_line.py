import math
import random

import pytest

from devices.exoskeleton.line import Line, LineFaults


def carry(faults: LineFaults, frames: list[bytes], every_s: float = 0.01) -> list[bytes]:
    """What arrives when frames go out at a steady rate, by time of arrival."""
    line = Line(random.Random(1), faults)
    arrived, now_s = [], 0.0
    for frame in [*frames, *[None] * 200]:
        if frame is not None:
            line.carry(frame, now_s)
        if data := line.arrived(now_s):
            arrived.append(data)
        now_s += every_s
    assert line.next_arrival_s == math.inf
    return arrived


FRAMES = [bytes([k]) * 50 for k in range(1, 201)]


def test_a_perfect_line_delivers_at_once_and_unchanged():
    assert carry(LineFaults(), FRAMES) == FRAMES


def test_loss_and_duplication_are_as_frequent_as_asked():
    lost = 200 - len(carry(LineFaults(frame_loss=0.3), FRAMES))
    assert 40 < lost < 80
    twice = sum(len(data) == 100 for data in carry(LineFaults(duplication=0.3), FRAMES))
    assert 40 < twice < 80


def test_bits_are_flipped_and_bytes_lost_at_their_rates():
    data = b"".join(carry(LineFaults(bit_error_rate=1e-2), FRAMES))
    sent = b"".join(FRAMES)
    flipped = sum((a ^ b).bit_count() for a, b in zip(data, sent, strict=True))
    assert flipped == pytest.approx(800, abs=120)
    data = b"".join(carry(LineFaults(byte_loss=0.05), FRAMES))
    assert len(sent) - len(data) == pytest.approx(500, abs=100)


def test_a_reordered_frame_comes_after_those_that_follow():
    arrived = carry(LineFaults(reordering=0.2, reordering_s=0.035), FRAMES)
    order = [data[0] for data in arrived]
    assert order != sorted(order)
    assert sorted(b"".join(arrived)) == sorted(b"".join(FRAMES))


def test_a_delay_holds_every_frame_back_by_as_much():
    line = Line(random.Random(1), LineFaults(delay_s=0.3))
    line.carry(b"a", 1.0)
    assert line.next_arrival_s == pytest.approx(1.3)
    assert line.arrived(1.29) == b""
    assert line.arrived(1.31) == b"a"


def test_a_cut_line_carries_nothing_and_a_pulled_plug_loses_what_is_under_way():
    line = Line(random.Random(1), LineFaults(delay_s=0.3))
    line.carry(b"a", 0.0)
    line.drop_all()
    line.change(cut=True)
    line.carry(b"b", 0.0)
    assert line.arrived(10.0) == b""

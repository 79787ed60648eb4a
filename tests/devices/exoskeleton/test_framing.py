import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.exoskeleton.framing import MAX_BODY_BYTES, FrameParser, encode_frame

bodies = st.binary(min_size=1, max_size=MAX_BODY_BYTES)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    bounds = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[a:b] for a, b in itertools.pairwise(bounds)]


def test_a_frame_is_what_the_document_says():
    # CRC-16/IBM-3740 bit by bit from its polynomial, COBS by hand
    crc = 0xFFFF
    for byte in b"\x01\x00":
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021) & 0xFFFF if crc & 0x8000 else crc << 1
    assert crc & 0xFF != 0
    assert crc >> 8 != 0
    expected = bytes([0, 2, 1, 3, crc & 0xFF, crc >> 8, 0])
    assert encode_frame(b"\x01\x00") == expected


@given(st.lists(bodies, max_size=5), st.lists(st.integers(0), max_size=20))
def test_any_bodies_come_back_however_the_bytes_are_cut(sent, places):
    parser = FrameParser()
    line = b"".join(map(encode_frame, sent))
    assert [b for piece in cut(line, places) for b in parser.feed(piece)] == sent
    assert parser.errors.total == 0


@given(st.lists(bodies, max_size=4))
def test_byte_by_byte(sent):
    parser = FrameParser()
    line = b"".join(map(encode_frame, sent))
    assert [b for byte in line for b in parser.feed(bytes([byte]))] == sent


@given(st.binary(max_size=600), st.lists(st.integers(0), max_size=20))
def test_any_bytes_give_the_same_bodies_and_errors_however_they_are_cut(junk, places):
    whole, piecewise = FrameParser(), FrameParser()
    bodies_whole = whole.feed(junk + b"\0")
    bodies_piecewise = [b for piece in cut(junk + b"\0", places) for b in piecewise.feed(piece)]
    assert bodies_piecewise == bodies_whole
    assert piecewise.errors == whole.errors


@given(st.binary(max_size=300), bodies)
def test_a_frame_after_junk_is_not_lost(junk, body):
    parser = FrameParser()
    assert parser.feed(junk + encode_frame(body))[-1] == body


@given(bodies, st.binary(max_size=300))
def test_a_frame_before_junk_is_not_lost(body, junk):
    assert FrameParser().feed(encode_frame(body) + junk)[0] == body


def test_no_single_or_double_flipped_bit_goes_unnoticed():
    frame = encode_frame(bytes([3, 0x78, 0x56, 0x34, 0x12, 7, 1, 0xE8, 3, 1, 2, 3]))
    inner = len(frame) - 2
    flips = [(i,) for i in range(8 * inner)]
    rng = random.Random(5)
    flips += [tuple(rng.sample(range(8 * inner), 2)) for _ in range(3000)]
    for bits in flips:
        damaged = bytearray(frame)
        for bit in bits:
            damaged[1 + bit // 8] ^= 1 << bit % 8
        parser = FrameParser()
        assert parser.feed(bytes(damaged)) == []
        assert parser.errors.total >= 1


def test_a_run_without_end_is_dropped_in_bounded_memory_and_counted_once():
    parser = FrameParser()
    for _ in range(1000):
        assert parser.feed(b"\x01" * 1000) == []
        assert len(parser._pending) <= MAX_BODY_BYTES + 3
    assert parser.feed(b"\0" + encode_frame(b"after")) == [b"after"]
    assert parser.errors.length == 1
    assert parser.errors.total == 1


def test_each_kind_of_damage_has_its_count():
    parser = FrameParser()
    parser.feed(b"\x01\x02\0")
    assert parser.errors.length == 1
    parser.feed(b"\x09\x02\x03\x04\x05\0")
    assert parser.errors.stuffing == 1
    parser.feed(b"\x06\x02\x03\x04\x05\x06\0")
    assert parser.errors.checksum == 1
    assert parser.errors.total == 3


def test_reset_forgets_half_a_frame():
    parser = FrameParser()
    frame = encode_frame(b"abc")
    parser.feed(frame[:4])
    parser.reset()
    assert parser.feed(frame) == [b"abc"]
    assert parser.errors.total == 0


@pytest.mark.parametrize("size", [0, MAX_BODY_BYTES + 1])
def test_a_body_that_fits_no_frame_is_our_own_mistake(size):
    with pytest.raises(ValueError, match="a body has"):
        encode_frame(bytes(size))

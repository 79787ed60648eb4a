import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.exoskeleton import messages as m
from devices.exoskeleton.encoding import MalformedMessageError, decode, encode
from devices.exoskeleton.framing import MAX_BODY_BYTES
from devices.exoskeleton.postures import Fault, Posture, Reason

u8, u16, u32 = st.integers(0, 255), st.integers(0, 65535), st.integers(0, 2**32 - 1)
name = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=16)
six_angles = st.tuples(*[st.integers(-18000, 18000).map(lambda k: k * 0.01)] * 6)
six_speeds = st.tuples(*[st.integers(-32768, 32767).map(lambda k: k * 0.1)] * 6)
length_m = st.integers(-(2**31), 2**31 - 1).map(lambda k: k * 1e-3)

telemetry = st.builds(
    m.Telemetry,
    session=u32,
    time_ms=u32,
    posture=st.sampled_from(Posture),
    faults=st.integers(0, 15).map(Fault),
    stop_latched=st.booleans(),
    stop_count=u16,
    battery_percent=st.integers(0, 100),
    gait_phase=st.integers(0, 9999).map(lambda k: k * 1e-4),
    angles_deg=six_angles,
    velocities_deg_per_s=six_speeds,
    x_m=length_m,
    y_m=length_m,
    heading_deg=st.integers(-18000, 17999).map(lambda k: k * 0.01),
    distance_m=u32.map(lambda k: k * 1e-3),
)
messages = st.one_of(
    st.builds(m.Hello, st.integers(1, 2**32 - 1), u8, u8, u16),
    st.builds(m.Heartbeat, u32, u16, u32),
    st.builds(m.CommandRequest, u32, u16, u32, u8),
    st.builds(m.EmergencyStop, u16),
    st.builds(m.ReleaseStop, u32, u16, u32, u16),
    st.builds(m.Goodbye, u32),
    st.builds(m.Welcome, u32, u8, u16, u16, u16, u32, name),
    st.builds(m.HelloRefused, u32, st.sampled_from(m.HelloCause), u8, u8),
    st.builds(m.HeartbeatReply, u32, u16),
    st.builds(m.Acknowledgement, u32, u16),
    st.builds(m.Refusal, u32, u16, st.sampled_from(Reason)),
    st.builds(m.Stopped, u16, u16),
)


@given(messages)
def test_every_message_comes_back(message):
    body = encode(message)
    assert decode(body) == message
    assert len(body) <= MAX_BODY_BYTES


@given(telemetry)
def test_telemetry_comes_back_to_within_its_units(sent):
    back = decode(encode(sent))
    assert isinstance(back, m.Telemetry)
    exact = [f for f in m.Telemetry.__slots__ if not isinstance(getattr(sent, f), float | tuple)]
    assert [getattr(back, f) for f in exact] == [getattr(sent, f) for f in exact]
    assert back.angles_deg == pytest.approx(sent.angles_deg, abs=0.0051)
    assert back.velocities_deg_per_s == pytest.approx(sent.velocities_deg_per_s, abs=0.051)
    assert back.gait_phase == pytest.approx(sent.gait_phase, abs=1.01e-4)
    for field in ("x_m", "y_m", "distance_m"):
        assert getattr(back, field) == pytest.approx(getattr(sent, field), abs=0.00051)


@given(st.binary(max_size=MAX_BODY_BYTES))
def test_any_body_is_a_message_or_malformed_and_never_anything_else(body):
    try:
        message = decode(body)
    except MalformedMessageError:
        return
    if not isinstance(message, m.Telemetry | m.Welcome):
        assert encode(message) == body


@given(messages, st.binary(min_size=1, max_size=8))
def test_a_message_too_long_or_too_short_is_none(message, more):
    body = encode(message)
    for wrong in (body + more, body[:-1]):
        with pytest.raises(MalformedMessageError):
            decode(wrong)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "no message has the type of nothing"),
        (b"\x7f", "no message has the type of 7f"),
        (b"\x85" + struct.pack("<IHB", 1, 1, 99), "no Reason has the code 99"),
        (b"\x82" + struct.pack("<IBBB", 1, 0, 1, 1), "no HelloCause has the code 0"),
        (b"\x01" + struct.pack("<IBBH", 0, 1, 1, 500), "session 0 stands for none"),
    ],
)
def test_what_is_wrong_is_said(body, words):
    with pytest.raises(MalformedMessageError, match=words):
        decode(body)


def test_telemetry_out_of_its_range_is_malformed():
    good = struct.pack("<BIIBHBHBH6h6hiihI", 0x87, 1, 2, 4, 0, 0, 0, 100, 9999, *[0] * 16)
    assert isinstance(decode(good), m.Telemetry)
    for offset, value in ((9, 9), (12, 2), (15, 101)):
        bad = bytearray(good)
        bad[offset] = value
        with pytest.raises(MalformedMessageError):
            decode(bytes(bad))


def test_reserved_faults_are_ignored():
    body = bytearray(
        struct.pack("<BIIBHBHBH6h6hiihI", 0x87, 1, 2, 4, 0xFFF2, 0, 0, 9, 0, *[0] * 16)
    )
    assert decode(bytes(body)).faults is Fault.LOW_BATTERY


def test_a_field_that_does_not_fit_is_our_own_mistake():
    with pytest.raises(struct.error):
        encode(m.EmergencyStop(1 << 16))


def test_a_name_is_cut_to_its_field():
    back = decode(encode(m.Welcome(1, 1, 50, 500, 1000, 0, "a name that is far too long")))
    assert isinstance(back, m.Welcome)
    assert back.name == "a name that is f"

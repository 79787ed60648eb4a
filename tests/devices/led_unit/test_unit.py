import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.exoskeleton.framing import FrameParser, encode_frame
from devices.led_unit.clock import UnitClock
from devices.led_unit.messages import (
    Configure,
    Darken,
    Done,
    Hello,
    Info,
    MalformedMessageError,
    Ping,
    Pong,
    Refusal,
    Refused,
    Release,
    Start,
    StopPressed,
    decode,
    encode,
)
from devices.led_unit.unit import Unit

ALL = [
    Hello(1),
    Configure(65535, 7, 13_000, 2500, 5000, 10_000),
    Start(2),
    Darken(3),
    Release(4),
    Ping(5),
    Info(1, 8, b"bci-app led unit"),
    Done(6, 2**40),
    Refused(7, Refusal.STOPPED),
    Pong(8, True, 9),
    StopPressed(10),
]


def ask(unit, message, now_us):
    (body,) = FrameParser().feed(unit.receive(encode_frame(encode(message)), now_us))
    return decode(body)


def light(unit, led, times_us):
    levels = []
    for now_us in times_us:
        unit.receive(encode_frame(encode(Ping(0))), now_us)
        levels.append(unit.level(led, now_us))
    return np.array(levels)


@pytest.mark.parametrize("message", ALL)
def test_messages_come_back_as_they_went(message):
    assert decode(encode(message)) == message


@settings(deadline=None)
@given(st.binary(max_size=40))
def test_any_body_is_a_message_or_malformed(body):
    try:
        message = decode(body)
    except MalformedMessageError:
        return
    assert decode(encode(message)) == message


def test_a_unit_says_who_it_is_and_what_time_it_is():
    unit = Unit(5)
    assert ask(unit, Hello(1), 10) == Info(1, 5, b"bci-app led unit")
    assert ask(unit, Ping(77), 123_456) == Pong(77, False, 123_456)


@pytest.mark.parametrize("frequency_hz", [9.0, 11.0, 12.989, 17.0, 40.0])
def test_light_has_the_line_that_was_asked_for(frequency_hz):
    unit = Unit()
    ask(unit, Configure(1, 2, round(frequency_hz * 1000), 2500, 5000, 8000), 0)
    ask(unit, Start(2), 1_000_000)
    step_us = 500
    times_us = 1_000_000 + np.arange(0, 4_000_000, step_us)
    levels = light(unit, 2, times_us.tolist()) / 10_000
    assert set(levels) == {0.0, 0.8}
    times_s = (times_us - 1_000_000) * 1e-6
    wave = np.exp(-2j * np.pi * frequency_hz * times_s)
    line = 2 * np.mean(levels * wave)
    assert abs(line) == pytest.approx(0.8 * 2 / np.pi, rel=0.02)
    # A rectangle lit over the first half is a sine; a quarter of a period later in it, a cosine.
    assert np.angle(line) == pytest.approx(0, abs=0.2)


def test_duty_is_the_share_of_light():
    unit = Unit()
    ask(unit, Configure(1, 0, 10_000, 0, 2000, 10_000), 0)
    ask(unit, Start(2), 0)
    levels = light(unit, 0, range(0, 1_000_000, 250))
    assert np.mean(levels > 0) == pytest.approx(0.2, abs=0.01)


def test_all_begin_together_at_the_time_that_is_told():
    unit = Unit()
    for led in range(3):
        ask(unit, Configure(led, led, 9000 + led, 0, 5000, 10_000), 0)
    assert ask(unit, Start(9), 500_123) == Done(9, 500_123)
    assert [unit.level(led, 500_123) for led in range(3)] == [10_000] * 3


def test_dark_at_power_up_and_when_told():
    unit = Unit()
    ask(unit, Configure(1, 0, 10_000, 0, 10_000, 10_000), 0)
    assert unit.level(0, 10) == 0
    ask(unit, Start(2), 20)
    assert unit.level(0, 30) == 10_000
    assert ask(unit, Darken(3), 40) == Done(3, 40)
    assert unit.level(0, 50) == 0


def test_a_unit_without_host_goes_dark():
    unit = Unit()
    ask(unit, Start(1), 0)
    unit.advance(1_000_000)
    assert unit.lit
    unit.receive(b"\x00noise\x00", 1_000_000)
    unit.advance(1_000_001)
    assert not unit.lit


def test_the_button_darkens_until_released():
    unit = Unit()
    ask(unit, Start(1), 0)
    (body,) = FrameParser().feed(unit.press_stop(100))
    assert decode(body) == StopPressed(100)
    assert not unit.lit
    assert ask(unit, Ping(1), 110) == Pong(1, True, 110)
    assert ask(unit, Start(2), 120) == Refused(2, Refusal.STOPPED)
    assert ask(unit, Release(3), 130) == Done(3, 130)
    assert ask(unit, Start(4), 140) == Done(4, 140)


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (Configure(1, 8, 10_000, 0, 5000, 1), Refusal.NO_SUCH_LED),
        (Configure(1, 0, 499, 0, 5000, 1), Refusal.OUT_OF_RANGE),
        (Configure(1, 0, 100_001, 0, 5000, 1), Refusal.OUT_OF_RANGE),
        (Configure(1, 0, 10_000, 10_000, 5000, 1), Refusal.OUT_OF_RANGE),
        (Configure(1, 0, 10_000, 0, 10_001, 1), Refusal.OUT_OF_RANGE),
        (Configure(1, 0, 10_000, 0, 5000, 10_001), Refusal.OUT_OF_RANGE),
    ],
)
def test_what_cannot_be_is_refused(wanted, reason):
    assert ask(Unit(), wanted, 0) == Refused(1, reason)


def test_what_only_a_unit_says_is_dropped_and_counted():
    unit = Unit()
    assert unit.receive(encode_frame(encode(Done(1, 2))), 0) == b""
    assert unit.receive(encode_frame(b"\x02\x00"), 0) == b""
    assert unit.errors.content == 2


def test_times_are_told_to_half_the_quickest_trip():
    clock = UnitClock()
    with pytest.raises(ValueError, match="no ping"):
        clock.host_time(0)
    rng = np.random.default_rng(0)
    for k in range(40):
        sent_s = 1000 + 0.2 * k
        there_s, back_s = rng.uniform(0.001, 0.02, 2)
        unit_us = round((sent_s + there_s - 700) * 1e6)
        clock.note(sent_s, unit_us, sent_s + there_s + back_s)
    assert abs(clock.host_time(50_000_000) - 750) <= clock.uncertainty_s < 0.005

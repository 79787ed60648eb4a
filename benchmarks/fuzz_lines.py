"""Fuzzed: both ends of the exoskeleton's line, and the LED unit's."""

import contextlib
from collections.abc import Iterator

from fuzz_harness import Target

from devices.exoskeleton import messages as m
from devices.exoskeleton.body import Body
from devices.exoskeleton.command import Command
from devices.exoskeleton.controller import Controller
from devices.exoskeleton.encoding import encode
from devices.exoskeleton.framing import MAX_BODY_BYTES, encode_frame
from devices.exoskeleton.host import Host
from devices.exoskeleton.postures import Fault, Posture, Reason
from devices.led_unit import messages as led
from devices.led_unit.unit import Unit


def _pieces(data: bytes) -> Iterator[bytes]:
    """Cut an input into frames around bodies, and bytes as they are."""
    position = 0
    while position < len(data):
        length, is_body = data[position] >> 1, data[position] & 1
        piece = data[position + 1 : position + 1 + length]
        position += 1 + length
        yield encode_frame(piece) if is_body and 0 < length <= MAX_BODY_BYTES and piece else piece


def _said(bodies: list[bytes]) -> bytes:
    return b"".join(bytes([len(body) << 1 | 1]) + body for body in bodies)


def _parse_exoskeleton(data: bytes) -> None:
    sessions = iter(range(1, 1 << 32))
    controller, host = Controller(Body(), 0.0), Host(lambda: next(sessions))
    host.opened(0.0)
    now_s = 0.0
    for piece in _pieces(data):
        now_s += 0.004 if piece else 0.4
        for end in (controller, host):
            end.receive(piece, now_s)
            end.advance(now_s)
            end.take_output()
            end.take_events()


def _exoskeleton_seeds() -> list[bytes]:
    angles = (0.0, 10.0, -10.0, 0.0, 5.0, -5.0)
    telemetry = m.Telemetry(
        session=2,
        time_ms=20,
        posture=Posture.STANDING,
        faults=Fault(0),
        stop_latched=False,
        stop_count=0,
        battery_percent=90,
        gait_phase=0.0,
        angles_deg=angles,
        velocities_deg_per_s=angles,
        x_m=0.0,
        y_m=0.0,
        heading_deg=0.0,
        distance_m=0.0,
    )
    asked = [m.Hello(9, 1, 1, 500), m.Heartbeat(9, 1, 4), m.CommandRequest(9, 1, 8, Command.STAND)]
    asked += [m.EmergencyStop(3), m.ReleaseStop(9, 2, 20, 1), m.Goodbye(9)]
    told = [m.Welcome(2, 1, 50, 500, 1000, 4, "x"), telemetry, m.HeartbeatReply(2, 1)]
    told += [m.Acknowledgement(2, 1), m.Refusal(2, 1, next(iter(Reason))), m.Stopped(3, 1)]
    told += [m.HelloRefused(2, m.HelloCause.BUSY, 1, 1)]
    return [_said([encode(x) for x in some]) for some in (asked, told, asked + told, [telemetry])]


def _parse_led_unit(data: bytes) -> None:
    unit, now_us = Unit(), 0
    for piece in _pieces(data):
        now_us += 4000 if piece else 400_000
        unit.receive(piece, now_us)
        for number in range(unit.n_leds):
            unit.level(number, now_us)
    with contextlib.suppress(led.MalformedMessageError):
        led.decode(data)


def _led_unit_seeds() -> list[bytes]:
    asked = [led.Hello(1), led.Configure(1, 0, 13_000, 0, 5000, 9000), led.Start(2), led.Ping(3)]
    told = [led.Info(1, 8, b"x"), led.Done(1, 5), led.Refused(1, led.Refusal.STOPPED)]
    told += [led.Pong(3, False, 9), led.StopPressed(7), led.Darken(4), led.Release(5)]
    return [_said([led.encode(x) for x in asked + told]), *(led.encode(x) for x in told)]


LINES = {
    "exoskeleton": Target(_parse_exoskeleton, _exoskeleton_seeds),
    "led-unit": Target(_parse_led_unit, _led_unit_seeds),
}

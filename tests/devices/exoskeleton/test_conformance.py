import random

import pytest

from devices.errors import DeviceError
from devices.exoskeleton import controller as controller_module
from devices.exoskeleton import framing, postures
from devices.exoskeleton import motion as motion_module
from devices.exoskeleton.command import Command
from devices.exoskeleton.conformance.bad_lines import BAD_LINE_CHECKS
from devices.exoskeleton.conformance.sessions import SESSION_CHECKS
from devices.exoskeleton.conformance.suite import CHECKS, check_channel, check_port
from devices.exoskeleton.controller import Controller
from devices.exoskeleton.motion import Motion
from devices.exoskeleton.postures import Happening, Posture
from devices.exoskeleton.simulated import SimulatedExoskeleton


class VirtualChannel:
    """A simulated exoskeleton in virtual time."""

    def __init__(self) -> None:
        self._now_s = 0.0
        self._exoskeleton = SimulatedExoskeleton(0.0)
        self._arrived = b""

    def now_s(self) -> float:
        return self._now_s

    def write(self, data: bytes) -> None:
        self._exoskeleton.receive(data, self._now_s)
        self._arrived += self._exoskeleton.transmit(self._now_s)

    def read(self, timeout_s: float) -> bytes:
        end_s = self._now_s + timeout_s
        while not self._arrived and self._now_s < end_s:
            due_s = max(self._exoskeleton.next_deadline_s, self._now_s + 1e-4)
            self._now_s = min(due_s, end_s)
            self._arrived += self._exoskeleton.transmit(self._now_s)
        data, self._arrived = self._arrived, b""
        return data


def failures(checks=CHECKS) -> list[str]:
    results = check_channel(VirtualChannel(), random.Random(7), checks=checks)
    assert len(results) == len(checks)
    return [f"{result.title}: {result.failure}" for result in results if result.failure]


def test_the_simulator_keeps_the_protocol():
    assert failures() == []


def test_the_simulator_keeps_the_protocol_on_a_port_in_real_time(simulator):
    port, _ = simulator
    quick = (*SESSION_CHECKS[1:3], *SESSION_CHECKS[4:6], *BAD_LINE_CHECKS[:2])
    seen = []
    results = check_port(port, seen.append, quick)
    assert seen == results
    assert [(r.title, r.failure) for r in results] == [(check.title, "") for check in quick]


# Each of these breaks one promise; the suite has to notice.


def no_freshness(patch):
    patch.setattr(Controller, "_is_fresh", lambda *_: True)


def executes_repetitions(patch):
    class Forgetful(controller_module._Session):
        last_sequence = property(lambda _: None, lambda *_: None)

    patch.setattr(controller_module, "_Session", Forgetful)


def answers_what_is_old(patch):
    def on_request(self, request, now_s):
        if self._session is not None and request.session == self._session.number:
            if request.sequence != self._session.last_sequence:
                self._session.last_answer = self._execute(request, now_s)
            self._session.last_sequence = request.sequence
            self._write(self._session.last_answer)

    patch.setattr(Controller, "_on_request", on_request)


def no_watchdog(patch):
    patch.setattr(controller_module._Session, "ends_at_s", property(lambda _: 1e9))


def any_session_will_do(patch):
    def on_hello(self, hello, now_s, original=Controller._on_hello):
        self._session = None
        original(self, hello, now_s)

    patch.setattr(Controller, "_on_hello", on_hello)


def any_release_will_do(patch):
    def release(self, stop_count, now_s, original=Controller._release):
        return original(self, self._stop_count, now_s)

    patch.setattr(Controller, "_release", release)


def every_stop_counts(patch):
    def latch(self, number, now_s, original=Controller._latch):
        self._stop_number = None
        original(self, number, now_s)

    patch.setattr(Controller, "_latch", latch)


def no_checksum(patch):
    def unpack(self, stuffed):
        try:
            return framing.cobs.decode(stuffed)[:-2] or None
        except framing.cobs.DecodeError:
            return None

    patch.setattr(framing.FrameParser, "_unpack", unpack)


def telemetry_too_rare(patch):
    patch.setattr(controller_module, "TELEMETRY_PERIOD_S", 0.04)


def never_gives_a_walk_up(patch):
    def happen(self, happening, now_s, original=Motion.happen):
        if happening is not Happening.REST:
            original(self, happening, now_s)

    patch.setattr(Motion, "happen", happen)


def stop_without_holding(patch):
    patch.setattr(motion_module, "HALT_S", 1.5)


def sits_down_from_a_walk(patch):
    row = dict(postures.TRANSITIONS[Posture.WALKING]) | {Command.SIT: Posture.SITTING_DOWN}
    patched = dict(postures.TRANSITIONS) | {Posture.WALKING: row}
    patch.setattr(postures, "TRANSITIONS", patched)
    patch.setattr(motion_module, "TRANSITIONS", patched)


def wrong_velocities(patch):
    def telemetry(self, now_s, original=Controller._telemetry):
        sent = original(self, now_s)
        wrong = tuple(2 * v for v in sent.velocities_deg_per_s)
        return type(sent)(
            **{name: getattr(sent, name) for name in type(sent).__slots__}
            | {"velocities_deg_per_s": wrong}
        )

    patch.setattr(Controller, "_telemetry", telemetry)


MUTATIONS = [
    no_freshness,
    executes_repetitions,
    answers_what_is_old,
    no_watchdog,
    any_session_will_do,
    any_release_will_do,
    every_stop_counts,
    no_checksum,
    telemetry_too_rare,
    never_gives_a_walk_up,
    stop_without_holding,
    sits_down_from_a_walk,
    wrong_velocities,
]


@pytest.mark.parametrize("mutate", MUTATIONS)
def test_a_controller_that_breaks_one_promise_is_found_out(mutate, monkeypatch):
    mutate(monkeypatch)
    assert failures() != []


def test_what_is_no_port_is_an_error_and_no_verdict():
    with pytest.raises(DeviceError, match="there is no port /dev/no-such-port"):
        check_port("/dev/no-such-port")

"""The controllers in C and in Python say the same, whatever they hear."""

import itertools
import random

import pytest
from lockstep import Twins
from random_host import RandomHost

from devices.exoskeleton import messages as m
from devices.exoskeleton.command import Command
from devices.exoskeleton.encoding import encode
from devices.exoskeleton.framing import encode_frame
from devices.exoskeleton.postures import Posture
from devices.exoskeleton.trajectory import SITTING_DEG, STANDING_DEG

SEEN_AT_LEAST = {
    *(set(Posture) - {Posture.FAULT}),  # which needs a board that fails, tested apart
    m.Welcome,
    m.HelloRefused,
    m.HeartbeatReply,
    m.Acknowledgement,
    m.Refusal,
    m.Stopped,
}


def test_they_say_the_same_to_a_random_host(lockstep_program):
    seen: set[object] = set()
    for seed, pose in enumerate((SITTING_DEG, STANDING_DEG, STANDING_DEG)):
        with Twins(lockstep_program, pose) as twins:
            host = RandomHost(twins, random.Random(seed))
            host.go_on(1500)
            seen |= twins.seen
    assert seen >= SEEN_AT_LEAST


def test_twins_that_differ_are_found_out(lockstep_program, monkeypatch):
    monkeypatch.setattr("devices.exoskeleton.controller.COMMAND_LIFETIME_S", 0.9)
    with Twins(lockstep_program) as twins:
        host = RandomHost(twins, random.Random(1))
        with pytest.raises(AssertionError, match="C said"):
            host.go_on(1500)


WAYS = {
    Posture.SITTING: (SITTING_DEG, []),
    Posture.STANDING_UP: (SITTING_DEG, [(Command.STAND, 100)]),
    Posture.STANDING: (STANDING_DEG, []),
    Posture.WALKING: (STANDING_DEG, [(Command.WALK, 1300)]),
    Posture.TURNING: (STANDING_DEG, [(Command.TURN_LEFT, 500)]),
    Posture.STEPPING: (STANDING_DEG, [(Command.WALK, 900), (Command.STOP, 300)]),
    Posture.SITTING_DOWN: (STANDING_DEG, [(Command.SIT, 800)]),
}
ENDED_BY_LOW_BATTERY = (Posture.WALKING, Posture.TURNING)


@pytest.mark.parametrize("posture", WAYS)
def test_every_cell_of_the_table_and_what_follows_are_the_same(lockstep_program, posture):
    """From each posture, whatever happens, then a stop and its release."""
    for happening in (*Command, "goodbye", "silence", "stop", "button"):
        with Twins(lockstep_program, WAYS[posture][0]) as twins:
            play(twins, posture, happening, 100)
    for command in () if posture in ENDED_BY_LOW_BATTERY else Command:
        with Twins(lockstep_program, WAYS[posture][0]) as twins:
            play(twins, posture, command, 14)


def play(twins: Twins, posture: Posture, happening: object, battery_percent: int) -> None:
    sequence = itertools.count(1)

    def say(message: m.HostMessage, then_ms: int = 0, battery: int = 100) -> None:
        twins.run(1, encode_frame(encode(message)), battery_percent=battery)
        for _ in range(then_ms // 50):
            beat = m.Heartbeat(7, 0, twins.now_ms)
            twins.run(50, encode_frame(encode(beat)), battery_percent=battery)

    def ask(command: Command, then_ms: int, battery: int = 100) -> None:
        say(m.CommandRequest(7, next(sequence), twins.now_ms, command), then_ms, battery)

    say(m.Hello(7, 1, 1, 400))
    for command, then_ms in WAYS[posture][1]:
        ask(command, then_ms)
    assert twins.in_python.motion.posture is posture
    match happening:
        case Command():
            ask(happening, 200, battery_percent)
        case "goodbye":
            say(m.Goodbye(7), 0, battery_percent)
        case "silence":
            twins.run(450, battery_percent=battery_percent)
        case "stop":
            say(m.EmergencyStop(99), 100, battery_percent)
        case _:
            twins.run(50, press=True, battery_percent=battery_percent)
    for command in Command:
        ask(command, 0, battery_percent)
    twins.run(4100, battery_percent=battery_percent)
    assert twins.in_python.motion.posture in (Posture.SITTING, Posture.STANDING, Posture.SAFE_STOP)
    say(m.EmergencyStop(100), 350, battery_percent)
    say(m.Hello(8, 1, 1, 400))
    release = m.ReleaseStop(8, 1, twins.now_ms, twins.in_python._stop_count)
    say(release, 0, battery_percent)
    twins.run(3100, battery_percent=battery_percent)
    assert m.Acknowledgement in twins.seen


@pytest.mark.parametrize("held_up_ms", [1000, 1700, 2200, 3300, 5000])
def test_what_was_due_while_it_was_held_up_happens_at_its_own_time(lockstep_program, held_up_ms):
    """A turn that ends at 3 s, in a session that ends in silence at 3.5 s."""
    with Twins(lockstep_program, STANDING_DEG) as twins:
        turn = m.CommandRequest(7, 1, 0, Command.TURN_LEFT)
        twins.run(1, b"".join(encode_frame(encode(x)) for x in (m.Hello(7, 1, 1, 2000), turn)))
        twins.run(1500, encode_frame(encode(m.Heartbeat(7, 0, 1501))))
        twins.run(1, jump_ms=held_up_ms)
        for _ in range(40):
            twins.run(100)
        assert twins.seen >= {Posture.TURNING, Posture.STANDING}


def test_noise_may_stop_but_never_moves(start):
    """On an open session; an emergency stop may be among it by chance."""
    rng, talk = random.Random(3), start(STANDING_DEG)
    talk.say(m.Hello(7, 1, 1, 2000))
    for step in range(5000):
        intact = encode_frame(rng.randbytes(rng.choice((3, 5, 9, 11, 12, 13))))
        damaged = intact[:-2] + bytes([intact[-2] ^ 16, 0])
        noise = rng.randbytes(60) + intact + damaged
        assert not any(isinstance(a, m.Acknowledgement) for a in talk.wait(10, noise))
        if step % 50 == 0:
            talk.say(m.Heartbeat(7, 0, talk.latest.time_ms))
    assert talk.latest.session == 7
    assert {t.posture for t in talk.telemetry} <= {Posture.STANDING, Posture.SAFE_STOP}
    assert {t.angles_deg for t in talk.telemetry} == {STANDING_DEG}
    assert min(talk.report.errors.values()) > 100

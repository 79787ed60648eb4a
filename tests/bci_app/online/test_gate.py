import pytest
from hypothesis import given
from hypothesis import strategies as st

from bci_app.online.events import Commanded, Decided, Withheld
from bci_app.online.gate import CommandGate, GateSettings
from devices.exoskeleton.command import Command
from devices.exoskeleton.postures import Fault, Posture, answer

RATE_HZ = 100.0
COMMANDS = (Command.STAND, Command.WALK, Command.SIT, Command.TURN_LEFT, Command.TURN_RIGHT)
STAND, WALK, SIT = 0, 1, 2


def gate_in(posture, faults=Fault.NONE, **settings):
    gate = CommandGate(COMMANDS, GateSettings(**settings), RATE_HZ)
    gate.observe_posture(posture, faults)
    return gate


def decided(target, end_index=1000):
    return Decided(end_index, target, score=0.8)


def test_a_decision_becomes_its_targets_command():
    assert gate_in(Posture.STANDING).admit(decided(WALK)) == Commanded(1000, Command.WALK)


def test_nothing_passes_before_telemetry_or_after_the_link_is_lost():
    gate = CommandGate(COMMANDS, GateSettings(), RATE_HZ)
    refused = Withheld(1000, Command.STAND, "no exoskeleton has reported a posture")
    assert gate.admit(decided(STAND)) == refused
    gate.observe_posture(Posture.SITTING, Fault.NONE)
    assert isinstance(gate.admit(decided(STAND)), Commanded)
    gate.forget_posture()
    assert gate.admit(decided(STAND)) == refused


def test_a_stop_is_latched_until_it_is_released():
    gate = gate_in(Posture.STANDING)
    gate.stop("a key was pressed")
    assert gate.stopped_because == "a key was pressed"
    for _ in range(3):
        gate.observe_posture(Posture.STANDING, Fault.NONE)
        gate.unhinder("link")
        assert gate.admit(decided(WALK)) == Withheld(
            1000, Command.WALK, "stopped: a key was pressed"
        )
    gate.release()
    assert gate.admit(decided(WALK)) == Commanded(1000, Command.WALK)


def test_every_hindrance_must_be_gone():
    gate = gate_in(Posture.STANDING)
    gate.hinder("link", "the link is late")
    gate.hinder("signal", "O2 is railed")
    gate.unhinder("link")
    assert gate.admit(decided(WALK)) == Withheld(1000, Command.WALK, "O2 is railed")
    gate.unhinder("signal")
    assert isinstance(gate.admit(decided(WALK)), Commanded)


@pytest.mark.parametrize("posture", Posture)
@pytest.mark.parametrize("faults", [Fault.NONE, Fault.LOW_BATTERY])
def test_only_what_the_posture_allows_passes(posture, faults):
    for target, command in enumerate(COMMANDS):
        allowed = isinstance(answer(posture, command, faults), Posture)
        assert isinstance(gate_in(posture, faults).admit(decided(target)), Commanded) == allowed


def test_walking_while_seated_says_why_not():
    assert gate_in(Posture.SITTING).admit(decided(WALK)) == Withheld(
        1000, Command.WALK, "not while sitting"
    )


def test_a_low_battery_is_named_as_the_reason():
    withheld = gate_in(Posture.STANDING, Fault.LOW_BATTERY).admit(decided(WALK))
    assert withheld.reason == "the exoskeleton's battery is low"


def test_commands_keep_their_distance():
    gate = gate_in(Posture.STANDING, min_interval_s=1.0)
    assert isinstance(gate.admit(decided(WALK, 1000)), Commanded)
    assert gate.admit(decided(WALK, 1099)).reason == "too soon after the last command"
    assert isinstance(gate.admit(decided(WALK, 1100)), Commanded)


def test_a_command_that_needs_confirmation_waits_for_a_second_look():
    gate = gate_in(Posture.STANDING, confirmed=frozenset({Command.SIT}), confirmation_s=6.0)
    assert isinstance(gate.admit(decided(SIT, 1000)), Withheld)
    assert isinstance(gate.admit(decided(SIT, 1600)), Commanded)
    assert isinstance(gate.admit(decided(SIT, 1800)), Withheld), "each command anew"


@pytest.mark.parametrize("between", ["too late", "another target", "a stop", "a hindrance"])
def test_a_confirmation_is_void_after(between):
    gate = gate_in(Posture.STANDING, confirmed=frozenset({Command.SIT, Command.STAND}))
    second = 1300
    gate.admit(decided(SIT, 1000))
    if between == "too late":
        second = 1601
    elif between == "another target":
        gate.admit(decided(STAND, 1100))
    elif between == "a stop":
        gate.stop("a key")
        gate.release()
    else:
        gate.hinder("link", "late")
        gate.unhinder("link")
    assert isinstance(gate.admit(decided(SIT, second)), Withheld)


acts = st.one_of(
    st.tuples(st.just("stop"), st.none()),
    st.tuples(st.just("release"), st.none()),
    st.tuples(st.just("hinder"), st.sampled_from(["link", "signal", "timing"])),
    st.tuples(st.just("unhinder"), st.sampled_from(["link", "signal", "timing"])),
    st.tuples(st.just("posture"), st.sampled_from(Posture)),
    st.tuples(st.just("decide"), st.integers(0, 4)),
)


@given(st.lists(acts, max_size=40))
def test_whatever_happens_a_command_passes_only_when_nothing_speaks_against_it(history):
    gate = CommandGate(COMMANDS, GateSettings(), RATE_HZ)
    stopped, hindrances, posture, last, index = False, set(), None, None, 0
    for act, value in history:
        index += 37
        if act == "stop":
            gate.stop("a key")
            stopped = True
        elif act == "release":
            gate.release()
            stopped = False
        elif act == "hinder":
            gate.hinder(value, value)
            hindrances.add(value)
        elif act == "unhinder":
            gate.unhinder(value)
            hindrances.discard(value)
        elif act == "posture":
            gate.observe_posture(value, Fault.NONE)
            posture = value
        else:
            free = (
                not stopped
                and not hindrances
                and posture is not None
                and isinstance(answer(posture, COMMANDS[value]), Posture)
                and (last is None or index - last >= RATE_HZ)
            )
            passed = isinstance(gate.admit(decided(value, index)), Commanded)
            assert passed == free
            last = index if passed else last

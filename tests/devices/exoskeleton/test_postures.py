import pytest

from devices.exoskeleton.command import Command
from devices.exoskeleton.postures import (
    AT_REST,
    DURATION_S,
    HELD,
    RESUMPTION,
    TRANSITIONS,
    Fault,
    Happening,
    Posture,
    Reason,
    answer,
)


def leads_to_rest(posture: Posture, happening: Happening) -> bool:
    for _ in range(5):
        outcome = TRANSITIONS[posture].get(happening, posture)
        assert isinstance(outcome, Posture)
        posture, happening = outcome, Happening.DONE
    return posture in AT_REST or posture in HELD


def test_the_table_answers_every_command_in_every_posture():
    for posture in Posture:
        assert set(Command) <= set(TRANSITIONS[posture])
        others = {Happening.REST, Happening.EMERGENCY_STOP, Happening.FAULT}
        assert others <= set(TRANSITIONS[posture])
        assert (Happening.DONE in TRANSITIONS[posture]) == (posture in DURATION_S)


@pytest.mark.parametrize("posture", list(Posture))
def test_silence_and_stop_lead_to_rest_from_anywhere(posture):
    assert leads_to_rest(posture, Happening.REST)
    assert answer(posture, Command.STOP) == TRANSITIONS[posture][Happening.REST]


@pytest.mark.parametrize("posture", list(Posture))
def test_an_emergency_stop_holds_the_legs_from_anywhere(posture):
    assert TRANSITIONS[posture][Happening.EMERGENCY_STOP] in HELD


@pytest.mark.parametrize("posture", sorted(set(Posture) - HELD))
def test_a_release_leads_to_rest_without_passing_through_gait(posture):
    resumed = RESUMPTION[posture]
    assert resumed in AT_REST or TRANSITIONS[resumed][Happening.DONE] in AT_REST


def test_what_the_posture_forbids_is_refused_with_its_reason():
    assert answer(Posture.SITTING, Command.WALK) is Reason.SEATED
    assert answer(Posture.SITTING, Command.TURN_LEFT) is Reason.SEATED
    assert answer(Posture.WALKING, Command.SIT) is Reason.WALKING
    assert answer(Posture.STANDING_UP, Command.SIT) is Reason.IN_TRANSITION
    assert answer(Posture.SAFE_STOP, Command.STAND) is Reason.STOPPED
    assert answer(Posture.FAULT, Command.WALK) is Reason.FAULT


def test_no_command_starts_a_movement_out_of_a_held_posture():
    for posture in HELD:
        for command in Command:
            assert answer(posture, command) in (posture, *Reason)


def test_a_low_battery_allows_only_the_way_to_rest():
    low = Fault.LOW_BATTERY | Fault.HEARTBEAT_LOST
    assert answer(Posture.SITTING, Command.STAND, low) is Reason.LOW_BATTERY
    assert answer(Posture.STANDING, Command.WALK, low) is Reason.LOW_BATTERY
    assert answer(Posture.WALKING, Command.TURN_LEFT, low) is Reason.LOW_BATTERY
    assert answer(Posture.STANDING, Command.SIT, low) is Posture.SITTING_DOWN
    assert answer(Posture.WALKING, Command.STAND, low) is Posture.STEPPING
    assert answer(Posture.STANDING, Command.STAND, low) is Posture.STANDING
    assert answer(Posture.SITTING, Command.WALK, low) is Reason.SEATED

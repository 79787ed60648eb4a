from bci_app.online.events import Commanded, Decided, Withheld
from bci_app.online.gate import CommandGate
from devices.exoskeleton.command import Command

DECISION = Decided(end_index=500, target=1, score=0.8)


def test_a_decision_becomes_its_targets_command():
    gate = CommandGate((Command.STAND, Command.WALK))
    assert gate.admit(DECISION) == Commanded(500, Command.WALK)


def test_a_stop_is_latched_until_it_is_released():
    gate = CommandGate((Command.STAND, Command.WALK))
    gate.stop("the subject pressed a key")
    for _ in range(3):
        assert gate.admit(DECISION) == Withheld(500, Command.WALK, "the subject pressed a key")
    gate.release()
    assert gate.admit(DECISION) == Commanded(500, Command.WALK)

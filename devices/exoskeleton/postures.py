"""The postures of the exoskeleton and what each allows: the controller's state machine, one table.

The same table answers the controller ("may I?"), the command gate on the host ("would it?") and
the reader of ``docs/protocol.md``, which prints it.
"""

from collections.abc import Mapping
from enum import Enum, IntFlag
from types import MappingProxyType

from devices.exoskeleton.command import Command, LineCode


class Posture(LineCode):
    """What the legs are doing; the value is its code on the line."""

    SITTING = 0
    STANDING_UP = 1
    STANDING = 2
    STEPPING = 3
    """The closing step: from walking or turning to standing still."""
    WALKING = 4
    TURNING = 5
    SITTING_DOWN = 6
    SAFE_STOP = 7
    """Held where an emergency stop caught the legs, until it is released."""
    FAULT = 8
    """Held where a fault of the hardware caught the legs, until it is gone and released."""


class Reason(LineCode):
    """Why a controller refuses a request; the value is its code on the line."""

    NO_SESSION = 1
    STALE = 2
    UNKNOWN_COMMAND = 3
    SEATED = 4
    WALKING = 5
    IN_TRANSITION = 6
    STOPPED = 7
    FAULT = 8
    LOW_BATTERY = 9
    WRONG_STOP = 10


class Fault(IntFlag):
    """What is wrong with the exoskeleton; the value is its bit on the line."""

    NONE = 0
    HEARTBEAT_LOST = 1 << 0
    """The last host fell silent; cleared by the next session."""
    LOW_BATTERY = 1 << 1
    """Too little charge for standing up, walking or turning."""
    JOINT_STUCK = 1 << 2
    """A joint does not follow."""
    POWER_LOST = 1 << 3
    """The controller restarted with the legs in no posture of rest."""


class Happening(Enum):
    """What changes a posture besides a command."""

    DONE = "the movement has run its time"
    REST = "nobody may ask for more: the host is gone, or the battery low"
    EMERGENCY_STOP = "an emergency stop"
    FAULT = "the hardware failed"


DURATION_S: Mapping[Posture, float] = MappingProxyType(
    {
        Posture.STANDING_UP: 3.0,
        Posture.TURNING: 3.0,
        Posture.STEPPING: 1.0,
        Posture.SITTING_DOWN: 3.0,
    }
)
"""How long the movements take that end by themselves."""

AT_REST = frozenset({Posture.SITTING, Posture.STANDING})
"""The postures in which the legs bear the person without moving."""

HELD = frozenset({Posture.SAFE_STOP, Posture.FAULT})
"""The postures that only a release leaves."""

_STOP, _STAND, _SIT = Command.STOP, Command.STAND, Command.SIT
_WALK, _LEFT, _RIGHT = Command.WALK, Command.TURN_LEFT, Command.TURN_RIGHT
_DONE, _REST = Happening.DONE, Happening.REST
_EMERGENCY, _FAULT = Happening.EMERGENCY_STOP, Happening.FAULT

_Row = dict[Command | Happening, Posture | Reason]

_CAUGHT: _Row = {_EMERGENCY: Posture.SAFE_STOP, _FAULT: Posture.FAULT}


def _refuse_all(reason: Reason) -> _Row:
    return dict.fromkeys(list[Command | Happening](Command), reason)


TRANSITIONS: Mapping[Posture, Mapping[Command | Happening, Posture | Reason]] = MappingProxyType(
    {
        Posture.SITTING: _CAUGHT
        | _refuse_all(Reason.SEATED)
        | {
            _STOP: Posture.SITTING,
            _STAND: Posture.STANDING_UP,
            _SIT: Posture.SITTING,
            _REST: Posture.SITTING,
        },
        Posture.STANDING_UP: _CAUGHT
        | _refuse_all(Reason.IN_TRANSITION)
        | {
            _STOP: Posture.STANDING_UP,  # half-way up is no place to stop: it is completed
            _STAND: Posture.STANDING_UP,
            _REST: Posture.STANDING_UP,
            _DONE: Posture.STANDING,
        },
        Posture.STANDING: _CAUGHT
        | {
            _STOP: Posture.STANDING,
            _STAND: Posture.STANDING,
            _SIT: Posture.SITTING_DOWN,
            _WALK: Posture.WALKING,
            _LEFT: Posture.TURNING,
            _RIGHT: Posture.TURNING,
            _REST: Posture.STANDING,
        },
        Posture.STEPPING: _CAUGHT
        | _refuse_all(Reason.IN_TRANSITION)
        | {
            _STOP: Posture.STEPPING,
            _STAND: Posture.STEPPING,
            _REST: Posture.STEPPING,
            _DONE: Posture.STANDING,
        },
        Posture.WALKING: _CAUGHT
        | {
            _STOP: Posture.STEPPING,
            _STAND: Posture.STEPPING,
            _SIT: Reason.WALKING,
            _WALK: Posture.WALKING,
            _LEFT: Posture.TURNING,
            _RIGHT: Posture.TURNING,
            _REST: Posture.STEPPING,
        },
        Posture.TURNING: _CAUGHT
        | _refuse_all(Reason.IN_TRANSITION)
        | {
            _STOP: Posture.STEPPING,
            _STAND: Posture.STEPPING,
            _SIT: Reason.WALKING,
            _REST: Posture.STEPPING,
            _DONE: Posture.STEPPING,
        },
        Posture.SITTING_DOWN: _CAUGHT
        | _refuse_all(Reason.IN_TRANSITION)
        | {
            _STOP: Posture.SITTING_DOWN,
            _SIT: Posture.SITTING_DOWN,
            _REST: Posture.SITTING_DOWN,
            _DONE: Posture.SITTING,
        },
        Posture.SAFE_STOP: _CAUGHT
        | _refuse_all(Reason.STOPPED)
        | {_STOP: Posture.SAFE_STOP, _REST: Posture.SAFE_STOP},
        Posture.FAULT: _refuse_all(Reason.FAULT)
        | {
            _STOP: Posture.FAULT,
            _REST: Posture.FAULT,
            _EMERGENCY: Posture.FAULT,
            _FAULT: Posture.FAULT,
        },
    }
)
"""Posture and what happens -> the next posture, or why not.

A cell that names its own row's posture means: accepted, and nothing changes.
"""

RESUMPTION: Mapping[Posture, Posture] = MappingProxyType(
    {
        Posture.SITTING: Posture.SITTING,
        Posture.STANDING_UP: Posture.SITTING_DOWN,
        Posture.STANDING: Posture.STANDING,
        Posture.STEPPING: Posture.STEPPING,
        Posture.WALKING: Posture.STEPPING,
        Posture.TURNING: Posture.STEPPING,
        Posture.SITTING_DOWN: Posture.SITTING_DOWN,
    }
)
"""Posture that was caught -> posture after the release: the shortest way to rest."""

NEEDS_CHARGE = frozenset({Command.STAND, Command.WALK, Command.TURN_LEFT, Command.TURN_RIGHT})
"""Commands that a low battery rules out where they would start a movement."""


def answer(posture: Posture, command: Command, faults: Fault = Fault.NONE) -> Posture | Reason:
    """Return where `command` leads from `posture`, or the reason for which it is refused."""
    outcome = TRANSITIONS[posture][command]
    if (
        isinstance(outcome, Posture)
        and outcome not in (posture, Posture.STEPPING)
        and command in NEEDS_CHARGE
        and Fault.LOW_BATTERY in faults
    ):
        return Reason.LOW_BATTERY
    return outcome

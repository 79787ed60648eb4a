"""What the exoskeleton can be asked to do."""

from enum import IntEnum


class Command(IntEnum):
    """A movement command; the value is its code on the line."""

    STOP = 0
    STAND = 1
    SIT = 2
    WALK = 3
    TURN_LEFT = 4
    TURN_RIGHT = 5

"""What the exoskeleton can be asked to do."""

from enum import IntEnum


class LineCode(IntEnum):
    """A code on the line, with a name that people read."""

    @property
    def words(self) -> str:
        """The name as people say it: `turn left`."""
        return self.name.lower().replace("_", " ")


class Command(LineCode):
    """A movement command; the value is its code on the line."""

    STOP = 0
    STAND = 1
    SIT = 2
    WALK = 3
    TURN_LEFT = 4
    TURN_RIGHT = 5


COMMANDS = {command.words: command for command in Command}
"""Each command by its words."""

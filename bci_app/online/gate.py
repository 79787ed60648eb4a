"""The command gate between a decision and the exoskeleton: its default is to do nothing."""

from bci_app.online.events import Commanded, Decided, Withheld
from devices.exoskeleton.command import Command


class CommandGate:
    """Turns a decision into a command, unless a stop is latched.

    Parameters
    ----------
    commands : tuple of Command
        The command of each target.
    """

    def __init__(self, commands: tuple[Command, ...]) -> None:
        self._commands = commands
        self._stopped_because: str | None = None

    def stop(self, reason: str) -> None:
        """Let nothing through until :meth:`release`."""
        self._stopped_because = reason

    def release(self) -> None:
        """Leave the stop: a deliberate act."""
        self._stopped_because = None

    def admit(self, decision: Decided) -> Commanded | Withheld:
        """Let the decision's command through, or say why not."""
        command = self._commands[decision.target]
        if self._stopped_because is not None:
            return Withheld(decision.end_index, command, self._stopped_because)
        return Commanded(decision.end_index, command)

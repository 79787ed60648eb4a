"""What was seen of the system, where the subject looked, and how it is to be started."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from devices.exoskeleton.command import Command


@dataclass(frozen=True, slots=True)
class Seen:
    """Something that was seen of the system.

    Parameters
    ----------
    at_s : float
        Monotonic time, said by whoever it happened to.
    who : str
        `app`, `controller`, `stderr`.
    event : str
    fields : dict
    """

    at_s: float
    who: str
    event: str
    fields: dict[str, Any]

    @property
    def text(self) -> str:
        """The kind and what it is about, such as `Hindered signal`."""
        about = self.fields.get("cause", "")
        return f"{self.event} {about}".strip()


@dataclass(slots=True)
class Look:
    """A stretch for which the subject looked at a target."""

    command: Command
    from_s: float
    until_s: float = float("inf")


@dataclass(slots=True)
class Setup:
    """How the system is started; rows change it before.

    Parameters
    ----------
    environment : dict of str
        Added to the program's.
    arguments : list of str
        Of `bci-app`, where it is not to be a session as usual.
    configuration : str or None
        Instead of the usual.
    out : Path or None
        Folder of the recording, instead of the usual.
    """

    environment: dict[str, str] = field(default_factory=dict)
    arguments: list[str] | None = None
    configuration: str | None = None
    out: Path | None = None

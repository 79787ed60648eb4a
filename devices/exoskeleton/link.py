"""What every link to an exoskeleton is to the rest of the program."""

from abc import ABC, abstractmethod
from typing import Self

from devices.exoskeleton.command import Command
from devices.exoskeleton.events import Event, LinkQuality
from devices.exoskeleton.messages import Telemetry


class Link(ABC):
    """A way to ask things of an exoskeleton and to hear what becomes of them.

    Every request has one outcome among the events: acknowledged, refused or unanswered.
    """

    @abstractmethod
    def start(self) -> None:
        """Connect and open a session.

        Raises
        ------
        DeviceError
            When there is no port, or nobody answers there.
        """

    @abstractmethod
    def close(self) -> None:
        """Say goodbye, upon which the exoskeleton comes to rest; may be called twice."""

    @abstractmethod
    def send(self, command: Command) -> int:
        """Ask for `command`; its outcome will be reported under the number returned."""

    @abstractmethod
    def emergency_stop(self) -> None:
        """Stop the legs now, before all else; latched until it is released."""

    @abstractmethod
    def release_stop(self) -> int:
        """Ask for the release of the emergency stop, like a command (whose place None takes)."""

    @abstractmethod
    def poll(self) -> list[Event]:
        """Return what happened since the last call, in order."""

    @property
    @abstractmethod
    def is_up(self) -> bool:
        """Whether a session is open."""

    @property
    @abstractmethod
    def telemetry(self) -> Telemetry | None:
        """The newest telemetry of this session, None before the first."""

    @property
    @abstractmethod
    def quality(self) -> LinkQuality:
        """How well the line does."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

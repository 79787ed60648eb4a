"""An exoskeleton that reports what it reported in a recorded session."""

from devices.exoskeleton.command import Command
from devices.exoskeleton.events import Event, LinkQuality
from devices.exoskeleton.link import Link
from devices.exoskeleton.messages import Telemetry


class RecordedLink(Link):
    """A link whose events are handed in; what is asked of it goes nowhere."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._n_requests = 0

    def report(self, event: Event) -> None:
        """Let the next :meth:`poll` return an event."""
        self._events.append(event)

    def start(self) -> None:
        """Nothing is to be opened."""

    def close(self) -> None:
        """Nothing is to be closed."""

    def send(self, command: Command) -> int:  # noqa: ARG002 - the recording has its outcome
        """Count the request."""
        self._n_requests += 1
        return self._n_requests

    def emergency_stop(self) -> None:
        """Nothing moves."""

    def release_stop(self) -> int:
        """Count the request."""
        self._n_requests += 1
        return self._n_requests

    def poll(self) -> list[Event]:
        """Return what was reported since the last call."""
        events, self._events = self._events, []
        return events

    @property
    def is_up(self) -> bool:
        """Always, in a recording."""
        return True

    @property
    def telemetry(self) -> Telemetry | None:
        """None: the session hears of it by events."""
        return None

    @property
    def quality(self) -> LinkQuality:
        """A line without faults."""
        return LinkQuality(None, 0, 0, 0, 0, 0, 0, 0, 1)

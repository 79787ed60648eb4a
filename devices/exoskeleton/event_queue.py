"""The events that wait for the program to fetch them: bounded, telemetry is dropped first."""

from collections import deque

from devices.exoskeleton.events import Event, TelemetryReceived

MAX_TELEMETRY = 256
"""Five seconds of it; the oldest is dropped for the newest."""

MAX_OTHERS = 8192
"""All that a full queue of requests can bring about, twice; the oldest is dropped."""


class EventQueue:
    """Events in the order in which they were put."""

    def __init__(self) -> None:
        self._count = 0
        self._telemetry: deque[tuple[int, Event]] = deque(maxlen=MAX_TELEMETRY)
        self._others: deque[tuple[int, Event]] = deque(maxlen=MAX_OTHERS)

    def put(self, event: Event) -> None:
        """Add an event."""
        self._count += 1
        queue = self._telemetry if isinstance(event, TelemetryReceived) else self._others
        queue.append((self._count, event))

    def drain(self) -> list[Event]:
        """Return and remove all events."""
        numbered = sorted([*self._telemetry, *self._others], key=lambda pair: pair[0])
        self._telemetry.clear()
        self._others.clear()
        return [event for _, event in numbered]

"""What reaches the virtual subject who wears a virtual headset: sights, and steps."""

from collections.abc import Callable
from typing import Protocol, TypeAlias

from bci_app.runtime.session import SessionEvent
from bci_app.stimulus import messages
from bci_app.stimulus.flicker import Flicker
from devices.exoskeleton.events import TelemetryReceived
from devices.exoskeleton.footfalls import Footfalls
from devices.headset.stream import StreamResumed

LookAt: TypeAlias = Callable[[float | None], None]
"""Turns a virtual subject's gaze to the target that flickers so, None for away."""


class Wearer(Protocol):
    """A virtual subject, in whichever process; a target is known by its frequency."""

    def look_at(self, frequency_hz: float | None) -> None:
        """Turn the gaze to a target, or away from all."""

    def flicker(self, flicker: Flicker, refresh_hz: float, at_s: float) -> None:
        """Let a target flicker from a monotonic time on; `refresh_hz` is 0 for an LED."""

    def still(self, at_s: float) -> None:
        """Let all targets stand still from a monotonic time on."""

    def step(self) -> None:
        """Let them feel a step."""


class Surroundings:
    """A listener that lets a wearer see what is displayed, when it is, and feel what the legs do.

    Parameters
    ----------
    wearer : Wearer
    flickers : tuple of Flicker
        Of the targets.
    """

    def __init__(self, wearer: Wearer, flickers: tuple[Flicker, ...]) -> None:
        self._wearer = wearer
        self._flickers = flickers
        self._footfalls = Footfalls()
        self._refresh_hz = 0.0
        self._began_s: float | None = None

    def __call__(self, event: SessionEvent) -> None:
        """Pass on what concerns the wearer."""
        match event:
            case TelemetryReceived():
                if self._footfalls.observe(event.telemetry):
                    self._wearer.step()
            case messages.Ready():
                self._refresh_hz = event.refresh_hz
                self._wearer.still(0.0)  # nothing has flickered before it is told
            case messages.Began():
                self._began_s = event.time_s
                self._show(event.time_s)
            case messages.Paused() | messages.Blanked():
                self._began_s = None
                self._wearer.still(event.time_s)
            case StreamResumed() if self._began_s is not None:
                self._show(self._began_s)  # to the headset, it has been another time
            case _:
                pass

    def _show(self, at_s: float) -> None:
        for flicker in self._flickers:
            self._wearer.flicker(flicker, self._refresh_hz, at_s)

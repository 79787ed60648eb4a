"""What a session needs of a stimulus, be it a screen or LEDs."""

from typing import Protocol

from bci_app.stimulus.messages import Ready, StimulusReport, StimulusRequest


class Stimulus(Protocol):
    """Flickering targets: requests in, reports out.

    :class:`~bci_app.stimulus.process.StimulusProcess` shows them on a screen,
    :class:`~bci_app.stimulus.led_stimulus.LedStimulus` on LEDs.
    """

    def start(self, timeout_s: float = ...) -> Ready:
        """Come up, dark, and tell what the device is."""

    def send(self, request: StimulusRequest) -> None:
        """Ask for something."""

    def receive(self, timeout_s: float = ...) -> list[StimulusReport]:
        """Return what was reported since the last call, waiting for the first if asked to."""

    def close(self) -> None:
        """Go dark and end; may be called twice."""

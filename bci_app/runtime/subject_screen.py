"""The subject's screen in a session: what is decided is shown there, a key there is a stop."""

from types import TracebackType
from typing import Self

from bci_app.evaluation.answers import Asked, Prompt
from bci_app.online.events import Decided
from bci_app.online.settings import PathSettings
from bci_app.runtime.configuration import ScreenSettings
from bci_app.runtime.controls import Controls
from bci_app.runtime.session import Session, SessionEvent, StopReleased, StopRequested
from bci_app.stimulus import messages
from bci_app.stimulus.flicker import Flicker, Waveform
from bci_app.stimulus.process import StimulusProcess
from bci_app.stimulus.settings import Patch, StimulusSettings
from devices.exoskeleton.events import TelemetryReceived
from devices.exoskeleton.postures import Posture

_REHEARSAL_WINDOW_PX = (1000, 720)


class SubjectScreen:
    """The window with the targets, as a listener of the session and a source of stops.

    The flicker begins once the photosensitivity notice was confirmed in the window.

    Parameters
    ----------
    screen : ScreenSettings
    path : PathSettings
        Its targets are shown.
    controls : Controls
        Where a key or click in the window goes: a stop.
    gaze_by_pointer : bool
        Whether the pointer stands for the gaze of a virtual subject; the targets are then in a
        window, not on the full screen.
    """

    def __init__(
        self,
        screen: ScreenSettings,
        path: PathSettings,
        controls: Controls,
        *,
        gaze_by_pointer: bool = False,
    ) -> None:
        waveform = Waveform.SQUARE if screen.waveform == "square" else Waveform.SINUSOIDAL
        patches = tuple(
            Patch(
                target.command.name.replace("_", " ").lower(),
                Flicker(target.frequency_hz, waveform=waveform),
                target.command,
            )
            for target in path.targets
        )
        self._process = StimulusProcess(
            StimulusSettings(
                patches=patches,
                size_deg=screen.size_deg,
                distance_mm=screen.distance_mm,
                screen_width_mm=screen.screen_width_mm or None,
                gamma=screen.gamma,
                display=screen.display,
                window_px=_REHEARSAL_WINDOW_PX if gaze_by_pointer else None,
                gaze_by_pointer=gaze_by_pointer,
            ),
            on_stop=lambda stop: controls.stop(f"subject: {stop.source}"),
        )
        self._controls = controls
        self._posture: Posture | None = None
        self.ready: messages.Ready

    def __enter__(self) -> Self:
        self.ready = self._process.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.close()

    def __call__(self, event: SessionEvent) -> None:
        """Show the subject what concerns them."""
        match event:
            case Prompt():
                self._process.send(
                    messages.Cue(event.target if event.asked is Asked.TARGET else None)
                )
            case Decided():
                self._process.send(messages.ShowDecision(event.target, event.score))
            case TelemetryReceived() if event.telemetry.posture is not self._posture:
                self._posture = event.telemetry.posture
                words = self._posture.name.replace("_", " ").lower()
                self._process.send(messages.ShowLegs(words))
            case StopRequested():
                self._process.send(messages.Stop(event.reason))
            case StopReleased():
                self._process.send(messages.Resume())
                self._process.send(messages.Begin())
            case _:
                pass

    def poll(self, session: Session) -> list[messages.StimulusReport]:
        """Take in what the window reported, tell the session, and return it."""
        reports = self._process.receive()
        for report in reports:
            session.tell(report)
            if isinstance(report, messages.Confirmed):
                self._process.send(messages.Begin())
            elif isinstance(report, messages.Declined | messages.Failed | messages.Closed):
                self._controls.end()
        return reports

"""The subject's stimulus in a session: what is decided is shown there, a key there is a stop."""

from dataclasses import replace
from typing import Self

from bci_app.evaluation.answers import Asked, Prompt
from bci_app.online.events import Decided, Withheld
from bci_app.online.settings import PathSettings
from bci_app.runtime.configuration import LedSettings, ScreenSettings
from bci_app.runtime.controls import Controls
from bci_app.runtime.session import (
    FlickerAsked,
    Session,
    SessionEvent,
    StopReleased,
    StopRequested,
)
from bci_app.stimulus import messages
from bci_app.stimulus.flicker import Flicker, Waveform
from bci_app.stimulus.led_stimulus import LedStimulus
from bci_app.stimulus.process import StimulusError, StimulusProcess
from bci_app.stimulus.settings import Patch, StimulusSettings
from bci_app.stimulus.stimulus import Stimulus
from devices.exoskeleton.events import TelemetryReceived
from devices.exoskeleton.postures import Posture

_REHEARSAL_WINDOW_PX = (1000, 720)


class SubjectStimulus:
    """The flickering targets, as a listener of the session and a source of stops.

    The flicker begins once the photosensitivity notice was confirmed.

    Parameters
    ----------
    stimulus : Stimulus
        Not started; its stops go to `controls`.
    controls : Controls
        What ends the session when the stimulus ends.
    confirmed_by : str or None
        Who has confirmed the notice, where that is not done in the window.
    paced : bool
        Whether somebody else paces cues and flicker, as in a calibration: then flicker begins when
        it is asked for, and what is decided does not distract the subject.

    Attributes
    ----------
    ready : Ready
        What the device is; known once it has come up.
    confirmed : bool
        Whether somebody has confirmed the notice.
    """

    def __init__(
        self,
        stimulus: Stimulus,
        controls: Controls,
        *,
        confirmed_by: str | None = None,
        paced: bool = False,
    ) -> None:
        self._stimulus = stimulus
        self._controls = controls
        self._confirmed_by = confirmed_by
        self._paced = paced
        self._posture: Posture | None = None
        self._decision: messages.ShowDecision | None = None
        self.ready: messages.Ready
        self.confirmed = False
        self._failed: messages.Failed | None = None

    def __enter__(self) -> Self:
        self.ready = self._stimulus.start()
        if self._confirmed_by is not None:
            self._stimulus.send(messages.Confirm(self._confirmed_by))
        return self

    def __exit__(self, *_: object) -> None:
        self._stimulus.close()

    def cue(self, target: int | None, text: str = "") -> None:
        """Ask the subject to look at a target or, with None, to do what the text says."""
        self._stimulus.send(messages.Cue(target, text))

    def flicker(self, on: bool) -> None:
        """Let the targets flicker, or stand still."""
        self._stimulus.send(messages.Begin() if on else messages.Pause())

    def __call__(self, event: SessionEvent) -> None:
        """Show the subject what concerns them."""
        match event:
            case Prompt() | Decided() | FlickerAsked() if self._paced:
                pass
            case Prompt():
                self._stimulus.send(
                    messages.Cue(event.target if event.asked is Asked.TARGET else None)
                )
            case Decided():
                self._decision = messages.ShowDecision(event.target, event.score, event.probability)
                self._stimulus.send(self._decision)
            case Withheld() if self._decision is not None:
                self._stimulus.send(replace(self._decision, withheld=event.reason))
            case TelemetryReceived() if event.telemetry.posture is not self._posture:
                self._posture = event.telemetry.posture
                self._stimulus.send(messages.ShowLegs(self._posture.words))
            case StopRequested():
                self._stimulus.send(messages.Stop(event.reason))
            case StopReleased():
                self._stimulus.send(messages.Resume())
                if not self._paced:
                    self._stimulus.send(messages.Begin())
            case FlickerAsked():
                self.flicker(event.on)
            case _:
                pass

    def poll(self, session: Session) -> None:
        """Take in what the stimulus reported, and tell the session."""
        for report in self._stimulus.receive():
            session.tell(report)
            self.confirmed |= isinstance(report, messages.Confirmed)
            if isinstance(report, messages.Confirmed) and not self._paced:
                self._stimulus.send(messages.Begin())
            elif isinstance(report, messages.Declined | messages.Failed | messages.Closed):
                self._controls.end()
            if isinstance(report, messages.Failed):
                self._failed = report

    def raise_failure(self) -> None:
        """Raise what ended the stimulus, if it did not end because somebody wanted it to.

        Raises
        ------
        StimulusError
            With the reason.
        """
        if self._failed is not None:
            reason = " ".join(self._failed.reason.split()).rstrip(".")
            raise StimulusError(
                f"the stimulus failed: {reason}. The legs were stopped and the session was ended; "
                "what was recorded until then is safe."
            )


def screen_stimulus(
    screen: ScreenSettings,
    path: PathSettings,
    controls: Controls,
    *,
    gaze_by_pointer: bool = False,
    confirmed_by: str | None = None,
    paced: bool = False,
) -> SubjectStimulus:
    """Return the targets on a screen; any key or click there is a stop.

    Parameters
    ----------
    screen : ScreenSettings
    path : PathSettings
        Its targets are shown.
    controls : Controls
    gaze_by_pointer : bool
        Whether the pointer stands for the gaze of a virtual subject; the targets are then in a
        window, not on the full screen.
    confirmed_by, paced
        As for :class:`SubjectStimulus`.
    """
    settings = stimulus_settings(screen, path, gaze_by_pointer=gaze_by_pointer)
    process = StimulusProcess(settings, lambda stop: controls.stop(f"subject: {stop.source}"))
    return SubjectStimulus(process, controls, confirmed_by=confirmed_by, paced=paced)


def stimulus_settings(
    screen: ScreenSettings, path: PathSettings, *, gaze_by_pointer: bool = False
) -> StimulusSettings:
    """Return the subject window as configured; parameters as for :func:`screen_stimulus`."""
    return StimulusSettings(
        patches=tuple(
            Patch(target.command.words, flicker, target.command)
            for target, flicker in zip(path.targets, flickers_of(path, screen), strict=True)
        ),
        size_deg=screen.size_deg,
        distance_mm=screen.distance_mm,
        screen_width_mm=screen.screen_width_mm or None,
        gamma=screen.gamma,
        display=screen.display,
        window_px=_REHEARSAL_WINDOW_PX if gaze_by_pointer else None,
        gaze_by_pointer=gaze_by_pointer,
    )


def flickers_of(path: PathSettings, screen: ScreenSettings | None) -> tuple[Flicker, ...]:
    """Return what the targets show on a screen; on LEDs, which know light and dark, without."""
    sine = screen is not None and screen.waveform == "sine"
    waveform = Waveform.SINUSOIDAL if sine else Waveform.SQUARE
    return tuple(Flicker(frequency_hz, waveform=waveform) for frequency_hz in path.frequencies_hz)


def led_stimulus(
    leds: LedSettings,
    path: PathSettings,
    controls: Controls,
    confirmed_by: str,
    *,
    paced: bool = False,
) -> SubjectStimulus:
    """Return the targets on an LED unit; its button is a stop.

    Parameters
    ----------
    leds : LedSettings
    path : PathSettings
        Its targets are shown, one LED each, in their order.
    controls : Controls
    confirmed_by : str
        Who has read the photosensitivity notice: LEDs cannot show it.
    paced : bool
        As for :class:`SubjectStimulus`.
    """
    unit = LedStimulus(
        leds.port,
        flickers_of(path, None),
        leds.brightness,
        lambda stop: controls.stop(f"LED unit: {stop.source}"),
    )
    return SubjectStimulus(unit, controls, confirmed_by=confirmed_by, paced=paced)

"""LEDs as a session's stimulus: the same requests and reports as a screen."""

import queue
import time
from collections.abc import Callable

from bci_app.errors import ConfigurationError
from bci_app.stimulus.flicker import Flicker, Waveform
from bci_app.stimulus.geometry import FlashingArea
from bci_app.stimulus.messages import (
    Began,
    Blanked,
    Closed,
    Cue,
    CueShown,
    Failed,
    Paused,
    Ready,
    StimulusReport,
    StimulusRequest,
    StopRequested,
)
from bci_app.stimulus.presentation import Phase, Presentation
from devices.errors import DeviceError
from devices.led_unit.client import LedSetting, LedUnit

_MAX_WAITING_REPORTS = 4096


class LedStimulus:
    """Targets on an LED unit, one LED each.

    LEDs can show neither notice nor cue: the notice is confirmed by a request, and a cue is
    reported as shown when it was asked for (whoever gives it by voice says so then).

    Parameters
    ----------
    port : str
        Of the LED unit.
    flickers : tuple of Flicker
        Square ones; their phase 0 begins with light.
    brightness : float
        Of all LEDs while lit, 0 to 1.
    on_stop : callable
        Called at once with each request to stop: the unit's button, or its loss.
    """

    def __init__(
        self,
        port: str,
        flickers: tuple[Flicker, ...],
        brightness: float,
        on_stop: Callable[[StopRequested], None],
    ) -> None:
        sines = [flicker for flicker in flickers if flicker.waveform is not Waveform.SQUARE]
        if sines:
            raise ConfigurationError(
                f"sinusoidal flicker at {sines[0].frequency_hz:g} Hz on LEDs: expected square; "
                "LEDs are switched, not dimmed."
            )
        if not 0 < brightness <= 1:
            raise ConfigurationError(f"a brightness of {brightness:g}: expected above 0 up to 1.")
        self._flickers = flickers
        self._brightness = brightness
        self._on_stop = on_stop
        self._unit = LedUnit(port, self._stop_from_unit)
        self._presentation = Presentation(len(flickers))
        self._reports: queue.Queue[StimulusReport] = queue.Queue(_MAX_WAITING_REPORTS)
        self._started = False

    def start(self, timeout_s: float = 20.0) -> Ready:  # noqa: ARG002 - the unit has its own
        """Connect and tell each LED how to flicker; all stay dark.

        Raises
        ------
        DeviceError
            When no LED unit answers, it has too few LEDs or cannot show a target.
        """
        self._unit.start()
        self._started = True
        try:
            if self._unit.n_leds < len(self._flickers):
                raise DeviceError(  # noqa: TRY301 - closes what was opened
                    f"{len(self._flickers)} targets on an LED unit that has {self._unit.n_leds} "
                    "LEDs: use fewer targets or another unit"
                )
            for led, flicker in enumerate(self._flickers):
                self._unit.configure(
                    led,
                    LedSetting(flicker.frequency_hz, flicker.phase_rad, 0.5, self._brightness),
                )
        except DeviceError:
            self.close()
            raise
        ready = Ready(self._unit.name, 0.0, True, 0, 0, FlashingArea(0.0, 0.0), ())
        self._put(self._presentation.note_ready(ready))
        return ready

    def send(self, request: StimulusRequest) -> None:
        """Follow a request; a unit that fails is a stop."""
        before = self._presentation.phase
        self._put(self._presentation.request(request))
        if isinstance(request, Cue):
            self._put([CueShown(request.target, time.monotonic())])
        try:
            self._follow(before, self._presentation.phase)
        except DeviceError as error:
            self._stop_from_unit(str(error))
            self._put([Failed(str(error))])

    def receive(self, timeout_s: float = 0.0) -> list[StimulusReport]:
        """Return what was reported since the last call, waiting for the first if asked to."""
        reports: list[StimulusReport] = []
        try:
            reports.append(
                self._reports.get(timeout=timeout_s)
                if timeout_s > 0
                else self._reports.get_nowait()
            )
            while True:
                reports.append(self._reports.get_nowait())
        except queue.Empty:
            return reports

    def close(self) -> None:
        """Go dark and let the unit go; may be called twice."""
        if not self._started:
            return
        self._started = False
        self._unit.close()
        if self._presentation.phase is not Phase.CLOSED:
            self._presentation.phase = Phase.CLOSED
            self._put([Closed()])

    def _follow(self, before: Phase, after: Phase) -> None:
        if after is before:
            return
        if after is Phase.FLICKERING:
            self._put([Began(self._unit.light())])
        elif after is Phase.CLOSED:
            self._started = False
            self._unit.close()
        elif before is Phase.FLICKERING:
            dark_s = self._unit.darken()
            self._put([Blanked(dark_s) if after is Phase.STOPPED else Paused(dark_s)])
        elif before is Phase.STOPPED:
            self._unit.release()

    def _stop_from_unit(self, reason: str) -> None:
        """Take a stop from the unit's own thread, before all else."""
        stop = StopRequested(reason, time.monotonic())
        self._on_stop(stop)
        self._presentation.stop_by_subject(reason, stop.time_s)
        self._put([stop])

    def _put(self, reports: list[StimulusReport]) -> None:
        for report in reports:
            if self._reports.full():
                self._reports.get_nowait()
            self._reports.put_nowait(report)

"""How late a screen is: its photodiode patch beside an analogue input of the board."""

import time
from contextlib import closing
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bci_app.errors import ConfigurationError, RecordingError
from bci_app.runtime.configuration import SessionConfiguration
from bci_app.runtime.rig import analog_inputs_of
from bci_app.runtime.subject_stimulus import stimulus_settings
from bci_app.stimulus import messages
from bci_app.stimulus.frame_clock import FrameTiming
from bci_app.stimulus.photodiode import ScreenLatency, measure_latency
from bci_app.stimulus.process import StimulusProcess
from devices.chunk import Chunk
from devices.headset.acquisition import Acquisition, DeviceFailed
from devices.headset.sample_clock import ClockFit

FloatArray = npt.NDArray[np.float64]

_WAIT_S = 0.01
_TRAILING_S = 0.4  # until the light of the last inversion was certainly sampled


@dataclass(frozen=True, slots=True)
class MeasuredScreen:
    """A screen and how late it is.

    Parameters
    ----------
    latency : ScreenLatency
    frames : FrameTiming or None
        Of the flicker meanwhile; None for less than a second of it.
    screen : Ready
    pin : str
        Where the photodiode was connected.
    sampling_rate_hz : float
        Of that pin.
    clock_residual_ms : float
        By how much arrivals of samples miss the line that gives them their times.
    seconds : float
    """

    latency: ScreenLatency
    frames: FrameTiming | None
    screen: messages.Ready
    pin: str
    sampling_rate_hz: float
    clock_residual_ms: float
    seconds: float


def measure_screen(
    configuration: SessionConfiguration, *, pin: str, seconds: float, confirmed_by: str
) -> MeasuredScreen:
    """Let the configured targets flicker, the patch invert, and compare that with the pin.

    Parameters
    ----------
    configuration : SessionConfiguration
        Its headset must have analogue inputs.
    pin : str
        Where the photodiode is connected, such as A5.
    seconds : float
        How long the patch inverts; it does two or three times a second.
    confirmed_by : str
        Who has read the photosensitivity notice.

    Raises
    ------
    DeviceError, StimulusError
        When the board or the screen does not do its part.
    ConfigurationError
        When the board has no such pin.
    RecordingError
        When the photodiode does not see the patch, or somebody stopped the flicker.
    """
    board = analog_inputs_of(configuration.headset)
    settings = stimulus_settings(configuration.screen, configuration.path)
    with Acquisition(board) as acquisition:
        trace = _Trace(acquisition, pin)
        with closing(StimulusProcess(settings, lambda _: None)) as stimulus:
            ready = stimulus.start()
            watch = _Watch(stimulus)
            for request in (messages.Confirm(confirmed_by), messages.Measure(True)):
                stimulus.send(request)
            stimulus.send(messages.Begin())
            while watch.began_s is None or time.monotonic() < watch.began_s + seconds:
                watch.look()
                trace.drain()
            stimulus.send(messages.Pause())
            until_s = time.monotonic() + _TRAILING_S
            while time.monotonic() < until_s:
                watch.look()
                trace.drain()
        counts, times_s = trace.timed()
        return MeasuredScreen(
            latency=measure_latency(counts, times_s, watch.inversions),
            frames=watch.frames,
            screen=ready,
            pin=pin,
            sampling_rate_hz=acquisition.info.sampling_rate_hz,
            clock_residual_ms=trace.clock.residual_s * 1e3,
            seconds=seconds,
        )


class _Trace:
    """What the pin said, and when."""

    def __init__(self, acquisition: Acquisition, pin: str) -> None:
        names = acquisition.info.channel_names
        if pin not in names:
            raise ConfigurationError(f"there is no pin {pin}: expected one of {', '.join(names)}.")
        self._acquisition = acquisition
        self._column = names.index(pin)
        self._chunks: list[Chunk] = []

    def drain(self) -> None:
        while (item := self._acquisition.get()) is not None:
            if isinstance(item, DeviceFailed):
                raise item.error
            if isinstance(item, Chunk):
                self._chunks.append(item)

    @property
    def clock(self) -> ClockFit:
        clock = self._acquisition.clock
        if clock is None:
            raise RecordingError("the board sent no sample: see that it is switched on.")
        return clock

    def timed(self) -> tuple[FloatArray, FloatArray]:
        """Values of the pin and the monotonic time of each."""
        counts = np.concatenate([chunk.samples_uv[:, self._column] for chunk in self._chunks])
        indices = np.concatenate(
            [np.arange(chunk.first_index, chunk.end_index) for chunk in self._chunks]
        )
        clock = self.clock
        return counts, clock.time_s + (indices - clock.index) * clock.period_s


class _Watch:
    """What the subject window reported."""

    def __init__(self, stimulus: StimulusProcess) -> None:
        self._stimulus = stimulus
        self.inversions: list[tuple[float, bool]] = []
        self.began_s: float | None = None
        self.frames: FrameTiming | None = None

    def look(self) -> None:
        for report in self._stimulus.receive(_WAIT_S):
            match report:
                case messages.Began():
                    self.began_s = report.time_s
                case messages.Inverted():
                    self.inversions.append((report.time_s, report.white))
                case messages.Frames():
                    self.frames = report.timing
                case messages.Refused():
                    raise RecordingError(f"the screen refused to flicker: {report.reason}")
                case messages.StopRequested():
                    raise RecordingError(
                        f"the measurement was stopped: {report.source}. Start it again."
                    )
                case messages.Failed():
                    raise RecordingError(f"the subject window failed: {report.reason}")
                case _:
                    pass

import time

import numpy as np
import pytest

from bci_app.errors import ConfigurationError, RecordingError
from bci_app.runtime import screen_latency
from bci_app.runtime.configuration import HeadsetSettings, SessionConfiguration
from bci_app.runtime.screen_latency import measure_screen
from bci_app.stimulus import messages as m
from bci_app.stimulus.geometry import FlashingArea
from devices.chunk import Chunk
from devices.errors import DeviceError
from devices.headset.source import Headset, HeadsetInfo

READY = m.Ready("screen", 60.0, True, 800, 600, FlashingArea(0.1, 0.2), ())


class Pins(Headset):
    """Pins without anything connected."""

    def _start(self):
        self._n_read, self._started_s = 0, time.monotonic()
        return HeadsetInfo("Cyton", 250.0, ("A5", "A6", "A7"))

    def _read(self):
        now_s = time.monotonic()
        n_due = int((now_s - self._started_s) * 250) - self._n_read
        if n_due <= 0:
            return None
        chunk = Chunk(np.zeros((n_due, 3)), self._n_read, now_s)
        self._n_read = chunk.end_index
        return chunk

    def _stop(self):
        pass


class Window:
    """A subject window that reports what it was told to, and flickers no further."""

    def __init__(self, *reports):
        self._reports = list(reports)
        self.sent = []
        self.closed = False

    def __call__(self, _settings, _on_stop):
        return self

    def start(self):
        return READY

    def send(self, request):
        self.sent.append(request)

    def receive(self, _timeout_s):
        reports, self._reports = self._reports, []
        return reports

    def close(self):
        self.closed = True


@pytest.fixture
def measure(monkeypatch):
    def measure(*reports, pin="A5"):
        window = Window(*reports)
        monkeypatch.setattr(screen_latency, "StimulusProcess", window)
        monkeypatch.setattr(screen_latency, "analog_inputs_of", lambda _: Pins())
        try:
            return measure_screen(
                SessionConfiguration(), pin=pin, seconds=0.1, confirmed_by="somebody"
            )
        finally:
            assert window.closed == (pin == "A5")
            assert window.sent[:1] in ([], [m.Confirm("somebody")])

    return measure


@pytest.mark.parametrize(
    ("report", "message"),
    [
        (m.StopRequested("a key was pressed", 1.0), "was stopped: a key was pressed"),
        (m.Refused("Begin", "9 Hz does not fit"), "refused to flicker: 9 Hz does not fit"),
        (m.Failed("the display is gone"), "failed: the display is gone"),
    ],
)
def test_what_ends_a_measurement_is_said(measure, report, message):
    with pytest.raises(RecordingError, match=message):
        measure(report)


def test_a_photodiode_that_is_not_connected_is_said(measure):
    began_s = time.monotonic()
    inversions = [m.Inverted(k % 2 == 0, began_s + 0.02 * k) for k in range(6)]
    with pytest.raises(RecordingError, match=r"saw 0 of 6 inversions.*Put it flat"):
        measure(m.Began(began_s), *inversions)


def test_a_pin_that_is_not_there_is_said_before_anything_is_shown(measure):
    with pytest.raises(ConfigurationError, match="no pin D3: expected one of A5, A6, A7"):
        measure(pin="D3")


def test_a_board_without_pins_is_refused():
    configuration = SessionConfiguration(headset=HeadsetSettings(board="lsl"))
    with pytest.raises(DeviceError, match="'lsl' has no analogue inputs"):
        measure_screen(configuration, pin="A5", seconds=5.0, confirmed_by="somebody")

import gc

import numpy as np
import pytest

from bci_app.online.path import OnlinePath
from bci_app.online.settings import PathSettings
from bci_app.runtime import live
from bci_app.runtime.session import Hindered, Session, Unhindered
from devices.chunk import Chunk
from devices.headset.sample_clock import ClockFit

CHUNK_S = 0.04


class LateAcquisition:
    """Chunks of 40 ms in virtual time, each some time after it arrived, or after it was taken."""

    def __init__(self, lateness_s, *, reads_late=False):
        self._lateness_s = list(lateness_s)
        self._reads_late = reads_late
        self._n = 0
        self.now_s = 100.0
        self.clock = None

    def get(self, _timeout_s):
        late_s = self._lateness_s.pop(0)
        self.now_s += CHUNK_S
        arrival_s = self.now_s if self._reads_late else self.now_s - late_s
        chunk = Chunk(np.zeros((10, 2)), 10 * self._n, arrival_s)
        self.clock = ClockFit(chunk.end_index - 1, self.now_s - late_s, 0.004, 0.0, 0.0)
        self._n += 1
        return chunk

    def tick(self, _now_s):
        return bool(self._lateness_s)


@pytest.fixture
def causes(monkeypatch):
    """Run a session in virtual time; return what hindered it and when, in seconds."""

    def run(lateness_s, **how):
        acquisition, told = LateAcquisition(lateness_s, **how), []
        monkeypatch.setattr(live.time, "monotonic", lambda: acquisition.now_s)

        def listen(event):
            if isinstance(event, Hindered | Unhindered):
                at_s = round(acquisition.now_s - 100.0, 1)
                told.append((type(event).__name__, event.cause, at_s))

        session = Session(OnlinePath(PathSettings(), 250.0, 2), None, [listen])
        live.run_live(acquisition, session, acquisition.tick)
        return told

    return run


def test_what_waited_while_windows_opened_is_no_alarm_but_commands_wait(causes):
    backlog = np.linspace(3.0, 0.0, 25).tolist()  # caught up within a second
    assert causes([*backlog, *[0.0] * 75, 0.5, *[0.0] * 5]) == [
        ("Hindered", "start", 0.0),
        ("Unhindered", "start", 1.9),
        ("Hindered", "timing", 4.0),
        ("Unhindered", "timing", 4.1),
    ]


def test_a_session_that_never_catches_up_is_an_alarm(causes):
    told = causes([0.5] * 300)
    assert told == [
        ("Hindered", "start", 0.0),
        ("Unhindered", "start", 10.0),
        ("Hindered", "timing", 10.0),
    ]


def test_samples_that_were_read_late_are_late_though_nothing_waited(causes):
    lateness_s = [*[0.01] * 60, *[0.35] * 15, 0.45, *[0.01] * 5]
    assert causes(lateness_s, reads_late=True) == [
        ("Hindered", "start", 0.0),
        ("Unhindered", "start", 1.0),
        ("Hindered", "timing", 3.0),
        ("Unhindered", "timing", 3.1),
    ]


def test_garbage_is_looked_for_only_in_what_the_session_makes(monkeypatch):
    acquisition, frozen = LateAcquisition([0.0, 0.0]), []
    monkeypatch.setattr(live.time, "monotonic", lambda: acquisition.now_s)
    session = Session(
        OnlinePath(PathSettings(), 250.0, 2), None, [lambda _: frozen.append(gc.get_freeze_count())]
    )
    live.run_live(acquisition, session, acquisition.tick)
    assert min(frozen) > 0
    assert gc.get_freeze_count() == 0

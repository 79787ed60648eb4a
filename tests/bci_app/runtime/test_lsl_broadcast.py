import json
import os
import time

import numpy as np
import pytest

from bci_app.evaluation.answers import Asked, Prompt
from bci_app.online.events import Decided, GapFound, Scored
from bci_app.recordings.xdf_files import _code
from bci_app.runtime.lsl_broadcast import LslBroadcast
from bci_app.runtime.session import CommandSent, Note
from devices.chunk import Chunk
from devices.exoskeleton.command import Command
from devices.headset.lsl_library import load_lsl
from devices.headset.source import HeadsetInfo

INFO = HeadsetInfo("Cyton", 250.0, ("Oz", "O1"), "A2")


@pytest.fixture
def name():
    pytest.importorskip("pylsl", reason="the extra lsl is not installed")
    return f"bci-app test {os.getpid()}"


class Listening:
    """Somebody who records a stream."""

    def __init__(self, name):
        lsl = load_lsl()
        (found,) = lsl.resolve_byprop("name", name, timeout=10.0)
        self.inlet = lsl.StreamInlet(found)  # of this computer: no clock to correct
        self.inlet.open_stream(10.0)

    def texts(self, n):
        pulled = [self.inlet.pull_sample(5.0) for _ in range(n)]
        rest, _ = self.inlet.pull_sample(0.0)
        assert rest is None
        now_s = time.monotonic() - load_lsl().local_clock()
        texts = [(json.loads(values[0]), stamp_s + now_s) for values, stamp_s in pulled]
        # What LabRecorder writes of it is read by its labels.
        assert [_code(values[0]) for values, _ in pulled] == [text["label"] for text, _ in texts]
        return texts


def test_others_hear_what_happens(name):
    with LslBroadcast(name, INFO, (9.0, 13.0)) as tell:
        streams = [
            Listening(f"{name} {what}") for what in ("EEG", "markers", "decisions", "commands")
        ]
        eeg, markers, decisions, commands = streams
        began_s = time.monotonic() - 1.0
        samples_uv = np.random.default_rng(0).normal(size=(250, 2))
        for first in range(0, 250, 10):
            chunk = Chunk(samples_uv[first : first + 10].copy(), first, began_s + (first + 9) / 250)
            tell(chunk)
        tell(Prompt(125, Asked.TARGET, 1))
        tell(Scored(250, (0.1, 0.2)))
        tell(Decided(250, 1, 0.7))
        tell(CommandSent(3, Command.TURN_LEFT, 250, began_s + 1.0))
        tell(GapFound(250, 7))
        tell(Note("größer"))
        told_s = time.monotonic()

        rows, stamps_s = [], []
        while len(rows) < 250:
            chunk, times_s = eeg.inlet.pull_chunk(5.0, max_samples=250)
            rows += list(chunk)
            stamps_s += times_s
        told = markers.texts(3)
        ((decided, _),) = decisions.texts(1)
        ((sent, sent_s),) = commands.texts(1)
        for stream in streams:
            stream.inlet.close_stream()

    np.testing.assert_array_equal(np.array(rows), samples_uv)
    np.testing.assert_allclose(np.diff(stamps_s), 1 / 250, atol=1e-4)
    assert [text["label"] for text, _ in told] == ["13", "GapFound", "note: größer"]
    assert told[0][1] == pytest.approx(began_s + 0.5, abs=0.02)  # the sample that it names
    assert told[1][0] | {"sample": 250, "first_index": 250, "n_lost": 7} == told[1][0]
    assert (decided["label"], decided["target"], decided["score"]) == ("decided 13", 1, 0.7)
    assert (sent["label"], sent["sequence"]) == ("sent turn left", 3)
    assert sent_s == pytest.approx(told_s, abs=0.5)

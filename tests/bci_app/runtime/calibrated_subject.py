"""A small subject: recordings with two targets and idle, and what calibrating on them gives."""

from functools import lru_cache
from pathlib import Path

import numpy as np

from bci_app.online.settings import Target
from bci_app.recordings.recording import Marker, Recording
from bci_app.runtime.calibrating import FitRequest, LabelledRecording, fit_subject
from devices.exoskeleton.command import Command
from devices.headset.source import HeadsetInfo

from ..online.growing_subject import FREQUENCIES_HZ, IDLE, MIXING, RATE_HZ, TRIAL_S, looking

CODES = ("9", "13", "idle")
CLASSES = {"9": 9.0, "13": 13.0, "idle": None}
CHANNELS = ("O1", "Oz", "O2")
TARGETS = (Target(9.0, Command.WALK), Target(13.0, Command.SIT))
INFO = HeadsetInfo("a test's headset", RATE_HZ, CHANNELS)
REQUEST = FitRequest(
    "01", TARGETS, trial_s=TRIAL_S, band_hz=(6.0, 55.0), mains_hz=50.0, max_false_per_min=1.0
)


def record(seed, n_each=5, amplitude_uv=2.5, folder="s1"):
    """A session with `n_each` trials of each class."""
    pieces, markers = [looking(IDLE, 3.0, seed)], []
    for k, label in enumerate([*range(IDLE + 1)] * n_each):
        markers.append(Marker(sum(map(len, pieces)), CODES[label]))
        pieces += [
            looking(IDLE, 0.5, 500 * seed + k),
            looking(label, TRIAL_S - 0.5, 700 * seed + k, amplitude_uv),
            looking(IDLE, 0.5, 900 * seed + k),
        ]
    return Recording(
        Path(folder) / f"{seed}.fif", np.concatenate(pieces), RATE_HZ, CHANNELS, tuple(markers)
    )


def labelled(seed, **changes):
    return LabelledRecording(record(seed, **changes), CLASSES, INFO)


@lru_cache(maxsize=1)
def calibrated():
    """One session, nobody else's."""
    assert len(MIXING) == len(CHANNELS)
    assert FREQUENCIES_HZ == (9.0, 13.0)
    return fit_subject([labelled(1)], [], REQUEST)

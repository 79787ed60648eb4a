"""A subject for guided calibrations, quick to draw, and a bench that can fail."""

from contextlib import contextmanager

import numpy as np

from bci_app.online.settings import PathSettings, Target
from bci_app.runtime.bench import VirtualBench, VirtualFeed
from bci_app.runtime.guided_calibration import GuidedCalibration
from bci_app.runtime.guided_plan import GuidedPlan
from bci_app.runtime.subjects import SubjectSession
from devices.errors import DeviceError
from devices.exoskeleton.command import Command
from devices.headset.acquisition import DeviceFailed

SETTINGS = PathSettings(targets=(Target(11.0, Command.WALK), Target(15.0, Command.STAND)))


class QuickSubject:
    """Pink-like noise that all electrodes share in part, and a response where they look."""

    channel_names = ("Oz", "O1", "O2", "POz")
    sampling_rate_hz = 250.0

    def __init__(self, seed=0, response_uv=4.0, strong_hz=None):
        self._rng = np.random.default_rng(seed)
        self._response_uv = response_uv
        self._strong_hz = strong_hz
        self._gaze = None
        self._index = 0
        self.looks = []
        self.dead = None

    def cue(self, frequency_hz):
        self.looks.append(frequency_hz)
        self._gaze = frequency_hz

    look_at = cue

    def draw(self, n_times):
        time_s = np.arange(self._index, self._index + n_times) / self.sampling_rate_hz
        self._index += n_times
        shared = 5 * self._rng.normal(size=(n_times, 1))
        samples_uv = shared + 4 * self._rng.normal(size=(n_times, 4))
        if self._gaze is not None:
            uv = self._response_uv
            if self._strong_hz is not None and self._gaze not in self._strong_hz:
                uv /= 8
            wave = np.sin(2 * np.pi * self._gaze * time_s)
            wave += 0.5 * np.sin(4 * np.pi * self._gaze * time_s)
            samples_uv += uv * wave[:, None] * np.array([1, 0.8, 0.8, 0.4])
        if self.dead is not None:
            samples_uv[:, self.dead] = 0.0
        return samples_uv


class FailingBench(VirtualBench):
    """Loses samples, or the headset, at given samples of its first start."""

    def __init__(self, subject, lose=(), dies_at=None):
        super().__init__(subject)
        self._wearer = subject
        self._lose = lose
        self._dies_at = dies_at

    @contextmanager
    def headset(self):
        feed = VirtualFeed(self._wearer)
        take = feed.get

        def get():
            chunk = take()
            if self._dies_at is not None and chunk.end_index > self._dies_at:
                self._dies_at = None
                return DeviceFailed(DeviceError("the dongle was unplugged"))
            if any(first <= chunk.first_index < last for first, last in self._lose):
                return None
            return chunk

        feed.get = get
        yield feed
        self._lose = ()


def guided(root, bench=None, *, subject="01", session="01", settings=SETTINGS, **plan):
    """A calibration of a few seconds."""
    plan = {"n_blocks": 2, "n_repeats": 2, "n_idle": 2, "look_s": 2.0} | plan
    return GuidedCalibration(
        bench or VirtualBench(QuickSubject()),
        settings,
        SubjectSession(root, subject, session),
        GuidedPlan(**plan),
    )

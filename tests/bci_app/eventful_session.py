"""A session on a virtual exoskeleton that is recorded while many things happen to it."""

from pathlib import Path

import numpy as np

from bci_app.evaluation.answers import Asked, Prompt
from bci_app.online.gate import GateSettings
from bci_app.online.path import OnlinePath
from bci_app.online.settings import PathSettings
from bci_app.runtime.recorder import Recorder
from bci_app.runtime.session import Note, Session
from devices.chunk import Chunk
from devices.errors import DeviceError
from devices.exoskeleton.command import Command
from devices.exoskeleton.virtual_link import VirtualLink
from devices.headset.acquisition import ReconnectFailed, StreamResumed, StreamSilent
from devices.headset.source import HeadsetInfo

RATE_HZ = 250.0
INFO = HeadsetInfo("a test's headset", RATE_HZ, ("O1", "Oz", "O2", "POz"))
SETTINGS = PathSettings(
    window_s=1.0, gate=GateSettings(confirmed=frozenset({Command.WALK}), min_interval_s=0.5)
)


class EventfulSession:
    """Gazes, losses, silences, stops and lost links, from a seed, in virtual time."""

    def __init__(self, path: Path, seed: int) -> None:
        self._path = path
        self._rng = np.random.default_rng(seed)
        self._index = 0
        self._link = VirtualLink()
        self.chunks: list[Chunk] = []
        self.events: list[object] = []

    def run(self, n_acts: int = 14) -> "EventfulSession":
        acts = [self._lose, self._fall_silent, self._stop, self._cut_line, self._wait]
        with self._link, Recorder(self._path, INFO, SETTINGS, {"seeds": {"test": 1}}) as recorder:
            online = OnlinePath(SETTINGS, RATE_HZ, len(INFO.channel_names))
            self.session = Session(online, self._link, [recorder, self.events.append])
            self._look(3)
            for _ in range(n_acts):
                self._look(int(self._rng.integers(5)))
                acts[self._rng.integers(len(acts))]()
        return self

    def _look(self, target: int, duration_s: float = 4.0) -> None:
        self.session.tell(Prompt(self._index, Asked.TARGET, target))
        time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
        response = 6 * np.sin(2 * np.pi * SETTINGS.frequencies_hz[target] * time_s)
        samples_uv = response[:, np.newaxis] + self._rng.normal(scale=5, size=(len(time_s), 4))
        position = 0
        while position < len(samples_uv):
            piece = samples_uv[position : position + int(self._rng.integers(1, 40))].copy()
            self._link.advance(self._index / RATE_HZ)
            self.chunks.append(Chunk(piece, self._index, arrival_s=self._index / RATE_HZ))
            self.session.feed(self.chunks[-1])
            self._index += len(piece)
            position += len(piece)

    def _lose(self) -> None:
        self._index += int(self._rng.integers(1, 60))

    def _fall_silent(self) -> None:
        self.session.observe_fault(StreamSilent(1.5, "no sample"))
        self.session.observe_fault(ReconnectFailed(DeviceError("nobody there")))
        self._look(int(self._rng.integers(5)), 2.0)
        self.session.observe_fault(StreamResumed(2.5, 0))

    def _stop(self) -> None:
        self.session.stop("a key was pressed")
        self._look(int(self._rng.integers(5)), 2.0)
        self.session.release()

    def _cut_line(self) -> None:
        self._link.exoskeleton.command("lose-frames 1", self._link.now_s)
        self._look(int(self._rng.integers(5)), 2.0)
        self._link.exoskeleton.command("mend", self._link.now_s)

    def _wait(self) -> None:
        self.session.tell(Prompt(self._index, Asked.IDLE))
        self.session.tell(Note("größer <&>"))

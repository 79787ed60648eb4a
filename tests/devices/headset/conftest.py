import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import numpy as np
import pytest

from devices.errors import DeviceError
from devices.headset.cyton import serve
from devices.virtual_brain.electrodes import Electrodes

from ...lsl_sender import sending


class Sine:
    """A subject made of one sine of 12 Hz: 10, 20, ... µV at the first, second, ... electrode.

    No contact disturbs it, but the electrodes have impedances.
    """

    sampling_rate_hz = 250.0

    def __init__(self, n_electrodes=8):
        self.channel_names = tuple(f"E{number}" for number in range(1, n_electrodes + 1))
        self.electrodes = Electrodes(self.channel_names, 250.0, np.random.default_rng(0))
        self.amplitudes_uv = 10.0 * np.arange(1.0, n_electrodes + 1.0)
        self.index = 0

    def draw(self, n_times):
        time_s = (self.index + np.arange(n_times)) / self.sampling_rate_hz
        self.index += n_times
        return np.outer(np.sin(2.0 * np.pi * 12.0 * time_s), self.amplitudes_uv)

    def look_at(self, frequency_hz):
        pass

    cue = step = look_at


@dataclass
class Served:
    """A virtual Cyton on a port, and its line of commands."""

    commands_fd: int
    stop: threading.Event
    port: str = ""
    n_plugged: int = 0
    refusals: list[DeviceError] = field(default_factory=list)
    refused: threading.Event = field(default_factory=threading.Event)

    def command(self, line: str) -> None:
        os.write(self.commands_fd, line.encode() + b"\n")


@contextlib.contextmanager
def _served(subject, **options) -> Iterator[Served]:
    read_fd, write_fd = os.pipe()
    board = Served(write_fd, threading.Event())
    ready = threading.Event()

    def on_ready(port):
        board.port = port
        board.n_plugged += 1
        ready.set()

    def on_refusal(error):
        board.refusals.append(error)
        board.refused.set()

    with os.fdopen(read_fd) as commands:
        thread = threading.Thread(
            target=serve,
            args=(subject, on_ready),
            kwargs={"commands": commands, "on_refusal": on_refusal, "stop": board.stop} | options,
            name="cyton",
        )
        thread.start()
        try:
            assert ready.wait(5.0)
            yield board
        finally:
            board.stop.set()
            thread.join(5.0)
            os.close(write_fd)
            assert not thread.is_alive()


@pytest.fixture
def sine() -> Sine:
    return Sine()


@pytest.fixture(scope="module")
def sine_for_module() -> Sine:
    return Sine()


@pytest.fixture
def sine_at_sixteen() -> Sine:
    return Sine(16)


@pytest.fixture(scope="session")
def served() -> Callable[..., AbstractContextManager[Served]]:
    """Serve a virtual Cyton from a thread for as long as the context lasts."""
    return _served


@pytest.fixture(scope="session")
def lsl_sender() -> Callable[..., AbstractContextManager[list]]:
    """Offer a stream on the network for as long as the context lasts; yields its outlet."""
    pytest.importorskip("pylsl", reason="the extra lsl is not installed")
    return sending

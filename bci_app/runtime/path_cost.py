"""What the steps from a sample to a command cost on this machine, each beside its limit."""

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from bci_app.online.growing import GrowingModel, fit_growing_model, make_growing_decoder
from bci_app.online.path import OnlinePath
from bci_app.online.settings import PathSettings
from bci_app.runtime.session import LATE_LINK_S
from bci_app.runtime.simulators import simulated_exoskeleton
from devices.chunk import Chunk
from devices.exoskeleton.command import Command
from devices.exoskeleton.events import Acknowledged

_RATE_HZ = 250.0  # of a Cyton, as are the eight channels
_N_CHANNELS = 8
_HOP_S = 0.125
_TRIAL_S = 4.0
_SECONDS_OF_SIGNAL = 40.0
_N_ECHOES = 2000
_N_COMMANDS = 100
_ECHO = "import os\nwhile data := os.read(0, 64): os.write(1, data)"


@dataclass(frozen=True, slots=True)
class Cost:
    """What a step takes.

    Parameters
    ----------
    step : str
    p50_ms, p99_ms, max_ms : float
    limit_ms : float or None
        What the 99th percentile may be; None for a floor that no program gets below.
    limit : str
        Where the limit comes from.
    """

    step: str
    p50_ms: float
    p99_ms: float
    max_ms: float
    limit_ms: float | None
    limit: str

    @property
    def passed(self) -> bool:
        """Whether it keeps the limit."""
        return self.limit_ms is None or self.p99_ms <= self.limit_ms


def measure_path() -> list[Cost]:
    """Measure the floor of the system, the online path, and the line to the exoskeleton.

    Raises
    ------
    DeviceError
        When the simulated exoskeleton does not come up.
    """
    settings = PathSettings()
    within_hop = "done before the next hop is due"
    return [
        _cost("pipe to a process and back", time_pipe(), None, "the floor of this machine"),
        _cost("hop, no calibration", _time_hops(settings, None), settings.hop_s, within_hop),
        _cost("hop, calibrated", _time_hops(settings, _fit(settings)), _HOP_S, within_hop),
        _cost(
            "command to exoskeleton and back",
            _time_commands(),
            LATE_LINK_S,
            "beyond it nothing is sent",
        ),
    ]


def _cost(step: str, times_s: list[float], limit_s: float | None, limit: str) -> Cost:
    p50, p99, most = np.percentile(np.array(times_s) * 1e3, [50, 99, 100]).tolist()
    return Cost(step, p50, p99, most, None if limit_s is None else 1e3 * limit_s, limit)


def _timed(step: Callable[[], object]) -> float:
    began_s = time.perf_counter()
    step()
    return time.perf_counter() - began_s


def _time_hops(settings: PathSettings, model: GrowingModel | None) -> list[float]:
    path = OnlinePath(settings, _RATE_HZ, _N_CHANNELS, model)
    n_hop = round((settings.hop_s if model is None else _HOP_S) * _RATE_HZ)
    samples_uv = np.random.default_rng(0).normal(size=(round(_SECONDS_OF_SIGNAL * _RATE_HZ), 8))
    times_s = []
    for start in range(0, len(samples_uv) - n_hop, n_hop):
        chunk = Chunk(samples_uv[start : start + n_hop], start)
        times_s.append(_timed(partial(path.push, chunk)))
    return times_s[len(times_s) // 4 :]  # by then windows have grown to their full length


def _fit(settings: PathSettings) -> GrowingModel:
    """Fit a model to responses in noise: what a hop costs does not depend on whose they are."""
    rng = np.random.default_rng(0)
    frequencies_hz = settings.frequencies_hz
    decoder = make_growing_decoder(frequencies_hz, _RATE_HZ, _TRIAL_S)
    labels = np.tile(np.arange(len(frequencies_hz) + 1), 4)
    time_s = np.arange(round((_TRIAL_S - 0.5) * _RATE_HZ)) / _RATE_HZ
    people = []
    for _ in range(3):
        windows_uv = rng.normal(size=(len(labels), _N_CHANNELS, len(time_s)))
        for window_uv, label in zip(windows_uv, labels, strict=True):
            if label < len(frequencies_hz):
                phase = 2 * np.pi * frequencies_hz[label] * time_s + rng.uniform(0, 2 * np.pi)
                window_uv += 0.5 * np.sin(phase)
        people.append(decoder.observe(windows_uv, labels))
    return fit_growing_model(decoder, people[:1], [[people[1]], [people[2]]])


def time_pipe() -> list[float]:
    """Seconds of each of many ways through a pipe to another process and back."""
    with subprocess.Popen(  # noqa: S603 - this interpreter itself, no shell
        [sys.executable, "-c", _ECHO], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    ) as echo:
        assert echo.stdin is not None  # noqa: S101 - it is a pipe
        assert echo.stdout is not None  # noqa: S101 - it is a pipe
        write, read = echo.stdin.write, echo.stdout.read

        def there_and_back() -> None:
            write(b"8 bytes.")
            read(8)

        there_and_back()  # it has started
        return [_timed(there_and_back) for _ in range(_N_ECHOES)]


def _time_commands() -> list[float]:
    times_s: list[float] = []
    with simulated_exoskeleton() as link:
        while len(times_s) < _N_COMMANDS:
            link.send(Command.STOP)
            answered = False
            while not answered:
                for event in link.poll():
                    if isinstance(event, Acknowledged):
                        times_s.append(event.round_trip_s)
                        answered = True
                time.sleep(0.001)
    return times_s

"""Simulated devices in processes of their own, started with this program's own commands."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Self

from bci_app.runtime.wearer import Wearer
from bci_app.stimulus.flicker import Flicker, Waveform
from devices.errors import DeviceError
from devices.exoskeleton.serial_link import ExoskeletonLink
from devices.headset.brainflow_source import BrainFlowHeadset
from devices.headset.direct import VIRTUAL_SUBJECT, DirectHeadset
from devices.headset.source import Headset
from devices.pseudo_terminal import pseudo_terminals_available
from devices.virtual_brain import OCCIPITAL_CHANNELS, VirtualSubject
from devices.virtual_brain.flicker import darkness, displayed

_START_TIMEOUT_S = 30.0
_END_TIMEOUT_S = 5.0


class Simulator:
    """`bci-app simulate KIND` in a child process that never outlives this one.

    Parameters
    ----------
    kind : str
        `headset` or `exoskeleton`.
    options : str
        Further options of the command.

    Attributes
    ----------
    port : str
        Where the device can be opened, once started.

    Raises
    ------
    DeviceError
        On entering, when the child does not come up.
    """

    def __init__(self, kind: str, *options: str) -> None:
        self._kind = kind
        self._options = options
        self.port = ""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(  # noqa: S603 - this program itself, no shell
            [
                *(sys.executable, "-m", "bci_app", "simulate", self._kind),
                *("--json", "--until-stdin-closes", *self._options),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            start_new_session=True,  # Ctrl+C is for this program, which then ends its children
        )
        too_late = threading.Timer(_START_TIMEOUT_S, self._process.kill)
        too_late.start()
        try:
            self.port = self._read_port()
        except BaseException:
            self._end()
            raise
        finally:
            too_late.cancel()
            too_late.join()
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def command(self, line: str) -> None:
        """Send the simulator a line on its standard input.

        Raises
        ------
        DeviceError
            When the process has ended.
        """
        assert self._process.stdin is not None  # noqa: S101 - it is a pipe
        try:
            self._process.stdin.write(line + "\n")
        except OSError as error:
            raise DeviceError(f"the simulated {self._kind} has ended by itself") from error

    def _read_port(self) -> str:
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        line = self._process.stdout.readline()
        if not line:
            raise DeviceError(
                f"the simulated {self._kind} did not start within {_START_TIMEOUT_S:g} s: run "
                f"`bci-app simulate {self._kind}` to see why"
            )
        return str(json.loads(line)["port"])

    def _end(self) -> None:
        assert self._process.stdin is not None  # noqa: S101 - it is a pipe
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        with suppress(BrokenPipeError):  # it has ended before
            self._process.stdin.close()
        try:
            self._process.wait(_END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


@contextmanager
def simulated_exoskeleton() -> Iterator[ExoskeletonLink]:
    """Provide a link to the simulated controller in a process of its own."""
    options = () if pseudo_terminals_available() else ("--tcp",)
    with Simulator("exoskeleton", *options) as simulator, ExoskeletonLink(simulator.port) as link:
        yield link


@contextmanager
def simulated_headset(seed: int) -> Iterator[tuple[Headset, Wearer]]:
    """Provide a headset, not yet started, and the virtual subject who wears it.

    A Cyton in a process of its own, read by BrainFlow's driver; where the platform has no
    pseudo-terminals, the subject's samples without a driver.
    """
    if not pseudo_terminals_available():
        direct = DirectHeadset(VirtualSubject(seed))
        yield direct, _WearerHere(direct)
        return
    with Simulator("headset", "--seed", str(seed)) as simulator:
        headset = BrainFlowHeadset(
            "cyton",
            serial_port=simulator.port,
            channel_names=OCCIPITAL_CHANNELS,
            called=VIRTUAL_SUBJECT,
        )
        yield headset, _WearerElsewhere(simulator)


class _WearerElsewhere:
    """A virtual subject in the process of their headset."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def look_at(self, frequency_hz: float | None) -> None:
        self._simulator.command(f"gaze {'none' if frequency_hz is None else frequency_hz}")

    def flicker(self, flicker: Flicker, refresh_hz: float, at_s: float) -> None:
        wave = "square" if flicker.waveform is Waveform.SQUARE else "sine"
        self._simulator.command(
            f"flicker {flicker.frequency_hz} {flicker.phase_rad} {wave} {refresh_hz} {at_s}"
        )

    def still(self, at_s: float) -> None:
        self._simulator.command(f"still {at_s}")

    def step(self) -> None:
        self._simulator.command("step")


class _WearerHere:
    """A virtual subject in this process."""

    def __init__(self, headset: DirectHeadset) -> None:
        self._headset = headset
        self.look_at = headset.look_at
        self.step = headset.step

    def flicker(self, flicker: Flicker, refresh_hz: float, at_s: float) -> None:
        light = displayed(
            flicker.frequency_hz,
            flicker.phase_rad,
            refresh_hz,
            square=flicker.waveform is Waveform.SQUARE,
        )
        self._headset.light(flicker.frequency_hz, light, at_s)

    def still(self, at_s: float) -> None:
        self._headset.all_lights(darkness, at_s)

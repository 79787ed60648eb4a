"""What goes wrong between the skin and BrainFlow: electrodes, board, radio, receiver."""

import signal
from pathlib import Path
from typing import Any

from faults.fault import Fault, Outcome
from faults.system import System

_SILENT = ("StreamSilent",)
_GAP = ("GapFound",)
_RATE_HZ = 250.0


def _fault(
    line: str, name: str, what: str, outcome: Outcome, *, after: str = "", **more: Any
) -> Fault:
    """Return a fault of one line to the virtual headset, and of another that mends it."""

    def strike(system: System) -> None:
        system.tell_headset(line)

    def undo(system: System) -> None:
        if after:
            system.tell_headset(after)

    return Fault(name, what, "headset", outcome, strike, undo, **more)


def _freeze(system: System) -> None:
    system.signal(signal.SIGSTOP, system.headset.pid)


def _thaw(system: System) -> None:
    system.signal(signal.SIGCONT, system.headset.pid)


def _kill(system: System) -> None:
    system.signal(signal.SIGKILL, system.headset.pid)
    (system.folder / "headset").unlink(missing_ok=True)  # its port is gone with it


def _swap(system: System) -> None:
    """Pull the receiver out, and give its name to something else's port."""
    system.tell_headset("unplug")
    system.wait(lambda: not _port(system).is_symlink(), 1.0)
    _port(system).symlink_to(system.other_device())


def _swap_back(system: System) -> None:
    _port(system).unlink()
    system.tell_headset("plug")


def _port(system: System) -> Path:
    return system.folder / "headset"


HEADSET_FAULTS = (
    _fault(
        "lose 1",
        "one packet lost",
        "one packet of the radio is lost",
        Outcome.GOES_ON,
        detected_by=_GAP,
        takes_s=1 / _RATE_HZ,
    ),
    _fault(
        "lose 25",
        "0.1 s lost",
        "25 packets in a row are lost",
        Outcome.GOES_ON,
        detected_by=_GAP,
        takes_s=25 / _RATE_HZ,
    ),
    _fault(
        "lose 300",
        "1.2 s lost",
        "300 packets in a row are lost: the packet counter wraps meanwhile",
        Outcome.RECOVERS,
        hold_s=1.2,
        detected_by=_SILENT,
        takes_s=300 / _RATE_HZ,
    ),
    _fault(
        "corrupt 20",
        "20 packets damaged",
        "a byte is changed in each of 20 packets",
        Outcome.GOES_ON,
        takes_s=20 / _RATE_HZ,
    ),
    _fault(
        "truncate 20",
        "20 packets cut short",
        "the end is missing from each of 20 packets",
        Outcome.GOES_ON,
        detected_by=_GAP,
        takes_s=20 / _RATE_HZ,
    ),
    _fault(
        "repeat 20",
        "20 packets twice",
        "each of 20 packets arrives twice",
        Outcome.GOES_ON,
    ),
    _fault(
        "batch 50",
        "packets in bursts of 50",
        "packets arrive 50 at a time, every 0.2 s",
        Outcome.GOES_ON,
        after="batch 1",
    ),
    _fault(
        "batch 150",
        "packets in bursts of 150",
        "packets arrive 150 at a time, every 0.6 s",
        Outcome.RECOVERS,
        after="batch 1",
        detected_by=_SILENT,
    ),
    _fault(
        "stall 0.3",
        "radio stalls 0.3 s",
        "nothing comes for 0.3 s, then all of it",
        Outcome.GOES_ON,
        hold_s=0.3,
    ),
    _fault(
        "stall 1.5",
        "radio stalls 1.5 s",
        "nothing comes for 1.5 s, then all of it",
        Outcome.RECOVERS,
        hold_s=1.5,
        detected_by=_SILENT,
    ),
    _fault(
        "stall 5",
        "radio stalls 5 s",
        "nothing comes for 5 s, then all of it: the app reconnects meanwhile",
        Outcome.RECOVERS,
        hold_s=5.0,
        detected_by=_SILENT,
        takes_s=None,
    ),
    _fault(
        "drift 1000",
        "crystal drifts",
        "the board samples 0.1 % too fast from now on",
        Outcome.GOES_ON,
        after="drift 0",
    ),
    _fault(
        "battery dead",
        "headset battery dies",
        "the board loses its power for 3 s, and has forgotten that it streamed",
        Outcome.RECOVERS,
        after="battery fresh",
        detected_by=_SILENT,
        takes_s=None,
    ),
    _fault(
        "unplug",
        "receiver unplugged, plugged in",
        "the receiver is pulled out for 3 s",
        Outcome.RECOVERS,
        after="plug",
        detected_by=_SILENT,
        takes_s=None,
    ),
    _fault(
        "unplug",
        "receiver unplugged",
        "the receiver is pulled out and stays out",
        Outcome.STAYS,
        detected_by=_SILENT,
        takes_s=None,
    ),
    _fault(
        "dry O2 300 1",
        "an electrode dries",
        "one electrode dries to 300 kOhm within a second; 6 s later it is wetted",
        Outcome.GOES_ON,
        after="mend O2",
        hold_s=6.0,
    ),
    _fault(
        "pop Oz 400",
        "an electrode pops",
        "the half-cell of one electrode leaps by 400 µV",
        Outcome.GOES_ON,
    ),
    _fault(
        "off Oz",
        "an electrode falls off",
        "one electrode hangs in the air; 6 s later it is put back",
        Outcome.RECOVERS,
        after="mend Oz",
        hold_s=6.0,
        detected_by=("Hindered signal",),
        detected_within_s=4.0,
        safe_within_s=6.0,
    ),
    _fault(
        "bridge O1 Oz",
        "electrodes bridged",
        "gel joins two electrodes; 12 s later it is wiped away",
        Outcome.GOES_ON,
        after="mend O1",
        hold_s=12.0,
    ),
    _fault(
        "saturate POz",
        "a channel saturates",
        "one amplifier sits at its rail; 6 s later it is back",
        Outcome.RECOVERS,
        after="mend POz",
        hold_s=6.0,
        detected_by=("Hindered signal",),
        detected_within_s=4.0,
        safe_within_s=6.0,
    ),
    Fault(
        "headset frozen",
        "the board stands still for 3 s (SIGSTOP), then sends all it has missed",
        "headset",
        Outcome.RECOVERS,
        _freeze,
        _thaw,
        detected_by=_SILENT,
        takes_s=None,
    ),
    Fault(
        "headset dead",
        "the board and its port are gone for good (kill -9)",
        "headset",
        Outcome.STAYS,
        _kill,
        detected_by=_SILENT,
        takes_s=None,
    ),
    Fault(
        "another device for the headset",
        "a GPS receiver has the headset's port for 4 s",
        "headset",
        Outcome.RECOVERS,
        _swap,
        _swap_back,
        hold_s=4.0,
        detected_by=_SILENT,
        takes_s=None,
    ),
)

"""An EEG stream on the network, from any program that offers one through LSL."""

import time
from typing import Any

import numpy as np

from devices.chunk import Chunk
from devices.errors import DeviceError
from devices.headset.arrival_counter import ArrivalCounter
from devices.headset.lsl_library import load_lsl, lsl_minus_monotonic_s
from devices.headset.source import Headset, HeadsetInfo

_SEARCH_S = 3.0
_OPEN_S = 5.0
_BUFFER_S = 30
_AT_ONCE = 4096

_UV_PER_UNIT = {
    **dict.fromkeys(("", "microvolts", "microvolt", "uv", "µv", "μv"), 1.0),
    **dict.fromkeys(("millivolts", "millivolt", "mv"), 1e3),
    **dict.fromkeys(("volts", "volt", "v"), 1e6),
    **dict.fromkeys(("nanovolts", "nanovolt", "nv"), 1e-3),
}


def find_streams(seconds: float = 1.0) -> tuple[str, ...]:
    """Look for EEG streams on the network for a while; return their names.

    Raises
    ------
    DeviceError
        When LSL is not installed.
    """
    found = load_lsl().resolve_byprop("type", "EEG", minimum=10_000, timeout=seconds)
    return tuple(sorted({str(info.name()) for info in found}))


class LslHeadset(Headset):
    """A stream of type EEG.

    Sample times are the sender's own, carried over to this computer's clock by LSL. LSL does not
    number samples: a loss at the sender shows in the time alone.

    Parameters
    ----------
    name : str
        Of the stream; may be empty where there is only one.
    """

    def __init__(self, name: str = "") -> None:
        super().__init__()
        self._name = name
        self._inlet: Any = None
        self._used: list[int] = []
        self._uv_per_unit = np.empty(0)
        self._counter = ArrivalCounter(1.0)

    def _start(self) -> HeadsetInfo:
        lsl = load_lsl()
        inlet = lsl.StreamInlet(
            self._find(), max_buflen=_BUFFER_S, recover=False, processing_flags=lsl.proc_clocksync
        )
        try:
            info = inlet.info(_OPEN_S)
            inlet.open_stream(_OPEN_S)
        except (lsl.util.LostError, lsl.util.TimeoutError) as error:
            raise DeviceError(f"the LSL stream {self._name!r} does not answer: {error}") from error
        rate_hz = float(info.nominal_srate())
        if rate_hz <= 0.0:
            raise DeviceError(f"the LSL stream {info.name()!r} has no regular sampling rate")
        self._used, names, self._uv_per_unit = _channels(info)
        self._counter = ArrivalCounter(rate_hz)
        self._inlet = inlet
        return HeadsetInfo(str(info.name()), rate_hz, names)

    def _find(self) -> Any:
        lsl = load_lsl()
        if self._name:
            found = lsl.resolve_byprop("name", self._name, minimum=1, timeout=_SEARCH_S)
        else:
            found = lsl.resolve_byprop("type", "EEG", minimum=1, timeout=_SEARCH_S)
        if len(found) == 1:
            return found[0]
        there = ", ".join(find_streams()) or "none"
        if not found:
            raise DeviceError(f"no LSL stream {self._name!r} is on the network; there is: {there}")
        raise DeviceError(f"several LSL streams would do, name one that only one bears: {there}")

    def _read(self) -> Chunk | None:
        lsl = load_lsl()
        try:
            rows, stamps_s = self._inlet.pull_chunk(timeout=0.0, max_samples=_AT_ONCE)
        except lsl.util.LostError as error:
            raise DeviceError(f"the LSL stream {self.info.name!r} has gone") from error
        if not stamps_s:
            return None
        now_s = time.monotonic()
        samples = np.asarray(rows, dtype=np.float64)[:, self._used]
        arrival_s = min(stamps_s[-1] - lsl_minus_monotonic_s(), now_s)
        ((_, _, first_index),) = self._counter.push(range(len(stamps_s)), now_s)
        return Chunk(samples * self._uv_per_unit, first_index, arrival_s)

    def _stop(self) -> None:
        if self._inlet is not None:
            self._inlet.close_stream()
            self._inlet = None


def _channels(info: Any) -> tuple[list[int], tuple[str, ...], Any]:
    """Columns of the EEG channels, their names, and the factors that make µV of their units."""
    used, names, factors = [], [], []
    channel = info.desc().child("channels").child("channel")
    for column in range(info.channel_count()):
        label = channel.child_value("label") or f"EEG{column + 1}"
        kind = channel.child_value("type") or "EEG"
        unit = channel.child_value("unit")
        channel = channel.next_sibling("channel")
        if kind.upper() != "EEG":
            continue
        if unit.lower() not in _UV_PER_UNIT:
            raise DeviceError(
                f"channel {label} of the LSL stream {info.name()!r} is in {unit!r}, no voltage"
            )
        used.append(column)
        names.append(label)
        factors.append(_UV_PER_UNIT[unit.lower()])
    if not used or len(set(names)) < len(names):
        raise DeviceError(
            f"the LSL stream {info.name()!r} needs EEG channels with different labels; "
            f"it has {', '.join(names) or 'none'}"
        )
    return used, tuple(names), np.array(factors)

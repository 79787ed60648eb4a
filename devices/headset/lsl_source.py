"""An EEG stream on the network, from any program that offers one through LSL."""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from devices.chunk import Chunk
from devices.errors import DeviceError
from devices.headset.arrival_counter import ArrivalCounter
from devices.headset.lsl_library import load_lsl, lsl_minus_monotonic_s
from devices.headset.montage import choose_channels
from devices.headset.source import Headset, HeadsetInfo

_SEARCH_S = 3.0
_NAMESAKE_S = 0.5
_OPEN_S = 5.0
_BUFFER_S = 30
_AT_ONCE = 4096
_OTHER_CLOCK_S = 2.0

_UV_PER_UNIT = {
    **dict.fromkeys(("microvolts", "microvolt", "uv", "µv", "μv"), 1.0),
    **dict.fromkeys(("millivolts", "millivolt", "mv"), 1e3),
    **dict.fromkeys(("volts", "volt", "v"), 1e6),
    **dict.fromkeys(("nanovolts", "nanovolt", "nv"), 1e-3),
}


@dataclass(frozen=True, slots=True)
class LslStream:
    """A stream that somebody offers on the network.

    Parameters
    ----------
    name : str
    kind : str
        Its type: `EEG`, `Markers`, …
    source_id : str
        By which it is known again after a break; empty where the sender gives none.
    host : str
        The computer that sends it.
    n_channels : int
    sampling_rate_hz : float
        0 where samples come at irregular times.
    """

    name: str
    kind: str
    source_id: str
    host: str
    n_channels: int
    sampling_rate_hz: float


@dataclass(frozen=True, slots=True)
class LslQuery:
    """Which stream is meant; what is left empty may be anything.

    Parameters
    ----------
    name : str
    kind : str
        Its type.
    source_id : str
    """

    name: str = ""
    kind: str = "EEG"
    source_id: str = ""

    def __post_init__(self) -> None:
        for text in (self.name, self.kind, self.source_id):
            if "'" in text:
                raise DeviceError(
                    f"LSL cannot look for {text!r}, which holds an apostrophe; name the stream by "
                    "something else that it bears: its name, its type or its source id"
                )

    def __str__(self) -> str:
        fields = (("", self.name), ("type ", self.kind), ("source id ", self.source_id))
        return ", ".join(f"{what}{value!r}" for what, value in fields if value) or "any"

    @property
    def predicate(self) -> str:
        """The query in LSL's language."""
        fields = (("name", self.name), ("type", self.kind), ("source_id", self.source_id))
        return " and ".join(f"{field}='{value}'" for field, value in fields if value)


def find_streams(seconds: float = 1.0) -> tuple[LslStream, ...]:
    """Look for streams on the network for a while, whatever they carry; sorted by name.

    Raises
    ------
    DeviceError
        When LSL is not installed.
    """
    found = {_described(info) for info in load_lsl().resolve_streams(wait_time=seconds)}
    return tuple(sorted(found, key=lambda stream: (stream.name, stream.host, stream.source_id)))


class LslHeadset(Headset):
    """A stream on the network that is worn like a headset.

    Sample times are the sender's own, carried over to this computer's clock by LSL; those of a
    sender that stamps by another clock than LSL's are the times of arrival. LSL does not number
    samples: a loss at the sender shows in the time alone. A sample that is not a number in one of
    the channels in use counts as lost.

    Parameters
    ----------
    query : LslQuery
        Which stream. One that was lost is waited for by all that it was found to bear, so that no
        other takes its place.
    channel_names : sequence of (str or None), optional
        Where the electrode of each of its EEG channels sits, in its order; a channel named None is
        left out. By default the stream's own labels.
    unit : str
        What the samples are in; by default what the stream says.
    reference : str
        Where the reference electrode sits, for the record; by default what the stream says.

    Raises
    ------
    DeviceError
        When there is no such unit.
    """

    def __init__(
        self,
        query: LslQuery | None = None,
        channel_names: Sequence[str | None] | None = None,
        unit: str = "",
        reference: str = "",
    ) -> None:
        super().__init__()
        if unit and unit.lower() not in _UV_PER_UNIT:
            raise DeviceError(
                f"{unit!r} is no unit of voltage; there are {', '.join(_UV_PER_UNIT)}"
            )
        self._query = query or LslQuery()
        self._electrodes = channel_names
        self._unit = unit
        self._reference = reference
        self._inlet: Any = None
        self._used: list[int] = []
        self._uv_per_unit = np.empty(0)
        self._counter = ArrivalCounter(1.0)
        self._has_lsl_time: bool | None = None
        self._ready: deque[Chunk] = deque()

    def _start(self) -> HeadsetInfo:
        lsl = load_lsl()
        found = self._find()
        inlet = lsl.StreamInlet(
            found, max_buflen=_BUFFER_S, recover=False, processing_flags=lsl.proc_clocksync
        )
        try:
            info = inlet.info(_OPEN_S)
            headset = self._understand(info)
            inlet.open_stream(_OPEN_S)
        except (lsl.util.LostError, lsl.util.TimeoutError) as error:
            raise DeviceError(f"the LSL stream {self._query} does not answer: {error}") from error
        self._query = replace(
            self._query, name=_usable(info.name()), source_id=_usable(info.source_id())
        )
        self._counter = ArrivalCounter(headset.sampling_rate_hz)
        self._has_lsl_time = None
        self._ready.clear()
        self._inlet = inlet
        return headset

    def _find(self) -> Any:
        lsl = load_lsl()
        predicate = self._query.predicate or "name!=''"
        if not (found := lsl.resolve_bypred(predicate, minimum=1, timeout=_SEARCH_S)):
            raise DeviceError(
                f"no LSL stream ({self._query}) is on the network; there is: {_listed()}. Start "
                "its sender, on the same network and not behind a firewall"
            )
        # The first answer comes at once; a second stream that would do as well, a little later.
        found = lsl.resolve_bypred(predicate, minimum=2, timeout=_NAMESAKE_S) or found
        if len(found) > 1:
            raise DeviceError(
                f"several LSL streams would do ({self._query}); there is: {_listed()}. Say which "
                "by a name, type or source id that only one bears"
            )
        return found[0]

    def _understand(self, info: Any) -> HeadsetInfo:
        """Choose channels and units; say what the stream delivers."""
        who = f"the LSL stream {info.name()!r}"
        rate_hz = float(info.nominal_srate())
        if rate_hz <= 0.0:
            raise DeviceError(f"{who} has no regular sampling rate: it is no EEG")
        if info.channel_format() == load_lsl().cf_string:
            raise DeviceError(f"{who} carries texts: it is no EEG")
        channels = _eeg_channels(info)
        used, names = choose_channels(who, [label for _, label, _ in channels], self._electrodes)
        self._used = [channels[position][0] for position in used]
        units = [self._unit or channels[position][2] for position in used]
        self._uv_per_unit = np.array(
            [_uv_per_unit(who, name, unit) for name, unit in zip(names, units, strict=True)]
        )
        said = info.desc().child("reference").child_value("label")
        return HeadsetInfo(str(info.name()), rate_hz, names, self._reference or str(said))

    def _read(self) -> Chunk | None:
        if not self._ready:
            self._ready.extend(self._pull())
        return self._ready.popleft() if self._ready else None

    def _pull(self) -> Iterator[Chunk]:
        lsl = load_lsl()
        try:
            rows, stamps_s = self._inlet.pull_chunk(timeout=0.0, max_samples=_AT_ONCE)
        except lsl.util.LostError as error:
            raise DeviceError(f"the LSL stream {self.info.name!r} has gone") from error
        if not stamps_s:
            return
        now_s = time.monotonic()
        taken_s = stamps_s[-1] - lsl_minus_monotonic_s()
        if self._has_lsl_time is None:
            self._has_lsl_time = abs(now_s - taken_s) < _OTHER_CLOCK_S
        arrival_s = min(taken_s, now_s) if self._has_lsl_time else now_s
        samples_uv = np.asarray(rows, dtype=np.float64)[:, self._used] * self._uv_per_unit
        ((_, n_times, first_index),) = self._counter.push(range(len(stamps_s)), now_s)
        for start, end in _runs(np.isfinite(samples_uv.sum(axis=1))):
            later_s = (n_times - end) / self.info.sampling_rate_hz
            yield Chunk(samples_uv[start:end].copy(), first_index + start, arrival_s - later_s)

    def _stop(self) -> None:
        if self._inlet is not None:
            self._inlet.close_stream()
            self._inlet = None


def _described(info: Any) -> LslStream:
    return LslStream(
        name=str(info.name()),
        kind=str(info.type()),
        source_id=str(info.source_id()),
        host=str(info.hostname()),
        n_channels=int(info.channel_count()),
        sampling_rate_hz=float(info.nominal_srate()),
    )


def _listed() -> str:
    streams = find_streams()
    return "; ".join(f"{s.name!r} ({s.kind}, {s.n_channels} channels)" for s in streams) or "none"


def _usable(text: str) -> str:
    """Return a text if LSL can look for it."""
    return "" if "'" in text else text


def _eeg_channels(info: Any) -> list[tuple[int, str, str]]:
    """Column, label and unit of each EEG channel."""
    found = []
    channel = info.desc().child("channels").child("channel")
    for column in range(info.channel_count()):
        label = channel.child_value("label") or f"EEG{column + 1}"
        kind = channel.child_value("type") or "EEG"
        unit = channel.child_value("unit")
        channel = channel.next_sibling("channel")
        if kind.upper() == "EEG":
            found.append((column, label, unit))
    return found


def _runs(flags: npt.NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Yield where each run of true flags begins, and where it has ended."""
    edges = np.flatnonzero(np.diff(flags, prepend=False, append=False))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def _uv_per_unit(who: str, channel: str, unit: str) -> float:
    if not unit:
        raise DeviceError(
            f"{who} does not say what its channel {channel} is in; say so yourself: the field "
            '`unit` of `[headset.stream]`, such as "microvolts"'
        )
    if unit.lower() not in _UV_PER_UNIT:
        raise DeviceError(f"the channel {channel} of {who} is in {unit!r}, no voltage")
    return _UV_PER_UNIT[unit.lower()]

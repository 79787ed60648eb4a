"""One stream of samples out of the sessions that a headset gives, and what went wrong with it."""

from collections import deque
from dataclasses import dataclass
from itertools import pairwise

from devices.chunk import Chunk
from devices.errors import DeviceError
from devices.headset.sample_clock import ClockFit, SampleClock

SILENT_S = 0.4
"""No sample for so long is a silence: told well within half a second."""


_WRONG_RATE = 0.02


@dataclass(frozen=True, slots=True)
class StreamSilent:
    """No sample has come for a while.

    Parameters
    ----------
    since_s : float
        Monotonic time of the last arrival (or of the start).
    reason : str
        What the headset says about it; empty when it says nothing.
    """

    since_s: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ReconnectFailed:
    """An attempt to start the headset again failed; further ones follow.

    Told once as long as the reason stays the same.

    Parameters
    ----------
    error : DeviceError
        What it said.
    """

    error: DeviceError


@dataclass(frozen=True, slots=True)
class StreamResumed:
    """Samples come again after a silence; the next chunk is the first of them.

    Parameters
    ----------
    at_s : float
        Monotonic time of the arrival.
    n_lost : int
        Samples that were lost meanwhile.
    """

    at_s: float
    n_lost: int


@dataclass(frozen=True, slots=True)
class DeviceFailed:
    """The headset is given up; nothing more will come.

    Parameters
    ----------
    error : DeviceError
        What it said.
    """

    error: DeviceError


Fault = StreamSilent | ReconnectFailed | StreamResumed | DeviceFailed


class Stream:
    """Sample indices that go on, and a clock for them, through silences and new sessions.

    The samples of a headset that is started anew count from 0 again. Here they follow on the
    earlier ones, after a gap as long as the time that the earlier samples' clock says went by.

    Parameters
    ----------
    sampling_rate_hz : float
        Nominal.
    now_s : float
        Monotonic time at which the first session started.
    """

    def __init__(self, sampling_rate_hz: float, now_s: float) -> None:
        self._rate_hz = sampling_rate_hz
        self._clock: SampleClock | None = None
        self._offset = 0
        self._offset_known = True
        self._end_index = 0
        self._heard_s = now_s
        self._silent = False
        self._earliest: deque[tuple[int, float]] = deque(maxlen=10)  # of each second

    @property
    def clock(self) -> ClockFit | None:
        """Relation of sample index to time at present; None before the first sample."""
        return None if self._clock is None else self._clock.fit

    def silence_s(self, now_s: float) -> float:
        """Return for how long this session has brought no sample."""
        return now_s - self._heard_s

    def push(self, chunk: Chunk, now_s: float) -> list[Chunk | Fault]:
        """Take a chunk of the present session; return what there is to hand over.

        Raises
        ------
        DeviceError
            When the headset delivers at another rate than it says.
        """
        arrival_s = now_s if chunk.arrival_s is None else chunk.arrival_s
        if not self._offset_known:
            self._offset = self._find_offset(chunk, arrival_s)
            self._offset_known = True
        first_index = chunk.first_index + self._offset
        told: list[Chunk | Fault] = []
        if self._silent:
            self._silent = False
            told.append(StreamResumed(now_s, first_index - self._end_index))
        told.append(Chunk(chunk.samples_uv, first_index, arrival_s))
        self._end_index = first_index + len(chunk)
        self._heard_s = now_s
        last_index = self._end_index - 1
        self._check_rate(last_index, arrival_s)
        if self._clock is None:
            self._clock = SampleClock(self._rate_hz, last_index, arrival_s)
        else:
            self._clock.push(last_index, arrival_s)
        return told

    def poll(self, now_s: float) -> list[Fault]:
        """Look at the time when no chunk came; return a silence that has begun."""
        return self._fall_silent("") if self.silence_s(now_s) > SILENT_S else []

    def break_off(self, error: DeviceError) -> list[Fault]:
        """Take note that the device failed; return the silence that this is."""
        return self._fall_silent(str(error))

    def restart(self, now_s: float) -> None:
        """Take note that a new session has started, whose samples count from 0."""
        self._offset_known = False
        self._heard_s = now_s

    def _fall_silent(self, reason: str) -> list[Fault]:
        if self._silent:
            return []
        self._silent = True
        return [StreamSilent(self._heard_s, reason)]

    def _check_rate(self, index: int, arrival_s: float) -> None:
        """Compare the earliest arrivals of ten seconds with the nominal rate."""
        second, late_s = int(arrival_s), arrival_s - index / self._rate_hz
        if self._earliest and self._earliest[-1][0] == second:
            self._earliest[-1] = (second, min(self._earliest[-1][1], late_s))
            return
        if len(self._earliest) == self._earliest.maxlen:
            # In three seconds something comes without delay.
            seconds = list(self._earliest)
            first, middle, last = (
                min(some, key=lambda earliest: earliest[1])
                for some in (seconds[:3], seconds[3:-3], seconds[-3:])
            )
            missing = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairwise((first, middle, last))]
            # One step, such as packets that were held up and taken for lost, is not a rate.
            if min(missing) > _WRONG_RATE or max(missing) < -_WRONG_RATE:
                raise DeviceError(
                    f"the headset says that it samples at {self._rate_hz:g} Hz, but delivers "
                    f"{self._rate_hz * (1.0 - sum(missing) / 2):.0f} samples a second: every "
                    "frequency would be wrong"
                )
        self._earliest.append((second, late_s))

    def _find_offset(self, chunk: Chunk, arrival_s: float) -> int:
        if self._clock is None:
            return 0
        last_index = round(self._clock.fit.index_at(arrival_s))
        self._earliest.clear()
        self._clock = None  # the new session's samples lie on another grid
        first_index = max(last_index - (len(chunk) - 1), self._end_index)
        return first_index - chunk.first_index

"""The screen's time: which refresh a frame is for, and what was missed."""

import math
from collections import deque
from dataclasses import dataclass

import numpy as np

# A swap this far from its refresh, in periods, is late (or early) without having missed it.
_LATE_PERIODS = 0.25
# How much of each deviation moves the estimated phase: averages over about 20 frames.
_PHASE_GAIN = 0.05
# A frame that is begun later than this, in periods, after its refresh was due is for the next one.
_BEGUN_LATE_PERIODS = 0.75
_KEPT_DEVIATIONS = 1024


@dataclass(frozen=True, slots=True)
class FrameTiming:
    """How frames have come since the clock was started.

    Parameters
    ----------
    refresh_hz : float
        Refreshes a second, from all swaps so far.
    n_frames : int
        Frames swapped.
    n_missed : int
        Refreshes that passed without a new frame.
    n_late : int
        Frames swapped more than a quarter of a period from where they belonged.
    jitter_p50_ms, jitter_p99_ms : float
        Absolute deviation of the last 1024 swaps from their refreshes.
    """

    refresh_hz: float
    n_frames: int
    n_missed: int
    n_late: int
    jitter_p50_ms: float
    jitter_p99_ms: float


def measure_period(swap_times_s: list[float]) -> float:
    """Refresh period from the swaps of frames drawn as fast as the screen takes them.

    The median of the intervals, so that a few missed refreshes do not matter.
    """
    return float(np.median(np.diff(swap_times_s)))


class FrameClock:
    """Numbers the screen's refreshes from swap times.

    A frame belongs to a refresh, and its luminance is that of the refresh's time: a missed refresh
    is a hole in the flicker, never a shift of what follows, and the jitter of the swap's time
    stamp does not reach the light.

    Parameters
    ----------
    period_s : float
        Refresh period as measured.
    """

    def __init__(self, period_s: float) -> None:
        self.period_s = period_s
        self._started_s: float | None = None
        self._refresh_s = 0.0
        self._refresh = 0
        self._n_frames = 0
        self._n_missed = 0
        self._n_late = 0
        self._deviations_s: deque[float] = deque(maxlen=_KEPT_DEVIATIONS)

    @property
    def refresh(self) -> int:
        """Number of the refresh of the last swap; the first is 0."""
        return self._refresh

    @property
    def next_due_s(self) -> float:
        """When the refresh after the last swap is due."""
        return self._refresh_s + self.period_s

    def next_refresh(self, now_s: float) -> int:
        """Refresh that a frame begun now will be shown at."""
        if self._started_s is None:
            return 0
        periods_late = (now_s - self.next_due_s) / self.period_s
        return self._refresh + 1 + max(0, math.ceil(periods_late - _BEGUN_LATE_PERIODS))

    def note_swap(self, time_s: float) -> int:
        """Take the time of a swap; return how many refreshes were missed just before it."""
        self._n_frames += 1
        if self._started_s is None:
            self._started_s = self._refresh_s = time_s
            return 0
        n_passed = max(1, round((time_s - self._refresh_s) / self.period_s))
        deviation_s = time_s - (self._refresh_s + n_passed * self.period_s)
        if abs(deviation_s) > _LATE_PERIODS * self.period_s:
            self._n_late += 1
        self._deviations_s.append(abs(deviation_s))
        self._refresh += n_passed
        self._refresh_s += n_passed * self.period_s + _PHASE_GAIN * deviation_s
        self._n_missed += n_passed - 1
        return n_passed - 1

    def timing(self) -> FrameTiming:
        """How frames have come so far."""
        elapsed_s = 0.0 if self._started_s is None else self._refresh_s - self._started_s
        jitter_ms = np.array(self._deviations_s or [0.0]) * 1e3
        return FrameTiming(
            refresh_hz=self._refresh / elapsed_s if elapsed_s > 0 else 1 / self.period_s,
            n_frames=self._n_frames,
            n_missed=self._n_missed,
            n_late=self._n_late,
            jitter_p50_ms=float(np.percentile(jitter_ms, 50)),
            jitter_p99_ms=float(np.percentile(jitter_ms, 99)),
        )

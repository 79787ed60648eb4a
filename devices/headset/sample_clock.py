"""When a sample was taken, from when samples arrive.

A sample arrives some delay after it was taken. The delay is never negative and mostly small, but
arrivals come in bursts and are held up now and then. So the line that maps sample index to time
runs *below* all arrivals, touching the earliest; of all such lines it is the one closest to them,
which is found on their lower convex hull (the linear program of Moon, Skelly & Towsley 1999,
"Estimation and removal of clock skew from network delay measurements", INFOCOM).
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median

Point = tuple[float, float]

_BIN_S = 0.25
_WINDOW_S = 60.0
_MAX_DRIFT = 500e-6
_BROKEN_S = 0.02


@dataclass(frozen=True, slots=True)
class ClockFit:
    """Relation between sample index and monotonic time.

    Parameters
    ----------
    index : int
        A sample.
    time_s : float
        When it was taken, by the monotonic clock (later by the smallest delay there is).
    period_s : float
        Time from sample to sample.
    drift_ppm : float
        How much faster than nominal the headset samples, in parts per million.
    residual_s : float
        By how much the earliest arrival in a quarter of a second misses the line (median).
    """

    index: int
    time_s: float
    period_s: float
    drift_ppm: float
    residual_s: float

    def time_of(self, index: float) -> float:
        """Return the monotonic time at which a sample was taken, in seconds."""
        return self.time_s + (index - self.index) * self.period_s

    def index_at(self, time_s: float) -> float:
        """Return the (fractional) index of the sample taken at a monotonic time."""
        return self.index + (time_s - self.time_s) / self.period_s


class SampleClock:
    """Running fit of sample index to monotonic time over the last minute.

    Parameters
    ----------
    sampling_rate_hz : float
        Nominal; the true one may differ by 500 ppm.
    index : int
        A sample: the first.
    arrival_s : float
        When it arrived.
    """

    def __init__(self, sampling_rate_hz: float, index: int, arrival_s: float) -> None:
        self._period_s = 1.0 / sampling_rate_hz
        self._bins: deque[Point] = deque(maxlen=round(_WINDOW_S / _BIN_S))
        self._restart(index, arrival_s)

    def _restart(self, index: int, arrival_s: float) -> None:
        self._first_index, self._first_s = index, arrival_s
        self._bins.clear()
        self._earliest: Point = (0.0, 0.0)
        self._fit = ClockFit(index, arrival_s, self._period_s, 0.0, 0.0)

    @property
    def fit(self) -> ClockFit:
        """The latest fit."""
        return self._fit

    def push(self, index: int, arrival_s: float) -> None:
        """Take the arrival of a sample: the last of those that came together."""
        below_s = self._fit.time_of(index) - arrival_s
        if below_s > _BROKEN_S:  # earlier than could be: the past was wrong
            self._restart(index, arrival_s)
            return
        # Nominal seconds since the first sample, and how much later than that this one came.
        nominal_s = (index - self._first_index) * self._period_s
        point = (nominal_s, arrival_s - self._first_s - nominal_s)
        is_new_bin = int(nominal_s / _BIN_S) != int(self._earliest[0] / _BIN_S)
        if is_new_bin:
            self._bins.append(self._earliest)
        if is_new_bin or point[1] < self._earliest[1]:
            self._earliest = point
        if is_new_bin or below_s > 0.0:
            self._refit()

    def _refit(self) -> None:
        points = [*self._bins, self._earliest]
        slope, offset_s = _line_below(points)
        nominal_s = points[-1][0]
        self._fit = ClockFit(
            index=self._first_index + round(nominal_s / self._period_s),
            time_s=self._first_s + nominal_s + offset_s + slope * nominal_s,
            period_s=self._period_s * (1.0 + slope),
            drift_ppm=-1e6 * slope / (1.0 + slope),
            residual_s=median(late_s - offset_s - slope * at_s for at_s, late_s in points),
        )


def _line_below(points: Sequence[Point]) -> tuple[float, float]:
    """Return slope and offset of the line below all points that is closest to them on average."""
    hull: list[Point] = []
    for point in points:
        while len(hull) > 1 and _is_above(hull[-1], hull[-2], point):
            hull.pop()
        hull.append(point)
    middle = fmean(x for x, _ in points)
    slope = 0.0
    for (left_x, left_y), (right_x, right_y) in pairwise(hull):
        if left_x <= middle <= right_x:
            slope = (right_y - left_y) / (right_x - left_x)
    slope = min(max(slope, -_MAX_DRIFT), _MAX_DRIFT)
    return slope, min(y - slope * x for x, y in points)


def _is_above(point: Point, left: Point, right: Point) -> bool:
    """Whether a point lies on or above the line from one on its left to one on its right."""
    rise = (right[1] - left[1]) * (point[0] - left[0])
    return (point[1] - left[1]) * (right[0] - left[0]) >= rise

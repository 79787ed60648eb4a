"""Quality of a stream as it comes: samples in, a judgement each half second out."""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from calibration.montage import neighbours
from calibration.quality.features import BLOCK_S, Block, BlockMeter, BoolArray, FloatArray
from calibration.quality.grading import (
    ElectrodeQuality,
    Grade,
    Problem,
    grade_electrodes,
    missing,
)
from calibration.quality.summary import find_pops, summarise

_WINDOW = 8  # blocks that are summed up: 4 s
_LEAST = 4  # before so many, nothing but a dead signal is judged
_POPS_KEPT = 60
_BETTER_FOR = 4  # blocks for which an electrode must be better before it is called so


class QualityMonitor:
    """Judges the electrodes of a stream; counts samples, so it does not matter how it is cut.

    What gets worse is said at once, what gets better only when it stayed so for two seconds.

    Parameters
    ----------
    names : sequence of str
        Of the electrodes, in the order of the columns.
    sampling_rate_hz : float
    range_uv : float or None
        Largest voltage that the headset can tell, of either sign, where that is known.
    impedances_kohm : sequence of (float or None), optional
        As measured before.

    Attributes
    ----------
    electrodes : tuple of ElectrodeQuality
        The latest judgement; empty before the first.
    """

    def __init__(
        self,
        names: Sequence[str],
        sampling_rate_hz: float,
        range_uv: float | None = None,
        impedances_kohm: Sequence[float | None] | None = None,
    ) -> None:
        self._names = tuple(names)
        self._impedances_kohm = impedances_kohm
        self._neighbours = neighbours(names)
        self._meter = BlockMeter(sampling_rate_hz, range_uv)
        self._samples = np.empty((self._meter.n_times, len(names)))
        self._before: FloatArray | None = None
        self._n_filled = 0
        self._n_missing = 0  # blocks on end
        self._blocks: deque[Block] = deque(maxlen=_WINDOW)
        self._pops: deque[BoolArray] = deque(maxlen=_POPS_KEPT)
        self._n_better = [0] * len(names)
        self.electrodes: tuple[ElectrodeQuality, ...] = ()

    @property
    def n_until_judged(self) -> int:
        """Samples after which the next judgement is made."""
        return self._meter.n_times - self._n_filled

    def push(self, samples_uv: FloatArray) -> list[tuple[ElectrodeQuality, ...]]:
        """Take the next samples and return the judgements made on the way.

        Parameters
        ----------
        samples_uv : ndarray of float64, shape (n_times, n_channels)
            Unfiltered.
        """
        judgements = []
        while len(samples_uv):
            n_taken = min(len(samples_uv), self.n_until_judged)
            self._samples[self._n_filled : self._n_filled + n_taken] = samples_uv[:n_taken]
            self._n_filled += n_taken
            samples_uv = samples_uv[n_taken:]
            if self._n_filled == self._meter.n_times:
                self._n_filled = 0
                self._judge()
                judgements.append(self.electrodes)
        return judgements

    def restart(self) -> None:
        """Take note that samples were lost: no block reaches across."""
        self._n_filled = 0
        self._before = None

    def _judge(self) -> None:
        if not np.isfinite(self._samples).all():
            self._before = None
            self._n_missing += 1
            if self._n_missing >= _LEAST or not self.electrodes:
                self.electrodes = tuple(missing(name) for name in self._names)
            return
        self._n_missing = 0
        block = self._meter.measure(self._samples, self._before)
        self._before = self._samples[-self._meter.n_before :].copy()
        if len(self._blocks) >= _LEAST:
            self._pops.append(find_pops(block, self._blocks))
        self._blocks.append(block)
        n_pops = sum(self._pops, np.zeros(len(self._names), dtype=np.int64)).tolist()
        summary = summarise(self._blocks, BLOCK_S, self._neighbours)
        found = grade_electrodes(self._names, summary, n_pops, self._impedances_kohm)
        if len(self._blocks) < _LEAST:
            found = tuple(_only_if_dead(electrode) for electrode in found)
        self.electrodes = tuple(self._settle(k, now) for k, now in enumerate(found))

    def _settle(self, k: int, now: ElectrodeQuality) -> ElectrodeQuality:
        """Hold on to a worse grade until the better one has lasted."""
        if not self.electrodes or now.grade >= self.electrodes[k].grade:
            self._n_better[k] = 0
            return now
        self._n_better[k] += 1
        return now if self._n_better[k] >= _BETTER_FOR else self.electrodes[k]


def _only_if_dead(electrode: ElectrodeQuality) -> ElectrodeQuality:
    """Give an electrode the benefit of the doubt, unless it shows what no head ever does."""
    if electrode.problem in (Problem.NONE, Problem.FLAT, Problem.RAILED):
        return electrode
    return replace(electrode, grade=Grade.GOOD, problem=Problem.NONE, finding="", advice="")


def judge(
    samples_uv: FloatArray,
    names: Sequence[str],
    sampling_rate_hz: float,
    range_uv: float | None = None,
    impedances_kohm: Sequence[float | None] | None = None,
) -> tuple[ElectrodeQuality, ...]:
    """Judge each electrode over a whole stretch: what it was like most of the time.

    Parameters
    ----------
    samples_uv : ndarray of float64, shape (n_times, n_channels)
        Unfiltered; half seconds with missing samples are left out.
    names : sequence of str
    sampling_rate_hz : float
    range_uv, impedances_kohm
        As for `QualityMonitor`.
    """
    meter = BlockMeter(sampling_rate_hz, range_uv)
    n_whole = len(samples_uv) // meter.n_times
    parts = samples_uv[: n_whole * meter.n_times].reshape(n_whole, meter.n_times, len(names))
    is_whole = [bool(np.isfinite(part).all()) for part in parts]
    blocks = [
        meter.measure(part, parts[k - 1][-meter.n_before :] if k and is_whole[k - 1] else None)
        for k, part in enumerate(parts)
        if is_whole[k]
    ]
    if not blocks:
        return tuple(missing(name) for name in names)
    pops = [
        find_pops(block, blocks[max(0, k - _WINDOW) : k]) for k, block in enumerate(blocks[1:], 1)
    ]
    n_pops = np.sum(pops, axis=0) if pops else np.zeros(len(names))
    per_half_minute = np.ceil(n_pops * min(1.0, _POPS_KEPT / len(blocks))).astype(int)
    summary = summarise(blocks, BLOCK_S, neighbours(names))
    return grade_electrodes(names, summary, per_half_minute.tolist(), impedances_kohm)

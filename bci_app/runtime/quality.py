"""Watches the signal during a session: which electrodes are good, and when nothing may command."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calibration.quality import ElectrodeQuality, Grade, Problem, QualityMonitor, decide
from devices.chunk import Chunk

_TOLD_EVERY = 2  # judgements: once a second while nothing changes
_REASONS_NAMED = 2
_IMPLAUSIBLE_STEP_UV = 1000.0


@dataclass(frozen=True, slots=True)
class SignalJudged:
    """How each electrode does.

    Parameters
    ----------
    end_index : int
        Absolute index just after the last sample that this rests on.
    electrodes : tuple of ElectrodeQuality
    """

    end_index: int
    electrodes: tuple[ElectrodeQuality, ...]


class SignalWatch:
    """Judges the signal of a stream as it comes.

    It counts samples, so what it says does not depend on how the stream is cut.

    Parameters
    ----------
    names : sequence of str
        Of the electrodes.
    sampling_rate_hz : float
    range_uv : float or None
        Largest voltage that the headset can tell, where that is known.
    needed : sequence of str, optional
        Electrodes that the decoder uses; by default all.
    uv_per_unit : float
        What a sample is multiplied by to be µV; see `likely_uv_per_unit`.

    Attributes
    ----------
    obstacle : str or None
        Why no command may rest on this signal. It stays the same while what is bad does.
    """

    def __init__(
        self,
        names: Sequence[str],
        sampling_rate_hz: float,
        *,
        range_uv: float | None = None,
        needed: Sequence[str] | None = None,
        uv_per_unit: float = 1.0,
    ) -> None:
        self._monitor = QualityMonitor(names, sampling_rate_hz, range_uv)
        self._needed = needed
        self._uv_per_unit = uv_per_unit
        self._end_index = 0
        self._n_judged = 0
        self._problems: tuple[Problem, ...] = ()
        self._in_the_way: tuple[tuple[str, Problem], ...] = ()
        self.obstacle: str | None = None

    def cut(self, chunk: Chunk) -> tuple[Chunk, Chunk]:
        """Cut a chunk in two where the next judgement falls due; the second part may be empty."""
        n_first = self._monitor.n_until_judged if chunk.first_index == self._end_index else 0
        if n_first == 0:  # a new start after lost samples
            self._monitor.restart()
            self._end_index = chunk.first_index
            n_first = self._monitor.n_until_judged
        return (
            Chunk(chunk.samples_uv[:n_first], chunk.first_index, chunk.arrival_s),
            Chunk(chunk.samples_uv[n_first:], chunk.first_index + n_first, chunk.arrival_s),
        )

    def push(self, chunk: Chunk) -> SignalJudged | None:
        """Take a first part from `cut`; return a judgement when there is news, or a second passed.

        `obstacle` is up to date afterwards.
        """
        self._end_index = chunk.end_index
        if not self._monitor.push(self._uv_per_unit * chunk.samples_uv):
            return None
        electrodes = self._monitor.electrodes
        self._judge(electrodes)
        problems = tuple(electrode.problem for electrode in electrodes)
        is_news = problems != self._problems or self._n_judged % _TOLD_EVERY == 0
        self._problems = problems
        self._n_judged += 1
        return SignalJudged(chunk.end_index, electrodes) if is_news else None

    def _judge(self, electrodes: tuple[ElectrodeQuality, ...]) -> None:
        verdict = decide(electrodes, self._needed)
        in_the_way = tuple((e.name, e.problem) for e in electrodes if e.grade is Grade.BAD)
        if verdict.go:
            self.obstacle = None
        elif self.obstacle is None or in_the_way != self._in_the_way:
            self.obstacle = _in_short(verdict.reasons)
        self._in_the_way = in_the_way


def _in_short(reasons: Sequence[str]) -> str:
    named = "; ".join(reasons[:_REASONS_NAMED])
    n_more = len(reasons) - _REASONS_NAMED
    return f"{named}; and {n_more} more" if n_more > 0 else named


def likely_uv_per_unit(samples_uv: npt.NDArray[np.float64]) -> float:
    """Guess what the samples of a foreign recording must be multiplied by to be µV.

    Some files say volts and hold millivolts: then all is a thousand times too large, and moves by
    millivolts from one sample to the next where EEG moves by microvolts. For recordings only: a
    headset that says so is broken.

    Parameters
    ----------
    samples_uv : ndarray of float64, shape (n_times, n_channels)

    Returns
    -------
    float
        1, or 0.001.
    """
    steps_uv = np.abs(np.diff(samples_uv, axis=0))
    if not np.isfinite(steps_uv).any():
        return 1.0
    return 1e-3 if float(np.nanmedian(steps_uv)) > _IMPLAUSIBLE_STEP_UV else 1.0

"""From an accepted rate of false commands to a threshold, and how sure that is.

A false command is an idle stretch whose highest margin passes the threshold. A minute of idle holds
too few of those to count, so their rate is extrapolated from the many stretches that come near: by
the theorem of Pickands (1975, Ann. Stat. 3:119) what exceeds a high level u follows a generalised
Pareto law, and for log-odds its shape is about 0, an exponential of scale β:

    rate(θ) = rate(u) exp(-(θ - u) / β)

The scale is that of everybody together. The rate at the level is the subject's own, of which a
minute knows something, shrunk towards other people's: their rates are taken for draws of a gamma
distribution, whose posterior after n exceedances in t minutes is again a gamma (empirical Bayes,
Robbins 1956; Gaver & O'Muircheartaigh 1987, Technometrics 29:1).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy import stats

from calibration.errors import CalibrationError

FloatArray = npt.NDArray[np.float64]

# The level that this share of all idle stretches exceeds.
_EXCEEDING = 0.4
_INTERVAL = 0.9
# Rates of different people differ by at least this much, as a coefficient of variation.
_LEAST_VARIATION = 0.5


@dataclass(frozen=True, slots=True)
class IdleMaxima:
    """The highest margin in each idle stretch of one person.

    Parameters
    ----------
    maxima : ndarray of float64, shape (n_stretches,)
    stretch_s : float
        Length of a stretch.
    """

    maxima: FloatArray
    stretch_s: float

    @property
    def minutes(self) -> float:
        """Idle time."""
        return len(self.maxima) * self.stretch_s / 60

    def join(self, other: Self) -> Self:
        """Return these stretches and those, of the same length."""
        return type(self)(np.concatenate([self.maxima, other.maxima]), self.stretch_s)


@dataclass(frozen=True, slots=True)
class FalseRate:
    """Rate of false commands as a function of the threshold.

    Parameters
    ----------
    level : float
        Margin u above which the law holds.
    scale : float
        Scale β of what exceeds it.
    shape, minutes : float
        The gamma distribution of the subject's rate at the level, in 1/min: its shape, and the
        minutes of idle that it amounts to.
    """

    level: float
    scale: float
    shape: float
    minutes: float

    def expected_per_min(self, threshold: float) -> float:
        """Return the expected rate at a threshold; one below the level is taken for the level."""
        return float(self.shape / self.minutes * self._remaining(threshold))

    def interval_per_min(self, threshold: float) -> tuple[float, float]:
        """90 % interval of this subject's rate at a threshold."""
        tails = ((1 - _INTERVAL) / 2, (1 + _INTERVAL) / 2)
        at_level = stats.gamma(self.shape, scale=1 / self.minutes)
        remaining = self._remaining(threshold)
        return float(at_level.ppf(tails[0])) * remaining, float(at_level.ppf(tails[1])) * remaining

    def threshold_for(self, max_false_per_min: float) -> float:
        """Threshold at which the expected rate is this one; never below the level."""
        at_level = self.shape / self.minutes
        return self.level + self.scale * max(0.0, float(np.log(at_level / max_false_per_min)))

    def _remaining(self, threshold: float) -> float:
        return float(np.exp(-max(0.0, threshold - self.level) / self.scale))


def fit_false_rate(own: IdleMaxima | None, others: Sequence[IdleMaxima]) -> FalseRate:
    """Fit the law to a subject's idle stretches and to other people's.

    Parameters
    ----------
    own : IdleMaxima or None
    others : sequence of IdleMaxima
        One for each person.

    Raises
    ------
    CalibrationError
        When there is no idle stretch at all, or most are too short for a window.
    """
    people = [*([own] if own is not None else []), *others]
    if not people or not sum(len(person.maxima) for person in people):
        raise CalibrationError(
            "no idle trial among those learned from: expected some, to set a threshold for the "
            "accepted rate of false commands. Name their event code, such as 1=idle."
        )
    together = np.concatenate([person.maxima for person in people])
    if np.isneginf(np.quantile(together, 1 - _EXCEEDING, method="lower")):
        raise CalibrationError(
            f"no window was weighed in {np.isneginf(together).mean():.0%} of the idle trials: "
            "expected one in most of them. They are too short: learn from trials of 2 s or more."
        )
    level = float(np.quantile(together, 1 - _EXCEEDING))
    excess = together[together > level] - level
    scale = float(excess.mean()) if len(excess) else 1.0
    shape, minutes = _population([person for person in others if len(person.maxima)], level)
    if own is not None:
        shape += float((own.maxima > level).sum())
        minutes += own.minutes
    return FalseRate(level, scale, shape, minutes)


def _population(others: Sequence[IdleMaxima], level: float) -> tuple[float, float]:
    """Gamma distribution of people's rates at the level, by moments: shape and minutes."""
    if not others:
        return 0.5, 0.0  # Jeffreys' prior
    counts = np.array([(person.maxima > level).sum() for person in others], dtype=np.float64)
    minutes = np.array([person.minutes for person in others])
    mean = max(counts.sum(), 0.5) / minutes.sum()
    # What varies beyond the counting itself varies between people.
    between = ((counts / minutes - mean) ** 2).mean() - mean * (1 / minutes).mean()
    variance = max(between, (_LEAST_VARIATION * mean) ** 2)
    return mean**2 / variance, mean / variance

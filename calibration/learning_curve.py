"""How much calibration is enough: what another block of trials would bring.

A decoder's error falls towards a floor as 1/n with the number n of trials it learned from, where
its parameters are few beside them (Fukunaga & Hayes 1989, IEEE Trans. Pattern Anal. Mach. Intell.
11:873; Amari 1993, Neural Netw. 6:161). A line is fitted to the accuracies that were reached with
some of the trials, by 1/n, and carried on to more of them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calibration.errors import CalibrationError

# Gain in accuracy for which another block is worth the subject's time.
_WORTH_IT = 0.02
_QUANTILE = 1.645


@dataclass(frozen=True, slots=True)
class LearningPoint:
    """Accuracy with so many trials to learn from.

    Parameters
    ----------
    n_each : int
        Trials of each class that were learned from.
    n_right, n_tested : int
        Of other trials.
    """

    n_each: int
    n_right: int
    n_tested: int


@dataclass(frozen=True, slots=True)
class Prospect:
    """What another block would bring.

    Parameters
    ----------
    n_each : int
        Trials of each class so far.
    gain : float
        In accuracy.
    worth_it : bool
    reason : str
        Why, in a sentence.
    """

    n_each: int
    gain: float
    worth_it: bool
    reason: str


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """accuracy(n) = ceiling - drop/n.

    Parameters
    ----------
    points : tuple of LearningPoint
    ceiling, drop : float
        `drop` is never negative: more trials do no harm.
    covariance : tuple of tuple of float, shape (2, 2)
        Of `ceiling` and `drop`.
    """

    points: tuple[LearningPoint, ...]
    ceiling: float
    drop: float
    covariance: tuple[tuple[float, float], tuple[float, float]]

    def accuracy(self, n_each: float) -> float:
        """Return the accuracy that so many trials of each class should give."""
        return float(np.clip(self.ceiling - self.drop / n_each, 0, 1))

    def interval(self, n_each: float) -> tuple[float, float]:
        """Return the 90 % interval of that."""
        (ceiling, both), (_, drop) = self.covariance
        variance = ceiling - 2 * both / n_each + drop / n_each**2
        half = _QUANTILE * math.sqrt(max(0.0, variance))
        middle = self.ceiling - self.drop / n_each
        return float(np.clip(middle - half, 0, 1)), float(np.clip(middle + half, 0, 1))


def fit_learning_curve(points: Sequence[LearningPoint]) -> LearningCurve:
    """Fit the curve, each point weighing as its trials do.

    The points share the trials they are tested on, so their errors are not independent; taking them
    for independent makes the intervals of a single accuracy a little narrow. They are never taken
    for narrower than the last point's own.

    Parameters
    ----------
    points : sequence of LearningPoint
        With one alone the curve is flat.

    Raises
    ------
    CalibrationError
        When there is none.
    """
    if not points or not all(point.n_tested and point.n_each for point in points):
        raise CalibrationError("no trials to draw a learning curve from: expected at least one.")
    shares = np.array([(p.n_right + 1) / (p.n_tested + 2) for p in points])
    variances = shares * (1 - shares) / np.array([p.n_tested + 2 for p in points])
    seen = np.array([p.n_right / p.n_tested for p in points])
    inverse = np.array([1 / p.n_each for p in points])
    last = float(variances[-1])
    if len({p.n_each for p in points}) > 1:
        design = np.stack([np.ones_like(inverse), -inverse], axis=1) / np.sqrt(variances)[:, None]
        covariance = np.linalg.inv(design.T @ design)
        ceiling, drop = (covariance @ design.T @ (seen / np.sqrt(variances))).tolist()
        covariance[0, 0] = max(covariance[0, 0], last)
        if drop > 0:
            (a, b), (_, c) = covariance.tolist()
            return LearningCurve(tuple(points), ceiling, drop, ((a, b), (b, c)))
    flat = float(np.average(seen, weights=1 / variances))
    return LearningCurve(tuple(points), flat, 0.0, ((last, 0.0), (0.0, 0.0)))


def look_ahead(curve: LearningCurve, n_each: int, n_block: int) -> Prospect:
    """Say what another block would bring.

    Parameters
    ----------
    curve : LearningCurve
    n_each : int
        Trials of each class so far.
    n_block : int
        Trials of each class in a block.
    """
    gain = curve.accuracy(n_each + n_block) - curve.accuracy(n_each)
    worth_it = gain >= _WORTH_IT
    reason = (
        f"another {n_block} trials of each class should bring {gain:.1%} more right answers"
        if worth_it
        else f"another {n_block} trials of each class would bring {gain:.1%} at most: "
        f"{_WORTH_IT:.0%} is what makes a block worth the subject's time"
    )
    return Prospect(n_each, gain, worth_it, f"{reason[0].upper()}{reason[1:]}.")

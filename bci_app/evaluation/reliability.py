"""Whether a probability means what it says."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_N_BINS = 10


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Predictions with probabilities between `low` and `high`.

    Parameters
    ----------
    low, high : float
    n : int
    mean_probability : float
    share_right : float
    """

    low: float
    high: float
    n: int
    mean_probability: float
    share_right: float


def reliability(
    probabilities: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]
) -> tuple[ReliabilityBin, ...]:
    """Bins of the reliability diagram (DeGroot & Fienberg 1983, The Statistician 32:12).

    Parameters
    ----------
    probabilities : ndarray of float64, shape (n_predictions,)
        Probability of the predicted class.
    right : ndarray of bool, shape (n_predictions,)
        Whether it was the true one.

    Returns
    -------
    tuple of ReliabilityBin
        Ten bins of equal width, those without a prediction left out.
    """
    edges = np.linspace(0, 1, _N_BINS + 1)
    which = np.clip(np.digitize(probabilities, edges) - 1, 0, _N_BINS - 1)
    bins = []
    for k in np.unique(which):
        inside = which == k
        bins.append(
            ReliabilityBin(
                float(edges[k]),
                float(edges[k + 1]),
                int(inside.sum()),
                float(probabilities[inside].mean()),
                float(right[inside].mean()),
            )
        )
    return tuple(bins)


def expected_calibration_error(bins: Sequence[ReliabilityBin]) -> float | None:
    """Mean distance of share and probability over all predictions; None without any.

    Naeini, Cooper & Hauskrecht (2015), AAAI:2901.
    """
    total = sum(each.n for each in bins)
    if not total:
        return None
    return sum(each.n * abs(each.mean_probability - each.share_right) for each in bins) / total

"""How good the answers were: the field's figures."""

import math


def itr_bits_per_min(accuracy: float, n_targets: int, selection_s: float) -> float:
    """Information transfer rate after Wolpaw et al. (2000), IEEE Trans. Rehabil. Eng. 8:164.

    Parameters
    ----------
    accuracy : float
        Share of right selections, 0 … 1. At or below chance the rate is 0.
    n_targets : int
        Number of targets to choose from, at least 2.
    selection_s : float
        Time that one selection takes, gaze shift included.

    Returns
    -------
    float
        Bits a minute.
    """
    if n_targets < 2 or selection_s <= 0 or not 0 <= accuracy <= 1:
        raise ValueError(
            f"accuracy {accuracy}, {n_targets} targets, {selection_s} s: expected an accuracy of "
            "0 to 1, 2 targets or more and a positive time"
        )
    if accuracy <= 1 / n_targets:
        return 0.0
    bits = math.log2(n_targets) + accuracy * math.log2(accuracy)
    if accuracy < 1:
        bits += (1 - accuracy) * math.log2((1 - accuracy) / (n_targets - 1))
    return bits * 60 / selection_s


def wilson_interval(n_right: int, n_trials: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's score interval for a share (Wilson 1927, J. Am. Stat. Assoc. 22:209).

    Parameters
    ----------
    n_right, n_trials : int
        Counts, with at least one trial.
    z : float
        Normal quantile; 1.96 gives 95 %.

    Returns
    -------
    tuple of float
        Lower and upper end.
    """
    share = n_right / n_trials
    shrink = 1 + z**2 / n_trials
    centre = (share + z**2 / (2 * n_trials)) / shrink
    half = z / shrink * math.sqrt(share * (1 - share) / n_trials + (z / (2 * n_trials)) ** 2)
    return max(0.0, centre - half), min(1.0, centre + half)

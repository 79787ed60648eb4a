"""How large the alpha rhythm is in the last two seconds, whatever is looked at.

Power between 7.5 and 12.5 Hz, after all that flicker can put there has been projected out: each
target's lines, with an amplitude that may rise or fall, for a gaze may arrive in the middle. What
is left of the band is alpha, which is broad where a response is a line.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from bci_app.decoders.references import FloatArray

ALPHA_HZ = (7.5, 12.5)

_WINDOW_S = 2.0
# A response that rises within the window has sidebands; lines so far outside reach the band, too.
_REACH_HZ = 1.5
# Directions in the band of which the lines leave less than this share say little of it.
_LEAST_SHARE = 0.3
# In µV²: a dead electrode has no logarithm.
_LEAST_POWER = 1e-9


@lru_cache(maxsize=16)
def alpha_directions(
    lines_hz: tuple[float, ...], n_times: int, sampling_rate_hz: float
) -> FloatArray:
    """Orthonormal directions that span the alpha band less these lines.

    Parameters
    ----------
    lines_hz : tuple of float
        Where flicker may put power.
    n_times : int
        Length of the window in samples.
    sampling_rate_hz : float

    Returns
    -------
    ndarray of float64, shape (n_directions, n_times)
        None at all where the lines fill the band.
    """
    low_hz, high_hz = ALPHA_HZ
    step_hz = sampling_rate_hz / n_times
    grid_hz = step_hz * np.arange(np.ceil(low_hz / step_hz), np.floor(high_hz / step_hz) + 1)
    near_hz = [f for f in lines_hz if low_hz - _REACH_HZ <= f <= high_hz + _REACH_HZ]
    band = _waves(grid_hz, n_times, sampling_rate_hz)
    if near_hz:
        lines = _waves(np.array(near_hz), n_times, sampling_rate_hz)
        rising = lines * np.linspace(-1.0, 1.0, n_times)
        basis, _ = np.linalg.qr(np.concatenate([lines, rising]).T)
        band -= (band @ basis) @ basis.T
    _, sizes, directions = np.linalg.svd(band, full_matrices=False)
    kept = np.ascontiguousarray(directions[sizes > _LEAST_SHARE * np.sqrt(n_times / 2)])
    kept.flags.writeable = False
    return kept


def _waves(frequencies_hz: FloatArray, n_times: int, sampling_rate_hz: float) -> FloatArray:
    turns = 2 * np.pi * np.outer(frequencies_hz, np.arange(n_times) / sampling_rate_hz)
    return np.concatenate([np.cos(turns), np.sin(turns)])


class AlphaMeter:
    """Measures alpha in a stream that comes in blocks.

    Parameters
    ----------
    lines_hz : sequence of float
        Where flicker may put power.
    sampling_rate_hz : float
    n_channels : int
    n_block : int
        Samples in a block.
    longest_s : float
        The window is two seconds, or this where it is less.
    """

    def __init__(
        self,
        lines_hz: Sequence[float],
        sampling_rate_hz: float,
        n_channels: int,
        n_block: int,
        longest_s: float = _WINDOW_S,
    ) -> None:
        self._n_block = n_block
        window_s = min(_WINDOW_S, longest_s)
        self._n_blocks = max(1, round(window_s * sampling_rate_hz / n_block))
        n_times = self._n_blocks * n_block
        self._directions = alpha_directions(tuple(lines_hz), n_times, sampling_rate_hz)
        self._window_uv = np.zeros((n_times, n_channels))
        self._n_held = 0

    def restart(self) -> None:
        """Forget the past: the next block does not follow the one before."""
        self._n_held = 0

    def push(self, block_uv: FloatArray) -> float | None:
        """Take the next block, shape (n_channels, n_block).

        Returns
        -------
        float or None
            Logarithm of the power in µV², median over channels; None until the window is full, and
            where flicker fills the band.
        """
        self._window_uv[: -self._n_block] = self._window_uv[self._n_block :]
        self._window_uv[-self._n_block :] = block_uv.T
        self._n_held = min(self._n_held + 1, self._n_blocks)
        if self._n_held < self._n_blocks or not len(self._directions):
            return None
        power = np.square(self._directions @ self._window_uv).sum(axis=0)
        power *= 2.0 / (len(self._directions) * len(self._window_uv))
        ordered = np.sort(np.log(np.maximum(power, _LEAST_POWER)))
        middle = len(ordered) // 2
        # The median; NumPy's own costs several times as much.
        return float((ordered[middle] + ordered[-1 - middle]) / 2)

"""A photodiode on pin A5 of the board, for rehearsing how late a screen is."""

import math
import threading
from collections import deque

import numpy as np
import numpy.typing as npt

_DARK_COUNTS, _BRIGHT_COUNTS = 60.0, 820.0  # of the converter's 1023
_FULL_SCALE = 1023
_KEPT_CHANGES = 4096


class Photodiode:
    """What the board's 10-bit converter reads of the light that falls on a photodiode.

    Parameters
    ----------
    seed : int
        Of its noise.
    """

    def __init__(self, seed: int = 0) -> None:
        self._rng = np.random.default_rng(seed)
        self._lock = threading.Lock()  # who watches the light may do so in a thread of their own
        self._changes: deque[tuple[float, float]] = deque([(-math.inf, 0.0)], _KEPT_CHANGES)
        self._from_next_sample: float | None = None
        self._delay_s = 0.0
        self._noise_counts = 0.0

    def shine(self, level: float, at_s: float | None = None) -> None:
        """Change the light that falls on it; may be called from any thread.

        Parameters
        ----------
        level : float
            0 for darkness, 1 for a white patch.
        at_s : float or None
            Monotonic time of the change, not before the last one; None for the next sample's.
        """
        with self._lock:
            if at_s is None:
                self._from_next_sample = level
            else:
                self._changes.append((at_s, level))

    def tune(self, delay_s: float, noise_counts: float) -> None:
        """Set by how much it lags behind the light, and the standard deviation of its noise."""
        self._delay_s, self._noise_counts = delay_s, noise_counts

    def counts(self, times_s: npt.NDArray[np.float64]) -> npt.NDArray[np.int16]:
        """Return what is read at these times.

        Parameters
        ----------
        times_s : ndarray of float64, shape (n_times,)
            Monotonic and rising, from call to call too.

        Returns
        -------
        ndarray of int16, shape (n_times,)
        """
        seen_s = times_s - self._delay_s
        with self._lock:
            if self._from_next_sample is not None:
                self._changes.append((float(times_s[0]), self._from_next_sample))
                self._from_next_sample = None
            while len(self._changes) > 1 and self._changes[1][0] <= seen_s[0]:
                self._changes.popleft()
            since_s, levels = np.array(self._changes).T
        light = levels[np.maximum(np.searchsorted(since_s, seen_s, side="right") - 1, 0)]
        clean = _DARK_COUNTS + (_BRIGHT_COUNTS - _DARK_COUNTS) * light
        noisy = clean + self._noise_counts * self._rng.standard_normal(len(times_s))
        read: npt.NDArray[np.int16] = np.clip(np.round(noisy), 0, _FULL_SCALE).astype(np.int16)
        return read

"""A stream made in blocks of one size and drawn in any."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


class Blocks:
    """Samples that are the same, bit for bit, however they are drawn.

    Parameters
    ----------
    next_block : callable
        Makes the next block, shape (n_times, n_columns).
    n_columns : int
        Columns of a block.
    """

    def __init__(self, next_block: Callable[[], FloatArray], n_columns: int) -> None:
        self._next_block = next_block
        self._block = np.empty((0, n_columns))
        self._used = 0

    def draw(self, n_times: int) -> FloatArray:
        """Return the next samples, shape (n_times, n_columns); not to be written to."""
        if n_times <= len(self._block) - self._used:
            self._used += n_times
            return self._block[self._used - n_times : self._used]
        drawn = np.empty((n_times, self._block.shape[1]))
        filled = 0
        while filled < n_times:
            if self._used == len(self._block):
                self._block, self._used = self._next_block(), 0
            taken = min(n_times - filled, len(self._block) - self._used)
            drawn[filled : filled + taken] = self._block[self._used : self._used + taken]
            filled += taken
            self._used += taken
        return drawn

    def amend(self, block: FloatArray) -> None:
        """Put another block in place of the present one; what was drawn of it stays drawn."""
        self._block = block

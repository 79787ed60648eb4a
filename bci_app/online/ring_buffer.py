"""The last seconds of the stream, addressed by absolute sample index."""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


class RingBuffer:
    """Preallocated memory of the last `capacity` samples.

    Every sample is stored twice, `capacity` rows apart, so that any window lies in one piece and is
    handed out as a view: nothing is copied or allocated while the stream runs.

    Parameters
    ----------
    capacity : int
        Longest window that can be asked for, in samples.
    n_channels : int
        Columns of each sample.
    """

    def __init__(self, capacity: int, n_channels: int) -> None:
        self._rows = np.zeros((2 * capacity, n_channels))
        self._capacity = capacity
        self._start_index = 0
        self._end_index = 0

    @property
    def start_index(self) -> int:
        """Absolute index of the first sample of the present uninterrupted stretch."""
        return self._start_index

    @property
    def end_index(self) -> int:
        """Absolute index just after the newest sample."""
        return self._end_index

    def restart(self, index: int) -> None:
        """Begin a new stretch whose first sample will have this absolute index."""
        self._start_index = self._end_index = index

    def append(self, samples: FloatArray) -> None:
        """Add the next samples, shape (n_times, n_channels); the oldest make room."""
        for offset in range(0, len(samples), self._capacity):
            piece = samples[offset : offset + self._capacity]
            first = self._end_index % self._capacity
            n_before_wrap = min(len(piece), self._capacity - first)
            for row, part in ((first, piece[:n_before_wrap]), (0, piece[n_before_wrap:])):
                self._rows[row : row + len(part)] = part
                self._rows[row + self._capacity : row + self._capacity + len(part)] = part
            self._end_index += len(piece)

    def window(self, end_index: int, n_times: int) -> FloatArray:
        """View of the `n_times` samples before `end_index`, shape (n_times, n_channels).

        The view is read-only and holds until the next :meth:`append`.

        Raises
        ------
        IndexError
            When a sample of it is not held: overwritten, not yet there, or before a restart.
        """
        first_index = end_index - n_times
        oldest_index = max(self._start_index, self._end_index - self._capacity)
        if n_times < 1 or first_index < oldest_index or end_index > self._end_index:
            raise IndexError(
                f"samples {first_index} to {end_index} are not held, "
                f"only {oldest_index} to {self._end_index}"
            )
        first = first_index % self._capacity
        view = self._rows[first : first + n_times]
        view.flags.writeable = False
        return view

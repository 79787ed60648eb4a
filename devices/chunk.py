"""The value that crosses from a headset to the online path: a stretch of samples."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive samples of one stream.

    Parameters
    ----------
    samples_uv : ndarray of float64, shape (n_times, n_channels)
        The samples in µV. Made read-only here, so that whoever holds a chunk may keep it.
    first_index : int
        Absolute index of the first sample. Lost samples keep their indices: a chunk that starts
        later than the previous one ended says that the samples between were lost.
    arrival_s : float or None
        Monotonic time at which the last sample reached this program; None for samples that never
        arrived (a recording).
    """

    samples_uv: npt.NDArray[np.float64]
    first_index: int
    arrival_s: float | None = None

    def __post_init__(self) -> None:
        if self.samples_uv.ndim != 2:
            raise ValueError(f"samples must be (n_times, n_channels), not {self.samples_uv.shape}")
        if self.first_index < 0:
            raise ValueError(f"a sample index counts from 0, not {self.first_index}")
        self.samples_uv.flags.writeable = False

    def __len__(self) -> int:
        return len(self.samples_uv)

    @property
    def end_index(self) -> int:
        """Absolute index just after the last sample."""
        return self.first_index + len(self)

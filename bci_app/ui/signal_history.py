"""The last seconds of all channels, as they will be drawn: with their gaps."""

import numpy as np
import numpy.typing as npt

from bci_app.online.filters import CausalFilter
from devices.chunk import Chunk

FloatArray = npt.NDArray[np.float64]


class SignalHistory:
    """Samples by absolute index; what was lost, or not there yet, is not a number.

    Parameters
    ----------
    n_kept : int
        How many samples are kept.
    n_channels : int
    """

    def __init__(self, n_kept: int, n_channels: int) -> None:
        self._raw = np.full((n_kept, n_channels), np.nan)
        self._shown = np.full((n_kept, n_channels), np.nan)
        self._filter: CausalFilter | None = None
        self.end_index = 0

    def __len__(self) -> int:
        return len(self._raw)

    def clear(self, end_index: int) -> None:
        """Forget everything and go on at a sample index."""
        self._raw.fill(np.nan)
        self._shown.fill(np.nan)
        self.end_index = end_index
        if self._filter is not None:
            self._filter.restart()

    def use_filter(self, display_filter: CausalFilter | None) -> None:
        """Show the samples through another filter, those that are already there included."""
        self._filter = display_filter
        first = self.end_index - len(self)
        raw = self._raw[np.arange(first, self.end_index) % len(self)]
        self._store(self._shown, self._filtered(raw), first)

    def append(self, chunk: Chunk) -> None:
        """Take the next samples; a jump in their index leaves a gap."""
        if chunk.first_index < self.end_index or chunk.first_index - self.end_index > len(self):
            self.clear(chunk.first_index)
        elif chunk.first_index > self.end_index:
            hole = np.full((chunk.first_index - self.end_index, self._raw.shape[1]), np.nan)
            self._store(self._raw, hole, self.end_index)
            self._store(self._shown, hole, self.end_index)
            if self._filter is not None:
                self._filter.restart()
        samples = chunk.samples_uv[-len(self) :]
        first = chunk.end_index - len(samples)
        self._store(self._raw, samples, first)
        self._store(self._shown, self._filtered(samples), first)
        self.end_index = chunk.end_index

    def raw(self, n_times: int) -> FloatArray:
        """Return the last `n_times` samples as they came, shape (n_times, n_channels)."""
        return self._latest(self._raw, n_times)

    def shown(self, n_times: int) -> FloatArray:
        """Return the last `n_times` samples through the display's filter."""
        return self._latest(self._shown, n_times)

    def _latest(self, ring: FloatArray, n_times: int) -> FloatArray:
        return ring[np.arange(self.end_index - n_times, self.end_index) % len(self)]

    def _store(self, ring: FloatArray, samples: FloatArray, first_index: int) -> None:
        ring[np.arange(first_index, first_index + len(samples)) % len(self)] = samples

    def _filtered(self, samples: FloatArray) -> FloatArray:
        if self._filter is None:
            return samples
        shown = np.full_like(samples, np.nan)
        finite = np.asarray(np.isfinite(samples).all(axis=1))
        edges = np.flatnonzero(np.diff(finite, prepend=False, append=False))
        for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            if start > 0:
                self._filter.restart()
            shown[start:stop] = self._filter.process(samples[start:stop])
        if len(finite) and not finite[-1]:
            self._filter.restart()
        return shown


def envelope(samples: FloatArray, n_bins: int) -> tuple[FloatArray, FloatArray]:
    """Reduce a long trace to the lowest and highest sample of each bin, which looks the same.

    Parameters
    ----------
    samples : ndarray of float64, shape (n_times, n_channels)
    n_bins : int
        Columns of pixels to be drawn on.

    Returns
    -------
    positions : ndarray of float64, shape (n_points,)
        Places of the points, in samples.
    values : ndarray of float64, shape (n_points, n_channels)
        Not a number where any sample of the bin is missing.
    """
    width = len(samples) // max(1, n_bins)
    if width < 3:
        return np.arange(len(samples), dtype=float), samples
    n_whole = len(samples) // width * width
    bins = samples[len(samples) - n_whole :].reshape(-1, width, samples.shape[1])
    values = np.empty((2 * len(bins), samples.shape[1]))
    values[0::2] = bins.min(axis=1)
    values[1::2] = bins.max(axis=1)
    middles = (np.arange(len(values)) + 0.5) / 2  # two points a bin
    return len(samples) - n_whole + middles * width, values

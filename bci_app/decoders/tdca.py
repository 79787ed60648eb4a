"""Task-discriminant component analysis: one set of filters in space and time for all targets."""

from typing import ClassVar

import numpy as np

from bci_app.decoders.references import FloatArray
from bci_app.decoders.template_decoder import (
    TemplateDecoder,
    centre,
    generalised_eigenvectors,
    ratio,
)


class TDCA(TemplateDecoder):
    """Task-discriminant component analysis.

    A window X is stacked with copies of itself delayed by 1 … `n_delays` samples (zeros where it
    has ended) to X̃, and continued by its projection on the target's sinusoids, [X̃, X̃QQᵀ]. The
    filters W maximise the scatter between the mean trials of the targets against that of the trials
    about them; the score is the correlation of Wᵀ[X̃, X̃QQᵀ] with that of the mean trial. The
    doubled window is never formed: products with QQᵀ are products with Q. Liu, Chen, Shi, Wang, Gao
    & Gao (2021), IEEE Trans. Neural Syst. Rehabil. Eng. 29:1998.

    Parameters
    ----------
    frequencies_hz : tuple of float
        Frequency of each target.
    sampling_rate_hz : float
        Sampling rate of the windows.
    n_bands : int
        Number of sub-bands.
    n_harmonics : int
        Harmonics in the sinusoids, the fundamental included.
    n_delays : int
        Number of delayed copies.
    n_components : int
        Number of filters.
    """

    n_least_trials: ClassVar[int] = 2

    def __init__(
        self,
        frequencies_hz: tuple[float, ...],
        sampling_rate_hz: float,
        n_bands: int = 5,
        n_harmonics: int = 5,
        n_delays: int = 5,
        n_components: int = 8,
    ) -> None:
        super().__init__(frequencies_hz, sampling_rate_hz, n_bands)
        self.n_harmonics = n_harmonics
        self.n_delays = n_delays
        self.n_components = n_components

    def _learn(self, trials: list[FloatArray]) -> None:
        self.filters_: dict[int, FloatArray] = {}
        self.trials_ = trials
        self._filters(self.templates_.shape[-1])

    def _filters(self, n_times: int) -> FloatArray:
        """Return filters for a window length, (n_bands, n_components, n_stacked_channels)."""
        if n_times in self.filters_:
            return self.filters_[n_times]
        bases = self._bases(n_times, self.n_harmonics)
        means, projected_means, within = [], [], np.zeros(())
        for target, each in enumerate(self.trials_):
            stacked = self._stack(centre(each[..., :n_times]))
            projected = stacked @ bases[target]
            mean, projected_mean = stacked.mean(axis=0), projected.mean(axis=0)
            for part, part_mean in ((stacked, mean), (projected, projected_mean)):
                within = within + _outer(part - part_mean)
            means.append(mean)
            projected_means.append(projected_mean @ bases[target].T)
        counts = np.array([len(each) for each in self.trials_], dtype=np.float64)
        between = np.zeros(())
        for parts in (np.stack(means), np.stack(projected_means)):
            grand = np.einsum("k,k...->...", counts / counts.sum(), parts)
            deviation = np.sqrt(counts)[:, np.newaxis, np.newaxis, np.newaxis] * (parts - grand)
            between = between + _outer(deviation)
        vectors = generalised_eigenvectors(between, within)
        n_used = min(self.n_components, vectors.shape[-1])
        self.filters_[n_times] = np.ascontiguousarray(vectors[..., :n_used].swapaxes(-1, -2))
        return self.filters_[n_times]

    def _correlate(self, band: int, windows: FloatArray, templates: FloatArray) -> FloatArray:
        n_times = windows.shape[-1]
        filters = self._filters(n_times)[band]
        bases = self._bases(n_times, self.n_harmonics)
        signals = centre(filters @ self._stack(windows))
        expected = centre(filters @ self._stack(templates))
        flat_bases = bases.transpose(1, 0, 2).reshape(n_times, -1)
        on_sines = signals @ flat_bases
        on_sines = on_sines.reshape(*on_sines.shape[:2], len(bases), -1)
        expected_on_sines = expected @ bases
        products = signals.reshape(len(signals), -1) @ expected.reshape(len(expected), -1).T
        products += np.einsum("nmkr,kmr->nk", on_sines, expected_on_sines, optimize=True)
        own = (signals**2).sum(axis=(1, 2))[:, np.newaxis] + (on_sines**2).sum(axis=(1, 3))
        theirs = (expected**2).sum(axis=(1, 2)) + (expected_on_sines**2).sum(axis=(1, 2))
        return ratio(products, np.sqrt(own * theirs))

    def _stack(self, windows: FloatArray) -> FloatArray:
        """Windows under their delayed copies, (..., n_channels * (n_delays + 1), n_times)."""
        *batch, n_channels, n_times = windows.shape
        stacked = np.zeros((*batch, (self.n_delays + 1) * n_channels, n_times))
        for delay in range(min(self.n_delays + 1, n_times)):
            rows = slice(delay * n_channels, (delay + 1) * n_channels)
            stacked[..., rows, : n_times - delay] = windows[..., delay:]
        return stacked


def _outer(parts: FloatArray) -> FloatArray:
    """Σ PPᵀ over the first axis, (n, n_bands, rows, columns) to (n_bands, rows, rows)."""
    joined = np.moveaxis(parts, 0, 2).reshape(*parts.shape[1:3], -1)
    return np.asarray(joined @ joined.swapaxes(-1, -2))

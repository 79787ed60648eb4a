"""Task-related component analysis: spatial filters that make the trials of a target alike."""

from typing import ClassVar

import numpy as np

from bci_app.decoders.references import FloatArray
from bci_app.decoders.template_decoder import (
    TemplateDecoder,
    correlate_all,
    generalised_eigenvectors,
    ratio,
)


class TRCA(TemplateDecoder):
    """Task-related component analysis.

    For each target the spatial filter w maximises the covariance between trials against that
    within them, wᵀSw / wᵀQw, with S = Σ_{i≠j} XᵢXⱼᵀ and Q = Σᵢ XᵢXᵢᵀ over its trials. The score is
    the correlation of wᵀX with wᵀX̄, X̄ the target's mean trial. Nakanishi, Wang, Chen, Wang, Gao &
    Jung (2018), IEEE Trans. Biomed. Eng. 65:104.

    Parameters
    ----------
    frequencies_hz : tuple of float
        Frequency of each target; only the filter bank looks at it.
    sampling_rate_hz : float
        Sampling rate of the windows.
    n_bands : int
        Number of sub-bands.
    """

    n_least_trials: ClassVar[int] = 2

    def _learn(self, trials: list[FloatArray]) -> None:
        between, within = zip(*[_scatter(each) for each in trials], strict=True)
        # (n_bands, n_targets, n_channels)
        self.filters_ = self._solve(np.stack(between, axis=1), np.stack(within, axis=1))

    def _solve(self, between: FloatArray, within: FloatArray) -> FloatArray:
        return generalised_eigenvectors(between, within)[..., 0]

    def _correlate(self, band: int, windows: FloatArray, templates: FloatArray) -> FloatArray:
        filters = self.filters_[band]
        filtered = filters @ windows
        expected = np.einsum("kc,kct->kt", filters, templates)
        products = np.einsum("nkt,kt->nk", filtered, expected)
        norms = np.linalg.norm(filtered, axis=-1) * np.linalg.norm(expected, axis=-1)
        return ratio(products, norms)


class EnsembleTRCA(TRCA):
    """Ensemble TRCA: the filters of all targets together, W = [w₁ … w_K].

    The score is the correlation of WᵀX with WᵀX̄ over all their numbers. Only WWᵀ matters to it, so
    it is computed with a square root of that, at the cost of one filter a channel instead of one a
    target. Nakanishi et al. (2018), IEEE Trans. Biomed. Eng. 65:104.

    Parameters
    ----------
    frequencies_hz : tuple of float
        Frequency of each target; only the filter bank looks at it.
    sampling_rate_hz : float
        Sampling rate of the windows.
    n_bands : int
        Number of sub-bands.
    """

    def _correlate(self, band: int, windows: FloatArray, templates: FloatArray) -> FloatArray:
        filters = self.filters_[band]
        strengths, directions = np.linalg.eigh(filters.T @ filters)
        root = np.sqrt(np.clip(strengths, 0.0, None))[:, np.newaxis] * directions.T
        return correlate_all(root @ windows, root @ templates)


class MultiStimulusTRCA(EnsembleTRCA):
    """Multi-stimulus ensemble TRCA: each filter also learns from the targets beside its own.

    S and Q are summed over the target and its nearest `n_neighbours` in frequency: their responses
    come from the same cortex, so few trials of each give stable filters. Wong, Wan, Wang, Lao,
    Wang, Mak & Jung (2020), J. Neural Eng. 17:016026.

    Parameters
    ----------
    frequencies_hz : tuple of float
        Frequency of each target.
    sampling_rate_hz : float
        Sampling rate of the windows.
    n_bands : int
        Number of sub-bands.
    n_neighbours : int
        Targets that share a filter beside its own.
    """

    def __init__(
        self,
        frequencies_hz: tuple[float, ...],
        sampling_rate_hz: float,
        n_bands: int = 5,
        n_neighbours: int = 2,
    ) -> None:
        super().__init__(frequencies_hz, sampling_rate_hz, n_bands)
        self.n_neighbours = n_neighbours

    def _solve(self, between: FloatArray, within: FloatArray) -> FloatArray:
        frequencies = np.asarray(self.frequencies_hz)
        distance = np.abs(frequencies[:, np.newaxis] - frequencies)
        nearest = np.argsort(distance, axis=1, kind="stable")[:, : self.n_neighbours + 1]
        return super()._solve(between[:, nearest].sum(axis=2), within[:, nearest].sum(axis=2))


def _scatter(trials: FloatArray) -> tuple[FloatArray, FloatArray]:
    """S and Q of one target's trials, each (n_bands, n_channels, n_channels)."""
    total = trials.sum(axis=0)
    within = np.einsum("nbct,nbdt->bcd", trials, trials, optimize=True)
    return np.asarray(total @ total.swapaxes(-1, -2) - within), np.asarray(within)

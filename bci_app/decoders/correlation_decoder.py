"""Decoders whose score is a statistic of the canonical correlations: one class, many statistics."""

from abc import abstractmethod

import numpy as np

from bci_app.decoders.correlations import shared_variance, shared_variance_of_products
from bci_app.decoders.estimator import Decoder, IntArray, score_in_batches
from bci_app.decoders.filter_bank import Bank, band_weights, design_bank
from bci_app.decoders.references import FloatArray, reference_bases
from bci_app.decoders.sums import WindowSums, cross_of_fourier, triangles_of_windows


class CorrelationDecoder(Decoder):
    """Scores a target by a statistic of the correlations between window and references.

    With G the matrix whose eigenvalues are the squared canonical correlations ρᵢ² of window and
    references, a subclass says which function of G is the score. Sub-bands, and nested windows that
    share their end, are averaged with their weights.

    Parameters
    ----------
    frequencies_hz : tuple of float
        Frequency of each target.
    sampling_rate_hz : float
        Sampling rate of the windows.
    n_harmonics : int
        Harmonics in the references, the fundamental included.
    """

    n_bands: int = 0
    shares: tuple[float, ...] = (1.0,)

    def __init__(
        self, frequencies_hz: tuple[float, ...], sampling_rate_hz: float, n_harmonics: int = 5
    ) -> None:
        super().__init__(frequencies_hz, sampling_rate_hz)
        self.n_harmonics = n_harmonics

    @abstractmethod
    def statistic(self, gram: FloatArray, n_channels: int) -> FloatArray:
        """Score of each window, band and target from G, shape (..., n, n) to (...)."""

    def filter_bank(self) -> Bank:
        """Second-order sections of each sub-band; empty without sub-bands."""
        if not self.n_bands:
            return ()
        return design_bank(self.frequencies_hz, self.sampling_rate_hz, self.n_bands)

    def sum_frequencies_hz(self) -> tuple[float, ...]:
        """Frequencies of the Fourier sums that :meth:`score_sums` expects, target by target."""
        harmonics = range(1, self.n_harmonics + 1)
        return tuple(f * h for f in self.frequencies_hz for h in harmonics)

    def score_windows(self, windows_uv: FloatArray) -> FloatArray:
        """Score each target in each window.

        Parameters
        ----------
        windows_uv : ndarray of float64, shape (n_windows, [n_bands,] n_channels, n_times)
            Windows of any one length.

        Returns
        -------
        ndarray of float64, shape (n_windows, n_targets)
        """
        return score_in_batches(self._score_batch, windows_uv)

    def _score_batch(self, windows_uv: FloatArray) -> FloatArray:
        windows = self._split(windows_uv)
        n_times = windows.shape[-1]
        statistics = []
        for share in self.shares:
            tail = windows[..., n_times - max(1, round(share * n_times)) :]
            bases = reference_bases(
                self.frequencies_hz, tail.shape[-1], self.sampling_rate_hz, self.n_harmonics
            )
            statistics.append(self.statistic(shared_variance(tail, bases), windows.shape[-2]))
        return self._combine(np.stack(statistics))

    def score_sums(self, sums: WindowSums, nested: IntArray) -> FloatArray:
        """Score each target from sums at :meth:`sum_frequencies_hz`.

        Parameters
        ----------
        sums : WindowSums
            Distinct windows.
        nested : ndarray of int, shape (n_shares, n_windows)
            Which of `sums` is each share of each window to be scored.

        Returns
        -------
        ndarray of float64, shape (n_windows, n_targets)
        """
        n_targets = len(self.frequencies_hz)
        triangles = triangles_of_windows(
            self.frequencies_hz, sums.n_times, self.sampling_rate_hz, self.n_harmonics
        )
        fourier = sums.fourier.reshape(*sums.fourier.shape[:3], n_targets, self.n_harmonics)
        cross = cross_of_fourier(fourier, triangles)
        gram = shared_variance_of_products(sums.covariance, cross, n_targets)
        return self._combine(self.statistic(gram, sums.covariance.shape[-1])[nested])

    def _combine(self, statistics: FloatArray) -> FloatArray:
        """Mean over shares and weighted sum over bands of (n_shares, n_windows, n_bands, ...)."""
        score = statistics.mean(axis=0)
        if not self.n_bands:
            return np.asarray(score[:, 0])
        return np.asarray(np.einsum("b,nbk->nk", band_weights(score.shape[1]), score))


class FilterBankDecoder(CorrelationDecoder):
    """A correlation decoder over sub-bands.

    Parameters
    ----------
    frequencies_hz : tuple of float
        Frequency of each target.
    sampling_rate_hz : float
        Sampling rate of the windows.
    n_harmonics : int
        Harmonics in the references, the fundamental included.
    n_bands : int
        Number of sub-bands, weighted by :func:`~bci_app.decoders.filter_bank.band_weights`.
    """

    def __init__(
        self,
        frequencies_hz: tuple[float, ...],
        sampling_rate_hz: float,
        n_harmonics: int = 5,
        n_bands: int = 5,
    ) -> None:
        super().__init__(frequencies_hz, sampling_rate_hz, n_harmonics)
        self.n_bands = n_bands

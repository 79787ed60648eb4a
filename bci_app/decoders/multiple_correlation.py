"""Statistics of all canonical correlations: multivariate tests, and the synchronisation index.

The tests are of the hypothesis that window and references share nothing.
"""

import numpy as np

from bci_app.decoders.correlation_decoder import CorrelationDecoder, FilterBankDecoder
from bci_app.decoders.references import FloatArray

# A window that is nothing but its references would have an infinite score.
_ALMOST_ONE = 1.0 - 1e-9


class Wilks(CorrelationDecoder):
    """Wilks' statistic: -Σᵢ log(1 - ρᵢ²), over all canonical correlations ρᵢ.

    The log-likelihood ratio, up to the factor n_times / 2, of "the references explain part of every
    channel" against "they explain nothing", in noise of unknown spatial covariance. Training-free.
    Wilks (1935), Econometrica 3:309; Anderson (2003), An Introduction to Multivariate Statistical
    Analysis, ch. 8.

    Parameters
    ----------
    frequencies_hz : tuple of float
        Frequency of each target.
    sampling_rate_hz : float
        Sampling rate of the windows.
    n_harmonics : int
        Harmonics in the references, the fundamental included.
    """

    def __init__(
        self, frequencies_hz: tuple[float, ...], sampling_rate_hz: float, n_harmonics: int = 2
    ) -> None:
        super().__init__(frequencies_hz, sampling_rate_hz, n_harmonics)

    def statistic(self, gram: FloatArray, n_channels: int) -> FloatArray:  # noqa: ARG002 - all have one signature
        """-log det(I - G)."""
        return wilks_statistic(gram)


class Pillai(Wilks):
    """Pillai's trace: Σᵢ ρᵢ².

    Training-free; parameters as :class:`Wilks`. Pillai (1955), Ann. Math. Stat. 26:117.
    """

    def statistic(self, gram: FloatArray, n_channels: int) -> FloatArray:  # noqa: ARG002 - all have one signature
        """Trace of G."""
        return np.asarray(np.einsum("...cc->...", gram))


class HotellingLawley(Wilks):
    """The Hotelling-Lawley trace: Σᵢ ρᵢ² / (1 - ρᵢ²), the summed signal-to-noise ratios.

    Training-free; parameters as :class:`Wilks`. Hotelling (1951), Proc. Second Berkeley Symp.:23.
    """

    def statistic(self, gram: FloatArray, n_channels: int) -> FloatArray:  # noqa: ARG002 - all have one signature
        """Trace of G (I - G)⁻¹."""
        squared = _squared_correlations(gram)
        return np.asarray((squared / (1 - squared)).sum(axis=-1))


class MSI(Wilks):
    """Multivariate synchronisation index.

    With X and Y whitened, the joint covariance of window and references has P = n_channels +
    n_references eigenvalues λ; the index is 1 + Σ λ' log λ' / log P with λ' = λ / Σλ. The λ are
    1 + ρᵢ, 1 - ρᵢ and ones, so the index is Σᵢ [(1 + ρᵢ) log(1 + ρᵢ) + (1 - ρᵢ) log(1 - ρᵢ)] /
    (P log P). Training-free; parameters as :class:`Wilks`. Zhang, Xu, Cheng & Yao (2014), J.
    Neurosci. Methods 221:32.
    """

    def statistic(self, gram: FloatArray, n_channels: int) -> FloatArray:
        """Return the synchronisation index, 0 … 1."""
        n_joint = n_channels + 2 * self.n_harmonics
        correlations = np.sqrt(_squared_correlations(gram))
        joint = np.concatenate([1 + correlations, 1 - correlations], axis=-1)
        return np.asarray((joint * np.log(joint)).sum(axis=-1) / (n_joint * np.log(n_joint)))


class FilterBankWilks(FilterBankDecoder):
    """Wilks' statistic in sub-bands, averaged over nested windows: the best without calibration.

    The score of target k is the mean over tails of the window (all of it, its last 80 % and its
    last 60 %) of Σₘ w(m) Λₖ,ₘ with Λₖ,ₘ Wilks' statistic in sub-band m and w(m) = m^-1.25 + 0.25.
    Each sub-band whitens with its own spatial covariance, so strong slow rhythms do not decide how
    the higher harmonics are weighed. The tails allow for a gaze that arrives, or a response that
    builds up, after the window has begun. Training-free.

    Parameters
    ----------
    frequencies_hz : tuple of float
        Frequency of each target.
    sampling_rate_hz : float
        Sampling rate of the windows.
    n_harmonics : int
        Harmonics in the references, the fundamental included.
    n_bands : int
        Number of sub-bands.
    shares : tuple of float
        Length of each tail as a share of the window.
    """

    def __init__(
        self,
        frequencies_hz: tuple[float, ...],
        sampling_rate_hz: float,
        n_harmonics: int = 2,
        n_bands: int = 3,
        shares: tuple[float, ...] = (1.0, 0.8, 0.6),
    ) -> None:
        super().__init__(frequencies_hz, sampling_rate_hz, n_harmonics, n_bands)
        self.shares = shares

    def statistic(self, gram: FloatArray, n_channels: int) -> FloatArray:  # noqa: ARG002 - all have one signature
        """-log det(I - G)."""
        return wilks_statistic(gram)


def wilks_statistic(gram: FloatArray) -> FloatArray:
    """-log det(I - G) of each matrix, shape (..., n, n) to (...)."""
    remaining = np.eye(gram.shape[-1]) - _ALMOST_ONE * gram
    pivots = np.einsum("...cc->...c", np.linalg.cholesky(remaining))
    return np.asarray(-2 * np.log(pivots).sum(axis=-1))


def _squared_correlations(gram: FloatArray) -> FloatArray:
    return np.asarray(np.clip(np.linalg.eigvalsh(gram), 0.0, _ALMOST_ONE))

"""The largest canonical correlation as the score: standard and filter-bank CCA."""

import numpy as np

from bci_app.decoders.correlation_decoder import CorrelationDecoder, FilterBankDecoder
from bci_app.decoders.references import FloatArray


class StandardCCA(CorrelationDecoder):
    """Standard CCA: a target's score is the largest canonical correlation with its references.

    ρₖ = max over u, v of corr(uᵀX, vᵀYₖ), with X the window (n_channels, n_times) and Yₖ the sines
    and cosines of target k (2 n_harmonics, n_times): 0 … 1. Training-free. Lin, Zhang, Wu & Gao
    (2006), IEEE Trans. Biomed. Eng. 53:2610.

    Parameters
    ----------
    frequencies_hz : tuple of float
        Frequency of each target.
    sampling_rate_hz : float
        Sampling rate of the windows.
    n_harmonics : int
        Harmonics in the references, the fundamental included.
    """

    def statistic(self, gram: FloatArray, n_channels: int) -> FloatArray:  # noqa: ARG002 - all have one signature
        """Largest correlation."""
        return np.asarray(np.sqrt(largest_squared(gram)))


class FilterBankCCA(FilterBankDecoder):
    """Filter-bank CCA: squared correlations of several sub-bands, weighted and added.

    The score of target k is Σₘ w(m) ρₖ,ₘ², with ρₖ,ₘ the largest canonical correlation in sub-band
    m and w(m) = m^-1.25 + 0.25. Training-free. Chen, Wang, Gao, Jung & Gao (2015), J. Neural Eng.
    12:046008.

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
    """

    def statistic(self, gram: FloatArray, n_channels: int) -> FloatArray:  # noqa: ARG002 - all have one signature
        """Square of the largest correlation."""
        return largest_squared(gram)


def largest_squared(gram: FloatArray) -> FloatArray:
    """Largest eigenvalue, within 0 … 1."""
    return np.asarray(np.clip(np.linalg.eigvalsh(gram)[..., -1], 0.0, 1.0))

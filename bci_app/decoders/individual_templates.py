"""CCA with a subject's own mean trials beside or instead of the sinusoids."""

import numpy as np

from bci_app.decoders.correlations import shared_variance_of_products, whitening
from bci_app.decoders.references import FloatArray
from bci_app.decoders.template_decoder import TemplateDecoder, ratio


class IndividualTemplateCCA(TemplateDecoder):
    """Individual-template CCA: the largest canonical correlation of a window with the mean trial.

    Bin, Gao, Wang, Li, Hong & Gao (2011), J. Neural Eng. 8:025015; compared in Nakanishi, Wang,
    Wang & Jung (2015), PLoS ONE 10:e0140703.

    Parameters
    ----------
    frequencies_hz : tuple of float
        Frequency of each target; only the filter bank looks at it.
    sampling_rate_hz : float
        Sampling rate of the windows.
    n_bands : int
        Number of sub-bands.
    """

    def _learn(self, trials: list[FloatArray]) -> None:
        """Templates are all there is to learn."""

    def _correlate(self, band: int, windows: FloatArray, templates: FloatArray) -> FloatArray:  # noqa: ARG002 - all have one signature
        white = whitening(templates @ templates.swapaxes(-1, -2))
        bases = white @ templates
        cross = windows @ bases.transpose(2, 0, 1).reshape(windows.shape[-1], -1)
        covariance = windows @ windows.swapaxes(-1, -2)
        gram = shared_variance_of_products(covariance, cross, len(templates))
        return np.asarray(np.sqrt(np.clip(np.linalg.eigvalsh(gram)[..., -1], 0.0, 1.0)))


class ExtendedCCA(TemplateDecoder):
    """Extended CCA: correlations under three spatial filters, of sinusoids and of templates.

    With X the window, Y the sinusoids, X̄ the mean trial and w(A, B) the first filter of A in the
    CCA of A and B, r₁ = corr(w(X,Y)ᵀX, v(X,Y)ᵀY) is the canonical correlation, and
    r₂ = corr(w(X,X̄)ᵀX, w(X,X̄)ᵀX̄), r₃ = corr(w(X,Y)ᵀX, w(X,Y)ᵀX̄), r₄ = corr(w(X̄,Y)ᵀX, w(X̄,Y)ᵀX̄).
    The score is Σᵢ sign(rᵢ) rᵢ². Nakanishi, Wang, Wang & Jung (2015), PLoS ONE 10:e0140703.

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
    """

    def __init__(
        self,
        frequencies_hz: tuple[float, ...],
        sampling_rate_hz: float,
        n_bands: int = 5,
        n_harmonics: int = 5,
    ) -> None:
        super().__init__(frequencies_hz, sampling_rate_hz, n_bands)
        self.n_harmonics = n_harmonics

    def _learn(self, trials: list[FloatArray]) -> None:  # noqa: ARG002 - all have one signature
        bases = self._bases(self.templates_.shape[-1], self.n_harmonics)
        white = whitening(self.templates_ @ self.templates_.swapaxes(-1, -2))
        # (n_bands, n_targets, n_channels)
        self.filters_ = _first_filters(white, white @ self.templates_ @ bases)[1]

    def _correlate(self, band: int, windows: FloatArray, templates: FloatArray) -> FloatArray:
        n_times = windows.shape[-1]
        bases = self._bases(n_times, self.n_harmonics).transpose(1, 0, 2)
        covariance = windows @ windows.swapaxes(-1, -2)
        white = whitening(covariance)[:, np.newaxis]
        n_targets, n_channels = templates.shape[:2]

        def by_target(products: FloatArray) -> FloatArray:
            return np.moveaxis(products.reshape(len(windows), n_channels, n_targets, -1), 2, 1)

        with_sines = by_target(windows @ bases.reshape(n_times, -1))
        squared, sine_filters = _first_filters(white, white @ with_sines)
        shared = by_target(windows @ templates.transpose(2, 0, 1).reshape(n_times, -1))
        expected = templates @ templates.swapaxes(-1, -2)
        template_filters = _first_filters(
            white, white @ shared @ whitening(expected).swapaxes(-1, -2)
        )[1]
        calibrated = np.broadcast_to(self.filters_[band], sine_filters.shape)
        total = squared
        for filters in (template_filters, sine_filters, calibrated):
            both = np.einsum("nkc,nkcd,nkd->nk", filters, shared, filters, optimize=True)
            own = np.einsum("nkc,ncd,nkd->nk", filters, covariance, filters, optimize=True)
            theirs = np.einsum("nkc,kcd,nkd->nk", filters, expected, filters, optimize=True)
            correlation = ratio(both, np.sqrt(np.clip(own * theirs, 0.0, None)))
            total = total + np.sign(correlation) * correlation**2
        return np.asarray(total)


def _first_filters(white: FloatArray, projected: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Largest squared canonical correlation and the window's filter that reaches it.

    Parameters
    ----------
    white : ndarray of float64, shape (..., n_channels, n_channels)
        Whitening of the window.
    projected : ndarray of float64, shape (..., n_channels, n_references)
        Whitened window times an orthonormal basis.
    """
    squared, directions = np.linalg.eigh(projected @ projected.swapaxes(-1, -2))
    filters = white.swapaxes(-1, -2) @ directions[..., -1:]
    return np.asarray(np.clip(squared[..., -1], 0.0, 1.0)), np.asarray(filters[..., 0])

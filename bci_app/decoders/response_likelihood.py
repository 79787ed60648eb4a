"""How much likelier a window is if a target is looked at: log-likelihood ratios of the response."""

from collections.abc import Sequence

import numpy as np

from bci_app.decoders.references import FloatArray
from bci_app.decoders.response_model import ResponseModel, turns
from bci_app.decoders.sums import ComplexArray

# A response may be this much stronger or weaker than the mean one: in energy, and in amplitude.
# Each amplitude is twice the one before: e^{2ax} of the next is the square of this one's.
_ENERGY_SCALES = np.array([0.25, 0.5, 1.0, 2.0, 4.0])
_AMPLITUDE_SCALES = 0.3 * 2.0 ** np.arange(4)


class ResponseLikelihood:
    """Evidence for each target from one response model or from several, one for each window.

    What does not depend on the window is computed once, here.

    Parameters
    ----------
    models : sequence of ResponseModel
        All with a template, or all without.
    """

    def __init__(self, models: Sequence[ResponseModel]) -> None:
        self._filters = np.stack([model.filters for model in models])
        gains = np.stack([model.gains for model in models])[..., np.newaxis]
        gains = 1 + _ENERGY_SCALES * (gains - 1)
        self._slopes = 1 - 1 / gains
        offsets = -np.log(gains).sum(axis=-2) - np.log(len(_ENERGY_SCALES))
        self._offsets = np.moveaxis(offsets, -1, 0)[:, np.newaxis]
        templates = [model.templates for model in models if model.templates is not None]
        self._templates = np.stack(templates).conj() if templates else None
        if self._templates is not None:
            energies = (np.abs(self._templates) ** 2).sum(axis=(-2, -1))
            self._template_costs = np.multiply.outer(_AMPLITUDE_SCALES**2, energies[np.newaxis])
        all_round = turns(self._filters.shape[-3])
        # Re(m t) of complex numbers, as one real product of (Re m, Im m) and (Re t, -Im t).
        self._turns = np.stack([all_round.real, -all_round.imag], axis=1)
        self._turns = self._turns.reshape(-1, all_round.shape[1])

    def features(self, amplitudes: ComplexArray, wilks: FloatArray) -> FloatArray:
        """All kinds of evidence for each target.

        Parameters
        ----------
        amplitudes : ndarray of complex128
            Standardised amplitudes of windows and of their later parts, shape (n_shares, n_windows,
            n_targets, n_harmonics, n_channels); as many windows as models, or any number for one.
        wilks : ndarray of float64, shape (n_windows, n_targets)

        Returns
        -------
        ndarray of float64, shape (n_windows, n_targets, n_features)
            Energy evidence of each share, phase evidence of each where there are templates, Wilks'
            statistic.
        """
        filtered = self.filtered(amplitudes)
        kinds = [*self.energy_evidence(filtered)]
        if self._templates is not None:
            kinds += [*self.phase_evidence(filtered)]
        return np.stack([*kinds, wilks], axis=-1)

    def filtered(self, amplitudes: ComplexArray) -> ComplexArray:
        """Standardised amplitudes after the spatial filters, the same shape."""
        pairs = amplitudes[..., np.newaxis].view(np.float64)
        return np.asarray((self._filters @ pairs).view(np.complex128)[..., 0])

    def energy_evidence(self, filtered: ComplexArray) -> FloatArray:
        """Log-likelihood ratio of "looked at" against "not" if amplitudes are Gaussian.

        Σₕ log mean_g Πᵢ N(yᵢ; 0, 1 + g (γᵢ - 1)) / N(yᵢ; 0, 1), with γ the gains and g the scale of
        the response's energy, shape (..., n_targets).
        """
        power = filtered.real**2 + filtered.imag**2
        # Shares last but one, so that one small product serves them all.
        by_share = np.ascontiguousarray(power.transpose(1, 2, 3, 0, 4)) @ self._slopes
        ratios = by_share.transpose(4, 3, 0, 1, 2) + self._offsets
        return np.asarray(_log_sum_exp(ratios).sum(axis=-1))

    def phase_evidence(self, filtered: ComplexArray) -> FloatArray:
        """Log-likelihood ratio if all harmonics share one unknown phase.

        log mean over φ and a of exp(2a Re Σₕ e^{-ihφ} mₕᴴ yₕ - a² ‖m‖²), with m the template, φ the
        phase of the flicker and a the scale of the response, shape (..., n_targets).
        """
        if self._templates is None:
            raise ValueError("models without templates")
        matches = (self._templates * filtered).sum(axis=-1)
        agreement = matches.view(np.float64) @ self._turns
        best = agreement.max(axis=-1, keepdims=True)
        likelihood = np.exp(2 * _AMPLITUDE_SCALES[0] * (agreement - best))
        sums = np.empty((len(_AMPLITUDE_SCALES), *matches.shape[:-1]))
        for scale in range(len(_AMPLITUDE_SCALES)):
            if scale:
                likelihood *= likelihood
            sums[scale] = likelihood.sum(axis=-1)
        highest = np.multiply.outer(2 * _AMPLITUDE_SCALES, best[..., 0])
        ratios = np.log(sums) + highest - self._template_costs
        n_alternatives = agreement.shape[-1] * len(_AMPLITUDE_SCALES)
        return np.asarray(_log_sum_exp(ratios) - np.log(n_alternatives))


def _log_sum_exp(values: FloatArray) -> FloatArray:
    """Over the first axis; all finite, so plain NumPy will do, ten times faster than SciPy."""
    highest = values.max(axis=0)
    return np.asarray(highest + np.log(np.exp(values - highest).sum(axis=0)))

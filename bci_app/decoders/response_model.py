"""How a subject's brain answers a target: where on the head, how strongly, at which harmonics.

Everything here works on *standardised amplitudes*: complex Fourier amplitudes at the harmonics of
each target, whitened by the covariance of the window they come from, so that a window without a
response gives standard complex normal numbers whatever the headset's gain or the subject's noise.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from bci_app.decoders.estimator import IntArray
from bci_app.decoders.references import FloatArray
from bci_app.decoders.sums import ComplexArray, WindowSums

# Weak directions of a window's covariance are estimated from little and would be blown up.
_WINDOW_RIDGE = 0.003
# Share of the mean off-target energy added to both energies of the response model.
_MODEL_RIDGE = 0.5
# A response may be this much stronger or weaker than the mean one: in energy, and in amplitude.
_ENERGY_SCALES = np.array([0.25, 0.5, 1.0, 2.0, 4.0])
_AMPLITUDE_SCALES = np.array([0.3, 0.6, 1.0, 1.5, 2.2])
_N_PHASES = 48
_N_ALIGNMENTS = 12


def standardised_amplitudes(sums: WindowSums, n_targets: int, n_harmonics: int) -> ComplexArray:
    """Whitened Fourier amplitudes.

    Harmonic h is taken from sub-band h (or the highest). With C the window's covariance there and s
    the Fourier sums, z = C^-½ s √(2 / n_times) / √(1 - ‖·‖²): the last factor takes the response's
    own energy out of C.

    Parameters
    ----------
    sums : WindowSums
        At the harmonics of each target, target by target.
    n_targets, n_harmonics : int

    Returns
    -------
    ndarray of complex128, shape (n_windows, n_targets, n_harmonics, n_channels)
    """
    n_windows, n_bands, n_channels = sums.covariance.shape[:3]
    trace = np.einsum("nbcc->nb", sums.covariance)[..., np.newaxis, np.newaxis]
    floor = np.finfo(float).tiny + _WINDOW_RIDGE * trace / n_channels
    energies, directions = np.linalg.eigh(sums.covariance + floor * np.eye(n_channels))
    scale = np.where(trace[..., 0] > 0, 1 / np.sqrt(np.maximum(energies, floor[..., 0])), 0.0)
    whitening = (directions * scale[..., np.newaxis, :]) @ directions.swapaxes(-1, -2)
    fourier = sums.fourier.reshape(n_windows, n_bands, n_channels, n_targets, n_harmonics)
    amplitudes = np.empty((n_windows, n_targets, n_harmonics, n_channels), dtype=np.complex128)
    for harmonic in range(n_harmonics):
        band = min(harmonic, n_bands - 1)
        whitened = whitening[:, band] @ fourier[:, band, :, :, harmonic]
        amplitudes[:, :, harmonic] = whitened.swapaxes(-1, -2)
    n_times = np.array(sums.n_times, dtype=np.float64)[:, np.newaxis, np.newaxis, np.newaxis]
    amplitudes *= np.sqrt(2 / n_times)
    coherence = (np.abs(amplitudes) ** 2).sum(axis=-1, keepdims=True)
    unexplained = np.maximum(1 - coherence, 0.02)
    return np.asarray(amplitudes * np.sqrt(n_times / 2 / unexplained))


@dataclass(frozen=True, slots=True)
class Energies:
    """Mean of z zᴴ (real part) while a target is looked at, and while it is not.

    Parameters
    ----------
    on, off : ndarray of float64, shape (n_targets, n_harmonics, n_channels, n_channels)
    n_on : ndarray of float64, shape (n_targets,)
        Trials behind `on`.
    """

    on: FloatArray
    off: FloatArray
    n_on: FloatArray


def measure_energies(amplitudes: ComplexArray, labels: IntArray) -> Energies:
    """Mean energies of labelled trials.

    Parameters
    ----------
    amplitudes : ndarray of complex128, shape (n_trials, n_starts, n_targets, n_harmonics, n_channels)
    labels : ndarray of int, shape (n_trials,)
    """  # noqa: E501
    n_starts, n_targets, _, n_channels = amplitudes.shape[1:]
    on: list[FloatArray] = []
    off: list[FloatArray] = []
    n_on: list[float] = []
    for target in range(n_targets):
        looked_at = labels == target
        for chosen, means in ((looked_at, on), (~looked_at, off)):
            z = amplitudes[chosen][:, :, target]
            energy = np.einsum("nshc,nshd->hcd", z, z.conj()).real
            count = chosen.sum() * n_starts
            means.append(energy / count if count else np.zeros_like(energy) + np.eye(n_channels))
        n_on.append(float(looked_at.sum()))
    return Energies(np.array(on), np.array(off), np.array(n_on))


def pool_energies(
    own: Energies | None, others: Sequence[Energies], others_weigh: float
) -> Energies:
    """Own energies, shrunk towards the mean of other subjects' as if these were so many trials."""
    if not others:
        if own is None:
            raise ValueError("energies of nobody")
        return own
    population_on = np.mean([energies.on for energies in others], axis=0)
    population_off = np.mean([energies.off for energies in others], axis=0)
    if own is None:
        return Energies(population_on, population_off, np.zeros(len(population_on)))
    share = (own.n_on / (own.n_on + others_weigh))[:, np.newaxis, np.newaxis, np.newaxis]
    return Energies(
        share * own.on + (1 - share) * population_on,
        share * own.off + (1 - share) * population_off,
        own.n_on,
    )


@dataclass(frozen=True, slots=True)
class ResponseModel:
    """Spatial model of the response at each target and harmonic.

    Parameters
    ----------
    filters : ndarray of float64, shape (n_targets, n_harmonics, n_channels, n_channels)
        Rows are spatial filters that make off-target energy the identity and on-target diagonal.
    gains : ndarray of float64, shape (n_targets, n_harmonics, n_channels)
        On-target energy in each filter, 1 or more.
    templates : ndarray of complex128 or None, shape (n_targets, n_harmonics, n_channels)
        Mean filtered amplitudes, all harmonics of a trial turned by one common phase.
    """

    filters: FloatArray
    gains: FloatArray
    templates: ComplexArray | None

    def filtered(self, amplitudes: ComplexArray) -> ComplexArray:
        """Standardised amplitudes after the spatial filters, the same shape."""
        return np.asarray((self.filters @ amplitudes[..., np.newaxis])[..., 0])

    def energy_evidence(self, filtered: ComplexArray) -> FloatArray:
        """Log-likelihood ratio of "looked at" against "not" if amplitudes are Gaussian.

        Σₕ log mean_g Πᵢ N(yᵢ; 0, 1 + g (γᵢ - 1)) / N(yᵢ; 0, 1), with γ the gains and g the scale of
        the response's energy, shape (..., n_targets).
        """
        power = np.abs(filtered[..., np.newaxis, :]) ** 2
        gains = 1 + _ENERGY_SCALES[:, np.newaxis] * (self.gains[..., np.newaxis, :] - 1)
        ratio = (power * (1 - 1 / gains) - np.log(gains)).sum(axis=-1)
        evidence = logsumexp(ratio, axis=-1) - np.log(len(_ENERGY_SCALES))
        return np.asarray(evidence.sum(axis=-1))

    def phase_evidence(self, filtered: ComplexArray) -> FloatArray:
        """Log-likelihood ratio if all harmonics share one unknown phase.

        log mean over φ and a of exp(2a Re Σₕ e^{-ihφ} mₕᴴ yₕ - a² ‖m‖²), with m the template, φ the
        phase of the flicker and a the scale of the response, shape (..., n_targets).
        """
        if self.templates is None:
            raise ValueError("a model without templates")
        matches = (self.templates.conj() * filtered).sum(axis=-1)
        agreement = (matches @ _turns(matches.shape[-1])).real
        energy = (np.abs(self.templates) ** 2).sum(axis=(-2, -1))[..., np.newaxis]
        ratios = [2 * a * agreement - a**2 * energy for a in _AMPLITUDE_SCALES]
        n_alternatives = _N_PHASES * len(_AMPLITUDE_SCALES)
        evidence = logsumexp(np.concatenate(ratios, axis=-1), axis=-1)
        return np.asarray(evidence - np.log(n_alternatives))


def fit_response_model(
    energies: Energies, amplitudes: ComplexArray | None, labels: IntArray | None
) -> ResponseModel:
    """Spatial filters and gains from energies; templates from own trials where there are any.

    Parameters
    ----------
    energies : Energies
    amplitudes : ndarray of complex128 or None
        Shape (n_trials, n_starts, n_targets, n_harmonics, n_channels).
    labels : ndarray of int or None, shape (n_trials,)
    """
    n_channels = energies.off.shape[-1]
    mean_off = np.einsum("khcc->kh", energies.off) / n_channels
    ridge = _MODEL_RIDGE * np.maximum(mean_off, 1e-6)[..., np.newaxis, np.newaxis]
    ridge = ridge * np.eye(n_channels)
    whitening = np.linalg.inv(np.linalg.cholesky(energies.off + ridge))
    on = whitening @ (energies.on + ridge) @ whitening.swapaxes(-1, -2)
    gains, directions = np.linalg.eigh(on)
    model = ResponseModel(
        directions.swapaxes(-1, -2) @ whitening, np.maximum(gains, 1.0), templates=None
    )
    if amplitudes is None or labels is None:
        return model
    templates = [
        _align(model.filtered(amplitudes[labels == target])[:, :, target])
        for target in range(len(gains))
    ]
    return ResponseModel(model.filters, model.gains, np.array(templates))


def _turns(n_harmonics: int) -> ComplexArray:
    """e^{-ihφ} for harmonics h = 1, 2, … and phases φ all round, (n_harmonics, n_phases)."""
    phases = 2 * np.pi * np.arange(_N_PHASES) / _N_PHASES
    return np.asarray(np.exp(-1j * np.outer(np.arange(1, n_harmonics + 1), phases)))


def _align(filtered: ComplexArray) -> ComplexArray:
    """Mean over windows once each is turned to agree with the mean: a template of one phase.

    Parameters
    ----------
    filtered : ndarray of complex128, shape (n_trials, n_starts, n_harmonics, n_channels)

    Returns
    -------
    ndarray of complex128, shape (n_harmonics, n_channels)
    """
    n_harmonics, n_channels = filtered.shape[-2:]
    windows = filtered.reshape(-1, n_harmonics, n_channels)
    turns = _turns(n_harmonics)
    best, best_agreement = np.zeros((n_harmonics, n_channels), dtype=np.complex128), -np.inf
    # The alternation finds a local optimum: begin with the phases of the first and second harmonic.
    for harmonic in range(min(2, n_harmonics)):
        # The filters are in order of gain: the last one holds the response.
        phase = np.angle(windows[:, harmonic, -1]) / (harmonic + 1)
        chosen = np.round(phase / (2 * np.pi) * _N_PHASES).astype(np.intp) % _N_PHASES
        for _ in range(_N_ALIGNMENTS):
            template = np.einsum("hn,nhc->hc", turns[:, chosen], windows) / len(windows)
            agreement = (np.einsum("hc,nhc->nh", template.conj(), windows) @ turns).real
            chosen = agreement.argmax(axis=-1)
        total = agreement.max(axis=-1).sum()
        if total > best_agreement:
            best, best_agreement = template, total
    return best

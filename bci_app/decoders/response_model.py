"""How a subject's brain answers a target: where on the head, how strongly, at which harmonics.

Everything here works on standardised amplitudes (:mod:`bci_app.decoders.standardised`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bci_app.decoders.estimator import IntArray
from bci_app.decoders.references import FloatArray
from bci_app.decoders.sums import ComplexArray

# Share of the mean off-target energy added to both energies of the response model.
_MODEL_RIDGE = 0.5
_N_PHASES = 48
_N_ALIGNMENTS = 12


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
    amplitudes : ndarray of complex128
        Shape (n_trials, n_starts, n_targets, n_harmonics, n_channels).
    labels : ndarray of int, shape (n_trials,)
    """
    n_starts, n_targets, _, n_channels = amplitudes.shape[1:]
    on: list[FloatArray] = []
    off: list[FloatArray] = []
    n_on: list[float] = []
    for target in range(n_targets):
        looked_at = labels == target
        for chosen, means in ((looked_at, on), (~looked_at, off)):
            z = amplitudes[chosen][:, :, target]
            # Re(z zᴴ) summed over windows, as one real product a harmonic.
            by_harmonic = np.moveaxis(z, 2, 0).reshape(z.shape[2], -1, n_channels)
            parts = np.concatenate([by_harmonic.real, by_harmonic.imag], axis=1)
            energy = parts.swapaxes(-1, -2) @ parts
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
        _align(
            np.einsum(
                "hdc,nshc->nshd", model.filters[target], amplitudes[labels == target][:, :, target]
            )
        )
        for target in range(len(gains))
    ]
    return ResponseModel(model.filters, model.gains, np.array(templates))


def turns(n_harmonics: int) -> ComplexArray:
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
    by_harmonic = np.ascontiguousarray(windows.swapaxes(0, 1))
    all_round = turns(n_harmonics)
    best, best_agreement = np.zeros((n_harmonics, n_channels), dtype=np.complex128), -np.inf
    # The alternation finds a local optimum: begin with the phases of the first and second harmonic.
    for harmonic in range(min(2, n_harmonics)):
        # The filters are in order of gain: the last one holds the response.
        phase = np.angle(windows[:, harmonic, -1]) / (harmonic + 1)
        chosen = np.round(phase / (2 * np.pi) * _N_PHASES).astype(np.intp) % _N_PHASES
        for _ in range(_N_ALIGNMENTS):
            turned = all_round[:, np.newaxis, chosen] @ by_harmonic
            template = turned[:, 0] / len(windows)
            matches = (by_harmonic @ template.conj()[..., np.newaxis])[..., 0]
            agreement = (matches.T @ all_round).real
            before, chosen = chosen, agreement.argmax(axis=-1)
            if (chosen == before).all():
                break
        total = agreement.max(axis=-1).sum()
        if total > best_agreement:
            best, best_agreement = template, total
    return best

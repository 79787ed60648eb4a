"""The conditional logit: from features of each alternative to a probability of each.

McFadden (1974), Frontiers in Econometrics:105. All targets share one weight a feature, so little
data suffices and the number of targets does not matter; each has an offset of its own, and idle is
the alternative without features.
"""

from dataclasses import dataclass

import numpy as np
from scipy import optimize

from bci_app.decoders.estimator import IntArray
from bci_app.decoders.references import FloatArray


@dataclass(frozen=True, slots=True)
class ChoiceModel:
    """Log-odds of target k are `features[k] @ weights + offsets[k]`, of idle `idle`.

    Parameters
    ----------
    weights : ndarray of float64, shape (n_features,)
        Not negative: more evidence for a target never makes it less likely.
    offsets : ndarray of float64, shape (n_targets,)
    idle : float or None
        None where idle is not among the classes.
    """

    weights: FloatArray
    offsets: FloatArray
    idle: float | None

    def log_odds(self, features: FloatArray) -> FloatArray:
        """Log-odds of each class, shape (..., n_targets, n_features) to (..., n_classes)."""
        targets = features @ self.weights + self.offsets
        if self.idle is None:
            return np.asarray(targets)
        idle = np.full((*targets.shape[:-1], 1), self.idle)
        return np.concatenate([targets, idle], axis=-1)

    def log_probabilities(self, features: FloatArray) -> FloatArray:
        """Log-probability of each class, shape (..., n_targets, n_features) to (..., n_classes)."""
        return log_probabilities(self.log_odds(features))


def log_probabilities(log_odds: FloatArray) -> FloatArray:
    """Log-odds with their common term taken off, so that over the last axis they sum to 1."""
    relative = log_odds - log_odds.max(axis=-1, keepdims=True)
    return np.asarray(relative - np.log(np.exp(relative).sum(axis=-1, keepdims=True)))


def fit_choice_model(
    features: FloatArray, labels: IntArray, case_weights: FloatArray, ridge: float
) -> ChoiceModel:
    """Fit by penalised maximum likelihood.

    Parameters
    ----------
    features : ndarray of float64, shape (n_cases, n_targets, n_features)
    labels : ndarray of int, shape (n_cases,)
        The alternative of each case; n_targets for idle.
    case_weights : ndarray of float64, shape (n_cases,)
    ridge : float
        Penalty on the squares of the weights, of features scaled to unit mean square, and of the
        offsets.
    """
    n_cases, n_targets, n_features = features.shape
    has_idle = bool((labels == n_targets).any())
    scale = np.sqrt((features**2).mean(axis=(0, 1)))
    scale = np.where(scale > 0, scale, 1.0)
    scaled = features / scale
    cases = np.arange(n_cases)

    def unpack(parameters: FloatArray) -> ChoiceModel:
        idle = float(parameters[-1]) if has_idle else None
        offsets = parameters[n_features : n_features + n_targets]
        return ChoiceModel(parameters[:n_features], offsets, idle)

    def loss(parameters: FloatArray) -> tuple[float, FloatArray]:
        logs = unpack(parameters).log_probabilities(scaled)
        residual = np.exp(logs)
        residual[cases, labels] -= 1
        residual *= case_weights[:, np.newaxis]
        penalised = parameters[: n_features + n_targets]
        gradient = np.zeros_like(parameters)
        gradient[:n_features] = np.einsum("nk,nkf->f", residual[:, :n_targets], scaled)
        gradient[n_features:] = residual.sum(axis=0)
        gradient[: n_features + n_targets] += ridge * penalised
        value = -(case_weights * logs[cases, labels]).sum()
        return float(value + 0.5 * ridge * (penalised**2).sum()), gradient

    n_free = n_targets + has_idle
    found = optimize.minimize(
        loss,
        np.zeros(n_features + n_free),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0, None)] * n_features + [(None, None)] * n_free,
    )
    fitted = unpack(np.asarray(found.x))
    return ChoiceModel(fitted.weights / scale, fitted.offsets, fitted.idle)

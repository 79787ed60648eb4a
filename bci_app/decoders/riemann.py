"""Riemannian geometry of covariances: the pure functions.

The affine-invariant metric: Barachant, Bonnet, Congedo & Jutten (2012), IEEE Trans. Biomed. Eng.
59:920. Matrices are symmetric and positive definite, shape (..., n, n).
"""

from collections.abc import Callable

import numpy as np

from bci_app.decoders.references import FloatArray

_TOLERANCE = 1e-6
_MAX_ITERATIONS = 30


def matrix_function(
    matrices: FloatArray, function: Callable[[FloatArray], FloatArray]
) -> FloatArray:
    """Apply a function to the eigenvalues."""
    values, vectors = np.linalg.eigh(matrices)
    return np.asarray((vectors * function(values)[..., np.newaxis, :]) @ vectors.swapaxes(-1, -2))


def inverse_root(matrices: FloatArray) -> FloatArray:
    """C^-½."""
    return matrix_function(matrices, lambda values: 1 / np.sqrt(values))


def squared_distances(matrices: FloatArray, means: FloatArray) -> FloatArray:
    """Σ log² λᵢ(M⁻¹C) for each matrix C and mean M, (n_matrices, n_means)."""
    roots = inverse_root(means)
    relative = roots @ matrices[:, np.newaxis] @ roots
    logarithms = np.log(np.linalg.eigvalsh(relative))
    return np.asarray((logarithms**2).sum(axis=-1))


def geometric_mean(matrices: FloatArray) -> FloatArray:
    """Matrix whose summed squared distance to the matrices is least (Karcher mean).

    Parameters
    ----------
    matrices : ndarray of float64, shape (n_matrices, n, n)

    Returns
    -------
    ndarray of float64, shape (n, n)
    """
    mean = np.asarray(matrices.mean(axis=0))
    for _ in range(_MAX_ITERATIONS):
        root = matrix_function(mean, np.sqrt)
        inverse = inverse_root(mean)
        step = matrix_function(inverse @ matrices @ inverse, np.log).mean(axis=0)
        mean = root @ matrix_function(step, np.exp) @ root
        if np.linalg.norm(step) < _TOLERANCE:
            break
    return np.asarray((mean + mean.T) / 2)


def tangent_vectors(matrices: FloatArray, mean: FloatArray) -> FloatArray:
    """Coordinates in the tangent space at the mean, (n_matrices, n (n + 1) / 2).

    The upper triangle of log(M^-½ C M^-½), off-diagonal entries times √2: Euclidean distances
    between these vectors approximate Riemannian ones near the mean.
    """
    inverse = inverse_root(mean)
    logarithms = matrix_function(inverse @ matrices @ inverse, np.log)
    rows, columns = np.triu_indices(matrices.shape[-1])
    return np.asarray(logarithms[..., rows, columns] * np.where(rows == columns, 1.0, np.sqrt(2)))

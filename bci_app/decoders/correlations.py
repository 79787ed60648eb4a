"""Canonical correlation between an EEG window and reference signals, in plain NumPy."""

import numpy as np

from bci_app.decoders.references import FloatArray

# Directions that hold less than this share of the strongest one's variance are rounding noise (a
# flat or duplicated electrode), and correlating noise with anything would be arbitrary.
_NEGLIGIBLE_VARIANCE = 1e-12

# A channel that the others explain but for this share is handled as dependent, with more care.
_DEPENDENT_VARIANCE = 1e-8


def canonical_correlations(windows_uv: FloatArray, bases: FloatArray) -> FloatArray:
    """Canonical correlations of each window with each target's references.

    With X the centred window and Q an orthonormal basis of the centred references, the canonical
    correlations are the singular values of WXQ, where W whitens XXᵀ (Björck & Golub 1973): one
    product for all targets and small symmetric eigenproblems.

    Parameters
    ----------
    windows_uv : ndarray of float64, shape (..., n_channels, n_times)
        EEG windows; neither scale nor offset of a channel matters.
    bases : ndarray of float64, shape (n_targets, n_times, n_references)
        From :func:`~bci_app.decoders.references.reference_bases`.

    Returns
    -------
    ndarray of float64, shape (..., n_targets, n_correlations)
        In descending order; n_correlations is the smaller of n_channels and n_references. Linearly
        dependent channels count once, a window without any variance correlates with nothing.

    Raises
    ------
    ValueError
        When a window and the bases differ in length, or a window holds NaN or infinity.
    """
    if windows_uv.shape[-1] != bases.shape[1]:
        raise ValueError(
            f"windows of {windows_uv.shape[-1]} samples, references of {bases.shape[1]}"
        )
    if not np.isfinite(windows_uv).all():
        raise ValueError("a window holds NaN or infinity")
    squared = np.linalg.eigvalsh(shared_variance(windows_uv, bases))[..., ::-1]
    correlations: FloatArray = np.sqrt(np.clip(squared, 0.0, 1.0))
    return correlations


def shared_variance(windows_uv: FloatArray, bases: FloatArray) -> FloatArray:
    """Matrix whose eigenvalues are the squared canonical correlations, for each window and target.

    Parameters are those of :func:`canonical_correlations`; nothing is checked.

    Returns
    -------
    ndarray of float64, shape (..., n_targets, n, n)
        n is the smaller of n_channels and n_references.
    """
    n_targets, n_times, n_references = bases.shape
    centred = windows_uv - windows_uv.mean(axis=-1, keepdims=True)
    covariance = centred @ centred.swapaxes(-1, -2)
    flat_bases = bases.transpose(1, 0, 2).reshape(n_times, n_targets * n_references)
    return shared_variance_of_products(covariance, centred @ flat_bases, n_targets)


def shared_variance_of_products(
    covariance: FloatArray, cross: FloatArray, n_targets: int
) -> FloatArray:
    """Matrix of :func:`shared_variance` from the products of window and bases.

    Parameters
    ----------
    covariance : ndarray of float64, shape (..., n_channels, n_channels)
        XXᵀ of each centred window.
    cross : ndarray of float64, shape (..., n_channels, n_targets * n_references)
        XQ with the bases of all targets side by side.
    n_targets : int

    Returns
    -------
    ndarray of float64, shape (..., n_targets, n, n)
    """
    projected = whitening(covariance) @ cross
    *batch, n_channels, n_columns = projected.shape
    by_target = projected.reshape(*batch, n_channels, n_targets, n_columns // n_targets)
    by_target = np.moveaxis(by_target, -3, -2)
    if n_channels <= n_columns // n_targets:
        return np.asarray(by_target @ by_target.swapaxes(-1, -2))
    return np.asarray(by_target.swapaxes(-1, -2) @ by_target)


def whitening(covariance: FloatArray) -> FloatArray:
    """Matrix W with W C Wᵀ = I on the directions that hold variance, 0 on the others.

    Parameters
    ----------
    covariance : ndarray of float64, shape (..., n_channels, n_channels)

    Returns
    -------
    ndarray of float64, shape (..., n_channels, n_channels)
    """
    # Channels of very different scale must not hide a small one: unit variance first.
    deviation = np.sqrt(np.einsum("...cc->...c", covariance))
    inverse = np.where(deviation > 0, 1 / np.where(deviation > 0, deviation, 1.0), 0.0)
    correlation = covariance * inverse[..., :, np.newaxis] * inverse[..., np.newaxis, :]
    try:
        triangle = np.linalg.cholesky(correlation)
    except np.linalg.LinAlgError:
        if covariance.ndim > 2:  # one dependent window must not change what its neighbours get
            return np.stack([whitening(one) for one in covariance])
        whitened = _whitening_of_dependent(correlation)
    else:
        whitened = np.linalg.inv(triangle)
        least = (np.einsum("...cc->...c", triangle) ** 2).min(axis=-1)
        if least.min() <= _DEPENDENT_VARIANCE:
            dependent = least <= _DEPENDENT_VARIANCE
            whitened[dependent] = _whitening_of_dependent(correlation[dependent])
    return np.asarray(whitened * inverse[..., np.newaxis, :])


def _whitening_of_dependent(correlation: FloatArray) -> FloatArray:
    variances, directions = np.linalg.eigh(correlation)
    kept = variances > _NEGLIGIBLE_VARIANCE * np.maximum(variances[..., -1:], np.finfo(float).tiny)
    scale = np.where(kept, 1 / np.sqrt(np.where(kept, variances, 1.0)), 0.0)
    return np.asarray(scale[..., :, np.newaxis] * directions.swapaxes(-1, -2))

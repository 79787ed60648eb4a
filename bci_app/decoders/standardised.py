"""What the evidence decoder knows of a window: standardised amplitudes and Wilks' statistic.

Both come from one whitening. A window without a response gives standard complex normal amplitudes,
whatever the headset's gain or the subject's noise.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from bci_app.decoders.filter_bank import band_weights
from bci_app.decoders.references import FloatArray
from bci_app.decoders.sums import ComplexArray, WindowSums

# Weak directions of a window's covariance are estimated from little and would be blown up.
_RIDGE = 0.001
# A response may explain all of a window but for this share.
_LEAST_UNEXPLAINED = 0.02
# A window that is nothing but its references would have an infinite statistic.
_ALMOST_ONE = 1.0 - 1e-9
_N_WILKS_HARMONICS = 2


@dataclass(frozen=True, slots=True)
class Standardised:
    """Windows of one length or of several.

    Parameters
    ----------
    amplitudes : ndarray of complex128, shape (n_windows, n_targets, n_harmonics, n_channels)
    wilks : ndarray of float64, shape (n_windows, n_targets)
        Wilks' statistic of the first two harmonics, sub-bands weighed as in filter-bank CCA.
    """

    amplitudes: ComplexArray
    wilks: FloatArray


def standardise(
    sums: WindowSums,
    frequencies_hz: tuple[float, ...],
    sampling_rate_hz: float,
    n_harmonics: int,
) -> Standardised:
    """Whiten Fourier sums by the covariance of the window that they come from.

    Harmonic h is taken from sub-band h (or the highest). With C the window's XXᵀ there, a small
    ridge included, and s the Fourier sums, w = C^-½ s and z = w / √(1 - (2 / n_times) ‖w‖²). What
    is under the root takes the response's own energy out of C; it is never less than 0.02.

    Parameters
    ----------
    sums : WindowSums
        At the harmonics of each target, target by target.
    frequencies_hz : tuple of float
    sampling_rate_hz : float
    n_harmonics : int
    """
    n_windows, n_bands, n_channels = sums.covariance.shape[:3]
    n_targets = len(frequencies_hz)
    # Complex numbers as pairs of real ones, here and below: real products cost half.
    waves = (_whitening(sums.covariance) @ sums.fourier.view(np.float64)).reshape(
        n_windows, n_bands, n_channels, n_targets, n_harmonics, 2
    )
    n_used = min(_N_WILKS_HARMONICS, n_harmonics)
    cross = waves[..., :n_used, :].transpose(0, 1, 3, 2, 4, 5)
    cross = cross.reshape(n_windows, n_bands, n_targets, n_channels, 2 * n_used)
    own, size = _products_of_waves(frequencies_hz, sums.n_times, sampling_rate_hz, n_used)
    left = own - _ALMOST_ONE * (cross.swapaxes(-1, -2) @ cross)
    statistic = np.log(size / _determinants(left))
    wilks = (statistic * band_weights(n_bands)[:, np.newaxis]).sum(axis=1)

    amplitudes = np.empty((n_windows, n_targets, n_harmonics, n_channels, 2))
    for harmonic in range(n_harmonics):
        band = waves[:, min(harmonic, n_bands - 1), :, :, harmonic]
        amplitudes[:, :, harmonic] = band.transpose(0, 2, 1, 3)
    n_times = np.array(sums.n_times, dtype=np.float64)[:, np.newaxis, np.newaxis, np.newaxis]
    pairs = amplitudes.reshape(n_windows, n_targets, n_harmonics, 2 * n_channels)
    explained = (pairs[..., np.newaxis, :] @ pairs[..., np.newaxis])[..., 0] * (2 / n_times)
    pairs /= np.sqrt(np.maximum(1 - explained, _LEAST_UNEXPLAINED))
    return Standardised(amplitudes.view(np.complex128)[..., 0], wilks)


@lru_cache(maxsize=64)
def _products_of_waves(
    frequencies_hz: tuple[float, ...],
    n_times: tuple[int, ...],
    sampling_rate_hz: float,
    n_harmonics: int,
) -> tuple[FloatArray, FloatArray]:
    """YᵀY of each target's centred references Y, as the Fourier sums hold them: cosine, -sine.

    Returns
    -------
    ndarray of float64, shape (n_windows or 1, 1, n_targets, 2 * n_harmonics, 2 * n_harmonics)
        A single one where all windows are of one length.
    ndarray of float64, shape (n_windows or 1, 1, n_targets)
        Their determinants.
    """
    lengths = n_times[:1] if len(set(n_times)) == 1 else n_times
    orders = np.arange(1, n_harmonics + 1)
    products = []
    for n in lengths:
        turns = np.arange(n)[:, np.newaxis] * np.outer(frequencies_hz, orders)[:, np.newaxis]
        waves = np.exp(-2j * np.pi / sampling_rate_hz * turns)
        pairs = (waves - waves.mean(axis=1, keepdims=True)).view(np.float64)
        products.append(pairs.swapaxes(-1, -2) @ pairs)
    stacked = np.stack(products)[:, np.newaxis]
    return stacked, _determinants(stacked)


def _determinants(matrices: FloatArray) -> FloatArray:
    """Of positive definite matrices, (..., n, n) to (...)."""
    pivots = np.linalg.cholesky(matrices).diagonal(axis1=-2, axis2=-1)
    return np.asarray(pivots.prod(axis=-1) ** 2)


def _whitening(covariance: FloatArray) -> FloatArray:
    """Inverse square root of each covariance, (..., n_channels, n_channels).

    Channels are brought to unit variance first, so that a noisy electrode takes no part of the
    others' ridge; one without variance is ignored.
    """
    variance = np.einsum("...cc->...c", covariance)
    inverse = np.where(variance > 0, 1 / np.sqrt(np.where(variance > 0, variance, 1.0)), 0.0)
    correlation = covariance * (inverse[..., :, np.newaxis] * inverse[..., np.newaxis, :])
    energies, directions = np.linalg.eigh(correlation)
    scaled = directions / np.sqrt(np.maximum(energies, 0.0) + _RIDGE)[..., np.newaxis, :]
    return np.asarray((scaled @ directions.swapaxes(-1, -2)) * inverse[..., np.newaxis, :])

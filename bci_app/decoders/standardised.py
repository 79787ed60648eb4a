"""What the evidence decoder knows of a window: standardised amplitudes and Wilks' statistic.

Both come from one whitening. A window without a response gives standard complex normal amplitudes,
whatever the headset's gain or the subject's noise.
"""

from dataclasses import dataclass

import numpy as np

from bci_app.decoders.filter_bank import band_weights
from bci_app.decoders.multiple_correlation import wilks_statistic
from bci_app.decoders.references import FloatArray
from bci_app.decoders.sums import ComplexArray, WindowSums, cross_of_fourier, triangles_of_windows

# Weak directions of a window's covariance are estimated from little and would be blown up.
_RIDGE = 0.003
# A response may explain all of a window but for this share.
_LEAST_UNEXPLAINED = 0.02
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

    Harmonic h is taken from sub-band h (or the highest). With C the window's covariance there, a
    small ridge included, and s the Fourier sums, z = C^-½ s √(2 / n_times) / √(1 - ‖·‖²): the last
    factor takes the response's own energy out of C.

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
    whitened = (_whitening(sums.covariance) @ sums.fourier.view(np.float64)).view(np.complex128)
    by_target = whitened.reshape(n_windows, n_bands, n_channels, n_targets, n_harmonics)

    n_used = min(_N_WILKS_HARMONICS, n_harmonics)
    triangles = triangles_of_windows(frequencies_hz, sums.n_times, sampling_rate_hz, n_used)
    cross = cross_of_fourier(by_target[..., :n_used], triangles)
    cross = cross.reshape(n_windows, n_bands, n_channels, n_targets, 2 * n_used)
    cross = np.ascontiguousarray(cross.transpose(0, 1, 3, 2, 4))
    statistic = wilks_statistic(cross.swapaxes(-1, -2) @ cross)
    wilks = (statistic * band_weights(n_bands)[:, np.newaxis]).sum(axis=1)

    harmonics = np.arange(n_harmonics)
    # Harmonics first, as NumPy puts what two arrays of indices pick.
    picked = by_target[:, np.minimum(harmonics, n_bands - 1), :, :, harmonics]
    amplitudes = np.ascontiguousarray(picked.transpose(1, 3, 0, 2))
    n_times = np.array(sums.n_times, dtype=np.float64)[:, np.newaxis, np.newaxis, np.newaxis]
    power = amplitudes.real**2 + amplitudes.imag**2
    explained = power.sum(axis=-1, keepdims=True) * (2 / n_times)
    amplitudes *= 1 / np.sqrt(np.maximum(1 - explained, _LEAST_UNEXPLAINED))
    return Standardised(amplitudes, wilks)


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

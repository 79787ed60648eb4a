"""Canonical correlation between an EEG window and reference signals, in plain NumPy."""

import numpy as np
import numpy.typing as npt

from bci_app.decoders.references import FloatArray, reference_bases

# Directions that hold less than this share of the strongest one's variance are rounding noise (a
# flat or duplicated electrode), and correlating noise with anything would be arbitrary.
_NEGLIGIBLE_VARIANCE = 1e-12


def canonical_correlations(windows_uv: FloatArray, bases: FloatArray) -> FloatArray:
    """Canonical correlations of each window with each target's references.

    With X the centred window, whitened by the eigenvectors of its covariance to W, and Q an
    orthonormal basis of the references, the canonical correlations are the singular values of WQ
    (Björck & Golub 1973): one product and small symmetric eigenproblems for all targets at once.

    Parameters
    ----------
    windows_uv : ndarray of float64, shape (n_windows, n_channels, n_times)
        EEG windows; neither scale nor offset of a channel matters.
    bases : ndarray of float64, shape (n_targets, n_times, n_references)
        From :func:`~bci_app.decoders.references.reference_bases`.

    Returns
    -------
    ndarray of float64, shape (n_windows, n_targets, n_correlations)
        In descending order; n_correlations is the smaller of n_channels and n_references. Linearly
        dependent channels count once, a window without any variance correlates with nothing.

    Raises
    ------
    ValueError
        When a window and the bases differ in length, or a window holds NaN or infinity.
    """
    n_windows, n_channels, n_times = windows_uv.shape
    n_targets, n_reference_times, n_references = bases.shape
    if n_times != n_reference_times:
        raise ValueError(f"windows of {n_times} samples, references of {n_reference_times}")
    if not np.isfinite(windows_uv).all():
        raise ValueError("a window holds NaN or infinity")
    centred = windows_uv - windows_uv.mean(axis=-1, keepdims=True)
    norms = np.linalg.norm(centred, axis=-1, keepdims=True)
    scaled = centred / np.where(norms > 0, norms, 1.0)

    variances, directions = np.linalg.eigh(scaled @ scaled.transpose(0, 2, 1))
    kept = variances > _NEGLIGIBLE_VARIANCE * np.maximum(variances[:, -1:], np.finfo(float).tiny)
    whitening = (
        directions * np.where(kept, 1 / np.sqrt(np.where(kept, variances, 1.0)), 0.0)[:, None, :]
    )

    flat_bases = bases.transpose(1, 0, 2).reshape(n_times, n_targets * n_references)
    projected = whitening.transpose(0, 2, 1) @ (scaled @ flat_bases)
    projected = projected.reshape(n_windows, n_channels, n_targets, n_references)
    projected = projected.transpose(0, 2, 1, 3)
    if n_channels <= n_references:
        gram = projected @ projected.transpose(0, 1, 3, 2)
    else:
        gram = projected.transpose(0, 1, 3, 2) @ projected
    squared = np.linalg.eigvalsh(gram)[..., ::-1]
    correlations: FloatArray = np.sqrt(np.clip(squared, 0.0, 1.0))
    return correlations


class StandardCCA:
    """Standard CCA: a target's score is the largest canonical correlation with its references.

    Training-free. Lin, Zhang, Wu & Gao (2006), IEEE Trans. Biomed. Eng. 53:2610.

    Parameters
    ----------
    frequencies_hz : tuple of float
        Frequency of each target.
    sampling_rate_hz : float
        Sampling rate of the windows.
    n_harmonics : int
        Harmonics in the references, the fundamental included.
    """

    def __init__(
        self, frequencies_hz: tuple[float, ...], sampling_rate_hz: float, n_harmonics: int = 5
    ) -> None:
        self.frequencies_hz = frequencies_hz
        self.sampling_rate_hz = sampling_rate_hz
        self.n_harmonics = n_harmonics

    def score_windows(self, windows_uv: FloatArray) -> FloatArray:
        """Score each target in each window.

        Parameters
        ----------
        windows_uv : ndarray of float64, shape (n_windows, n_channels, n_times)
            Windows of any one length.

        Returns
        -------
        ndarray of float64, shape (n_windows, n_targets)
            Largest canonical correlation, 0 … 1.
        """
        bases = reference_bases(
            self.frequencies_hz, windows_uv.shape[-1], self.sampling_rate_hz, self.n_harmonics
        )
        return canonical_correlations(windows_uv, bases)[..., 0]

    def predict(self, windows_uv: FloatArray) -> npt.NDArray[np.intp]:
        """Index of the best target in each window, shape (n_windows,)."""
        best: npt.NDArray[np.intp] = self.score_windows(windows_uv).argmax(axis=-1)
        return best

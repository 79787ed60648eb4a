"""What decoders with individual templates share: flicker that starts in the same phase always."""

from abc import abstractmethod
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from bci_app.decoders.correlations import whitening
from bci_app.decoders.estimator import Decoder, check_fitted, score_in_batches, trials_of_each
from bci_app.decoders.filter_bank import Bank, band_weights, design_bank
from bci_app.decoders.references import FloatArray, reference_bases


class TemplateDecoder(Decoder):
    """Compares a window with the mean trial of each target, in sub-bands.

    Windows to be scored begin as long after the flicker's start as those that were fitted, and may
    be shorter. The score is Σₘ w(m) rₘ over sub-bands m, rₘ being a subclass's correlation and
    w(m) = m^-1.25 + 0.25 (Chen et al. 2015).

    Parameters
    ----------
    frequencies_hz : tuple of float
        Frequency of each target.
    sampling_rate_hz : float
        Sampling rate of the windows.
    n_bands : int
        Number of sub-bands.
    """

    needs_calibration: ClassVar[bool] = True
    needs_phase_locking: ClassVar[bool] = True
    n_least_trials: ClassVar[int] = 1

    def __init__(
        self, frequencies_hz: tuple[float, ...], sampling_rate_hz: float, n_bands: int = 5
    ) -> None:
        super().__init__(frequencies_hz, sampling_rate_hz)
        self.n_bands = n_bands

    def filter_bank(self) -> Bank:
        """Second-order sections of each sub-band."""
        return design_bank(self.frequencies_hz, self.sampling_rate_hz, self.n_bands)

    def fit(
        self,
        windows_uv: FloatArray,
        labels: npt.ArrayLike,
        subjects: npt.ArrayLike | None = None,  # noqa: ARG002 - all have one signature
    ) -> Self:
        """Learn templates and spatial filters.

        Parameters
        ----------
        windows_uv : ndarray of float64, shape (n_windows, [n_bands,] n_channels, n_times)
        labels : array-like of int, shape (n_windows,)
            Target of each window.
        subjects : array-like of int, optional
            Not looked at.

        Raises
        ------
        CalibrationError
            When a target has too few windows.
        """
        checked = self._check_labelled(windows_uv, labels)
        bands = centre(self._split(windows_uv))
        trials = trials_of_each(bands, checked, self.frequencies_hz, self.n_least_trials)
        self.templates_ = np.stack([each.mean(axis=0) for each in trials], axis=1)
        self._learn(trials)
        return self

    def score_windows(self, windows_uv: FloatArray) -> FloatArray:
        """Score each target in each window.

        Parameters
        ----------
        windows_uv : ndarray of float64, shape (n_windows, [n_bands,] n_channels, n_times)
            No longer than those that were fitted.

        Returns
        -------
        ndarray of float64, shape (n_windows, n_targets)
            Weighted sum of correlations.
        """
        check_fitted(self, "templates_")
        return score_in_batches(self._score_batch, windows_uv)

    def _score_batch(self, windows_uv: FloatArray) -> FloatArray:
        bands = centre(self._split(windows_uv))
        n_bands, _, n_channels, n_longest = self.templates_.shape
        if bands.shape[1:3] != (n_bands, n_channels) or bands.shape[-1] > n_longest:
            raise ValueError(
                f"windows of {bands.shape[2]} channels and {bands.shape[-1]} samples: fitted for "
                f"{n_channels} channels and up to {n_longest} samples"
            )
        templates = centre(self.templates_[..., : bands.shape[-1]])
        correlations = np.stack(
            [
                self._correlate(band, bands[:, band], templates[band])
                for band in range(bands.shape[1])
            ]
        )
        return np.asarray(np.einsum("b,bnk->nk", band_weights(n_bands), correlations))

    @abstractmethod
    def _learn(self, trials: list[FloatArray]) -> None:
        """Learn from each target's trials, each (n_trials, n_bands, n_channels, n_times)."""

    @abstractmethod
    def _correlate(self, band: int, windows: FloatArray, templates: FloatArray) -> FloatArray:
        """Correlate windows (n_windows, n_channels, n_times) with all templates of a sub-band.

        Templates are (n_targets, n_channels, n_times), the answer (n_windows, n_targets).
        """

    def _bases(self, n_times: int, n_harmonics: int) -> FloatArray:
        return reference_bases(self.frequencies_hz, n_times, self.sampling_rate_hz, n_harmonics)


def centre(signals: FloatArray) -> FloatArray:
    """Take the mean over time off."""
    return np.asarray(signals - signals.mean(axis=-1, keepdims=True))


def correlate_all(signals: FloatArray, templates: FloatArray) -> FloatArray:
    """Correlation of each signal with each template over all their numbers.

    Parameters
    ----------
    signals : ndarray of float64, shape (n_signals, n_rows, n_times)
    templates : ndarray of float64, shape (n_templates, n_rows, n_times)
        Both with rows of mean 0.

    Returns
    -------
    ndarray of float64, shape (n_signals, n_templates)
        0 where either is flat.
    """
    flat_signals = signals.reshape(len(signals), -1)
    flat_templates = templates.reshape(len(templates), -1)
    norms = np.outer(np.linalg.norm(flat_signals, axis=1), np.linalg.norm(flat_templates, axis=1))
    return ratio(flat_signals @ flat_templates.T, norms)


def ratio(products: FloatArray, norms: FloatArray) -> FloatArray:
    """Products over norms, 0 where the norm is."""
    return np.asarray(np.where(norms > 0, products / np.where(norms > 0, norms, 1.0), 0.0))


def generalised_eigenvectors(signal: FloatArray, total: FloatArray) -> FloatArray:
    """Vectors w that maximise wᵀSw / wᵀTw, best first, with wᵀTw = 1 (0 in empty directions of T).

    Parameters
    ----------
    signal, total : ndarray of float64, shape (..., n_channels, n_channels)
        S and T, symmetric; T may be singular.

    Returns
    -------
    ndarray of float64, shape (..., n_channels, n_channels)
        One vector a column.
    """
    white = whitening(total)
    _, directions = np.linalg.eigh(white @ signal @ white.swapaxes(-1, -2))
    return np.asarray(white.swapaxes(-1, -2) @ directions[..., ::-1])

"""Decoders on covariances of windows filtered around each target (Kalunga et al. 2016)."""

from abc import abstractmethod
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
from scipy import optimize
from scipy.special import log_softmax

from bci_app.decoders.estimator import Decoder, IntArray, check_fitted, trials_of_each
from bci_app.decoders.filter_bank import Bank, design_pass_bands
from bci_app.decoders.references import FloatArray
from bci_app.decoders.riemann import geometric_mean, squared_distances, tangent_vectors

_HALF_WIDTH_HZ = 1.0
_SHRINKAGE = 0.05


class RiemannDecoder(Decoder):
    """Covariances of [X₁; …; X_K], X_k being the window filtered to within 1 Hz of target k.

    Each channel and band is scaled to unit variance of the fitted windows, and covariances are
    shrunk by 5 % towards the identity, so that none is singular.

    Parameters
    ----------
    frequencies_hz : tuple of float
        Frequency of each target.
    sampling_rate_hz : float
        Sampling rate of the windows.
    """

    needs_calibration: ClassVar[bool] = True
    knows_idle: ClassVar[bool] = True

    def filter_bank(self) -> Bank:
        """Second-order sections of a narrow band around each target."""
        edges_hz = tuple(
            (
                max(f - _HALF_WIDTH_HZ, f / 2),
                min(f + _HALF_WIDTH_HZ, (f + self.sampling_rate_hz / 2) / 2),
            )
            for f in self.frequencies_hz
        )
        return design_pass_bands(edges_hz, self.sampling_rate_hz, order=2)

    def fit(
        self,
        windows_uv: FloatArray,
        labels: npt.ArrayLike,
        subjects: npt.ArrayLike | None = None,  # noqa: ARG002 - all have one signature
    ) -> Self:
        """Learn from the covariances of labelled windows.

        Parameters
        ----------
        windows_uv : ndarray of float64, shape (n_windows, [n_targets,] n_channels, n_times)
        labels : array-like of int, shape (n_windows,)
            Target, or `len(frequencies_hz)` for idle.
        subjects : array-like of int, optional
            Not looked at.
        """
        checked = self._check_labelled(windows_uv, labels)
        bands = self._split(windows_uv)
        trials_of_each(bands, checked, self.frequencies_hz, n_least=1)
        deviation = bands.std(axis=(0, 3))
        self.scale_ = np.where(deviation > 0, 1 / np.where(deviation > 0, deviation, 1.0), 0.0)
        self._learn(self._covariances(bands), checked)
        return self

    def score_windows(self, windows_uv: FloatArray) -> FloatArray:
        """Score each class in each window, shape (n_windows, n_classes)."""
        check_fitted(self, "scale_")
        return self._score(self._covariances(self._split(windows_uv)))

    @abstractmethod
    def _learn(self, covariances: FloatArray, labels: IntArray) -> None:
        """Learn from covariances, (n_windows, n, n)."""

    @abstractmethod
    def _score(self, covariances: FloatArray) -> FloatArray:
        """Score covariances, (n_windows, n, n) to (n_windows, n_classes)."""

    def _covariances(self, bands: FloatArray) -> FloatArray:
        scaled = bands * self.scale_[..., np.newaxis]
        stacked = scaled.reshape(len(bands), -1, bands.shape[-1])
        stacked = stacked - stacked.mean(axis=-1, keepdims=True)
        covariance = stacked @ stacked.swapaxes(-1, -2) / bands.shape[-1]
        return np.asarray((1 - _SHRINKAGE) * covariance + _SHRINKAGE * np.eye(covariance.shape[-1]))


class MDM(RiemannDecoder):
    """Minimum distance to the mean.

    The score of a class is minus the squared Riemannian distance from the window's covariance to
    the class's geometric mean. Kalunga, Chevallier, Barthélemy, Djouani, Monacelli & Hamam (2016),
    Neurocomputing 191:55. Parameters as :class:`RiemannDecoder`.
    """

    def _learn(self, covariances: FloatArray, labels: IntArray) -> None:
        self.means_ = np.stack(
            [geometric_mean(covariances[labels == label]) for label in np.unique(labels)]
        )

    def _score(self, covariances: FloatArray) -> FloatArray:
        return -squared_distances(covariances, self.means_)


class TangentSpace(RiemannDecoder):
    """Multinomial logistic regression on the tangent space at the mean of all fitted covariances.

    The score is the log-probability. Barachant, Bonnet, Congedo & Jutten (2013), Neurocomputing
    112:172.

    Parameters
    ----------
    frequencies_hz : tuple of float
        Frequency of each target.
    sampling_rate_hz : float
        Sampling rate of the windows.
    ridge : float
        Penalty on the squared weights.
    """

    def __init__(
        self, frequencies_hz: tuple[float, ...], sampling_rate_hz: float, ridge: float = 1.0
    ) -> None:
        super().__init__(frequencies_hz, sampling_rate_hz)
        self.ridge = ridge

    def _learn(self, covariances: FloatArray, labels: IntArray) -> None:
        self.mean_ = geometric_mean(covariances)
        vectors = tangent_vectors(covariances, self.mean_)
        self.weights_, self.offsets_ = _fit_softmax(vectors, labels, self.ridge)

    def _score(self, covariances: FloatArray) -> FloatArray:
        vectors = tangent_vectors(covariances, self.mean_)
        return np.asarray(log_softmax(vectors @ self.weights_ + self.offsets_, axis=-1))


def _fit_softmax(
    vectors: FloatArray, labels: IntArray, ridge: float
) -> tuple[FloatArray, FloatArray]:
    """Weights (n_features, n_classes) and offsets (n_classes,) of penalised logistic regression."""
    n_features, n_classes = vectors.shape[1], int(labels.max()) + 1
    truth = np.eye(n_classes)[labels]

    def loss(flat: FloatArray) -> tuple[float, FloatArray]:
        weights, offsets = np.split(flat.reshape(n_features + 1, n_classes), [n_features])
        log_probabilities = log_softmax(vectors @ weights + offsets, axis=-1)
        residual = np.exp(log_probabilities) - truth
        value = -(truth * log_probabilities).sum() + 0.5 * ridge * (weights**2).sum()
        gradient = np.vstack([vectors.T @ residual + ridge * weights, residual.sum(axis=0)])
        return float(value), gradient.ravel()

    start = np.zeros((n_features + 1) * n_classes)
    found = optimize.minimize(loss, start, jac=True, method="L-BFGS-B")
    solution = np.asarray(found.x).reshape(n_features + 1, n_classes)
    return solution[:-1], solution[-1]

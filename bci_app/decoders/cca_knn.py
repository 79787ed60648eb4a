"""The reference system's decoder: CCA scores as features, nearest neighbours as the classifier."""

from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from bci_app.decoders.cca import StandardCCA
from bci_app.decoders.estimator import Decoder, check_fitted
from bci_app.decoders.references import FloatArray
from calibration.errors import CalibrationError


class CCANearestNeighbours(Decoder):
    """Canonical correlations of all targets, classified by the k nearest calibration windows.

    The feature of a window is the vector of its largest canonical correlations, one a target; the
    score of a class is its share of votes among the k nearest fitted windows (Euclidean), nearer
    ones counting a hair more so that ties fall to them. Kwak, Müller & Lee (2015), J. Neural Eng.
    12:056009.

    Parameters
    ----------
    frequencies_hz : tuple of float
        Frequency of each target.
    sampling_rate_hz : float
        Sampling rate of the windows.
    n_harmonics : int
        Harmonics in the references, the fundamental included.
    n_neighbours : int
        k, or the number of fitted windows where that is less.
    """

    needs_calibration: ClassVar[bool] = True
    knows_idle: ClassVar[bool] = True

    def __init__(
        self,
        frequencies_hz: tuple[float, ...],
        sampling_rate_hz: float,
        n_harmonics: int = 2,
        n_neighbours: int = 5,
    ) -> None:
        super().__init__(frequencies_hz, sampling_rate_hz)
        self.n_harmonics = n_harmonics
        self.n_neighbours = n_neighbours

    def fit(
        self,
        windows_uv: FloatArray,
        labels: npt.ArrayLike,
        subjects: npt.ArrayLike | None = None,  # noqa: ARG002 - all have one signature
    ) -> Self:
        """Remember the features of labelled windows.

        Parameters
        ----------
        windows_uv : ndarray of float64, shape (n_windows, n_channels, n_times)
        labels : array-like of int, shape (n_windows,)
            Target, or `len(frequencies_hz)` for idle.
        subjects : array-like of int, optional
            Not looked at.
        """
        self.labels_ = self._check_labelled(windows_uv, labels)
        if not len(self.labels_):
            raise CalibrationError("no calibration trials: expected at least one.")
        self.features_ = self._features(windows_uv)
        return self

    def score_windows(self, windows_uv: FloatArray) -> FloatArray:
        """Share of votes of each class in each window, shape (n_windows, n_classes)."""
        check_fitted(self, "features_")
        features = self._features(windows_uv)
        distances = np.linalg.norm(features[:, np.newaxis] - self.features_, axis=-1)
        n_voting = min(self.n_neighbours, len(self.labels_))
        nearest = np.argsort(distances, axis=1, kind="stable")[:, :n_voting]
        votes = 1 - 1e-6 * np.arange(n_voting)
        n_classes = max(len(self.frequencies_hz), int(self.labels_.max()) + 1)
        chosen = self.labels_[nearest][..., np.newaxis] == np.arange(n_classes)
        return np.asarray((chosen * (votes / votes.sum())[:, np.newaxis]).sum(axis=1))

    def _features(self, windows_uv: FloatArray) -> FloatArray:
        cca = StandardCCA(self.frequencies_hz, self.sampling_rate_hz, self.n_harmonics)
        return cca.score_windows(windows_uv)

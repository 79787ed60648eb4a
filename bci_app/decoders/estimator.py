"""What every decoder is: an estimator in scikit-learn's manner that needs no scikit-learn."""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from bci_app.decoders.filter_bank import Bank, filter_windows
from bci_app.decoders.references import FloatArray
from calibration.errors import CalibrationError

IntArray = npt.NDArray[np.intp]

# Windows are scored this many at a time: their copies then stay in the processor's cache.
_N_AT_ONCE = 64


class Decoder(ABC):
    """A decoder scores each target in each window of EEG.

    `__init__` only stores its arguments under their own names; what is learned ends in `_`. Class k
    is the target `frequencies_hz[k]`; class `len(frequencies_hz)` is idle, for decoders that know
    it and were fitted with idle windows.

    Windows are `(n_windows, n_channels, n_times)` in µV, band-passed. A decoder with a filter bank
    also takes `(n_windows, n_bands, n_channels, n_times)`: windows that were cut from a stream
    which had gone through the bank of :meth:`filter_bank`, free of the transients at a window's
    beginning.
    """

    needs_calibration: ClassVar[bool] = False
    """Whether :meth:`fit` must see labelled windows of the subject first."""
    needs_phase_locking: ClassVar[bool] = False
    """Whether the flicker must start in the same phase in every trial."""
    uses_other_subjects: ClassVar[bool] = False
    """Whether :meth:`fit` takes `subjects`."""
    learns_from_whole_trials: ClassVar[bool] = False
    """Whether windows longer than those to be scored help :meth:`fit`."""
    knows_idle: ClassVar[bool] = False
    """Whether idle is a class it can learn."""

    def __init__(self, frequencies_hz: tuple[float, ...], sampling_rate_hz: float) -> None:
        self.frequencies_hz = frequencies_hz
        self.sampling_rate_hz = sampling_rate_hz

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002 - all have one signature
        """Return the arguments of `__init__`, as scikit-learn's `clone` expects."""
        names = list(inspect.signature(type(self).__init__).parameters)[1:]
        return {name: getattr(self, name) for name in names}

    def set_params(self, **params: object) -> Self:
        """Change arguments of `__init__`; what was learned with the old ones stays until `fit`."""
        known = self.get_params()
        for name, value in params.items():
            if name not in known:
                raise ValueError(
                    f"{type(self).__name__} has no parameter {name!r}, only {', '.join(known)}"
                )
            setattr(self, name, value)
        return self

    def filter_bank(self) -> Bank:
        """Second-order sections of each sub-band; empty for a decoder without a filter bank."""
        return ()

    def fit(
        self,
        windows_uv: FloatArray,
        labels: npt.ArrayLike,
        subjects: npt.ArrayLike | None = None,  # noqa: ARG002 - all have one signature
    ) -> Self:
        """Learn from labelled windows; a training-free decoder has nothing to learn.

        Parameters
        ----------
        windows_uv : ndarray of float64, shape (n_windows, [n_bands,] n_channels, n_times)
        labels : array-like of int, shape (n_windows,)
            Class of each window.
        subjects : array-like of int, shape (n_windows,), optional
            Whose each window is, for decoders that tell: 0 for the subject to be decoded.
        """
        self._check_labelled(windows_uv, labels)
        return self

    @abstractmethod
    def score_windows(self, windows_uv: FloatArray) -> FloatArray:
        """Score each class in each window, shape (n_windows, n_classes); higher is likelier."""

    def decision_function(self, windows_uv: FloatArray) -> FloatArray:
        """Score under scikit-learn's name: the same as :meth:`score_windows`."""
        return self.score_windows(windows_uv)

    def predict(self, windows_uv: FloatArray) -> IntArray:
        """Class of highest score in each window, shape (n_windows,)."""
        best: IntArray = self.score_windows(windows_uv).argmax(axis=-1)
        return best

    def _split(self, windows_uv: FloatArray) -> FloatArray:
        """Check windows and split them into bands: (n_windows, n_bands, n_channels, n_times)."""
        windows_uv = np.asarray(windows_uv, dtype=np.float64)
        bank = self.filter_bank()
        given = windows_uv.ndim == 4 and bool(bank)
        if windows_uv.ndim != 3 and not given:
            raise ValueError(
                f"windows of shape {windows_uv.shape}: expected (n_windows, n_channels, n_times)"
            )
        if given and windows_uv.shape[1] != len(bank):
            raise ValueError(f"windows of {windows_uv.shape[1]} bands, expected {len(bank)}")
        if not np.isfinite(windows_uv).all():
            raise ValueError("a window holds NaN or infinity")
        if given:
            return windows_uv
        return filter_windows(windows_uv, bank) if bank else windows_uv[:, np.newaxis]

    def _check_labelled(self, windows_uv: FloatArray, labels: npt.ArrayLike) -> IntArray:
        checked = np.asarray(labels)
        if checked.shape != (len(windows_uv),) or not np.issubdtype(checked.dtype, np.integer):
            raise ValueError(
                f"labels of shape {checked.shape} and type {checked.dtype}: expected one whole "
                f"number for each of the {len(windows_uv)} windows"
            )
        n_classes = len(self.frequencies_hz) + self.knows_idle
        if checked.size and not 0 <= checked.min() <= checked.max() < n_classes:
            raise ValueError(f"labels must lie between 0 and {n_classes - 1}")
        return checked.astype(np.intp)


def trials_of_each(
    windows: FloatArray, labels: IntArray, frequencies_hz: tuple[float, ...], n_least: int
) -> list[FloatArray]:
    """Split windows by target.

    Raises
    ------
    CalibrationError
        When a target has fewer than `n_least` windows.
    """
    split = [windows[labels == target] for target in range(len(frequencies_hz))]
    for trials, frequency_hz in zip(split, frequencies_hz, strict=True):
        if len(trials) < n_least:
            raise CalibrationError(
                f"{len(trials)} calibration trials at {frequency_hz:g} Hz: expected at least "
                f"{n_least}. Record more, or choose a decoder that needs fewer."
            )
    return split


def score_in_batches(
    score: Callable[[FloatArray], FloatArray], windows_uv: FloatArray
) -> FloatArray:
    """Scores of all windows, a few at a time."""
    if len(windows_uv) <= _N_AT_ONCE:
        return score(windows_uv)
    starts = range(0, len(windows_uv), _N_AT_ONCE)
    return np.concatenate([score(windows_uv[start : start + _N_AT_ONCE]) for start in starts])


def check_fitted(decoder: Decoder, attribute: str) -> None:
    """Refuse to score before `fit`."""
    if not hasattr(decoder, attribute):
        raise CalibrationError(
            f"{type(decoder).__name__} has not been fitted: expected calibration trials first."
        )

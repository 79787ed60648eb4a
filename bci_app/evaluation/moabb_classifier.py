"""Our decoders as classifiers of MNE epochs, for MOABB's own evaluations.

Needs scikit-learn, which MOABB brings along.
"""

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin  # type: ignore[import-untyped]

from bci_app.decoders import DECODERS, make_decoder
from bci_app.decoders.references import FloatArray
from bci_app.errors import ConfigurationError
from bci_app.recordings.moabb_data import IDLE_NAMES


class MoabbClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # untyped
    """A decoder that takes MNE epochs, and labels that name targets by their frequency.

    For evaluations of MOABB with `return_epochs=True` and `mne_labels=True`. Beside frequencies in
    Hz there may be `rest`, for decoders that know idle.

    Parameters
    ----------
    decoder : str
        A name in :data:`bci_app.decoders.DECODERS`.
    n_harmonics : int or None
        Harmonics in the references; None for the decoder's own number.

    Attributes
    ----------
    classes_ : ndarray, shape (n_classes,)
        The labels, sorted.
    decoder_ : Decoder
        The fitted decoder.
    columns_ : ndarray of int, shape (n_classes,)
        Which of the decoder's classes each label is.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> pipelines = {name: make_pipeline(MoabbClassifier(name)) for name in ("fbcca", "fbwilks")}
    """

    def __init__(self, decoder: str = "fbwilks", n_harmonics: int | None = None) -> None:
        self.decoder = decoder
        self.n_harmonics = n_harmonics

    def fit(self, X: Any, y: npt.ArrayLike) -> Self:  # noqa: N803 - scikit-learn's name
        """Learn from labelled epochs; a decoder without training learns which label is which.

        Parameters
        ----------
        X : mne.BaseEpochs
        y : array-like of str, shape (n_epochs,)
            Such as `"13"` or `"rest"`.

        Raises
        ------
        ConfigurationError
            When the decoder is unknown or does not know rest, or a label is no frequency.
        """
        if self.decoder not in DECODERS:
            raise ConfigurationError(
                f"there is no decoder {self.decoder!r}: expected among "
                f"{', '.join(sorted(DECODERS))}."
            )
        samples_uv = _samples_uv(X)
        self.classes_, numbers = np.unique(np.asarray(y), return_inverse=True)
        meanings = [_meaning(label) for label in self.classes_.tolist()]
        frequencies_hz = tuple(sorted(f for f in meanings if f is not None))
        if None in meanings and not DECODERS[self.decoder].knows_idle:
            raise ConfigurationError(
                f"{self.decoder} does not know rest: expected epochs of targets alone. Choose the "
                "paradigm's `events`, or a decoder such as evidence."
            )
        decoder = make_decoder(
            self.decoder,
            frequencies_hz,
            float(X.info["sfreq"]),
            n_harmonics=self.n_harmonics,
            lengths_s=(len(X.times) / X.info["sfreq"],),
        )
        self.columns_ = np.array(
            [len(frequencies_hz) if f is None else frequencies_hz.index(f) for f in meanings]
        )
        self.decoder_ = decoder.fit(samples_uv, self.columns_[numbers])
        return self

    def decision_function(self, X: Any) -> FloatArray:  # noqa: N803 - likewise
        """Score each label in each epoch; with two labels, the second against the first.

        Returns
        -------
        ndarray of float64, shape (n_epochs, n_classes) or (n_epochs,)
        """
        scores = self.decoder_.score_windows(_samples_uv(X))[:, self.columns_]
        return scores if len(self.classes_) > 2 else scores[:, 1] - scores[:, 0]

    def predict(self, X: Any) -> npt.NDArray[Any]:  # noqa: N803 - likewise
        """Return the label of highest score in each epoch, shape (n_epochs,)."""
        scores = self.decoder_.score_windows(_samples_uv(X))[:, self.columns_]
        best: npt.NDArray[Any] = self.classes_[scores.argmax(axis=1)]
        return best


def _samples_uv(epochs: Any) -> FloatArray:
    """Return the samples, shape (n_epochs, n_channels, n_times)."""
    if not hasattr(epochs, "times"):
        raise ConfigurationError(
            f"{type(epochs).__name__} instead of MNE epochs: expected an evaluation that was made "
            "with return_epochs=True."
        )
    return np.asarray(epochs.get_data(copy=False), dtype=np.float64) * 1e6


def _meaning(label: object) -> float | None:
    """Return the frequency that a label names; None for rest."""
    if not isinstance(label, str):
        raise ConfigurationError(
            f"label {label} is a number of MOABB's: expected the name of an event, from an "
            "evaluation that was made with mne_labels=True."
        )
    if label.lower() in IDLE_NAMES:
        return None
    try:
        return float(label)
    except ValueError:
        raise ConfigurationError(
            f"event {label!r} is no frequency: expected events that are named by their frequency "
            "in Hz, or rest. Rename them in the data set's event_id."
        ) from None

"""All that a calibration found out, as numbers: what the report shows."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from calibration.expectation import ExpectedShare
from calibration.fitting import HeldOut, IntArray
from calibration.learning_curve import LearningCurve, Prospect

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """What happens when so many false commands are accepted, in trials that were not learned from.

    Parameters
    ----------
    accepted_per_min, threshold : float
    n_false : int
    false_per_min, hit_rate, wrong_rate : float
    false_interval, hit_interval : tuple of float
        95 %.
    response_s : float or None
        Mean time from the onset to a right answer.
    """

    accepted_per_min: float
    threshold: float
    n_false: int
    false_per_min: float
    false_interval: tuple[float, float]
    hit_rate: float
    hit_interval: tuple[float, float]
    wrong_rate: float
    response_s: float | None


@dataclass(frozen=True, slots=True)
class Spectra:
    """Mean amplitude spectra of the trials, each class by itself, and what stands out in them.

    Parameters
    ----------
    frequencies_hz : ndarray of float64, shape (n_frequencies,)
    amplitudes_uv : ndarray of float64, shape (n_classes, n_frequencies)
        Mean over the electrodes; idle is the last class.
    snr_db : ndarray of float64, shape (n_targets, n_channels)
        Power at the target's frequency beside that around it.
    """

    frequencies_hz: FloatArray = field(repr=False)
    amplitudes_uv: FloatArray = field(repr=False)
    snr_db: FloatArray = field(repr=False)


@dataclass(frozen=True, slots=True)
class Findings:
    """What the report shows beside the profile.

    Parameters
    ----------
    compared : dict of float to tuple of HeldOut
        By window length in seconds: each decoder's answers, the simplest first.
    window_s : float
        Length for which the decoder was chosen.
    chosen : HeldOut
        The chosen one at that length.
    confusion : ndarray of int, shape (n_classes, n_classes)
    curve : tuple of CurvePoint
        Most false commands first.
    n_sessions, n_trials : int
        Of the subject, learned from; all classes.
    idle_min : float
        Idle time that was looked at.
    within_session : bool
        Whether all is from one session.
    expected_right : ExpectedShare
        Of the next session.
    probabilities : ndarray of float64, shape (n_predictions,)
        Of the likeliest class in held-out windows; empty for a decoder that knows none.
    was_right : ndarray of bool, shape (n_predictions,)
    spectra : Spectra
    learning : LearningCurve
    prospect : Prospect
    remarks : tuple of str
        What was left out, and why.
    """

    compared: dict[float, tuple[HeldOut, ...]] = field(repr=False)
    window_s: float
    chosen: HeldOut
    confusion: IntArray
    curve: tuple[CurvePoint, ...]
    n_sessions: int
    n_trials: int
    idle_min: float
    within_session: bool
    expected_right: ExpectedShare
    probabilities: FloatArray = field(repr=False)
    was_right: npt.NDArray[np.bool_] = field(repr=False)
    spectra: Spectra = field(repr=False)
    learning: LearningCurve
    prospect: Prospect
    remarks: tuple[str, ...]

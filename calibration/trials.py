"""Labelled trials: what the subject was looking at, and when."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calibration.errors import CalibrationError


@dataclass(frozen=True, slots=True)
class Trial:
    """A stretch of recording with one thing to look at.

    Parameters
    ----------
    onset_index : int
        Sample at which it began.
    frequency_hz : float or None
        The target, None for idle.
    """

    onset_index: int
    frequency_hz: float | None


def label_trials(
    markers: Iterable[tuple[int, str]], classes: Mapping[str, float | None]
) -> list[Trial]:
    """Turn event codes into trials.

    Parameters
    ----------
    markers : iterable of (int, str)
        Sample index and event code, in order of time.
    classes : mapping of str to float or None
        Frequency of the target that each code stands for, None for idle. Other codes are ignored.

    Raises
    ------
    CalibrationError
        When a code of `classes` never occurs.
    """
    markers = list(markers)
    present = {code for _, code in markers}
    absent = [code for code in classes if code not in present]
    if absent:
        known = ", ".join(sorted(present)) or "none at all"
        raise CalibrationError(
            f"event code {', '.join(absent)} never occurs: expected one of those in the recording "
            f"({known}). Correct the classes."
        )
    return [Trial(index, classes[code]) for index, code in markers if code in classes]


def cut_windows(
    samples: npt.NDArray[np.float64], onset_indices: Sequence[int], start: int, n_times: int
) -> npt.NDArray[np.float64]:
    """Cut the same stretch after each onset.

    Parameters
    ----------
    samples : ndarray of float64, shape (n_samples, ...)
    onset_indices : sequence of int
        Must leave room for the whole stretch.
    start : int
        First sample of the stretch, counted from the onset.
    n_times : int
        Its length in samples.

    Returns
    -------
    ndarray of float64, shape (n_onsets, ..., n_times)

    Raises
    ------
    CalibrationError
        When a stretch is not whole in the samples.
    """
    outside = [
        onset
        for onset in onset_indices
        if onset + start < 0 or onset + start + n_times > len(samples)
    ]
    if outside:
        raise CalibrationError(
            f"the window after the onset at sample {outside[0]} reaches beyond the recording's "
            f"{len(samples)} samples: expected whole windows. Shorten the window."
        )
    views = np.lib.stride_tricks.sliding_window_view(samples, n_times, axis=0)
    return views[np.asarray(onset_indices, dtype=np.intp) + start]

"""Samples with time stamps laid on a regular grid, on which a gap is a stretch of NaN."""

import numpy as np
import numpy.typing as npt

from bci_app.errors import RecordingError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_LONGEST_GAP_S = 24 * 3600.0
_MOST_LOST_BYTES = 1 << 30
_NOMINAL_HZ = (100, 125, 128, 200, 220, 250, 256, 300, 500, 512, 600, 1000, 1024, 1200, 2000, 2048)


def indices_from_times(times_s: FloatArray, sampling_rate_hz: float, break_s: float) -> IntArray:
    """Return the index of each sample on the grid.

    Samples follow each other unless their time stamps jump ahead by more than `break_s`; then the
    jump, in whole samples, is a gap.

    Raises
    ------
    RecordingError
        When a jump is longer than a day.
    """
    if len(times_s) == 0:
        return np.zeros(0, np.int64)
    steps_s = np.diff(times_s)
    jumps = steps_s > break_s
    if (steps_s[jumps] > _LONGEST_GAP_S).any():
        raise RecordingError(
            f"its time stamps jump by {steps_s.max():.3g} s: expected those of one recording, in "
            "seconds. Cut it into recordings, or mend the stamps."
        )
    steps = np.ones(len(steps_s), np.int64)
    steps[jumps] = np.maximum(1, np.round(steps_s[jumps] * sampling_rate_hz))
    return np.concatenate([[0], np.cumsum(steps)]).astype(np.int64)


def lay_on_grid(samples_uv: FloatArray, indices: IntArray) -> FloatArray:
    """Return the samples, shape (n_times, n_channels), each at its index, and NaN in between.

    Raises
    ------
    RecordingError
        When what is lost would take too much room.
    """
    n_times = int(indices[-1]) + 1 if len(indices) else 0
    n_lost = n_times - len(indices)
    if takes_too_much(n_lost, samples_uv.shape[1]):
        raise RecordingError(
            f"of its {n_times} samples {n_lost} are missing: expected those of one recording. Cut "
            "it into recordings, or mend their times."
        )
    laid_out = np.full((n_times, samples_uv.shape[1]), np.nan)
    laid_out[indices] = samples_uv
    return laid_out


def takes_too_much(n_lost: int, n_channels: int) -> bool:
    """Whether lost samples would take more than a gibibyte: a few bytes of a file can claim so."""
    return n_lost * n_channels * 8 > _MOST_LOST_BYTES


def rate_from_times(times_s: FloatArray) -> float:
    """Return the sampling rate: a usual one where it is within 1 %, else as measured.

    Raises
    ------
    RecordingError
        When the time stamps do not grow.
    """
    if len(times_s) < 2:
        raise RecordingError(f"it holds {len(times_s)} samples: expected at least 2.")
    # Arrivals come in bursts; the mean step without jumps does not mind.
    steps_s = np.diff(times_s)
    usual = np.abs(steps_s) < max(0.5, 20 * float(np.median(np.abs(steps_s))))
    step_s = float(steps_s[usual].mean()) if usual.any() else 0.0
    if step_s <= 0:
        raise RecordingError(
            "its time stamps do not grow: expected seconds that increase from row to row."
        )
    rate_hz = 1 / step_s
    nominal = min(_NOMINAL_HZ, key=lambda usual_hz: abs(usual_hz - rate_hz))
    return float(nominal) if abs(nominal - rate_hz) < 0.01 * nominal else rate_hz


def index_at(times_s: FloatArray, indices: IntArray, time_s: float) -> int:
    """Return the grid's index of the sample whose time stamp is nearest to a time.

    Where stamps go back and two samples are equally near, it is the first.
    """
    if (np.diff(times_s) < 0).any():
        return int(indices[np.abs(times_s - time_s).argmin()])
    after = int(np.searchsorted(times_s, time_s))
    before = max(after - 1, 0)
    after = min(after, len(times_s) - 1)
    nearer = before if abs(time_s - times_s[before]) <= abs(times_s[after] - time_s) else after
    return int(indices[nearer])

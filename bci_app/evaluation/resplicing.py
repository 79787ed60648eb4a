"""A recording with its trials in another order: what history an algorithm may have learned is gone.

In many recordings idle comes first, targets take turns in a fixed order, and a pause before each
trial already belongs to the next target. A policy with a memory could learn all that.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from bci_app.recordings.recording import Marker, Recording
from calibration.errors import CalibrationError

IntArray = npt.NDArray[np.intp]

_FADE_S = 0.25


def resplice(
    recording: Recording,
    onsets: IntArray,
    labels: IntArray,
    codes: tuple[str, ...],
    idle_label: int,
    *,
    delay_s: float,
    trial_s: float,
    seed: int,
) -> Recording:
    """Put the trials in random order, without the pauses between them.

    From each trial the part is taken that shows its own target: from `delay_s` after the onset,
    when the gaze has arrived, to its end. The pieces are cross-faded over 0.25 s after their
    offsets are levelled, so no step rings in the filters. Markers stand `delay_s` before the middle
    of a seam, as the onset stood before the gaze's arrival. The same target never follows itself:
    that would be one long look. What precedes the first trial stays, for the filters to settle.

    Parameters
    ----------
    recording : Recording
    onsets, labels : ndarray of int, shape (n_trials,)
        In order of time.
    codes : tuple of str
        Event code of each trial.
    idle_label : int
        The label that may follow itself.
    delay_s, trial_s : float
    seed : int

    Raises
    ------
    CalibrationError
        When no such order exists.
    """
    rate_hz, samples = recording.sampling_rate_hz, recording.samples_uv
    half = round(_FADE_S * rate_hz) // 2
    begins = onsets + round(delay_s * rate_hz)
    ends = np.minimum(onsets + round(trial_s * rate_hz), len(samples) - half)
    ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(2 * half) + 0.5) / (2 * half))
    pieces = [samples[: begins[0] + half].copy()]
    markers: list[Marker] = []
    seam = int(begins[0])
    for trial in _random_order(labels, idle_label, seed):
        piece = samples[begins[trial] - half : ends[trial] + half]
        before, after = pieces[-1][-2 * half :], piece[: 2 * half]
        piece = piece + (before.mean(axis=0) - after.mean(axis=0))
        before *= 1 - ramp[:, np.newaxis]
        before += ramp[:, np.newaxis] * piece[: 2 * half]
        pieces.append(piece[2 * half :].copy())
        markers.append(Marker(seam - round(delay_s * rate_hz), codes[trial]))
        seam += int(ends[trial] - begins[trial])
    return replace(recording, samples_uv=np.concatenate(pieces), markers=tuple(markers))


def _random_order(labels: IntArray, idle_label: int, seed: int) -> list[int]:
    rng = np.random.default_rng(seed)
    for _ in range(1000):
        left = rng.permutation(len(labels)).tolist()
        order: list[int] = []
        while left:
            previous = labels[order[-1]] if order else idle_label
            allowed = [k for k in left if labels[k] == idle_label or labels[k] != previous]
            if not allowed:
                break
            order.append(allowed[int(rng.integers(len(allowed)))])
            left.remove(order[-1])
        if not left:
            return order
    raise CalibrationError(
        "no order of these trials in which no target follows itself: expected several targets, "
        "each with a similar number of trials."
    )

"""At which frequency a stimulus really flickers.

An LED that is named 21 Hz may flicker at 21.05: in a window of 4.5 s its third harmonic then turns
by most of a cycle, and most of its response is lost. The frequency is that at which the responses
to it are strongest, over all trials.
"""

from collections.abc import Sequence

import numpy as np

from bci_app.decoders.observations import Observed
from bci_app.decoders.references import FloatArray
from bci_app.decoders.standardised import standardise
from bci_app.decoders.sums import sum_windows

_FARTHEST_HZ = 0.1
_STEP_HZ = 0.005
# Never as far as a quarter of the way to the next target.
_SHARE_OF_SPACING = 0.25
# Two halves of the trials must agree, and differ from the name by what would show in a window.
_AGREEMENT_HZ = 0.03
_LEAST_TRIALS = 8
_LEAST_CYCLES = 0.03


def measure_flicker(
    sessions: Sequence[Observed],
    frequencies_hz: tuple[float, ...],
    sampling_rate_hz: float,
    n_harmonics: int,
) -> tuple[float, ...]:
    """Frequency of each stimulus, from labelled trials.

    Parameters
    ----------
    sessions : sequence of Observed
        Of whoever looked at these stimuli; all trials of one length.
    frequencies_hz : tuple of float
        What they are named.
    sampling_rate_hz : float
    n_harmonics : int

    Returns
    -------
    tuple of float
        The name stands where trials are few or two halves of them disagree.
    """
    spacing_hz = np.diff(np.sort(frequencies_hz)).min() if len(frequencies_hz) > 1 else np.inf
    farthest_hz = min(_FARTHEST_HZ, _SHARE_OF_SPACING * float(spacing_hz))
    n_steps = int(farthest_hz / _STEP_HZ)
    offsets_hz = np.arange(-n_steps, n_steps + 1, dtype=np.float64) * _STEP_HZ
    return tuple(
        frequency_hz
        + _offset(sessions, k, frequency_hz + offsets_hz, sampling_rate_hz, n_harmonics)
        for k, frequency_hz in enumerate(frequencies_hz)
    )


def _offset(
    sessions: Sequence[Observed],
    target: int,
    candidates_hz: FloatArray,
    sampling_rate_hz: float,
    n_harmonics: int,
) -> float:
    middle = len(candidates_hz) // 2
    strengths = [
        _strengths(session, target, candidates_hz, sampling_rate_hz, n_harmonics)
        for session in sessions
        if (session.labels == target).any()
    ]
    by_trial = np.concatenate(strengths) if strengths else np.empty((0, len(candidates_hz)))
    if len(by_trial) < _LEAST_TRIALS:
        return 0.0
    halves_hz = [candidates_hz[by_trial[half::2].sum(axis=0).argmax()] for half in (0, 1)]
    if abs(halves_hz[0] - halves_hz[1]) > _AGREEMENT_HZ:
        return 0.0
    offset_hz = float(candidates_hz[by_trial.sum(axis=0).argmax()] - candidates_hz[middle])
    longest_s = sessions[0].bands_uv.shape[-1] / sampling_rate_hz
    return offset_hz if abs(offset_hz) * longest_s > _LEAST_CYCLES else 0.0


def _strengths(
    session: Observed,
    target: int,
    candidates_hz: FloatArray,
    sampling_rate_hz: float,
    n_harmonics: int,
) -> FloatArray:
    """Response of each trial at each candidate, all harmonics: -Σₕ log of what is unexplained."""
    windows_uv = session.bands_uv[session.labels == target].astype(np.float64)
    harmonics_hz = np.outer(candidates_hz, np.arange(1, n_harmonics + 1)).ravel().tolist()
    sums = sum_windows(windows_uv, tuple(harmonics_hz), sampling_rate_hz)
    seen = standardise(sums, tuple(candidates_hz.tolist()), sampling_rate_hz, n_harmonics)
    power = (np.abs(seen.amplitudes) ** 2).sum(axis=-1)
    return np.asarray(np.log1p(2 * power / windows_uv.shape[-1]).sum(axis=-1))

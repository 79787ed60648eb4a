"""The frequency sweep of a guided calibration: candidates in rounds, then the set proposed."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bci_app.decoders import make_decoder
from bci_app.errors import ConfigurationError
from bci_app.online.filters import CausalFilter, design_filter
from bci_app.online.path import finite_stretches
from bci_app.online.settings import PathSettings
from bci_app.recordings.recording import Recording
from bci_app.recordings.session_file import SessionFile
from bci_app.stimulus.flicker import Flicker, Waveform
from bci_app.stimulus.geometry import FlashingArea
from bci_app.stimulus.refresh_fit import find_misfits
from calibration.errors import CalibrationError
from calibration.protocol import ProtocolSettings
from calibration.responses import find_alpha, response_db
from calibration.sweep import FloatArray, IntArray, Proposal, cross_fit, propose, separability
from devices.chunk import Chunk

DECODER = "fbwilks"
_BAND_HZ = (4.0, 80.0)
_START_S = 0.5
_WINDOW_S = 1.75
_N_HARMONICS = 3


def sweep_protocol(n_targets: int, seed: int) -> ProtocolSettings:
    """Return the protocol of one round: short trials, each candidate twice, idle between."""
    return ProtocolSettings(
        n_targets=n_targets,
        n_blocks=1,
        n_repeats=2,
        n_idle=2,
        cue_s=0.8,
        look_s=4.0,
        rest_s=0.5,
        seed=seed,
    )


def showable(
    candidates_hz: Sequence[float], refresh_hz: float, waveform: Waveform
) -> dict[float, str]:
    """Say of each candidate why it cannot be shown well; empty for those that can.

    Parameters
    ----------
    candidates_hz : sequence of float
    refresh_hz : float
        Measured; 0 for LEDs, which show any frequency.
    waveform : Waveform
    """
    if not refresh_hz:
        return dict.fromkeys(candidates_hz, "")
    nothing = FlashingArea(0.0, 0.0)
    reasons = {}
    for frequency_hz in candidates_hz:
        flicker = (Flicker(frequency_hz, waveform=waveform),)
        misfits = find_misfits(flicker, refresh_hz, refresh_hz, True, nothing)
        reasons[frequency_hz] = misfits[0].text if misfits else ""
    return reasons


def round_settings(settings: PathSettings, frequencies_hz: Sequence[float]) -> PathSettings:
    """Return a session's settings with other frequencies on its targets, in their places.

    Raises
    ------
    ConfigurationError
        When there are more frequencies than targets.
    """
    if len(frequencies_hz) > len(settings.targets):
        raise ConfigurationError(
            f"{len(frequencies_hz)} frequencies on {len(settings.targets)} targets: expected no "
            "more of them than there are targets."
        )
    targets = tuple(
        replace(target, frequency_hz=frequency_hz)
        for target, frequency_hz in zip(settings.targets, frequencies_hz, strict=False)
    )
    return replace(settings, targets=targets)


def evaluate_sweep(rounds: Sequence[SessionFile], configured: PathSettings) -> Proposal:
    """Rank the candidates of all rounds and propose as many as there are targets.

    Parameters
    ----------
    rounds : sequence of SessionFile
        At least one.
    configured : PathSettings
        The targets that would be used otherwise.

    Raises
    ------
    CalibrationError
        When a candidate or idle has no trial, or no set is free of clashes.
    """
    frequencies_hz = tuple(sorted({f for one in rounds for f in one.frequencies_hz}))
    rate_hz = rounds[0].headset.sampling_rate_hz
    windows, looked_at = windows_of(rounds, frequencies_hz, configured.mains_hz)
    decoder = make_decoder(DECODER, frequencies_hz, rate_hz, n_harmonics=2)
    scores = decoder.score_windows(windows)
    apart = separability(scores, looked_at)
    responses = {
        f: tuple(response_db(windows[looked_at == k], f, rate_hz, _N_HARMONICS).tolist())
        for k, f in enumerate(frequencies_hz)
    }
    alpha = find_alpha(windows[looked_at == len(frequencies_hz)], rate_hz)
    n_targets = len(configured.targets)
    return propose(
        frequencies_hz,
        apart,
        responses,
        alpha,
        n_targets,
        configured.frequencies_hz,
        cross_fit(frequencies_hz, scores, looked_at, _halves(looked_at), n_targets),
    )


def _halves(looked_at: IntArray) -> IntArray:
    """Put every other trial of each class into one half; a trial has two windows in a row."""
    halves = np.empty(len(looked_at), dtype=np.intp)
    for label in np.unique(looked_at):
        of_class = np.flatnonzero(looked_at == label)
        halves[of_class] = np.arange(len(of_class)) // 2 % 2
    return halves


def windows_of(
    rounds: Sequence[SessionFile], frequencies_hz: tuple[float, ...], mains_hz: float | None
) -> tuple[FloatArray, IntArray]:
    """Cut the trials that were kept into windows without a missing sample.

    Returns
    -------
    windows_uv : ndarray of float64, shape (n_windows, n_channels, n_times)
        Two a trial, filtered as the online path filters.
    looked_at : ndarray of int, shape (n_windows,)
        Which of `frequencies_hz`; their number for idle.

    Raises
    ------
    CalibrationError
        When there is no whole trial.
    """
    windows: list[FloatArray] = []
    looked_at: list[int] = []
    classes = {f"{f:g}": k for k, f in enumerate(frequencies_hz)} | {"idle": len(frequencies_hz)}
    for one in rounds:
        recording, rate_hz = one.recording(), one.headset.sampling_rate_hz
        filtered_uv = _filter(recording, mains_hz)
        n_times = round(_WINDOW_S * rate_hz)
        for marker in recording.markers:
            if marker.code not in classes:
                continue
            for k in range(2):
                first = marker.index + round(_START_S * rate_hz) + k * n_times
                window_uv = filtered_uv[first : first + n_times].T
                if window_uv.shape[1] == n_times and np.isfinite(window_uv).all():
                    windows.append(window_uv)
                    looked_at.append(classes[marker.code])
    if not windows:
        raise CalibrationError("the sweep holds no whole trial: expected some. Repeat it.")
    return np.stack(windows), np.array(looked_at, dtype=np.intp)


def _filter(recording: Recording, mains_hz: float | None) -> FloatArray:
    """Filter as the online path does, anew after each gap."""
    rate_hz = recording.sampling_rate_hz
    band_hz = (_BAND_HZ[0], min(_BAND_HZ[1], 0.45 * rate_hz))
    causal = CausalFilter(design_filter(rate_hz, band_hz, mains_hz))
    filtered_uv = np.full_like(recording.samples_uv, np.nan)
    for stretch in finite_stretches(Chunk(recording.samples_uv, 0)):
        causal.restart()
        place = slice(stretch.first_index, stretch.end_index)
        filtered_uv[place] = causal.process(stretch.samples_uv)
    return filtered_uv

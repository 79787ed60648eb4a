"""Impedance of each electrode, where the headset can drive a current through it.

The converter sends a small alternating current through one electrode after the other; by Ohm's law
the voltage that it makes there tells the impedance. The brain makes some tenths of a microvolt at
that frequency, a current of 6 nA through a contact of 5 kΩ makes 30.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from devices.errors import DeviceError
from devices.headset.source import Headset, LeadOff

OPEN_KOHM = 1000.0
"""From here on an electrode touches nothing."""

_SETTLE_S = 0.4
_MEASURE_S = 1.2
_LEAST_SHARE = 0.5  # of the voltage at the board's own resistors: less, and nothing was driven


class ImpedanceUnavailable(DeviceError):  # noqa: N818 - nothing is broken
    """The headset cannot measure impedances."""


def measure_impedances(
    headset: Headset, on_measured: Callable[[str, float | None], None] = lambda *_: None
) -> tuple[float | None, ...]:
    """Measure each electrode, one after the other; takes about two seconds each.

    The targets must not flicker meanwhile. Afterwards no current flows, and the headset goes on as
    it was set up.

    Parameters
    ----------
    headset : Headset
        Started, and read by nobody else meanwhile.
    on_measured : callable
        Called with each electrode's name and impedance as soon as it is known.

    Returns
    -------
    tuple of (float or None)
        Impedance in kΩ of each channel, in order; None where the board did not drive it (a channel
        that is switched off). The current is known to about a fifth.

    Raises
    ------
    ImpedanceUnavailable
        When the headset cannot do it.
    DeviceError
        When it fell silent, or drove no electrode at all.
    """
    lead_off = headset.lead_off
    if lead_off is None:
        raise ImpedanceUnavailable(
            f"{headset.info.name} cannot measure impedances: its electrodes are judged by their "
            "signal alone"
        )
    measured = []
    try:
        for channel, name in enumerate(headset.info.channel_names):
            lead_off.drive(name)
            samples_uv = _collect(headset)[:, channel]
            kohm = impedance_kohm(samples_uv, headset.info.sampling_rate_hz, lead_off)
            on_measured(name, kohm)
            measured.append(kohm)
    finally:
        lead_off.drive(None)
    if all(kohm is None for kohm in measured):
        raise DeviceError(
            f"{headset.info.name} drove no current through any electrode: expected "
            f"{lead_off.frequency_hz:g} Hz in its signal. Switch it off and on, and try again."
        )
    return tuple(measured)


def impedance_kohm(
    samples_uv: npt.NDArray[np.float64], sampling_rate_hz: float, lead_off: LeadOff
) -> float | None:
    """Return the impedance of an electrode from its signal while it is driven.

    Parameters
    ----------
    samples_uv : ndarray of float64, shape (n_times,)
    sampling_rate_hz : float
    lead_off : LeadOff

    Returns
    -------
    float or None
        In kΩ; None when no current flowed.
    """
    time_s = np.arange(len(samples_uv)) / sampling_rate_hz
    angle = 2.0 * np.pi * lead_off.frequency_hz * time_s
    terms = np.column_stack((np.cos(angle), np.sin(angle), np.ones(len(time_s)), time_s))
    cosine, sine, *_ = np.linalg.lstsq(terms, samples_uv, rcond=None)[0]
    whole_kohm = float(np.hypot(cosine, sine)) / lead_off.uv_per_kohm
    if whole_kohm < _LEAST_SHARE * lead_off.series_kohm:
        return None
    return max(whole_kohm - lead_off.series_kohm, 0.0)


def _collect(headset: Headset) -> npt.NDArray[np.float64]:
    """Read until what follows the settling is long enough, and without a gap."""
    rate_hz = headset.info.sampling_rate_hz
    n_settle, n_wanted = round(_SETTLE_S * rate_hz), round(_MEASURE_S * rate_hz)
    parts: list[npt.NDArray[np.float64]] = []
    n_seen, end_index = 0, None
    while sum(map(len, parts)) < n_wanted:
        chunk = headset.wait_for_samples()
        if end_index not in (None, chunk.first_index):
            parts.clear()
        end_index = chunk.end_index
        parts.append(chunk.samples_uv[max(0, n_settle - n_seen) :])
        n_seen += len(chunk)
    return np.concatenate(parts)[:n_wanted]

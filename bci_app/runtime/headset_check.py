"""A look at the headset before a session: signal, impedances where it can, go or no-go."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bci_app.runtime.configuration import HeadsetSettings
from bci_app.runtime.rig import provide_headset
from calibration.quality import ElectrodeQuality, QualityMonitor, Verdict, decide, judge
from devices.headset.impedance import ImpedanceUnavailable, measure_impedances
from devices.headset.source import HeadsetInfo

LEAST_S = 2.5
"""What the signal's judgement takes at least."""


@dataclass(frozen=True, slots=True)
class HeadsetCheck:
    """What was found.

    Parameters
    ----------
    headset : HeadsetInfo
    electrodes : tuple of ElectrodeQuality
    verdict : Verdict
    no_impedance : str
        Why impedances were not measured; empty when they were.
    """

    headset: HeadsetInfo
    electrodes: tuple[ElectrodeQuality, ...]
    verdict: Verdict
    no_impedance: str


def check_headset(
    wanted: HeadsetSettings,
    seed: int = 0,
    *,
    signal_s: float = 6.0,
    impedance: bool = True,
    on_judged: Callable[[tuple[ElectrodeQuality, ...]], None] = lambda _: None,
    on_impedance: Callable[[str, float | None], None] = lambda *_: None,
) -> HeadsetCheck:
    """Judge each electrode by its signal, and by its impedance where the headset can measure it.

    Parameters
    ----------
    wanted : HeadsetSettings
    seed : int
        Which virtual subject, where one wears the headset.
    signal_s : float
        How long to look at the signal, at least `LEAST_S`.
    impedance : bool
        Whether to measure impedances.
    on_judged : callable
        Called each half second with the electrodes, as their signal is at present.
    on_impedance : callable
        Called with each electrode's name and impedance in kΩ once it is measured.

    Raises
    ------
    DeviceError
        When the headset is absent, does not answer or falls silent.
    """
    with provide_headset(wanted, seed) as (headset, _), headset:
        info = headset.info
        monitor = QualityMonitor(info.channel_names, info.sampling_rate_hz, info.range_uv)
        n_wanted = round(max(signal_s, LEAST_S) * info.sampling_rate_hz)
        parts: list[np.ndarray[tuple[int, int], np.dtype[np.float64]]] = []
        while sum(map(len, parts)) < n_wanted:
            chunk = headset.wait_for_samples()
            parts.append(chunk.samples_uv)
            for electrodes in monitor.push(chunk.samples_uv):
                on_judged(electrodes)
        impedances_kohm: tuple[float | None, ...] | None = None
        no_impedance = "" if impedance else "not asked for"
        if impedance:
            try:
                impedances_kohm = measure_impedances(headset, on_impedance)
            except ImpedanceUnavailable as error:
                no_impedance = str(error)
    electrodes = judge(
        np.concatenate(parts),
        info.channel_names,
        info.sampling_rate_hz,
        info.range_uv,
        impedances_kohm,
    )
    return HeadsetCheck(info, electrodes, decide(electrodes), no_impedance)

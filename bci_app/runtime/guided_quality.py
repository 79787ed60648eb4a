"""The first step of a guided calibration: whether the signal will do."""

from collections.abc import Callable
from dataclasses import dataclass

from bci_app.runtime.bench import Bench, Impedances
from bci_app.runtime.controls import Controls
from calibration.errors import CalibrationError
from calibration.quality import ElectrodeQuality, QualityMonitor, Verdict, decide
from devices.chunk import Chunk
from devices.headset.acquisition import DeviceFailed
from devices.headset.source import HeadsetInfo

QUALITY_S = 8.0
"""Time after which the quality of the signal is known."""


@dataclass(frozen=True, slots=True)
class Quality:
    """How the signal is, and whether it will do."""

    headset: HeadsetInfo
    electrodes: tuple[ElectrodeQuality, ...]
    verdict: Verdict


def check_quality(
    bench: Bench,
    controls: Controls,
    tell: Callable[[Quality], None] = lambda _: None,
    *,
    impedances_kohm: Impedances | None = None,
    seconds: float | None = QUALITY_S,
) -> Quality:
    """Judge the signal for some time, or until the controls end it.

    Parameters
    ----------
    bench : Bench
    controls : Controls
    tell : callable
        Told each judgement.
    impedances_kohm : tuple of (float or None), optional
        From `Bench.impedances`.
    seconds : float or None
        None for as long as the controls let it.

    Raises
    ------
    DeviceError
        When the headset does not answer, or gives up.
    CalibrationError
        When it was ended before anything could be said.
    """
    quality: Quality | None = None
    with bench.headset() as feed:
        info, end_index = feed.info, 0
        monitor = QualityMonitor(
            info.channel_names, info.sampling_rate_hz, info.range_uv, impedances_kohm
        )
        while not controls.ended and (
            seconds is None or end_index < seconds * info.sampling_rate_hz
        ):
            item = feed.get()
            if isinstance(item, DeviceFailed):
                raise item.error
            if not isinstance(item, Chunk):
                continue
            if item.first_index > end_index:
                monitor.restart()
            end_index = item.end_index
            for electrodes in monitor.push(item.samples_uv):
                quality = Quality(info, electrodes, decide(electrodes))
                tell(quality)
    if quality is None:
        raise CalibrationError(
            "the signal was watched for too short a time: expected at least a second. Repeat the "
            "check."
        )
    return quality

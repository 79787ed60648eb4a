"""What every headset is to the rest of the program, whatever driver stands behind it."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from devices.chunk import Chunk
from devices.errors import DeviceError

_POLL_S = 0.002
_PATIENCE_S = 5.0


@dataclass(frozen=True, slots=True)
class HeadsetInfo:
    """What a started headset delivers.

    Parameters
    ----------
    name : str
        The device, as a researcher calls it.
    sampling_rate_hz : float
        Nominal sampling rate.
    channel_names : tuple of str
        One name an EEG channel, in the order of the columns of a chunk (10-20 names where known).
    reference : str
        The electrode against which they are measured; empty where that is not known.
    range_uv : float or None
        Largest voltage that it can tell, of either sign; None where that is not known.
    """

    name: str
    sampling_rate_hz: float
    channel_names: tuple[str, ...]
    reference: str = ""
    range_uv: float | None = None


@dataclass(frozen=True, slots=True)
class LeadOff:
    """How a headset drives a current through one electrode at a time, to measure its impedance.

    Parameters
    ----------
    frequency_hz : float
        Of the current.
    uv_per_kohm : float
        Amplitude at which a kΩ shows in the samples.
    series_kohm : float
        What the headset itself adds to each electrode.
    drive : callable
        Called with the name of the electrode to drive from now on, None for none; the one before
        is let go of. The headset streams meanwhile.
    """

    frequency_hz: float
    uv_per_kohm: float
    series_kohm: float
    drive: Callable[[str | None], None]


class Headset(ABC):
    """A source of EEG samples, owned by one thread.

    A driver implements `_start`, `_read` and `_stop`; what is shared stays here.
    """

    def __init__(self) -> None:
        self._info: HeadsetInfo | None = None

    @property
    def info(self) -> HeadsetInfo:
        """What is delivered; known once the headset has started."""
        if self._info is None:
            raise RuntimeError("the headset has not been started")
        return self._info

    @property
    def lead_off(self) -> LeadOff | None:
        """How impedances are measured, while it streams; None for a headset that cannot."""
        return None

    def start(self) -> HeadsetInfo:
        """Connect and begin to stream.

        Raises
        ------
        DeviceError
            When the device does not answer or is not what was asked for.
        """
        if self._info is not None:
            raise RuntimeError("the headset has already been started")
        self._info = self._start()
        return self._info

    def read(self) -> Chunk | None:
        """Return the next consecutive samples that have arrived, None when there are none.

        A chunk holds no gap: after a loss there is another one to be read at once.

        Raises
        ------
        DeviceError
            When the device failed in a way that it reports by itself.
        """
        return self._read()

    def wait_for_samples(self) -> Chunk:
        """Return the next chunk, waiting for it.

        Raises
        ------
        DeviceError
            When there is none for five seconds, or as `read` does.
        """
        give_up_s = time.monotonic() + _PATIENCE_S
        while (chunk := self.read()) is None:
            if time.monotonic() > give_up_s:
                raise DeviceError(
                    f"{self.info.name} has been silent for {_PATIENCE_S:g} s; check its battery, "
                    "and that its receiver is plugged in"
                )
            time.sleep(_POLL_S)
        return chunk

    def stop(self) -> None:
        """Stop streaming and let the device go; may be called twice."""
        if self._info is not None:
            self._info = None
            self._stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @abstractmethod
    def _start(self) -> HeadsetInfo: ...

    @abstractmethod
    def _read(self) -> Chunk | None: ...

    @abstractmethod
    def _stop(self) -> None: ...

"""A recording that is worn like a headset: its samples come as fast as they once did."""

import time
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from devices.chunk import Chunk
from devices.headset.source import Headset, HeadsetInfo, RecordingEnded


class RecordedHeadset(Headset):
    """The samples of a recording, paced by a clock.

    Parameters
    ----------
    samples_uv : ndarray, shape (n_times, n_channels)
        The recording in µV.
    sampling_rate_hz : float
        Samples a second.
    channel_names : sequence of str
        One name a channel.
    name : str
        What was recorded with.
    clock : callable
        Monotonic time in seconds.
    """

    def __init__(
        self,
        samples_uv: npt.NDArray[np.float64],
        sampling_rate_hz: float,
        channel_names: Sequence[str],
        name: str = "Recording",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        if samples_uv.ndim != 2 or samples_uv.shape[1] != len(channel_names):
            raise ValueError(
                f"{len(channel_names)} channels need samples (n_times, {len(channel_names)}), "
                f"not {samples_uv.shape}"
            )
        self._samples_uv = samples_uv
        self._recorded = HeadsetInfo(name, sampling_rate_hz, tuple(channel_names))
        self._clock = clock
        self._started_s = 0.0
        self._n_read = 0

    def _start(self) -> HeadsetInfo:
        self._started_s, self._n_read = self._clock(), 0
        return self._recorded

    def _read(self) -> Chunk | None:
        if self._n_read == len(self._samples_uv):
            raise RecordingEnded(f"the recording ended after {self._n_read} samples")
        now_s = self._clock()
        n_due = int((now_s - self._started_s) * self._recorded.sampling_rate_hz)
        first, self._n_read = self._n_read, min(n_due, len(self._samples_uv))
        if self._n_read == first:
            return None
        return Chunk(self._samples_uv[first : self._n_read].copy(), first, now_s)

    def _stop(self) -> None:
        pass

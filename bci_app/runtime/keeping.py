"""A listener that keeps a session's samples, prompts and decisions as a recording."""

from pathlib import Path

import numpy as np

from bci_app.evaluation.answers import Asked, Prompt
from bci_app.online.events import Decided
from bci_app.recordings.recording import Marker, Recording
from bci_app.runtime.session import SessionEvent
from devices.chunk import Chunk
from devices.headset.source import HeadsetInfo


class Keeper:
    """Keeps what a replay needs, in memory.

    A prompt becomes a marker with the target's frequency as its code, or `idle`; a decision one
    with `decided` and the frequency.

    Parameters
    ----------
    info : HeadsetInfo
    frequencies_hz : tuple of float
        Frequency of each target.
    """

    def __init__(self, info: HeadsetInfo, frequencies_hz: tuple[float, ...]) -> None:
        self._info = info
        self._frequencies_hz = frequencies_hz
        self._chunks: list[Chunk] = []
        self._markers: list[Marker] = []

    def __call__(self, event: SessionEvent) -> None:
        """Take in an event."""
        match event:
            case Chunk():
                self._chunks.append(event)
            case Prompt(asked=Asked.TARGET, target=int(target)):
                self._markers.append(Marker(event.index, f"{self._frequencies_hz[target]:g}"))
            case Prompt(asked=Asked.IDLE):
                self._markers.append(Marker(event.index, "idle"))
            case Decided():
                code = f"decided {self._frequencies_hz[event.target]:g}"
                self._markers.append(Marker(event.end_index, code))
            case _:
                pass

    def recording(self, path: Path) -> Recording:
        """Return all that was kept; samples that were lost are NaN."""
        n_times = self._chunks[-1].end_index if self._chunks else 0
        samples_uv = np.full((n_times, len(self._info.channel_names)), np.nan)
        for chunk in self._chunks:
            samples_uv[chunk.first_index : chunk.end_index] = chunk.samples_uv
        # A marker just after the last sample has no place in a file.
        markers = [marker for marker in self._markers if marker.index < n_times]
        return Recording(
            path,
            samples_uv,
            self._info.sampling_rate_hz,
            self._info.channel_names,
            tuple(sorted(markers, key=lambda marker: marker.index)),
        )

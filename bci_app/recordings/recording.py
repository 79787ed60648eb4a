"""A recording as the rest of the program sees it, whatever file it came from."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from devices.chunk import Chunk


@dataclass(frozen=True, slots=True)
class Marker:
    """Something that was noted at a sample: an event code, or the text of an annotation."""

    index: int
    code: str


@dataclass(frozen=True, slots=True)
class Recording:
    """EEG with its markers.

    Parameters
    ----------
    path : Path
        The file it was read from.
    samples_uv : ndarray of float64, shape (n_times, n_channels)
        EEG in µV.
    sampling_rate_hz : float
    channel_names : tuple of str
        One name a column.
    markers : tuple of Marker
        In order of time.
    repairs : tuple of str
        What was wrong with the file and how it was read nevertheless, in sentences.
    began_at : datetime or None
        When it began, with its time zone, where the file says so.
    """

    path: Path
    samples_uv: npt.NDArray[np.float64]
    sampling_rate_hz: float
    channel_names: tuple[str, ...]
    markers: tuple[Marker, ...]
    repairs: tuple[str, ...] = ()
    began_at: datetime | None = None

    @property
    def name(self) -> str:
        """The file with the folder it lies in, which often names the subject."""
        return printable(Path(self.path.parent.name, self.path.name))

    @property
    def duration_s(self) -> float:
        """Length of the recording."""
        return len(self.samples_uv) / self.sampling_rate_hz

    def count_codes(self) -> Counter[str]:
        """How often each code occurs."""
        return Counter(marker.code for marker in self.markers)

    def chunks(self, chunk_s: float) -> Iterator[Chunk]:
        """Yield the samples as a headset would have delivered them, `chunk_s` at a time."""
        n_chunk = max(1, round(chunk_s * self.sampling_rate_hz))
        for start in range(0, len(self.samples_uv), n_chunk):
            yield Chunk(self.samples_uv[start : start + n_chunk], start)


def printable(path: Path | str) -> str:
    """Return a path as text that can be written anywhere: bytes that are no UTF-8 become `?`."""
    return str(path).encode("utf-8", "replace").decode("utf-8")

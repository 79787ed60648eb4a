"""The file of a session: an XDF with three streams, written as it happens and read back exactly.

- *EEG*: the samples as the headset gave them, in µV, in double precision; time stamps from the
  running fit of arrivals.
- *Chunks*: for each chunk that arrived, the index of its first sample and its number of samples;
  the time stamp is its arrival. What is missing between two chunks was lost.
- *Markers*: every event as JSON text `{"event": …, "sample": …, …}`, `sample` being the end of the
  stream when it happened.

All time stamps are of one monotonic clock. The header of the markers holds the facts of the session
(`desc/session`, JSON): settings, versions, seeds.
"""

import json
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from bci_app.recordings import xdf_format as xdf
from devices.headset.source import HeadsetInfo

FORMAT_VERSION = 1
EEG_STREAM, CHUNK_STREAM, EVENT_STREAM = 1, 2, 3


def encode_beginning(headset: HeadsetInfo, facts: Mapping[str, object]) -> bytes:
    """Return the beginning of a session's file."""
    channels: xdf.Xml = {
        "channel": [
            {"label": name, "unit": "microvolts", "type": "EEG"} for name in headset.channel_names
        ]
    }
    rate_hz = repr(headset.sampling_rate_hz)
    return b"".join(
        (
            xdf.encode_file_header({"version": "1.0"}),
            xdf.encode_stream_header(
                EEG_STREAM,
                _stream(headset.name, "EEG", len(headset.channel_names), rate_hz, "double64")
                | {"desc": {"channels": channels, "reference": {"label": headset.reference}}},
            ),
            xdf.encode_stream_header(
                CHUNK_STREAM, _stream("bci-app chunks", "Chunks", 2, "0", "int64")
            ),
            xdf.encode_stream_header(
                EVENT_STREAM,
                _stream("bci-app events", "Markers", 1, "0", "string")
                | {
                    "desc": {
                        "format_version": str(FORMAT_VERSION),
                        "session": json.dumps(facts, ensure_ascii=False),
                    }
                },
            ),
            xdf.encode_boundary(),
        )
    )


def _stream(
    name: str, kind: str, n_channels: int, rate_hz: str, number: str
) -> dict[str, str | xdf.Xml]:
    return {
        "name": name,
        "type": kind,
        "channel_count": str(n_channels),
        "nominal_srate": rate_hz,
        "channel_format": number,
    }


def encode_block(
    samples: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]],
    chunks: tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]],
    texts: tuple[Sequence[float], Sequence[bytes]],
) -> bytes:
    """Return what happened in a while: samples, chunks and events, each with its time stamps.

    The chunks stand after their samples, and a boundary after both: whatever cuts a block off, no
    chunk is found without its samples.
    """
    parts = []
    if len(chunks[0]):
        parts += [
            xdf.encode_numbers(EEG_STREAM, *samples),
            xdf.encode_numbers(CHUNK_STREAM, *chunks),
        ]
    if texts[0]:
        parts.append(xdf.encode_texts(EVENT_STREAM, *texts))
    return b"".join([*parts, xdf.encode_boundary()]) if parts else b""


def encode_end(counts: tuple[int, int, int], span_s: tuple[float, float] | None) -> bytes:
    """Return the footers that say that the session was closed.

    Parameters
    ----------
    counts : tuple of int
        Number of samples, chunks and events.
    span_s : tuple of float or None
        First and last time stamp of all, None when there is none.
    """
    return b"".join(
        xdf.encode_stream_footer(stream_id, span_s or () if n else (), n)
        for stream_id, n in zip((EEG_STREAM, CHUNK_STREAM, EVENT_STREAM), counts, strict=True)
    )

"""Recordings of LabRecorder and its kind: XDF, its streams chosen by type and name."""

import gzip
import io
import json
import logging
import mmap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from bci_app.errors import RecordingError
from bci_app.recordings import xdf_format as xdf
from bci_app.recordings.library_errors import damage_is_a_value_error
from bci_app.recordings.recording import Marker, Recording
from bci_app.recordings.sample_grid import index_at, indices_from_times, lay_on_grid
from bci_app.recordings.xdf_whole import whole_chunks

_BREAK_S = 1.0  # what is closer is jitter, which pyxdf takes out
_MOST_UNPACKED_BYTES = 4 << 30
_UV = {
    "microvolts": 1.0,
    "microvolt": 1.0,
    "uv": 1.0,
    "µv": 1.0,
    "μv": 1.0,
    "millivolts": 1e3,
    "mv": 1e3,
    "volts": 1e6,
    "v": 1e6,
}
_JSON_CODES = ("label", "event", "marker", "code", "name")


def read_xdf(path: Path, stream: str | None) -> Recording:
    """Read an XDF file.

    Samples come from the one stream of type EEG that has any, or from the one named; markers from
    the streams whose type has `marker` in it, or, where there is none, from all streams of text. A
    marker in JSON counts by its `label`. Clock offsets are applied; a stretch without samples, or a
    clock that was reset, is a gap.

    Parameters
    ----------
    path : Path
    stream : str or None
        Name or type of the stream with the samples.

    Raises
    ------
    RecordingError
        When it is not clear which stream is meant, or none is there.
    Exception
        Whatever pyxdf raises on a file that is damaged.
    """
    import pyxdf  # type: ignore[import-untyped]

    data = _read(path)
    whole = b"".join([xdf.MAGIC, *whole_chunks(data)])
    with _heard("pyxdf") as complaints, damage_is_a_value_error():
        streams, _ = pyxdf.load_xdf(
            io.BytesIO(whole),
            jitter_break_threshold_seconds=_BREAK_S,
            jitter_break_threshold_samples=1,
        )
    chosen = _choose(streams, stream)
    info = chosen["info"]
    rate_hz = float(info["nominal_srate"][0])
    if not 0 < rate_hz < 1e6:
        raise RecordingError(
            f"its stream {_text(info, 'name')!r} has a sampling rate of {rate_hz:g} Hz: expected "
            "regular samples. Choose another stream."
        )
    samples = np.asarray(chosen["time_series"], dtype=np.float64)
    channels = _channels(info, samples.shape[1])
    columns = [k for k, (_, kind, _) in enumerate(channels) if kind in ("eeg", "")]
    if not columns:
        columns = list(range(len(channels)))
    factors = np.array([_UV.get(channels[k][2], 1.0) for k in columns])
    repairs = [f"pyxdf: {text}" for text in complaints]
    if len(whole) < len(data):
        repairs.append(f"{len(data) - len(whole)} damaged bytes are left out.")
    if any(channels[k][2] not in _UV for k in columns):
        repairs.append("Channels without a known unit are taken to be in µV.")
    times_s = np.asarray(chosen["time_stamps"], dtype=np.float64)
    n_back = int((np.diff(times_s) < 0).sum())
    if n_back:
        repairs.append(
            f"Time stamps go back at {n_back} places: samples are taken in the order of the file, "
            "markers at the nearest stamp."
        )
    indices = indices_from_times(times_s, rate_hz, max(_BREAK_S / 2, 2 / rate_hz))
    markers = sorted(
        (
            Marker(index_at(times_s, indices, float(time_s)), code)
            for source in _marker_streams(streams, chosen)
            for time_s, code in _codes(source)
        ),
        key=lambda marker: marker.index,
    )
    return Recording(
        path=path,
        samples_uv=lay_on_grid(samples[:, columns] * factors, indices),
        sampling_rate_hz=rate_hz,
        channel_names=tuple(channels[k][0] for k in columns),
        markers=tuple(markers),
        repairs=tuple(repairs),
    )


def _read(path: Path) -> memoryview:
    if path.suffix == ".xdf":
        with path.open("rb") as file:
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    with gzip.open(path) as packed:
        data = packed.read(_MOST_UNPACKED_BYTES + 1)
    if len(data) > _MOST_UNPACKED_BYTES:
        raise RecordingError(
            f"it unpacks to more than {_MOST_UNPACKED_BYTES >> 30} GiB: expected less. Unpack it "
            "with gzip, if it is what it seems."
        )
    return memoryview(data)


def _choose(streams: Sequence[dict[str, Any]], wanted: str | None) -> dict[str, Any]:
    numeric = [s for s in streams if _text(s["info"], "channel_format") != "string"]
    if wanted is None:
        found = [s for s in numeric if _text(s["info"], "type").upper() == "EEG"]
    else:
        found = [
            s for s in numeric if wanted in (_text(s["info"], "name"), _text(s["info"], "type"))
        ]
    filled = [s for s in found if len(s["time_stamps"])]
    if len(filled) == 1:
        return filled[0]
    listed = ", ".join(
        f"{_text(s['info'], 'name')!r} (type {_text(s['info'], 'type')}, "
        f"{len(s['time_stamps'])} samples)"
        for s in streams
    )
    what = "of type EEG" if wanted is None else f"called {wanted!r}"
    raise RecordingError(
        f"it holds {len(filled)} streams {what} with samples; all its streams: {listed or 'none'}. "
        "Expected one: name it."
    )


def _text(info: dict[str, Any], name: str) -> str:
    return str((info.get(name) or [""])[0] or "")


def _table(info: dict[str, Any], name: str) -> dict[str, Any]:
    inner = (info.get(name) or [None])[0]
    return inner if isinstance(inner, dict) else {}


def _channels(info: dict[str, Any], n_channels: int) -> list[tuple[str, str, str]]:
    """Name, type and unit of each channel, the latter in lower case."""
    listed = _table(_table(info, "desc"), "channels").get("channel") or []
    if len(listed) != n_channels or not all(isinstance(channel, dict) for channel in listed):
        return [(f"E{k + 1}", "", "") for k in range(n_channels)]
    return [
        (
            _text(channel, "label") or f"E{k + 1}",
            _text(channel, "type").lower(),
            _text(channel, "unit").lower(),
        )
        for k, channel in enumerate(listed)
    ]


def _marker_streams(
    streams: Sequence[dict[str, Any]], chosen: dict[str, Any]
) -> list[dict[str, Any]]:
    others = [s for s in streams if s is not chosen and len(s["time_stamps"])]
    named = [s for s in others if "marker" in _text(s["info"], "type").lower()]
    return named or [s for s in others if _text(s["info"], "channel_format") == "string"]


def _codes(source: dict[str, Any]) -> Iterator[tuple[float, str]]:
    for time_s, values in zip(source["time_stamps"], source["time_series"], strict=True):
        value = values[0]
        yield time_s, _code(value) if isinstance(value, str) else f"{float(value):g}"


def _code(text: str) -> str:
    if not text.lstrip().startswith("{"):
        return text.strip()
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        return text.strip()
    return next((str(fields[name]) for name in _JSON_CODES if name in fields), text.strip())


@contextmanager
def _heard(name: str) -> Iterator[list[str]]:
    """Collect the errors that a library writes to its log, and keep all else off the screen."""
    logger, texts = logging.getLogger(name), list[str]()

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.levelno >= logging.ERROR:
                texts.append(record.getMessage())

    collector, propagates = Collector(), logger.propagate
    logger.addHandler(collector)
    logger.propagate = False
    try:
        yield texts
    finally:
        logger.removeHandler(collector)
        logger.propagate = propagates

"""Recordings that are text: OpenBCI GUI, BrainFlow, muse-lsl, and any table with a time column."""

import csv
import itertools
import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, TextIO

import numpy as np

from bci_app.errors import RecordingError
from bci_app.recordings.recording import Marker, Recording
from bci_app.recordings.sample_grid import (
    FloatArray,
    IntArray,
    indices_from_times,
    lay_on_grid,
    rate_from_times,
)
from devices.headset.packet_counter import PacketCounter

_HEAD_BYTES = 1 << 14
_BREAK_S = 0.5  # stamps are arrivals, and those of a stalled machine come late
_TIME = re.compile(r"(unix_?)?(time_?(stamps?)?|t)(_?(s|sec|seconds|ms|us))?", re.IGNORECASE)
_MARKER = re.compile(
    r"(marker|markers|event|trigger|stim|label|code)(_?channel)?_?\d*", re.IGNORECASE
)
_NO_SIGNAL = re.compile(
    r"(sample|row|)_?(index|number|counter|n)?|package_?num.*|acc.*|gyro.*", re.IGNORECASE
)


class _Board(NamedTuple):
    """What BrainFlow's rows hold: packet number, EEG, others, time stamp, marker."""

    name: str
    n_eeg: int
    sampling_rate_hz: float


_BOARD_BY_COLUMNS = {
    24: _Board("Cyton", 8, 250.0),
    32: _Board("Cyton with Daisy", 16, 125.0),
    15: _Board("Ganglion", 4, 200.0),
    8: _Board("Muse", 4, 256.0),
}


class _Table(NamedTuple):
    samples_uv: FloatArray
    times_s: FloatArray
    numbers: IntArray | None  # packet numbers that count modulo 256
    codes: Sequence[str]  # one a row, empty for none
    sampling_rate_hz: float
    channel_names: tuple[str, ...]
    repairs: tuple[str, ...]


def is_text_recording(path: Path) -> bool:
    """Whether a file begins like one of these."""
    try:
        head = _read_head(path)
        first = head.splitlines()[0] if head else ""
        cells = _cells(first, _delimiter(first))
    except (OSError, RecordingError, csv.Error):
        return False
    return (
        first.startswith("%OpenBCI")
        or (_is_numeric(cells) and len(cells) in _BOARD_BY_COLUMNS)
        or (len(cells) > 1 and any(_TIME.fullmatch(cell) for cell in cells))
    )


def read_text(path: Path) -> Recording:
    """Read a recording that is text.

    Raises
    ------
    RecordingError
        When it is none of the kinds known.
    OSError
    """
    head = _read_head(path)
    if not head:
        raise RecordingError("it is empty: expected rows of samples.")
    first = head.splitlines()[0]
    cells = _cells(first, _delimiter(first))
    if first.startswith("%OpenBCI"):
        table = _read_openbci(path, head)
    elif _is_numeric(cells):
        table = _read_brainflow(path, _delimiter(first), len(cells))
    else:
        table = _read_table(path, _delimiter(first), cells)
    return _lay_out(path, table)


def _lay_out(path: Path, table: _Table) -> Recording:
    repairs = list(table.repairs)
    kept = np.arange(len(table.times_s))
    n_back = int((np.diff(table.times_s) < -_BREAK_S).sum())
    if n_back:
        repairs.append(
            f"Time stamps go back by more than {_BREAK_S:g} s at {n_back} places: rows are taken "
            "in the order of the file."
        )
    if table.numbers is not None and not n_back:
        kept, indices = _count_packets(table.numbers, table.times_s, table.sampling_rate_hz)
        if len(kept) < len(table.times_s):
            repairs.append(
                f"{len(table.times_s) - len(kept)} rows with a false packet number are left out."
            )
    else:
        indices = indices_from_times(table.times_s, table.sampling_rate_hz, _BREAK_S)
    return Recording(
        path=path,
        samples_uv=lay_on_grid(table.samples_uv[kept], indices),
        sampling_rate_hz=table.sampling_rate_hz,
        channel_names=table.channel_names,
        markers=tuple(
            Marker(int(index), table.codes[row])
            for row, index in zip(kept.tolist(), indices, strict=True)
            if len(table.codes) and table.codes[row]
        ),
        repairs=tuple(repairs),
    )


def _count_packets(
    numbers: IntArray, times_s: FloatArray, rate_hz: float
) -> tuple[IntArray, IntArray]:
    """Return the rows with a place in the stream, and that place."""
    counter = PacketCounter(rate_hz)
    rows: list[IntArray] = []
    indices: list[IntArray] = []
    for number, time_s in zip(numbers.tolist(), times_s.tolist(), strict=True):
        for position, count, index in counter.push([number], time_s):
            rows.append(np.arange(position, position + count))
            indices.append(np.arange(index, index + count))
    return np.concatenate(rows), np.concatenate(indices)


def _read_openbci(path: Path, head: str) -> _Table:
    header = [line for line in head.splitlines() if line.startswith("%")]
    n_channels = int(_header_value(header, "Number of channels"))
    rate_hz = float(_header_value(header, "Sample Rate").split()[0])
    first = next((line for line in head.splitlines() if not line.startswith("%")), "")
    names = _cells(first, ",")
    has_names = not _is_numeric(names[:1])
    n_columns = len(names)
    if not 0 < n_channels < n_columns or not 0 < rate_hz < 1e6:
        raise RecordingError(
            f"its header says {n_channels} channels at {rate_hz:g} Hz, and it has {n_columns} "
            "columns: expected a file of the OpenBCI GUI."
        )
    marker = names.index("Marker Channel") if "Marker Channel" in names else None
    clock = re.compile(r"\d+:\d+:\d+")  # the time of day, which is written once more as text
    with _open(path) as file:
        rows_of_text = itertools.islice(file, len(header) + has_names, None)
        cells = _cells(next((line for line in rows_of_text if clock.search(line)), ""), ",")
    stamps = [k for k, cell in enumerate(cells) if re.fullmatch(r"1\d{12}(\.\d+)?", cell)]
    if not stamps:
        raise RecordingError("none of its rows has a time: expected a file of the OpenBCI GUI.")
    stamp = stamps[-1]
    columns = [0, *range(1, 1 + n_channels), stamp, *([] if marker is None else [marker])]
    rows = _load(path, ",", columns, len(header) + has_names)
    repairs = []
    if not rows[0].any():
        rows = rows[1:]
        repairs.append("A leading row of zeros is left out.")
    if len(cells) < n_columns:
        raise RecordingError(f"a row has {len(cells)} columns, the first {n_columns}.")
    is_cyton = n_channels == 8 and rate_hz == 250.0
    return _Table(
        samples_uv=rows[:, 1 : 1 + n_channels],
        times_s=rows[:, 1 + n_channels] / 1e3,
        numbers=rows[:, 0].astype(np.int64) if is_cyton else None,
        codes=[] if marker is None else _codes(rows[:, -1]),
        sampling_rate_hz=rate_hz,
        channel_names=tuple(f"E{k + 1}" for k in range(n_channels)),
        repairs=tuple(repairs),
    )


def _header_value(header: Sequence[str], name: str) -> str:
    for line in header:
        if line.startswith(f"%{name} ="):
            return line.partition("=")[2].strip()
    raise RecordingError(f"its header lacks `%{name} = …`: expected a file of the OpenBCI GUI.")


def _read_brainflow(path: Path, delimiter: str, n_columns: int) -> _Table:
    board = _BOARD_BY_COLUMNS.get(n_columns)
    if board is None:
        known = ", ".join(f"{n} ({b.name})" for n, b in _BOARD_BY_COLUMNS.items())
        raise RecordingError(
            f"it has {n_columns} columns without names: expected as many as BrainFlow writes, "
            f"{known}, or a first line with names, a time column among them."
        )
    rows = _load(path, delimiter, range(n_columns), 0)
    times_s = rows[:, -2]
    if not (times_s > 1e9).all():
        raise RecordingError(
            "its last column but one holds no Unix times: expected a file that BrainFlow wrote."
        )
    return _Table(
        samples_uv=rows[:, 1 : 1 + board.n_eeg],
        times_s=times_s,
        numbers=rows[:, 0].astype(np.int64) if board.name == "Cyton" else None,
        codes=_codes(rows[:, -1]),
        sampling_rate_hz=board.sampling_rate_hz,
        channel_names=tuple(f"E{k + 1}" for k in range(board.n_eeg)),
        repairs=(f"By its {n_columns} columns it is taken for BrainFlow's {board.name}.",),
    )


def _read_table(path: Path, delimiter: str, names: Sequence[str]) -> _Table:
    times = [k for k, name in enumerate(names) if _TIME.fullmatch(name)]
    markers = [k for k, name in enumerate(names) if _MARKER.fullmatch(name)]
    signals = [
        k
        for k, name in enumerate(names)
        if k not in times and k not in markers and not _NO_SIGNAL.fullmatch(name)
    ]
    if not times or not signals:
        raise RecordingError(
            f"its first line is {delimiter.join(names)[:80]!r}: expected names of columns, one of "
            "them a time (`time`, `timestamps`, `time_ms`), one a channel each, and `marker` where "
            "there are events."
        )
    name = names[times[0]].lower()
    rows = _load(path, delimiter, [times[0], *signals], 1)
    times_s = rows[:, 0] * (1e-3 if name.endswith("ms") else 1e-6 if name.endswith("us") else 1.0)
    return _Table(
        samples_uv=rows[:, 1:],
        times_s=times_s,
        numbers=None,
        codes=_read_codes(path, delimiter, markers[0]) if markers else [],
        sampling_rate_hz=rate_from_times(times_s),
        channel_names=tuple(names[k] for k in signals),
        repairs=(),
    )


def _read_codes(path: Path, delimiter: str, column: int) -> list[str]:
    with _open(path) as file:
        rows = csv.reader(file, delimiter=delimiter)
        next(rows)
        codes = [row[column].strip() for row in rows if row]
    return ["" if _is_zero(code) else _plain_number(code) for code in codes]


def _codes(values: FloatArray) -> list[str]:
    return [f"{value:g}" if value and np.isfinite(value) else "" for value in values.tolist()]


def _is_zero(code: str) -> bool:
    return code in ("", "nan", "NaN", "None") or (_is_numeric([code]) and float(code) == 0)


def _plain_number(code: str) -> str:
    return f"{float(code):g}" if _is_numeric([code]) else code


def _load(path: Path, delimiter: str, columns: Sequence[int], n_skipped: int) -> FloatArray:
    try:
        with _open(path) as file, warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # no rows: said below
            rows: FloatArray = np.loadtxt(
                file,
                delimiter=delimiter,
                skiprows=n_skipped,
                usecols=columns,
                ndmin=2,
                converters=_number,
                comments=None,
            )
    except (ValueError, IndexError) as error:
        raise RecordingError(
            f"its rows cannot be read ({str(error).partition(';')[0]}): expected as many numbers "
            "in each. It may be cut off: take away an incomplete last row."
        ) from error
    if not len(rows):
        raise RecordingError("it holds no samples: expected rows of numbers.")
    return rows


def _number(text: str) -> float:
    text = text.strip()
    return float(text) if text else np.nan


def _open(path: Path) -> TextIO:
    return path.open(encoding="utf-8-sig", errors="replace", newline="")


def _read_head(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if b"\0" in head:
        raise RecordingError("it is not text: expected rows of numbers.")
    return head.decode("utf-8-sig", "replace")


def _delimiter(line: str) -> str:
    return max("\t;,", key=line.count)


def _cells(line: str, delimiter: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]


def _is_numeric(cells: Sequence[str]) -> bool:
    try:
        return bool(cells) and all(np.isfinite([float(cell) for cell in cells]))
    except ValueError:
        return False

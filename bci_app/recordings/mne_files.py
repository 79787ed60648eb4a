"""Recordings that MNE-Python reads: FIF, EDF, BDF, GDF, BrainVision; with the sidecars of BIDS."""

import contextlib
import csv
import io
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import mne
import numpy as np

from bci_app.errors import RecordingError
from bci_app.recordings.library_errors import damage_is_a_value_error
from bci_app.recordings.recording import Marker, Recording

_BIDS_TYPES = {
    "EEG": "eeg",
    "EOG": "eog",
    "VEOG": "eog",
    "HEOG": "eog",
    "ECG": "ecg",
    "EMG": "emg",
    "TRIG": "stim",
    "MISC": "misc",
}
LOST = "BAD_ACQ_SKIP"
"""MNE's own annotation of a stretch without samples, which its filters skip."""

_RENAMED = ("duplicate", "not unique", "uniqueness")


def read_with_mne(path: Path) -> Recording:
    """Read a recording that MNE-Python reads.

    Markers come from the sibling event file (`X-eve.fif` beside `X_raw.fif`) or BIDS sidecar
    (`X_events.tsv` beside `X_eeg.*`) where there is one, else from the file's own annotations. EEG
    channels only, in µV; types in `X_channels.tsv` count before those in the file.

    Raises
    ------
    RecordingError
        When it holds no EEG.
    Exception
        Whatever MNE raises on a file that is not what its name promises.
    """
    with (
        warnings.catch_warnings(record=True) as complaints,
        mne.utils.use_log_level("WARNING"),  # at level ERROR it would not even warn
        contextlib.redirect_stdout(io.StringIO()),  # where it logs to
        damage_is_a_value_error(),
    ):
        warnings.simplefilter("always")
        raw = mne.io.read_raw(path, preload=True)
    _take_types(raw, path)
    eeg = mne.pick_types(raw.info, eeg=True, exclude=())
    if len(eeg) == 0:
        types = ", ".join(sorted(set(raw.get_channel_types())))
        raise RecordingError(
            f"it holds no EEG channels, only {types}: expected at least one of type eeg. If "
            "the types are wrong in the file, set them with MNE-Python and save it again."
        )
    renamed = any(
        hint in str(complaint.message).lower() for complaint in complaints for hint in _RENAMED
    )
    samples_uv = np.ascontiguousarray(raw.get_data(picks=eeg, units="uV").T)
    events = _read_events(path, raw)
    for index, n_times, code in events:
        if code == LOST:
            samples_uv[index : index + n_times] = np.nan
    return Recording(
        path=path,
        samples_uv=samples_uv,
        sampling_rate_hz=float(raw.info["sfreq"]),
        channel_names=tuple(raw.ch_names[channel] for channel in eeg),
        markers=tuple(Marker(index, code) for index, _, code in events if code != LOST),
        repairs=("Channels of the same name are numbered.",) if renamed else (),
        began_at=raw.info["meas_date"],
    )


def _take_types(raw: mne.io.BaseRaw, path: Path) -> None:
    rows = _read_sidecar(path, "channels")
    types = {
        row["name"]: _BIDS_TYPES[row["type"].upper()]
        for row in rows
        if row.get("name") in raw.ch_names and row.get("type", "").upper() in _BIDS_TYPES
    }
    if types:
        raw.set_channel_types(types, on_unit_change="ignore")


def _read_events(path: Path, raw: mne.io.BaseRaw) -> list[tuple[int, int, str]]:
    """Return first sample, number of samples and code of each event."""
    rate_hz = raw.info["sfreq"]
    if rows := _read_sidecar(path, "events"):
        return [
            (
                round(float(row["onset"]) * rate_hz),
                _n_times(row.get("duration", ""), rate_hz),
                _bids_code(row),
            )
            for row in rows
        ]
    sibling = _sibling_event_file(path)
    if sibling.is_file():
        with mne.utils.use_log_level("ERROR"), damage_is_a_value_error():
            events = mne.read_events(sibling)
        return [(int(sample) - raw.first_samp, 0, str(code)) for sample, _, code in events]
    annotations = raw.annotations
    first_s = raw.first_time if annotations.orig_time is not None else 0.0
    return [
        (round((onset_s - first_s) * rate_hz), round(duration_s * rate_hz), _plain_code(text))
        for onset_s, duration_s, text in zip(
            annotations.onset, annotations.duration, annotations.description, strict=True
        )
    ]


def _n_times(duration_s: str, rate_hz: float) -> int:
    try:
        return round(float(duration_s) * rate_hz)
    except ValueError:
        return 0  # n/a


def _read_sidecar(path: Path, kind: str) -> Sequence[Mapping[str, str]]:
    """Return the rows of a BIDS table beside a recording; none where there is no table."""
    stem, separator, _ = path.name.rpartition("_eeg.")
    sidecar = path.with_name(f"{stem}_{kind}.tsv")
    if not separator or not sidecar.is_file():
        return []
    with sidecar.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def _bids_code(row: Mapping[str, str]) -> str:
    given = (row.get(name) or "" for name in ("trial_type", "value"))
    return next((code for code in given if code not in ("", "n/a")), "n/a")


def _plain_code(description: str) -> str:
    """`Stimulus/S  2` is how BrainVision writes code 2."""
    head, _, tail = description.rpartition("S")
    return tail.strip() if head == "Stimulus/" and tail.strip().isdigit() else description


def _sibling_event_file(path: Path) -> Path:
    stem = path.name.removesuffix(".gz").removesuffix(".fif").removesuffix("raw").rstrip("_-")
    return path.with_name(f"{stem}-eve.fif")

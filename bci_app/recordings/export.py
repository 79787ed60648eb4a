"""A recording for other programs: in a BIDS data set, as FIF, as plain XDF."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from bci_app.errors import RecordingError
from bci_app.recordings import xdf_format as xdf
from bci_app.recordings.bids import BidsLabels, export_bids
from bci_app.recordings.recording import Recording
from bci_app.recordings.session_file import SessionFile
from bci_app.recordings.to_mne import to_raw

Form = Literal["bids", "fif", "xdf"]

_ROWS_A_BLOCK = 10_000


def export_recording(
    source: SessionFile | Recording,
    form: Form,
    folder: Path,
    labels: BidsLabels,
    reference: str | None = None,
) -> Path:
    """Export a session, or any other recording.

    Parameters
    ----------
    source : SessionFile or Recording
    form : str
        `bids`, `fif` or `xdf`.
    folder : Path
        For `bids` the data set to which it is added.
    labels : BidsLabels
    reference : str or None
        The reference electrode, for BIDS; None for what the session knows.

    Returns
    -------
    Path
        The file that holds the samples, or its header.

    Raises
    ------
    RecordingError
        When it is there already, cannot be written or an extra is missing.
    """
    if form == "bids":
        return export_bids(source, folder, labels, reference)
    recording = source.recording() if isinstance(source, SessionFile) else source
    stem = source.path.name.partition(".")[0].removesuffix("_raw")
    path = folder / (f"{stem}_raw.fif" if form == "fif" else f"{stem}.xdf")
    if form == "fif":
        export_fif(recording, path)
    else:
        export_xdf(recording, path)
    return path


def export_fif(recording: Recording, path: Path) -> None:
    """Write a recording as FIF (its name ends in `_raw.fif`), in double precision.

    Raises
    ------
    RecordingError
        When the file exists or cannot be written.
    """
    import mne

    _make_room(path)
    try:
        with mne.utils.use_log_level("ERROR"):
            to_raw(recording).save(path, fmt="double")
    except OSError as error:
        raise _unwritable(path, error) from error


def export_xdf(recording: Recording, path: Path) -> None:
    """Write a recording as XDF: a stream of EEG and one of markers, in double precision.

    Time begins at 0; lost samples are NaN, so that row k is sample k.

    Raises
    ------
    RecordingError
        When the file exists or cannot be written.
    """
    _make_room(path)
    samples_uv, rate_hz = recording.samples_uv, recording.sampling_rate_hz
    channels: Sequence[xdf.Xml] = [
        {"label": name, "unit": "microvolts", "type": "EEG"} for name in recording.channel_names
    ]
    eeg: xdf.Xml = {
        "name": recording.path.stem,
        "type": "EEG",
        "channel_count": str(len(channels)),
        "nominal_srate": repr(rate_hz),
        "channel_format": "double64",
        "desc": {"channels": {"channel": channels}},
    }
    markers = {
        "name": f"{recording.path.stem} markers",
        "type": "Markers",
        "channel_count": "1",
        "nominal_srate": "0",
        "channel_format": "string",
    }
    times_s = np.arange(len(samples_uv)) / rate_hz
    marked_s = [marker.index / rate_hz for marker in recording.markers]
    try:
        with path.open("xb") as file:
            file.write(xdf.encode_file_header({"version": "1.0"}))
            file.write(xdf.encode_stream_header(1, eeg))
            file.write(xdf.encode_stream_header(2, markers))
            for start in range(0, len(samples_uv), _ROWS_A_BLOCK):
                rows = slice(start, start + _ROWS_A_BLOCK)
                file.write(xdf.encode_numbers(1, times_s[rows], samples_uv[rows]))
                file.write(xdf.encode_boundary())
            codes = [marker.code.encode() for marker in recording.markers]
            file.write(xdf.encode_texts(2, marked_s, codes))
            span_s = (0.0, float(times_s[-1])) if len(times_s) else ()
            file.write(xdf.encode_stream_footer(1, span_s, len(samples_uv)))
            file.write(xdf.encode_stream_footer(2, marked_s, len(marked_s)))
    except OSError as error:
        raise _unwritable(path, error) from error


def _make_room(path: Path) -> None:
    if path.exists():
        raise RecordingError(f"{path} exists: expected a new file. Move it, or name another.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> RecordingError:
    return RecordingError(
        f"{path} cannot be written ({error.strerror or error}): expected a folder with room in it "
        "that you may write to. Choose another one."
    )

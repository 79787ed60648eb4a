"""Reading a recording, whatever file it is."""

import configparser
import csv
import struct
import zlib
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import ParseError

from bci_app.errors import RecordingError
from bci_app.recordings.recording import Recording
from bci_app.recordings.session_file import is_session, read_session

_MNE_SUFFIXES = (".fif", ".fif.gz", ".edf", ".bdf", ".gdf", ".vhdr", ".set", ".cnt")
_XDF_SUFFIXES = (".xdf", ".xdfz", ".xdf.gz")
_TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
RECORDING_SUFFIXES = (*_MNE_SUFFIXES, *_XDF_SUFFIXES, *_TEXT_SUFFIXES)

# What readers raise when a file is not what its name promises.
_UNREADABLE = (
    ArithmeticError,
    EOFError,
    IndexError,
    KeyError,
    MemoryError,
    OSError,
    ParseError,
    RuntimeError,
    TypeError,
    ValueError,
    configparser.Error,
    csv.Error,
    struct.error,
    zlib.error,
)


def find_recordings(paths: tuple[Path, ...]) -> list[Path]:
    """List the recordings named, or below the folders named.

    Returns
    -------
    list of Path
        Files as they were given; of a folder, all files below it that look like a recording.

    Raises
    ------
    RecordingError
        When a path does not exist or a folder holds no recording.
    """
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise RecordingError(
                f"{path} does not exist: expected a recording, or a folder of them."
            )
        if path.is_dir():
            inside = sorted(file for file in path.rglob("*") if _looks_like_one(file))
            if not inside:
                raise RecordingError(
                    f"{path} holds no recording: expected files that end in "
                    f"{', '.join(RECORDING_SUFFIXES)}."
                )
            found += inside
        else:
            found.append(path)
    return found


def read_recording(path: Path, *, stream: str | None = None) -> Recording:
    """Read a recording.

    A session of this program; FIF, EDF, BDF, GDF, BrainVision and whatever else MNE-Python reads,
    with the sidecars of BIDS; XDF; text of the OpenBCI GUI, BrainFlow, muse-lsl, or a table with a
    time column. A folder stands for the one recording in it.

    Parameters
    ----------
    path : Path
    stream : str or None
        Of an XDF with several: name or type of the stream with the samples.

    Returns
    -------
    Recording
        EEG channels only, in µV; samples that are missing are NaN. What was wrong with the file
        and could be mended stands in `repairs`.

    Raises
    ------
    RecordingError
        When the file is missing, is not a recording or holds no EEG.
    """
    if path.is_dir():
        found = find_recordings((path,))
        if len(found) > 1:
            raise RecordingError(
                f"{path} holds {len(found)} recordings: expected one. Name it, such as {found[0]}."
            )
        path = found[0]
    if not path.is_file():
        raise RecordingError(f"{path} does not exist: expected a recording.")
    try:
        recording = _read(path, stream)
    except RecordingError as error:
        message = str(error)
        if str(path) in message:
            raise
        raise RecordingError(f"{path} cannot be read as a recording: {message}") from error
    except _UNREADABLE as error:
        reason = str(error).partition("\n")[0].strip() or type(error).__name__
        raise RecordingError(
            f"{path} cannot be read as a recording ({reason}): expected a file such as "
            f"{', '.join(RECORDING_SUFFIXES)}. Check that it is whole and rightly named."
        ) from error
    return _with_unique_names(recording)


def _read(path: Path, stream: str | None) -> Recording:
    with path.open("rb") as file:
        head = file.read(1 << 12)
    if not any(head):
        raise RecordingError(
            f"{'it is empty' if not head else 'it begins with nothing but zeros'}: expected the "
            "header of a recording. It may not have been copied whole."
        )
    if path.name.endswith(_XDF_SUFFIXES):
        if is_session(path):
            return read_session(path).recording()
        from bci_app.recordings.xdf_files import read_xdf

        return read_xdf(path, stream)
    if path.name.endswith(_TEXT_SUFFIXES):
        from bci_app.recordings.text_files import read_text

        return read_text(path)
    from bci_app.recordings.mne_files import read_with_mne

    return read_with_mne(path)


def _with_unique_names(recording: Recording) -> Recording:
    names = recording.channel_names
    if len(set(names)) == len(names):
        return recording
    numbered = tuple(
        name if names.count(name) == 1 else f"{name}-{names[:k].count(name)}"
        for k, name in enumerate(names)
    )
    repair = "Channels of the same name are numbered."
    return replace(recording, channel_names=numbered, repairs=(*recording.repairs, repair))


def _looks_like_one(path: Path) -> bool:
    if not path.is_file() or not path.name.endswith(RECORDING_SUFFIXES):
        return False
    if path.name.endswith(_TEXT_SUFFIXES):
        from bci_app.recordings.text_files import is_text_recording

        return is_text_recording(path)
    return not path.name.endswith(("-eve.fif", "_eve.fif", "-eve.fif.gz", "_eve.fif.gz"))

"""Reading a recording: any file that MNE reads, with its annotations or its sibling event file."""

import struct
import warnings
from pathlib import Path

import mne
import numpy as np

from bci_app.errors import RecordingError
from bci_app.recordings.recording import Marker, Recording
from bci_app.recordings.session_file import is_session, read_session

# What MNE's readers raise when a file is not what its name promises.
_UNREADABLE = (
    AssertionError,
    AttributeError,
    EOFError,
    IndexError,
    KeyError,
    MemoryError,
    OSError,
    OverflowError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
)

RECORDING_SUFFIXES = (".xdf", ".fif", ".fif.gz", ".edf", ".bdf", ".gdf", ".vhdr", ".set", ".cnt")


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
            inside = sorted(
                file
                for file in path.rglob("*")
                if file.name.endswith(RECORDING_SUFFIXES) and not _is_event_file(file)
            )
            if not inside:
                raise RecordingError(
                    f"{path} holds no recording: expected files that end in "
                    f"{', '.join(RECORDING_SUFFIXES)}."
                )
            found += inside
        else:
            found.append(path)
    return found


def read_recording(path: Path) -> Recording:
    """Read a recording.

    Markers come from the sibling event file (`X-eve.fif` beside `X_raw.fif`) where there is one,
    else from the file's own annotations. EEG channels only, in µV.

    Raises
    ------
    RecordingError
        When the file is missing, is not a recording or holds no EEG.
    """
    if not path.is_file():
        raise RecordingError(f"{path} does not exist or is a folder: expected a recording.")
    if path.suffix == ".xdf" and is_session(path):
        return read_session(path).recording()
    try:
        with warnings.catch_warnings(), mne.utils.use_log_level("ERROR"):
            warnings.simplefilter("ignore", RuntimeWarning)
            raw = mne.io.read_raw(path, preload=True)
            markers = _read_markers(path, raw)
    except _UNREADABLE as error:
        reason = str(error).partition("\n")[0].strip() or type(error).__name__
        raise RecordingError(
            f"{path} cannot be read as a recording ({reason}): expected a file that MNE-Python "
            f"reads, such as {', '.join(RECORDING_SUFFIXES)}. Check that it is whole and rightly "
            "named."
        ) from error
    eeg = mne.pick_types(raw.info, eeg=True, exclude=())
    if len(eeg) == 0:
        types = ", ".join(sorted(set(raw.get_channel_types())))
        raise RecordingError(
            f"{path} holds no EEG channels, only {types}: expected at least one of type eeg. If "
            "the types are wrong in the file, set them with MNE-Python and save it again."
        )
    return Recording(
        path=path,
        samples_uv=np.ascontiguousarray(raw.get_data(picks=eeg, units="uV").T),
        sampling_rate_hz=float(raw.info["sfreq"]),
        channel_names=tuple(raw.ch_names[channel] for channel in eeg),
        markers=tuple(markers),
    )


def _read_markers(path: Path, raw: mne.io.BaseRaw) -> list[Marker]:
    sibling = _sibling_event_file(path)
    if sibling.is_file():
        events, texts = mne.read_events(sibling), None
    else:
        texts = sorted(set(raw.annotations.description))
        numbers = {text: number for number, text in enumerate(texts, start=1)}
        events, _ = mne.events_from_annotations(raw, numbers, regexp=None)
    return [
        Marker(int(sample) - raw.first_samp, _plain_code(texts[code - 1]) if texts else str(code))
        for sample, _, code in events
    ]


def _plain_code(description: str) -> str:
    """`Stimulus/S  2` is how BrainVision writes code 2."""
    head, _, tail = description.rpartition("S")
    return tail.strip() if head == "Stimulus/" and tail.strip().isdigit() else description


def _is_event_file(path: Path) -> bool:
    return path.name.endswith(("-eve.fif", "_eve.fif", "-eve.fif.gz", "_eve.fif.gz"))


def _sibling_event_file(path: Path) -> Path:
    stem = path.name.removesuffix(".gz").removesuffix(".fif").removesuffix("raw").rstrip("_-")
    return path.with_name(f"{stem}-eve.fif")

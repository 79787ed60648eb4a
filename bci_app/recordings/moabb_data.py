"""SSVEP data sets of MOABB, by name: loaded through MOABB, kept as FIF, read like any recording."""

import contextlib
import difflib
import importlib
import json
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec

from bci_app.errors import RecordingError

PREFIX = "moabb:"
"""What a path begins with that stands for a data set of MOABB."""

_UNLOADABLE = (ImportError, LookupError, OSError, RuntimeError, ValueError)
IDLE_NAMES = ("rest", "idle")
"""Events that ask for no target."""

Progress = Callable[[Iterable[Any]], Iterable[Any]]


@dataclass(frozen=True, slots=True)
class MoabbDataSet:
    """A data set as recordings, one folder a subject.

    Parameters
    ----------
    name : str
    events : tuple of str
    classes : dict of str to float or None
        What those events mean that are named by a frequency in Hz or for idle, which is None.
    trial_s : float
        From an event, where the flicker begins, to the end of the trial.
    files : tuple of str
        The recordings, below the data set's folder.
    """

    name: str
    events: tuple[str, ...]
    classes: dict[str, float | None]
    trial_s: float
    files: tuple[str, ...]


def kept_folder(name: str) -> Path:
    """Return where a data set is kept: in `bci-app` in MNE-Python's folder for data."""
    root = os.environ.get("MNE_DATA")
    if root is None:
        import mne

        root = mne.get_config("MNE_DATA") or str(Path.home() / "mne_data")
    return Path(root) / "bci-app" / name


def load_moabb(name: str, progress: Progress = iter) -> tuple[MoabbDataSet, list[Path]]:
    """Return a data set of MOABB and its recordings, loaded now or at an earlier time.

    MOABB downloads what it does not have yet. What it makes of each subject is kept as FIF beside
    its own files, so that a second time needs neither network nor MOABB.

    Parameters
    ----------
    name : str
        MOABB's name of it, such as `Nakanishi2015`.
    progress : callable
        Wraps the subjects while they are loaded.

    Raises
    ------
    RecordingError
        When MOABB is not installed, does not know the name or cannot load it.
    """
    folder = kept_folder(name)
    known = _read_index(folder)
    if known is None:
        known = keep_data_set(_find(name), folder, progress)
    return known, [folder / file for file in known.files]


def keep_data_set(dataset: Any, folder: Path, progress: Progress = iter) -> MoabbDataSet:
    """Write each recording of a data set as FIF and an index of them.

    Parameters
    ----------
    dataset : moabb.datasets.base.BaseDataset
        Of SSVEP.
    folder : Path
        Subjects that are there already are not loaded again.
    progress : callable
        Wraps the subjects while they are loaded.

    Raises
    ------
    RecordingError
        When it cannot be loaded or the folder cannot be written.
    """
    name = type(dataset).__name__
    begin_s, end_s = dataset.interval
    files: list[str] = []
    for subject in progress(dataset.subject_list):
        try:
            own = _keep_subject(dataset, subject, folder / f"{name}-{subject:02d}")
        except _UNLOADABLE as error:
            reason = str(error).partition("\n")[0] or type(error).__name__
            raise RecordingError(
                f"subject {subject} of {name} cannot be loaded by MOABB and kept in {folder} "
                f"({reason}): expected a network connection at the first time, and room on the "
                "disk. What was loaded is kept; try again."
            ) from error
        files += [str(file.relative_to(folder)) for file in own]
    kept = MoabbDataSet(
        name,
        tuple(dataset.event_id),
        _classes_of(dataset.event_id),
        round(end_s - begin_s, 6),
        tuple(files),
    )
    (folder / "index.json").write_text(json.dumps(asdict(kept), indent=1) + "\n", encoding="utf-8")
    return kept


def _read_index(folder: Path) -> MoabbDataSet | None:
    """Read what is kept of a data set; None when it is not whole."""
    try:
        index = msgspec.json.decode((folder / "index.json").read_bytes(), type=MoabbDataSet)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return index if all((folder / file).is_file() for file in index.files) else None


def _find(name: str) -> Any:
    try:
        with _quiet():
            utils = importlib.import_module("moabb.datasets.utils")  # has no types
    except ImportError as error:
        raise RecordingError(
            "MOABB is not installed: expected the extra `moabb`. Install it with "
            "`pip install 'bci-app[moabb]'`."
        ) from error
    with _quiet():
        by_name = {type(dataset).__name__: dataset for dataset in utils.dataset_search("ssvep")}
    if name not in by_name:
        near = difflib.get_close_matches(name, by_name, n=1)
        hint = f"did you mean {near[0]}?" if near else f"expected {', '.join(sorted(by_name))}."
        raise RecordingError(f"MOABB has no SSVEP data set {name!r}: {hint}")
    return by_name[name]


def _classes_of(events: Iterable[str]) -> dict[str, float | None]:
    classes: dict[str, float | None] = {}
    for event in events:
        if event.lower() in IDLE_NAMES:
            classes[event] = None
        else:
            with contextlib.suppress(ValueError):
                classes[event] = float(event)
    return classes


def _keep_subject(dataset: Any, subject: int, folder: Path) -> list[Path]:
    if folder.is_dir():
        return sorted(folder.iterdir())
    import mne

    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=folder.parent))
    try:
        with _quiet(), mne.utils.use_log_level("ERROR"):
            # MOABB's annotations stand where it lets trials begin and bear the events' names.
            (sessions,) = dataset.get_data(subjects=[subject]).values()
            for session, runs in sessions.items():
                for run, raw in runs.items():
                    if dataset.unit_factor != 1e6:  # not in volts
                        raw.load_data()
                        raw.apply_function(lambda uv: uv * (dataset.unit_factor * 1e-6), "eeg")
                    raw.save(unfinished / f"session-{session}_run-{run}_raw.fif", fmt="double")
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return sorted(folder.iterdir())


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep what MOABB and its downloaders print off standard output, and their warnings off all."""
    with contextlib.redirect_stdout(sys.stderr), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield

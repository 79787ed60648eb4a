"""Subjects, their sessions and what was recorded in them: a folder with names as in BIDS.

    sub-01/ses-01/eeg/sub-01_ses-01_task-calibration_run-01_eeg.xdf
    sub-01/ses-01/sub-01_ses-01_profile.json

A subject is a code of letters and digits. Nothing in the folder says who that is.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from bci_app.errors import ConfigurationError
from bci_app.runtime.profile_files import (
    next_session,
    profile_path,
    refuse_taken,
    session_folder,
)

_LABEL = re.compile(r"[A-Za-z0-9]{1,32}")


@dataclass(frozen=True, slots=True)
class SubjectSession:
    """One visit of one subject.

    Parameters
    ----------
    root : Path
        The folder of all subjects.
    subject, session : str
        Codes of letters and digits.

    Raises
    ------
    ConfigurationError
        When a code is not one.
    """

    root: Path
    subject: str
    session: str

    def __post_init__(self) -> None:
        _check("subject", self.subject)
        _check("session", self.session)

    @property
    def name(self) -> str:
        """The beginning of all its files' names."""
        return f"sub-{self.subject}_ses-{self.session}"

    @property
    def folder(self) -> Path:
        """Where its files lie."""
        return session_folder(self.root, self.subject, self.session)

    @property
    def profile(self) -> Path:
        """Where its profile lies, once there is one."""
        return profile_path(self.root, self.subject, self.session)

    @property
    def is_finished(self) -> bool:
        """Whether it has led to a profile."""
        return self.profile.exists()

    def recordings(self, task: str) -> list[Path]:
        """Return what was recorded of a task, in order of time."""
        return sorted((self.folder / "eeg").glob(f"{self.name}_task-{task}_run-*_eeg.xdf"))

    def next_recording(self, task: str) -> Path:
        """Return a name for the next recording of a task."""
        runs = [int(path.stem.rsplit("run-", 1)[1].split("_")[0]) for path in self.recordings(task)]
        run = max(runs, default=0) + 1
        return self.folder / "eeg" / f"{self.name}_task-{task}_run-{run:02d}_eeg.xdf"


def find_subjects(root: Path) -> list[str]:
    """Return the codes of all subjects in a folder."""
    return _labels(root, "sub-")


def find_sessions(root: Path, subject: str) -> list[SubjectSession]:
    """Return a subject's sessions, the first one first.

    Raises
    ------
    ConfigurationError
        When the code is none.
    """
    _check("subject", subject)
    labels = _labels(root / f"sub-{subject}", "ses-")
    return [SubjectSession(root, subject, label) for label in labels]


def session_of(root: Path, subject: str, session: str = "") -> SubjectSession:
    """Return the session to go on with: the one named, else the last one if it is unfinished.

    Parameters
    ----------
    root : Path
    subject : str
    session : str
        Empty for the last session that has led to no profile yet, or the next free number.

    Raises
    ------
    ConfigurationError
        When a code is none.
    CalibrationError
        When the session named has led to a profile already.
    """
    if session:
        named = SubjectSession(root, subject, session)
        refuse_taken(root, subject, session)
        return named
    known = find_sessions(root, subject)
    if known and not known[-1].is_finished:
        return known[-1]
    return SubjectSession(root, subject, next_session(root, subject))


def _labels(folder: Path, prefix: str) -> list[str]:
    labels = [path.name.removeprefix(prefix) for path in folder.glob(f"{prefix}*") if path.is_dir()]
    # 2 comes before 10, however many digits they are written with.
    return sorted(
        (label for label in labels if _LABEL.fullmatch(label)),
        key=lambda label: (not label.isdecimal(), label.zfill(32)),
    )


def _check(what: str, label: str) -> None:
    if not _LABEL.fullmatch(label):
        raise ConfigurationError(
            f"{what} {label!r}: expected up to 32 letters and digits, such as 01. Give a code, not "
            "a name: nothing in the folder need say who it is."
        )

"""Where profiles and their reports are: a folder of subjects and sessions, named as in BIDS."""

import re
from pathlib import Path

from calibration.errors import CalibrationError

SUBJECTS = Path("subjects")
"""Where they are looked for by name, from the folder in which the program runs."""

OPEN_SESSION = "00"
"""Session of a profile that has not been saved yet: the folder says which number is free."""

_SUFFIX = "_profile.json"


def session_folder(folder: Path, subject: str, session: str) -> Path:
    """Return the folder of a subject's session."""
    return folder / f"sub-{subject}" / f"ses-{session}"


def profile_path(folder: Path, subject: str, session: str) -> Path:
    """Return where the profile of a subject's session is, or will be."""
    name = f"sub-{subject}_ses-{session}{_SUFFIX}"
    return session_folder(folder, subject, session) / name


def report_path(profile: Path) -> Path:
    """Return where the report beside a profile is, or will be."""
    return profile.with_name(profile.name.removesuffix(_SUFFIX) + "_report.html")


def next_session(folder: Path, subject: str) -> str:
    """Return the first number, from 01, that no session of the subject has."""
    taken = {path.name for path in (folder / f"sub-{subject}").glob("ses-*")}
    return next(name for k in range(1, 10_000) if f"ses-{(name := f'{k:02}')}" not in taken)


def refuse_taken(folder: Path, subject: str, session: str) -> None:
    """Refuse a session that has a profile already: what was made before is never lost.

    Raises
    ------
    CalibrationError
        When it has one.
    """
    path = profile_path(folder, subject, session)
    if path.exists():
        raise CalibrationError(
            f"session {session} of subject {subject} has a profile already, {path}: expected a "
            "session without one. Name another --session, or none for the next free number."
        )


def find_profile(name: str, folder: Path = SUBJECTS) -> Path:
    """Find a profile by its path, by the folder it is in, or by its subject.

    Parameters
    ----------
    name : str
        A file; a folder; or `01`, `sub-01`, `sub-01/ses-02`, which are looked for in `folder`. Of
        several sessions the last one with a profile counts.
    folder : Path

    Raises
    ------
    CalibrationError
        When there is none.
    """
    path = Path(name)
    if path.is_file():
        return path
    subject = re.fullmatch(r"(?:sub-)?([0-9A-Za-z]+)", name)
    inside = folder / (f"sub-{subject[1]}" if subject else name)
    for place in (path, inside):
        if place.is_dir():
            found = sorted(place.rglob(f"*{_SUFFIX}"))
            if found:
                return found[-1]
    known = sorted({file.parent.parent.name for file in folder.glob(f"sub-*/ses-*/*{_SUFFIX}")})
    raise CalibrationError(
        f"there is no profile {name}: expected a file that ends in {_SUFFIX}, a folder that holds "
        f"one, or a subject in {folder} ({', '.join(known) or 'it holds none'}). Make one with "
        "`bci-app calibrate`."
    )

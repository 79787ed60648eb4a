"""A subject's profile: all that a session needs to know of a calibration.

A profile is two files that belong together: text that a person can read (JSON) and the decoder's
weights as plain arrays (`.npz`, never pickle). A checksum covers both. Reading trusts nothing: it
bounds sizes, checks every field, and names the file, the field and what was expected.
"""

import base64
import binascii
import hashlib
import io
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np
import numpy.typing as npt

from calibration.errors import CalibrationError

FORMAT = "bci-app profile"
VERSION = 1

_MAX_TEXT_BYTES = 4 << 20
_MAX_ARRAYS_BYTES = 64 << 20
_MAX_ARRAYS = 4096

Arrays = Mapping[str, npt.NDArray[np.generic]]
Positive = Annotated[float, msgspec.Meta(gt=0)]
NotNegative = Annotated[float, msgspec.Meta(ge=0)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Label = Annotated[str, msgspec.Meta(pattern="^[0-9A-Za-z]+$", max_length=40)]


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the text: unknown fields are refused."""


class Montage(_Part, frozen=True):
    """What the signal was recorded with.

    Parameters
    ----------
    headset, reference : str
        Empty where it is not known.
    channels : tuple of str
        In the order of the decoder's weights.
    sampling_rate_hz : float
    """

    headset: str
    reference: str
    channels: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=256)]
    sampling_rate_hz: Positive


class Filters(_Part, frozen=True):
    """The causal filter before the decoder.

    Parameters
    ----------
    band_hz : tuple of float
    mains_hz : float or None
    """

    band_hz: tuple[Positive, Positive]
    mains_hz: Positive | None


class ProfileTarget(_Part, frozen=True):
    """A target and its command, in words."""

    frequency_hz: Positive
    command: str


class Expected(_Part, frozen=True):
    """What is expected of the next session, with a 90 % interval.

    Parameters
    ----------
    value, low, high : float
    """

    value: float
    low: float
    high: float


class OperatingPoint(_Part, frozen=True):
    """How sure the decision policy has to be, and what follows from it.

    Parameters
    ----------
    max_false_per_min : float
        False commands a minute that were accepted.
    policy : dict
        Settings of the policy, its threshold among them.
    expected_false_per_min : Expected
    expected_right : Expected
        Share of looks at a target that are answered rightly.
    expected_response_s : float or None
        Mean time from the onset to a right answer; None when none was right.
    """

    max_false_per_min: Positive
    policy: dict[str, Any]
    expected_false_per_min: Expected
    expected_right: Expected
    expected_response_s: NotNegative | None


class CandidateResult(_Part, frozen=True):
    """A decoder in the comparison.

    Parameters
    ----------
    decoder : str
    accuracy : float
        Over all classes, idle one of them, in trials that it had not seen.
    standard_error : float
    runs_online : bool
        Whether a session can run it.
    """

    decoder: str
    accuracy: Share
    standard_error: NotNegative
    runs_online: bool


class ElectrodeQuality(_Part, frozen=True):
    """An electrode at the time of the calibration.

    Parameters
    ----------
    electrode, grade, advice : str
    """

    electrode: str
    grade: str
    advice: str


class Source(_Part, frozen=True):
    """A recording that was learned from.

    Parameters
    ----------
    file : str
    sha256 : str
        Of its samples in µV, as they were read.
    n_trials, n_left_out : int
    began_at : str or None
    """

    file: str
    sha256: str
    n_trials: int
    n_left_out: int
    began_at: str | None


class Provenance(_Part, frozen=True):
    """Where the profile comes from.

    Parameters
    ----------
    made_at : str
        ISO 8601, with time zone.
    own, others : tuple of Source
    versions : dict
    seed : int
    """

    made_at: str
    own: tuple[Source, ...]
    others: tuple[Source, ...]
    versions: dict[str, str]
    seed: int


class ProfileText(_Part, frozen=True):
    """All of a profile but the weights.

    Parameters
    ----------
    subject, session : str
    montage : Montage
    filters : Filters
    targets : tuple of ProfileTarget
    decoder : str
    decoder_settings : dict
        What it is told beyond the weights, by name.
    operating_point : OperatingPoint
    compared : tuple of CandidateResult
    quality : tuple of ElectrodeQuality
    provenance : Provenance
    """

    subject: Label
    session: Label
    montage: Montage
    filters: Filters
    targets: Annotated[tuple[ProfileTarget, ...], msgspec.Meta(min_length=2, max_length=256)]
    decoder: str
    decoder_settings: dict[str, Any]
    operating_point: OperatingPoint
    compared: tuple[CandidateResult, ...]
    quality: tuple[ElectrodeQuality, ...]
    provenance: Provenance

    @property
    def frequencies_hz(self) -> tuple[float, ...]:
        """Frequency of each target."""
        return tuple(target.frequency_hz for target in self.targets)


@dataclass(frozen=True, slots=True)
class Profile:
    """A subject's profile.

    Parameters
    ----------
    text : ProfileText
    arrays : mapping of str to ndarray
        The decoder's weights; empty for one that has none.
    """

    text: ProfileText
    arrays: Arrays = field(repr=False)

    def packed(self) -> dict[str, object]:
        """Return it as values of JSON's types, to be kept within another file."""
        packed_arrays = _pack_arrays(self.arrays)
        return _table_of(self.text, packed_arrays) | {
            "arrays": base64.b64encode(packed_arrays).decode()
        }


def arrays_path(path: Path) -> Path:
    """Return where the weights of the profile at `path` are."""
    return path.with_suffix(".npz")


def write_profile(profile: Profile, path: Path) -> None:
    """Write a profile to `path` (`.json`) and its weights beside it.

    Each file is written aside and then put in place, the text last: a profile that can be read is
    whole.

    Raises
    ------
    CalibrationError
        When it cannot be written, or is none that could be read; what was there before stays.
    """
    packed_arrays = _pack_arrays(profile.arrays)
    table = _table_of(profile.text, packed_arrays)
    _profile_of(table, packed_arrays, str(path))  # what could not be read is not written
    text = msgspec.json.format(msgspec.json.encode(table), indent=2)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(arrays_path(path), packed_arrays)
        _replace(path, text + b"\n")
    except OSError as error:
        raise CalibrationError(
            f"{path} cannot be written ({error.strerror}): expected a folder that you may write "
            "to, with room. The recordings are safe: calibrate from them again with another --out."
        ) from error


def read_profile(path: Path) -> Profile:
    """Read a profile and check it.

    Raises
    ------
    CalibrationError
        Naming the file, the field and what was expected.
    """
    packed_text = _read_bounded(path, _MAX_TEXT_BYTES)
    try:
        table = msgspec.json.decode(packed_text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CalibrationError(f"{path} is no profile ({error}): expected JSON.") from error
    packed_arrays = _read_bounded(arrays_path(path), _MAX_ARRAYS_BYTES)
    return _profile_of(table, packed_arrays, str(path))


def unpack_profile(table: object, where: str) -> Profile:
    """Return the profile that :meth:`Profile.packed` gave.

    Parameters
    ----------
    table : object
    where : str
        What holds it, for error messages.

    Raises
    ------
    CalibrationError
        Naming the field and what was expected.
    """
    if not isinstance(table, dict) or not isinstance(table.get("arrays"), str):
        raise CalibrationError(f"{where} holds no whole profile: expected one with its arrays.")
    try:
        packed_arrays = base64.b64decode(table["arrays"], validate=True)
    except binascii.Error as error:
        raise CalibrationError(f"{where}: the arrays are damaged ({error}).") from error
    rest = {name: value for name, value in table.items() if name != "arrays"}
    return _profile_of(rest, packed_arrays, where)


def _table_of(text: ProfileText, packed_arrays: bytes) -> dict[str, object]:
    table: dict[str, object] = {"format": FORMAT, "version": VERSION}
    table |= msgspec.to_builtins(text)
    return table | {"checksum": _checksum(table, packed_arrays)}


def _checksum(table: Mapping[str, object], packed_arrays: bytes) -> str:
    """SHA-256 of the text, however it is laid out, followed by the arrays' file."""
    text = msgspec.json.encode(table, order="deterministic")
    return hashlib.sha256(text + packed_arrays).hexdigest()


def _profile_of(table: Any, packed_arrays: bytes, where: str) -> Profile:
    if not isinstance(table, dict) or table.get("format") != FORMAT:
        raise CalibrationError(
            f'{where} is no profile: expected "format": "{FORMAT}". Name the file that ends in '
            "_profile.json."
        )
    if table.get("version") != VERSION:
        raise CalibrationError(
            f"{where} is of version {table.get('version')!r}: this program reads version "
            f"{VERSION}. Calibrate again from the recordings that it names under provenance."
        )
    fields = {k: v for k, v in table.items() if k not in ("format", "version", "checksum")}
    try:
        text = msgspec.convert(fields, ProfileText)
    except msgspec.ValidationError as error:
        message = str(error).replace("`$.", "`").removesuffix(".")
        raise CalibrationError(
            f"{where}: {message}. The profile was changed by hand or by another program; calibrate "
            "again."
        ) from error
    signed = {name: value for name, value in table.items() if name != "checksum"}
    if table.get("checksum") != _checksum(signed, packed_arrays):
        raise CalibrationError(
            f"{where} does not match its checksum: it, or the arrays that belong to it, were "
            "changed or damaged since. Calibrate again, or take both files from a copy."
        )
    return Profile(text, _unpack_arrays(packed_arrays, where))


def _pack_arrays(arrays: Arrays) -> bytes:
    packed = io.BytesIO()
    np.savez_compressed(packed, allow_pickle=False, **{k: np.asarray(v) for k, v in arrays.items()})
    return packed.getvalue()


def _unpack_arrays(packed: bytes, where: str) -> Arrays:
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            sizes = [entry.file_size for entry in archive.infolist()]
        if len(sizes) > _MAX_ARRAYS or sum(sizes) > _MAX_ARRAYS_BYTES:
            raise CalibrationError(
                f"the arrays of {where} take {sum(sizes) >> 20} MiB: expected at most "
                f"{_MAX_ARRAYS_BYTES >> 20}."
            )
        with np.load(io.BytesIO(packed), allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise CalibrationError(
            f"the arrays of {where} cannot be read ({error}): expected plain numbers in .npz."
        ) from error


def _read_bounded(path: Path, most: int) -> bytes:
    try:
        size = path.stat().st_size
        if size > most:
            raise CalibrationError(
                f"{path} has {size >> 20} MiB: expected at most {most >> 20}, as a profile has."
            )
        return path.read_bytes()
    except OSError as error:
        raise CalibrationError(
            f"{path} cannot be read ({error.strerror}): expected a profile, two files whose names "
            "end in _profile.json and _profile.npz."
        ) from error


def _replace(path: Path, content: bytes) -> None:
    aside = path.with_name(f"{path.name}.part")
    try:
        with aside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)

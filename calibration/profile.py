"""A subject's profile: all that a session needs to know of a calibration.

A profile is two files that belong together: text that a person can read (JSON) and the decoder's
weights as plain arrays (`.npz`, never pickle). A checksum covers both. Reading trusts nothing: it
bounds sizes, checks every field, and names the file, the field and what was expected.
"""

import base64
import hashlib
import io
import os
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from calibration.errors import CalibrationError
from calibration.profile_fields import ProfileText

FORMAT = "bci-app profile"
VERSION = 1

_MAX_TEXT_BYTES = 4 << 20
_MAX_ARRAYS_BYTES = 64 << 20
_MAX_ARRAYS = 4096

# What taking an archive of arrays apart may raise: see zipfile, zlib and numpy.lib.format.
_NO_ARRAYS = (
    *(OSError, ValueError, KeyError, EOFError, TypeError, IndexError, OverflowError),
    *(RuntimeError, SyntaxError, struct.error, tokenize.TokenError, zipfile.BadZipFile, zlib.error),
)

Arrays = Mapping[str, npt.NDArray[np.generic]]


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
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
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
    except ValueError as error:  # not base64, or not even ASCII
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
            return {
                entry.filename.removesuffix(".npy"): _array_of(archive.read(entry))
                for entry in archive.infolist()
            }
    except _NO_ARRAYS as error:
        raise CalibrationError(
            f"the arrays of {where} cannot be read ({error}): expected plain numbers in .npz."
        ) from error


def _array_of(content: bytes) -> npt.NDArray[np.generic]:
    """Return the array of an .npy file, whose header may claim any size: what is there counts."""
    file = io.BytesIO(content)
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError("another version of .npy than 1.0")
    shape, by_columns, dtype = np.lib.format.read_array_header_1_0(file)
    if dtype.kind not in "biufcU":
        raise ValueError(f"an array of {dtype}")
    values = np.frombuffer(content, dtype, offset=file.tell())
    return values.reshape(shape, order="F" if by_columns else "C").copy(order="K")


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

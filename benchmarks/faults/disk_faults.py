"""What happens to the disk that the session is recorded on."""

import contextlib
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from faults.fault import Fault, Outcome
from faults.system import NotReadyError, System

_SAID = ("WindowSays", "end")
_MIB = 1 << 20


def small_disk(mib: int) -> Callable[[System], None]:
    """Return what gives the recording a file system of its own."""

    def prepare(system: System) -> None:
        folder = system.setup.out = system.folder / "sessions"
        folder.mkdir()
        made = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={mib}m", "faults", str(folder)],  # noqa: S607 - wherever it is
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise NotReadyError(f"a small file system needs root: {made.stderr.strip()}")
        system.stack.callback(subprocess.run, ["umount", "--lazy", str(folder)], check=False)

    return prepare


def _fill(system: System) -> None:
    with (_folder(system) / "ballast").open("wb", buffering=0) as file:
        for n_bytes in (_MIB, 4096):
            with contextlib.suppress(OSError):  # as much as there is
                while file.write(bytes(n_bytes)) == n_bytes:
                    pass


def _remove_folder(system: System) -> None:
    shutil.rmtree(_folder(system))


def _remove_file(system: System) -> None:
    recording = system.recording
    if recording is None:
        raise NotReadyError("nothing is recorded")
    recording.unlink()


def _folder(system: System) -> Path:
    return system.setup.out or system.folder / "sessions"


def _removed(name: str, what: str, strike: Callable[[System], None]) -> Fault:
    return Fault(
        *(name, what, "disk", Outcome.STAYS, strike),
        detected_by=_SAID,
        detected_within_s=2.5,
        safe_within_s=4.5,
        takes_s=float("inf"),
        exit_code=(1,),
    )


DISK_FAULTS = (
    Fault(
        "disk full",
        "another program takes the last byte of the disk",
        "disk",
        Outcome.STAYS,
        _fill,
        prepare=small_disk(160),
        detected_by=_SAID,
        detected_within_s=2.0,
        safe_within_s=4.0,
        exit_code=(1,),
    ),
    Fault(
        "slow disk",
        "each write takes 2 s from now on",
        "disk",
        Outcome.GOES_ON,
        lambda system: system.tell_app("slow-disk 2"),
    ),
    Fault(
        "disk fails",
        "each write is an input/output error from now on",
        "disk",
        Outcome.STAYS,
        lambda system: system.tell_app("broken-disk"),
        detected_by=_SAID,
        detected_within_s=2.0,
        safe_within_s=4.0,
        exit_code=(1,),
    ),
    _removed(
        "recording folder removed",
        "somebody removes the folder with the recording",
        _remove_folder,
    ),
    _removed(
        "recording removed",
        "somebody removes the file that is being recorded",
        _remove_file,
    ),
)

"""A wall clock that leaps, for the program alone: the monotonic one goes on, as in reality."""

import shutil
import struct
import subprocess
from pathlib import Path

from faults.system import NotReadyError, System

_SOURCE = Path(__file__).parent / "leaping_clock.c"


def fake_clock(system: System) -> None:
    """Have the program's wall clock read from a file how far it is off."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise NotReadyError("there is no C compiler: apt install gcc")
    library = system.folder / "leaping_clock.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, _SOURCE], check=True)
    leap(system, 0)
    system.setup.environment |= {
        "LD_PRELOAD": str(library),
        "LEAPING_CLOCK": str(system.folder / "clock"),
    }


def leap(system: System, seconds: int) -> None:
    """Let it leap."""
    path = system.folder / "clock"
    path.touch()
    with path.open("r+b") as file:
        file.write(struct.pack("q", seconds))

"""A Python environment of its own for MetaBCI, MOABB and meegkit, and a way to run code in it."""

import subprocess
import sys
import venv
from pathlib import Path

# MetaBCI imports more than it declares.
PACKAGES = ("metabci", "meegkit", "moabb", "mne", "mat73", "py7zr", "mne_bids")
FOLDER = Path.home() / ".cache" / "bci-app" / "peers"


def python_of_peers() -> Path | None:
    """Return the interpreter that has the peers, installed at the first call; else None."""
    python = FOLDER / "bin" / "python"
    if not python.exists():
        print("installing MetaBCI, MOABB and meegkit into", FOLDER, file=sys.stderr)
        venv.create(FOLDER, with_pip=True)
    found = subprocess.run(
        [
            python,
            "-W",
            "ignore",
            "-c",
            "import meegkit.trca, metabci.brainda.algorithms.decomposition, moabb.pipelines",
        ],
        check=False,
        capture_output=True,
    )
    if found.returncode:
        installed = subprocess.run(
            [python, "-m", "pip", "install", "--quiet", *PACKAGES],
            check=False,
            stdout=sys.stderr,
        )
        if installed.returncode:
            print("the peers cannot be installed here: left out", file=sys.stderr)
            return None
    return python


def run_with_peers(python: Path, code: str, *arguments: str) -> str:
    """Run code with the peers' interpreter on one thread; return what it prints."""
    return _run(python, "-c", code, *arguments)


def run_file_with_peers(python: Path, file: Path, *arguments: str) -> str:
    """Run a file likewise; what it says on standard error is shown as it comes."""
    return _run(python, str(file), *arguments, stderr=None)


def _run(python: Path, *arguments: str, stderr: int | None = subprocess.PIPE) -> str:
    done = subprocess.run(
        [python, "-W", "ignore", *arguments],
        check=True,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        env={"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PATH": "/usr/bin:/bin"},
    )
    return done.stdout

"""A parser that is fuzzed, and the one folder in which it may write."""

import contextlib
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

_folder = Path()


@dataclass(frozen=True)
class Target:
    """A parser.

    Parameters
    ----------
    parse : callable
        Parses an input with it.
    seeds : callable
        Returns inputs that it takes.
    errors : tuple of type
        What it may raise.
    mutate : callable or None
        Changes an input; None for bytes alone.
    """

    parse: Callable[[bytes], object]
    seeds: Callable[[], list[bytes]]
    errors: tuple[type[Exception], ...] = ()
    mutate: Callable[[bytes, random.Random], bytes] | None = field(default=None)

    def accepts(self, seed: bytes) -> None:
        """Parse a seed; an error is one of the seed, or of the parser."""
        self.parse(seed)


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """Make the folder."""
    global _folder
    memory = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        _folder = Path(folder).resolve()
        yield _folder


def scratch_folder() -> Path:
    """Return the folder."""
    return _folder


def write_input(data: bytes, name: str) -> Path:
    """Return a file with an input, alone in the folder."""
    for path in _folder.iterdir():
        path.unlink() if path.is_file() else shutil.rmtree(path)
    path = _folder / name
    path.write_bytes(data)
    return path

"""A display of its own for the windows, with hands on mouse and keyboard."""

import contextlib
import os
import shutil
import subprocess
from typing import Self

from faults.close_button import press_close

_WITHIN_S = 30.0


class Display:
    """Xvfb, and xdotool on it.

    Attributes
    ----------
    name : str
        As in the environment variable DISPLAY.
    pid : int
        Of the server.
    """

    def __enter__(self) -> Self:
        for program in ("Xvfb", "xdotool"):
            if shutil.which(program) is None:
                raise SystemExit(f"{program} is not installed: apt install xvfb xdotool")
        reading, writing = os.pipe()
        self._server = subprocess.Popen(
            [
                *("Xvfb", "-displayfd", str(writing), "-screen", "0", "1024x768x24"),
                *("-nolisten", "tcp"),
            ],
            pass_fds=(writing,),
            stderr=subprocess.DEVNULL,
        )
        os.close(writing)
        self.pid = self._server.pid
        with os.fdopen(reading) as number:
            self.name = f":{number.readline().strip()}"
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._server.kill()
        self._server.wait()

    def press(self, title: str, key: str) -> None:
        """Press a key in a window."""
        self._xdotool("windowfocus", "--sync", self._window(title), "key", key)

    def close(self, title: str) -> None:
        """Close a window, by its button."""
        press_close(self.name, int(self._window(title)))

    def kill(self, title: str) -> None:
        """Cut off the program that a window belongs to."""
        self._xdotool("windowkill", self._window(title))

    def _window(self, title: str) -> str:
        return self._xdotool("search", "--sync", "--onlyvisible", "--name", title).split()[0]

    def _xdotool(self, *arguments: str) -> str:
        return subprocess.run(
            ["xdotool", *arguments],  # noqa: S607 - wherever it is installed
            capture_output=True,
            text=True,
            timeout=_WITHIN_S,
            env=os.environ | {"DISPLAY": self.name},
            check=True,
        ).stdout

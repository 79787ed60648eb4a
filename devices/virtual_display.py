"""The light of a virtual display: a pixel of the framebuffer that Xvfb keeps in a file.

``Xvfb -fbdir DIR`` draws into ``DIR/Xvfb_screen0``, an X window dump (XWD, version 7) that any
program may map into its memory.
"""

import mmap
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from devices.errors import DeviceError

_HEADER = struct.Struct(">25I")
_VERSION, _COLOUR_BYTES = 7, 12
_FROM_CORNER_PX = 8
_LOOK_EVERY_S = 0.0005


class CornerPixel:
    """A pixel in the lower right corner of a virtual display.

    Parameters
    ----------
    framebuffer : Path
        The file that Xvfb draws into.

    Raises
    ------
    DeviceError
        When the file is not there or not such a framebuffer.
    """

    def __init__(self, framebuffer: Path) -> None:
        try:
            with framebuffer.open("rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            header = _HEADER.unpack_from(self._map)
        except (OSError, ValueError, struct.error) as error:
            raise DeviceError(
                f"cannot look at the virtual display {framebuffer} ({error}): expected the file "
                "that `Xvfb -fbdir DIR` makes, DIR/Xvfb_screen0"
            ) from error
        header_bytes, version, width, height = header[0], header[1], header[4], header[5]
        pixel_bits, row_bytes, n_colours = header[11], header[12], header[19]
        row, column = height - _FROM_CORNER_PX, width - _FROM_CORNER_PX
        self._at = (
            header_bytes + _COLOUR_BYTES * n_colours + row * row_bytes + column * pixel_bits // 8
        )
        if version != _VERSION or pixel_bits != 32 or self._at + 3 > len(self._map):
            self.close()
            raise DeviceError(
                f"{framebuffer} is no framebuffer of 24-bit colours: start Xvfb with "
                "`-screen 0 1920x1080x24 -fbdir DIR`"
            )

    def level(self) -> float:
        """Return its green now, from 0 to 1."""
        green: int = self._map[self._at + 1]
        return green / 255.0

    def close(self) -> None:
        """Let the file go."""
        self._map.close()


@contextmanager
def watched(framebuffer: Path, shine: Callable[[float, float], None]) -> Iterator[None]:
    """Call `shine` with level and monotonic time at each change of the corner's light.

    A thread looks every half millisecond for as long as the context lasts.

    Raises
    ------
    DeviceError
        When the file is not there or not such a framebuffer.
    """
    pixel = CornerPixel(framebuffer)
    stop = threading.Event()

    def watch() -> None:
        last = -1.0
        while not stop.is_set():
            level = pixel.level()
            if level != last:
                shine(level, time.monotonic())
                last = level
            time.sleep(_LOOK_EVERY_S)

    thread = threading.Thread(target=watch, name="photodiode", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        pixel.close()

import struct
import threading

import pytest

from devices.errors import DeviceError
from devices.virtual_display import CornerPixel, watched

WIDTH, HEIGHT, N_COLOURS, HEADER_BYTES = 64, 48, 3, 160


def framebuffer(path, *, bits=32):
    """Write an empty X window dump as Xvfb would; return where its corner pixel's green is."""
    row_bytes = WIDTH * bits // 8
    fields = [HEADER_BYTES, 7, 2, 24, WIDTH, HEIGHT, 0, 0, bits, 0, bits, bits, row_bytes]
    header = struct.pack(">25I", *fields, 4, 0, 0, 0, 8, 256, N_COLOURS, WIDTH, HEIGHT, 0, 0, 0)
    body = HEADER_BYTES + 12 * N_COLOURS
    path.write_bytes(header.ljust(body, b"\0") + bytes(HEIGHT * row_bytes))
    return body + (HEIGHT - 8) * row_bytes + (WIDTH - 8) * bits // 8 + 1


def set_byte(path, at, value):
    with path.open("r+b") as file:
        file.seek(at)
        file.write(bytes([value]))


def test_the_corners_light_is_read_and_its_changes_are_told(tmp_path):
    path = tmp_path / "Xvfb_screen0"
    at = framebuffer(path)
    seen, bright = [], threading.Event()

    def shine(level, at_s):
        seen.append((level, at_s))
        if level == 1.0:
            bright.set()

    with watched(path, shine):
        set_byte(path, at, 255)
        assert bright.wait(5.0)
    assert [level for level, _ in seen][-1] == 1.0
    assert len(seen) <= 2
    pixel = CornerPixel(path)
    set_byte(path, at, 51)
    assert pixel.level() == pytest.approx(0.2)
    pixel.close()


@pytest.mark.parametrize("content", [None, b"", b"no framebuffer" * 20])
def test_what_is_no_framebuffer_is_said(tmp_path, content):
    path = tmp_path / "Xvfb_screen0"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DeviceError, match="-fbdir DIR"), watched(path, lambda *_: None):
        pass


def test_a_display_of_few_colours_is_refused(tmp_path):
    path = tmp_path / "Xvfb_screen0"
    framebuffer(path, bits=8)
    with pytest.raises(DeviceError, match="24-bit"):
        CornerPixel(path)

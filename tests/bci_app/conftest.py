"""A real X display for the windows: the one that is there, or Xvfb."""

import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """Name of an X display, for this process and its children."""
    if "DISPLAY" in os.environ:
        yield os.environ["DISPLAY"]
        return
    if shutil.which("Xvfb") is None:
        pytest.skip("no DISPLAY, and Xvfb is not installed (apt install xvfb)")
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1920x1080x24", "-nolisten", "tcp"],
        pass_fds=(writing,),
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as number:
        os.environ["DISPLAY"] = f":{number.readline().strip()}"
    try:
        yield os.environ["DISPLAY"]
    finally:
        del os.environ["DISPLAY"]
        server.terminate()
        server.wait()


@pytest.fixture(scope="session")
def qt_app(display: str):
    """The one Qt application of the tests."""
    os.environ["PYQTGRAPH_QT_LIB"] = "PySide6"
    os.environ["QT_QPA_UPDATE_IDLE_TIME"] = "0"
    from PySide6.QtWidgets import QApplication

    return QApplication.instance() or QApplication(["tests"])

"""The demo as a newcomer meets it: both windows, a real pointer, a real keyboard."""

import os
import queue
import re
import shutil
import subprocess
import sys
import threading
import time

import pytest

from bci_app.online.settings import PathSettings
from bci_app.recordings.session_file import read_session
from bci_app.runtime.configuration import ScreenSettings
from bci_app.runtime.subject_stimulus import stimulus_settings
from bci_app.stimulus.geometry import Viewing
from bci_app.stimulus.layout import largest_size, place_targets
from devices.exoskeleton.command import Command

_TIMEOUT_S = 40.0
_NOT_YET = re.compile("samples are decoded late|the session is only starting")


class Newcomer:
    """A process of `bci-app demo`, what it says, and hands on mouse and keyboard."""

    def __init__(self, out):
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bci_app", "demo", "--out", str(out)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"XDG_CONFIG_HOME": str(out), "COLUMNS": "200"},
        )
        self._lines = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self.said = []

    def _read(self):
        for line in self._process.stderr:
            self._lines.put(line)
        self._lines.put("")

    def hears(self, text):
        """Wait for a line that holds `text`."""
        line = self.hears_within(text, _TIMEOUT_S)
        assert line is not None, f"waited in vain for {text!r}: {self.said}"
        return line

    def hears_within(self, text, seconds):
        """Wait for a line that holds `text`; None where none came."""
        deadline_s = time.monotonic() + seconds
        while (left_s := deadline_s - time.monotonic()) > 0:
            try:
                line = self._lines.get(timeout=left_s)
            except queue.Empty:
                return None
            self.said.append(line)
            if text in line:
                return line
            assert line, f"it ended without {text!r}: {self.said}"
        return None

    def sees(self, title):
        """Wait for a window; return its number."""
        return _xdotool("search", "--sync", "--onlyvisible", "--name", title).split()[0]

    def ends(self):
        """Wait for the end; return the exit code."""
        code = self._process.wait(_TIMEOUT_S)
        self._reader.join()
        self._process.stderr.close()
        return code

    def give_up(self):
        self._process.kill()
        self.ends()


def _xdotool(*arguments):
    return subprocess.run(
        ["xdotool", *arguments], capture_output=True, text=True, timeout=_TIMEOUT_S, check=True
    ).stdout


def _point_at(window, command):
    """Move the pointer onto a target, and not on the way over another one."""
    shell = _xdotool("getwindowgeometry", "--shell", window).split()
    geometry = dict(line.split("=") for line in shell)
    size_px = int(geometry["WIDTH"]), int(geometry["HEIGHT"])
    settings = stimulus_settings(ScreenSettings(), PathSettings(), gaze_by_pointer=True)
    viewing = Viewing(*size_px, 300.0, settings.distance_mm)
    size_deg = largest_size(settings.commands, 3.0, viewing)
    area = place_targets(settings.commands, size_deg, viewing)[settings.commands.index(command)]
    x, y = area.x + area.width // 2, area.y + area.height // 2
    _xdotool("mousemove", "--window", window, str(x), str(y))


def _press(window, key):
    _xdotool("windowfocus", "--sync", window, "key", key)


@pytest.fixture
def newcomer(display, tmp_path):
    if shutil.which("xdotool") is None:
        pytest.skip("xdotool is not installed (apt install xdotool)")
    newcomer = Newcomer(tmp_path)
    yield newcomer
    newcomer.give_up()


def test_the_pointer_is_the_gaze_any_key_a_stop_and_a_dead_window_the_end(newcomer, tmp_path):
    subject = newcomer.sees("bci-app: subject")
    operator = newcomer.sees("bci-app: Demo")
    _press(subject, "Return")  # the notice
    _point_at(subject, Command.STAND)
    answer = newcomer.hears_within(" stand ", _TIMEOUT_S / 2)
    if answer is None:  # Enter is no answer to a notice while the screen is being measured
        _press(subject, "Return")
        answer = newcomer.hears(" stand ")
    while _NOT_YET.search(answer):
        # A busy machine: rightly withheld. Only after another decision is this one made again.
        _point_at(subject, Command.SIT)
        newcomer.hears(" sit ")
        _point_at(subject, Command.STAND)
        answer = newcomer.hears(" stand ")
    assert "acknowledged" in newcomer.said[-1]
    _press(subject, "x")
    newcomer.hears("emergency stop: subject: a key was pressed")
    _xdotool("windowkill", subject)
    newcomer.hears("emergency stop: subject: the subject window's process ended")
    _press(operator, "ctrl+q")  # it says what happened until it is closed
    assert newcomer.ends() == 1

    (recording,) = tmp_path.glob("*.xdf")
    told = [entry.event for entry in read_session(recording).entries]
    order = [
        told.index(event)
        for event in ("StimulusConfirmed", "StimulusBegan", "Decided", "CommandSent")
    ]
    assert order == sorted(order)
    assert "StimulusGaze" in told
    assert told.index("StimulusBlanked") > told.index("StimulusStopRequested")


def test_closing_the_operator_window_ends_all(newcomer):
    operator = newcomer.sees("bci-app: Demo")
    newcomer.sees("bci-app: subject")
    _press(operator, "ctrl+q")
    newcomer.ends()

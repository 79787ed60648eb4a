"""The subject window as a process, on a real display, driven by real keys and pointer."""

import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bci_app.stimulus import messages as m
from bci_app.stimulus import process as process_module
from bci_app.stimulus.flicker import Flicker
from bci_app.stimulus.process import StimulusError, StimulusProcess
from bci_app.stimulus.settings import Patch, StimulusSettings
from devices.exoskeleton.command import Command

PATCHES = tuple(
    Patch(command.name.title(), Flicker(frequency_hz), command)
    for frequency_hz, command in (
        (9.0, Command.WALK),
        (11.0, Command.TURN_LEFT),
        (13.0, Command.TURN_RIGHT),
        (15.0, Command.STAND),
        (17.0, Command.SIT),
    )
)
SETTINGS = StimulusSettings(PATCHES, size_deg=2.5, window_px=(960, 540), gaze_by_pointer=True)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="drives an X display")


class Screen:
    """A running subject window and what it said."""

    def __init__(self, settings=SETTINGS):
        self.stops: queue.SimpleQueue[m.StopRequested] = queue.SimpleQueue()
        self.process = StimulusProcess(settings, self.stops.put)
        self.ready = self.process.start()

    def wait_for(self, kind, timeout_s=10.0):
        deadline_s = time.monotonic() + timeout_s
        while (remaining_s := deadline_s - time.monotonic()) > 0:
            for report in self.process.receive(remaining_s):
                if isinstance(report, kind):
                    return report
        raise AssertionError(f"no {kind.__name__} within {timeout_s} s")

    def flicker(self):
        self.process.send(m.Confirm("test"))
        self.process.send(m.Begin())
        return self.wait_for(m.Began)


@pytest.fixture
def screen(display):
    shown = Screen()
    yield shown
    shown.process.close()
    assert "stimulus reader" not in {thread.name for thread in threading.enumerate()}


def do(*arguments):
    if shutil.which("xdotool") is None:
        pytest.skip("xdotool is not installed (apt install xdotool)")
    return subprocess.run(
        ["xdotool", *map(str, arguments)], check=True, capture_output=True, text=True
    ).stdout


def window_of(screen):
    window = do("search", "--sync", "--pid", screen.process.process_id, "--name", "subject").split()
    do("windowfocus", "--sync", window[-1])
    return window[-1]


def test_it_measures_the_screen_and_says_what_it_cannot_do(screen):
    assert screen.ready.refresh_hz == pytest.approx(60, abs=15)
    assert (screen.ready.width_px, screen.ready.height_px) == (960, 540)
    assert 0 < screen.ready.area.share_of_field < 1
    assert not any(misfit.forbids_start for misfit in screen.ready.misfits)


def test_nothing_flickers_unconfirmed_and_enter_confirms(screen):
    screen.process.send(m.Begin())
    assert screen.wait_for(m.Refused).request == "Begin"
    window_of(screen)
    do("key", "Return")
    assert screen.wait_for(m.Confirmed).by == "subject"


def test_frames_and_onsets_carry_monotonic_times(screen):
    asked_s = time.monotonic()
    began = screen.flicker()
    assert asked_s < began.time_s < time.monotonic()
    screen.process.send(m.Cue(1, "Look left"))
    shown = screen.wait_for(m.CueShown)
    assert shown.target == 1
    assert began.time_s < shown.time_s
    timing = screen.wait_for(m.Frames).timing
    assert timing.n_frames + timing.n_missed == pytest.approx(60, abs=15)
    screen.process.send(m.Pause())
    assert screen.wait_for(m.Paused).time_s > shown.time_s


@pytest.mark.parametrize("action", [("key", "space"), ("click", 1)])
def test_any_key_or_click_blanks_at_once_and_asks_for_a_stop(screen, action):
    window = window_of(screen)
    screen.flicker()
    do("mousemove", "--window", window, 480, 300)
    screen.wait_for(m.Frames)
    do(*action)
    stop = screen.stops.get(timeout=5)
    blanked = screen.wait_for(m.Blanked)
    # That the very next frame is blank is tested with the window.
    assert blanked.time_s >= stop.time_s
    screen.process.send(m.Begin())
    assert "resume" in screen.wait_for(m.Refused).reason
    screen.process.send(m.Resume())
    screen.process.send(m.Begin())
    screen.wait_for(m.Began)


def test_the_gaze_follows_the_pointer_without_a_click(screen):
    window = window_of(screen)
    do("mousemove", "--window", window, 480, 150)
    screen.flicker()
    do("mousemove", "--window", window, 125, 308)
    while screen.wait_for(m.Gaze).target != 1:
        pass
    do("mousemove", "--window", window, 480, 308)
    assert screen.wait_for(m.Gaze).target is None
    assert screen.stops.empty()


def test_a_window_that_dies_is_a_stop(screen):
    screen.flicker()
    os.kill(screen.process.process_id, signal.SIGKILL)
    assert "ended" in screen.stops.get(timeout=5).source
    assert "-9" in screen.wait_for(m.Failed).reason


def test_a_window_that_hangs_is_a_stop(screen, monkeypatch):
    monkeypatch.setattr(process_module, "SILENT_S", 1.0)
    screen.flicker()
    os.kill(screen.process.process_id, signal.SIGSTOP)
    assert "hangs" in screen.stops.get(timeout=10).source
    assert "no sign of life" in screen.wait_for(m.Failed).reason


def test_a_mistake_in_the_thread_that_hears_the_window_is_a_stop_and_raised(screen, monkeypatch):
    def feed(self, data):
        raise ZeroDivisionError

    monkeypatch.setattr(m.MessageReader, "feed", feed)
    assert "nobody hears" in screen.stops.get(timeout=10).source
    with pytest.raises(ZeroDivisionError):
        screen.wait_for(m.Failed)


def test_declining_the_notice_ends_it(screen):
    window_of(screen)
    do("key", "Escape")
    screen.wait_for(m.Declined)
    assert screen.stops.empty()


def test_closing_twice_and_while_flickering_leaves_nothing(display):
    shown = Screen()
    shown.flicker()
    pid = shown.process.process_id
    shown.process.close()
    shown.process.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert shown.stops.empty()


def test_the_window_ends_with_its_parent(display):
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time\n"
            "from bci_app.stimulus.process import StimulusProcess\n"
            "from bci_app.stimulus.messages import MessageReader, Show\n"
            "settings = MessageReader().feed(sys.stdin.buffer.readline())[0].settings\n"
            "stimulus = StimulusProcess(settings, print)\n"
            "stimulus.start()\n"
            "print(stimulus.process_id, flush=True)\n"
            "time.sleep(60)\n",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with parent:
        parent.stdin.write(m.encode(m.Show(SETTINGS)))
        parent.stdin.flush()
        child = int(parent.stdout.readline())
        parent.kill()
    deadline_s = time.monotonic() + 5
    while _alive(child):
        assert time.monotonic() < deadline_s, "the subject window outlived its parent"
        threading.Event().wait(0.02)


def test_targets_above_half_the_refresh_rate_never_start(display):
    fast = (*PATCHES[:4], Patch("Sit", Flicker(400.0), Command.SIT))
    shown = Screen(StimulusSettings(fast, size_deg=2.5, window_px=(960, 540)))
    try:
        shown.process.send(m.Confirm("test"))
        shown.process.send(m.Begin())
        assert "400 Hz cannot be shown" in shown.wait_for(m.Refused).reason
    finally:
        shown.process.close()


def test_targets_that_do_not_fit_are_said_before_the_start(display):
    stimulus = StimulusProcess(StimulusSettings(PATCHES, size_deg=30.0), print)
    with pytest.raises(StimulusError, match="do not fit"):
        stimulus.start()


def test_no_display_is_said(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":4711")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    stimulus = StimulusProcess(SETTINGS, print)
    with pytest.raises(StimulusError, match=r"no display.*`show = false`"):
        stimulus.start()


def _alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False

"""What the researcher sees when a device or the disk fails, in a real window on a real session."""

import threading
import time
from contextlib import ExitStack
from types import SimpleNamespace

import pytest

from bci_app.errors import RecordingError
from bci_app.online.path import OnlinePath
from bci_app.online.settings import PathSettings
from bci_app.recordings.session_file import read_session
from bci_app.runtime import recorder
from bci_app.runtime.controls import Controls
from bci_app.runtime.live import run_live
from bci_app.runtime.recorder import Recorder
from bci_app.runtime.session import Session
from devices.errors import DeviceError
from devices.exoskeleton import simulator
from devices.exoskeleton.command import Command
from devices.exoskeleton.postures import AT_REST
from devices.exoskeleton.serial_link import ExoskeletonLink
from devices.headset.acquisition import Acquisition
from devices.headset.direct import DirectHeadset
from devices.virtual_brain import VirtualSubject

_TIMEOUT_S = 20.0


class Headset(DirectHeadset):
    """A headset that can be unplugged."""

    unplugged = False

    def _start(self):
        self._check()
        return super()._start()

    def _read(self):
        self._check()
        return super()._read()

    def _check(self):
        if self.unplugged:
            raise DeviceError("the receiver was unplugged")


class Exoskeleton:
    """A simulated exoskeleton on a port, until it is switched off."""

    def __init__(self):
        self.off, self._ready, self.port = threading.Event(), threading.Event(), ""
        self._thread = threading.Thread(
            target=simulator.serve, args=(self._on_ready,), kwargs={"stop": self.off}
        )
        self._thread.start()
        assert self._ready.wait(_TIMEOUT_S)

    def _on_ready(self, port):
        self.port = port
        self._ready.set()

    def switch_off(self):
        self.off.set()
        self._thread.join()


class Rig:
    """A whole session without processes: what it is made of, and what the window showed."""

    def __init__(self, folder):
        self.headset = Headset(VirtualSubject())
        self.exoskeleton = Exoskeleton()
        self.controls = Controls()
        self.link = ExoskeletonLink(self.exoskeleton.port)
        self.recording = folder / "session.xdf"
        self.seen = {}

    def run(self, attach):
        settings = PathSettings()
        with ExitStack() as stack:
            acquisition = stack.enter_context(Acquisition(self.headset))
            info = acquisition.info
            path = OnlinePath(settings, info.sampling_rate_hz, len(info.channel_names))
            record = stack.enter_context(Recorder(self.recording, info, settings))
            listeners = [*attach(info, self.controls), record]
            stack.enter_context(self.link)
            self.controls.connect(self.link)
            session = Session(path, self.link, listeners)
            self.link.send(Command.STAND)

            def tick(_now_s):
                self.controls.carry_out(session)
                return not self.controls.ended

            run_live(acquisition, session, tick)


@pytest.fixture
def rig(tmp_path):
    rig = Rig(tmp_path)
    yield rig
    rig.exoskeleton.switch_off()


def play(qt_app, rig, *steps):
    """Run the session in its window; each step is (what to wait for, what to do then)."""
    from PySide6.QtCore import QTimer

    from bci_app.ui.app import run_with_window
    from bci_app.ui.operator_window import OperatorWindow

    left, deadline_s = list(steps), time.monotonic() + _TIMEOUT_S
    timer = QTimer(qt_app)

    def look():
        window = next((w for w in qt_app.topLevelWidgets() if isinstance(w, OperatorWindow)), None)
        if window is None:
            return
        if time.monotonic() > deadline_s:
            rig.seen["late"] = window.alarm_bar.text()
            left.clear()
        elif left and left[0][0](window):
            left.pop(0)[1](window)
        if not left:
            timer.stop()
            window.close()

    timer.timeout.connect(look)
    timer.start(20)
    try:
        run_with_window(rig.run, title="test", settings=PathSettings())
    finally:
        timer.stop()
    assert "late" not in rig.seen, f"waited in vain, the window says: {rig.seen['late']}"


def shows(alarm):
    return lambda window: alarm in window.alarm_bar.text()


def rising(window):
    telemetry = window.view.telemetry
    return telemetry is not None and telemetry.posture not in AT_REST and window.view.now_s > 0.2


def wait_for_rest(port):
    """Wait until legs that were standing up have gone back to a stance, which nobody asked for."""
    deadline_s = time.monotonic() + _TIMEOUT_S
    with ExoskeletonLink(port) as link:
        while link.telemetry is None or link.telemetry.posture not in AT_REST:
            assert time.monotonic() < deadline_s, f"the legs do not rest: {link.telemetry}"
            link.poll()
            time.sleep(0.01)


def keep(rig, name):
    """Keep what the window shows."""

    def look(window):
        window.refresh_all()
        rig.seen[name] = (window.alarm_bar.text(), window.alarm_bar._advice.text())

    return look


def test_a_headset_and_an_exoskeleton_that_are_gone_are_seen_with_what_to_do(qt_app, rig):
    def unplug(_window):
        rig.headset.unplugged = True

    def switch_off(window):
        keep(rig, "headset")(window)
        rig.seen["logged"] = [entry.text for entry in window.view.log]
        rig.exoskeleton.switch_off()

    play(
        qt_app,
        rig,
        (rising, unplug),
        (shows("The headset is silent"), switch_off),
        (shows("No link to the exoskeleton"), keep(rig, "both")),
    )
    text, advice = rig.seen["headset"]
    assert "No link" not in text
    assert "receiver is plugged in" in advice
    assert any("unplugged" in text for text in rig.seen["logged"])
    assert "The headset is silent" in rig.seen["both"][0]


def test_a_full_disk_ends_the_session_is_seen_and_leaves_the_legs_at_rest(qt_app, rig, monkeypatch):
    disk = SimpleNamespace(free=10 << 30)
    monkeypatch.setattr(recorder.shutil, "disk_usage", lambda _: disk)
    monkeypatch.setattr(recorder, "_LOOK_AT_DISK_EVERY_S", 0.1)

    def fill(_window):
        disk.free = 3 << 20

    with pytest.raises(RecordingError, match="the disk is full but for 3 MiB"):
        play(
            qt_app,
            rig,
            (rising, fill),
            (shows("The session has ended"), keep(rig, "end")),
        )
    text, advice = rig.seen["end"]
    assert text.startswith("■  The session has ended")
    assert "disk is full but for 3 MiB" in advice
    assert "what was recorded until then is safe" in advice
    wait_for_rest(rig.exoskeleton.port)
    assert len(read_session(rig.recording).samples_uv) > 50

"""Draw the windows in their states into docs/images, for the README and the documentation.

    python scripts/pictures.py [--out docs/images]

All but the subject window need no display. Without one, that is left out and said so
(``xvfb-run -a -s "-screen 0 1920x1080x24" python scripts/pictures.py`` makes one). Of the
calibration wizard alone: ``python scripts/calibration_pictures.py``.
"""

import argparse
import math
import os
import sys
from collections.abc import Callable
from pathlib import Path

from calibration_pictures import draw_calibration
from PySide6.QtCore import QEventLoop, Qt
from PySide6.QtWidgets import QApplication, QWidget

from bci_app.online.events import GapFound
from bci_app.online.policy import PolicySettings
from bci_app.online.settings import REFERENCE_TARGETS, PathSettings
from bci_app.runtime.session import SessionEvent
from bci_app.stimulus import messages
from bci_app.stimulus.flicker import Flicker, joint_frequency_phase
from bci_app.stimulus.frame_clock import FrameTiming
from bci_app.stimulus.geometry import FlashingArea
from bci_app.stimulus.settings import Patch, StimulusSettings
from bci_app.stimulus.window import SubjectWindow
from bci_app.ui.offscreen import render
from bci_app.ui.recorded_session import RecordedSession
from bci_app.ui.rehearsal import Rehearsal
from bci_app.ui.replay_window import ReplayWindow
from bci_app.ui.session_view import SessionView
from devices.chunk import Chunk
from devices.errors import DeviceError
from devices.exoskeleton.events import DownCause, LinkDown
from devices.headset.stream import DeviceFailed

Step = tuple[str, list[messages.StimulusRequest]]

SIZE = (1600, 960)
SCREEN = messages.Ready("HDMI-1", 59.95, True, 1920, 1080, FlashingArea(0.06, 0.2), ())
FRAMES = messages.Frames(FrameTiming(59.95, 1438, 0, 1, 0.2, 1.1), 4.0)


def rehearsed(
    seed: int, seconds: float, *happenings: SessionEvent, stop_after_s: float = math.inf
) -> SessionView:
    """Return the view of a session some time after its start, and after what else happened."""
    rehearsal = Rehearsal(seed)
    view = SessionView(rehearsal.info)
    for happening in (SCREEN, messages.Began(0.0), FRAMES):
        view.take(happening, 0.0)
    at_s = 0.0
    for event, at_s in rehearsal.run(seconds):
        view.take(event, at_s)
        if at_s >= stop_after_s:
            rehearsal.stop("a key was pressed in the subject window")
            stop_after_s = math.inf
    for happening in happenings:
        view.take(happening, at_s)
    return view


def troubled(seconds: float) -> SessionView:
    """Return the view of a session with lost samples, a railed electrode and a dry one."""
    rehearsal = Rehearsal(2)
    rehearsal.electrodes.saturate("O2")
    rehearsal.electrodes.dry("PO4", 90.0, 5.0)
    view = SessionView(rehearsal.info)
    lost = range(round((seconds - 3.0) * 250), round((seconds - 2.2) * 250))
    for event, at_s in rehearsal.run(seconds):
        if not (isinstance(event, Chunk) and event.first_index in lost):
            view.take(event, at_s)
    view.take(GapFound(lost.start, len(lost)), at_s)
    return view


def draw_operator(out: Path) -> None:
    """Draw the operator window at work, small and large, in trouble, stopped, and at its end."""
    at_work = rehearsed(3, 21.9)
    render(at_work, out / "operator-dark.png", size=SIZE)
    render(at_work, out / "operator-light.png", theme="light", size=SIZE)
    render(at_work, out / "operator-narrow.png", size=(1000, 640))
    render(at_work, out / "operator-large.png", theme="light", size=(1920, 1080), scale=2.0)
    render(troubled(20.0), out / "operator-electrodes.png", size=SIZE)
    stopped = rehearsed(3, 23.5, stop_after_s=22.0)
    render(stopped, out / "operator-stopped.png", size=SIZE)
    gone = rehearsed(
        3,
        26.0,
        DeviceFailed(
            DeviceError("the dongle was unplugged: plug it in again and start the session anew")
        ),
        LinkDown(DownCause.PORT_LOST, "the port is gone", 26.0),
    )
    render(gone, out / "operator-devices-gone.png", theme="light", size=SIZE)
    ended = rehearsed(3, 25.0)
    ended.end(
        "session.xdf cannot be recorded further: the disk is full but for 60 MiB. The session was "
        "ended; what was recorded until then is safe."
    )
    render(ended, out / "operator-ended.png", size=SIZE)


def grab(window: QWidget, path: Path) -> None:
    """Save a widget as it would look on a screen."""
    QApplication.processEvents()
    window.grab().save(str(path))


def draw_replay(out: Path) -> None:
    """Draw the replay window at a mistake of a careless policy."""
    careless = PathSettings(policy=PolicySettings(threshold=0.42, margin=0.03, n_agreeing=2))
    rehearsal = Rehearsal(8, careless)
    events = [event for event, _ in rehearsal.run(120.0)]
    recorded = RecordedSession(rehearsal.info, events)
    window = ReplayWindow(recorded)
    window.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    window.resize(*SIZE)
    window.show()
    window.seek(recorded.end_index // 2)
    window.go_to_next_mistake()
    window.refresh_all()
    grab(window, out / "replay.png")
    window.close()


def draw_subject(out: Path) -> None:
    """Draw the subject window from its notice to its stop, and a speller's forty targets."""
    five = tuple(
        Patch(
            target.command.words,
            Flicker(target.frequency_hz),
            target.command,
        )
        for target in REFERENCE_TARGETS
    )
    keys = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.?!"
    forty = tuple(
        Patch(key, flicker)
        for key, flicker in zip(keys, joint_frequency_phase(8.0, 0.2, 1.1, 40), strict=True)
    )

    def show(settings: StimulusSettings, *steps: Step) -> None:
        reports: list[messages.StimulusReport] = []
        window = SubjectWindow(settings, reports.append)
        swaps: list[None] = []
        window.frameSwapped.connect(lambda: swaps.append(None))
        window.open()

        def wait_until(condition: Callable[[], bool]) -> None:
            while not condition():
                QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)

        wait_until(lambda: any(isinstance(report, messages.Ready) for report in reports))
        for name, requests in steps:
            for request in requests:
                window.handle(request)
            for _ in range(9):  # more than any change takes to be shown
                window.update()
                seen = len(swaps)
                wait_until(lambda seen=seen: len(swaps) > seen)
            window.grabFramebuffer().save(str(out / f"subject-{name}.png"))
        window.close()

    size_px = (1280, 720)
    show(
        StimulusSettings(five, size_deg=3.0, window_px=size_px),
        ("notice", []),
        ("flicker", [messages.Confirm("nobody"), messages.Begin(), messages.ShowLegs("standing")]),
        ("cue", [messages.Cue(1)]),
        ("decision", [messages.ShowDecision(1, 0.94, 0.94), messages.ShowLegs("turning left")]),
        (
            "withheld",
            [
                messages.ShowDecision(1, 0.94, 0.94, "not while sitting"),
                messages.ShowLegs("sitting"),
            ],
        ),
        ("stopped", [messages.Stop("a key was pressed")]),
    )
    show(
        StimulusSettings(forty, size_deg=1.8, window_px=size_px),
        ("forty", [messages.Confirm("nobody"), messages.Begin(), messages.Cue(6)]),
    )


def main() -> None:
    """Draw all windows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    has_display = any(name in os.environ for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    if sys.platform == "linux" and not has_display:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    os.environ["QT_QPA_UPDATE_IDLE_TIME"] = "0"
    app = QApplication([__file__])
    draw_operator(out)
    draw_replay(out)
    draw_calibration(out.resolve())
    if os.environ.get("QT_QPA_PLATFORM") == "offscreen":
        sys.stderr.write("no display: the subject window was left out\n")
    else:
        draw_subject(out)
    app.quit()


if __name__ == "__main__":
    main()

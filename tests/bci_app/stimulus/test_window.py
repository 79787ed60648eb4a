"""The light itself: frames read back from the graphics card."""

import time

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QEventLoop, Qt
from PySide6.QtGui import QKeyEvent

from bci_app.stimulus import messages as m
from bci_app.stimulus.flicker import Flicker
from bci_app.stimulus.settings import Patch, StimulusSettings
from devices.exoskeleton.command import Command

REFRESH_HZ = 60.0
N_FRAMES = 120
FLICKERS = (
    Flicker(9.0, 0.0),
    Flicker(11.0, 1.2),
    Flicker(13.0, 2.5),
    Flicker(15.0, 4.0),
    Flicker(17.0, 5.5),
)
COMMANDS = (Command.WALK, Command.TURN_LEFT, Command.TURN_RIGHT, Command.STAND, Command.SIT)


class Refreshes:
    """A clock that says which refresh is next."""

    refresh = 0

    def next_refresh(self, _now_s):
        return self.refresh


def wait_until(qt_app, condition, timeout_s=10.0):
    deadline_s = time.monotonic() + timeout_s
    while not condition() and time.monotonic() < deadline_s:
        qt_app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
    return condition()


@pytest.fixture
def window(qt_app):
    from bci_app.stimulus.window import SubjectWindow

    reports = []
    patches = tuple(Patch("x", f, c) for f, c in zip(FLICKERS, COMMANDS, strict=True))
    shown = SubjectWindow(
        StimulusSettings(patches, size_deg=2.5, window_px=(960, 540)), reports.append
    )
    shown.reports = reports
    shown.open()
    shown.wait_for = lambda kind: wait_until(
        qt_app, lambda: any(isinstance(report, kind) for report in reports)
    )
    assert shown.wait_for(m.Ready)
    yield shown
    shown.close()
    shown.deleteLater()
    qt_app.processEvents()


def drawn(window):
    window.makeCurrent()
    window.paintGL()
    return window.grabFramebuffer()


def luminances(window):
    image = drawn(window)
    levels = [image.pixelColor(int(area.x) + 6, int(area.y) + 6) for area in window._areas]
    assert all(level.red() == level.green() == level.blue() for level in levels)
    return (np.array([level.red() for level in levels]) / 255) ** 2.2


def begin(window):
    window.handle(m.Confirm("test"))
    window.handle(m.Begin())
    assert window.wait_for(m.Began)


def test_each_target_has_its_line_and_none_of_the_others(window):
    begin(window)
    light = np.array([window.read_back(refresh) for refresh in range(N_FRAMES)])
    light = (light / 255) ** 2.2
    times_s = np.arange(N_FRAMES) / REFRESH_HZ
    waves = np.exp(-2j * np.pi * np.outer([f.frequency_hz for f in FLICKERS], times_s))
    lines = 2 * waves @ (light - light.mean(axis=0)) / N_FRAMES  # line by target
    np.testing.assert_allclose(np.abs(np.diag(lines)), 0.5, atol=0.004)
    phases = np.angle(np.diag(lines) * 1j)
    wanted = np.array([f.phase_rad for f in FLICKERS])
    np.testing.assert_allclose(np.angle(np.exp(1j * (phases - wanted))), 0, atol=0.01)
    leakage = np.abs(lines - np.diag(np.diag(lines))).max() / 0.5
    assert leakage < 0.005


def test_paused_targets_stand_at_medium_luminance(window):
    begin(window)
    window.handle(m.Pause())
    assert window.wait_for(m.Paused)
    np.testing.assert_allclose(luminances(window), 0.5, atol=0.01)


def test_a_stop_leaves_no_target(window, qt_app):
    begin(window)
    key = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_A, Qt.KeyboardModifier.NoModifier)
    qt_app.sendEvent(window, key)
    first = drawn(window)
    colours = {first.pixel(x, y) for x in range(0, 960, 7) for y in range(0, 540, 7)}
    assert len(colours) == 1, "the first frame after a stop must be blank"
    assert window.wait_for(m.Blanked)
    panel = drawn(window)
    corners = [panel.pixelColor(int(area.x) + 6, int(area.y) + 6) for area in window._areas]
    assert max(corner.value() for corner in corners) < 30
    assert next(r for r in window.reports if isinstance(r, m.StopRequested)).source == (
        "a key was pressed"
    )


def test_cue_and_decision_stand_around_their_target_alone(window):
    begin(window)
    window._clock = Refreshes()
    before = drawn(window)
    window.handle(m.Cue(2))
    cued = drawn(window)
    window.handle(m.ShowDecision(2, 0.9))
    decided = drawn(window)
    for k, area in enumerate(window._areas):
        frame = window._artwork.frame(k)
        assert (before.copy(frame) != cued.copy(frame)) == (k == 2)
        assert (decided.copy(frame) != cued.copy(frame)) == (k == 2)
        assert area.width > 0


def test_how_sure_a_decision_is_can_be_seen_where_it_is_known(window):
    begin(window)
    window._clock = Refreshes()
    area = window._areas[1]
    above = int(area.y - 0.03 * area.width * 3.5)
    pictures = []
    for probability in (None, 0.25, 0.75):
        window.handle(m.ShowDecision(1, 0.6, probability))
        image = drawn(window)
        row = [image.pixel(x, above) for x in range(int(area.x), int(area.x + area.width))]
        pictures.append([row.count(colour) / len(row) for colour in dict.fromkeys(row)])
    assert len(pictures[0]) == 1, "nothing stands above a target whose probability is not known"
    assert pictures[1][0] == pytest.approx(0.25, abs=0.05)
    assert pictures[2][0] == pytest.approx(0.75, abs=0.05)


def test_a_decision_that_is_withheld_looks_another_and_says_why(window):
    begin(window)
    window._clock = Refreshes()
    band, frame = window._artwork.band, window._artwork.frame(2)
    pictures = []
    for why in ("", "not while sitting", "too soon after the last command"):
        window.handle(m.ShowDecision(2, 0.9, 0.9, why))
        image = drawn(window)
        pictures.append((image.copy(frame), image.copy(band)))
    followed, sitting, too_soon = pictures
    assert followed[0] != sitting[0] == too_soon[0]
    assert followed[1] != sitting[1] != too_soon[1]


def test_the_photodiode_patch_inverts_with_each_report(window, qt_app):
    begin(window)
    assert not any(isinstance(report, m.Inverted) for report in window.reports)
    window.handle(m.Measure(on=True))
    assert window.wait_for(m.Inverted)

    assert wait_until(qt_app, lambda: sum(isinstance(r, m.Inverted) for r in window.reports) >= 4)
    whites = [report.white for report in window.reports if isinstance(report, m.Inverted)]
    assert whites[:4] == [True, False, True, False]


def test_closing_the_window_while_it_flickers_is_a_stop(window, qt_app):
    begin(window)
    window.close()
    qt_app.processEvents()
    last = window.reports[-2:]
    assert [type(report) for report in last] == [m.StopRequested, m.Closed]
    assert last[0].source == "the subject window was closed"
    assert not window._timer.isActive()


def test_a_graphics_card_that_cannot_is_said(qt_app, monkeypatch):
    from bci_app.stimulus import renderer
    from bci_app.stimulus.window import SubjectWindow

    monkeypatch.setattr(renderer, "_FRAGMENT_SHADER", "#version 330 core\nnonsense")
    reports = []
    patches = tuple(Patch("x", f, c) for f, c in zip(FLICKERS, COMMANDS, strict=True))
    shown = SubjectWindow(
        StimulusSettings(patches, size_deg=2.5, window_px=(960, 540)), reports.append
    )
    shown.open()
    assert wait_until(qt_app, lambda: any(isinstance(r, m.Failed) for r in reports))
    assert "OpenGL 3.3" in next(r for r in reports if isinstance(r, m.Failed)).reason
    assert wait_until(qt_app, lambda: any(isinstance(r, m.Closed) for r in reports))
    shown.deleteLater()
    qt_app.processEvents()

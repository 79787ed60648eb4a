"""The operator window on a real display, by keyboard and mouse."""

import numpy as np
import pytest

from bci_app.evaluation.answers import Asked as AskedOf
from bci_app.evaluation.answers import Prompt
from bci_app.evaluation.rate_test import RateSeen
from bci_app.online.events import GapFound
from bci_app.runtime.quality import SignalJudged
from bci_app.runtime.session import StopReleased, StopRequested
from bci_app.stimulus import messages as stimulus
from bci_app.stimulus.frame_clock import FrameTiming
from bci_app.stimulus.geometry import FlashingArea
from bci_app.ui.timing_panel import timing_figures
from calibration.quality import ElectrodeQuality, Grade, Problem
from devices.errors import DeviceError
from devices.exoskeleton.events import DownCause, LinkDown
from devices.headset.stream import DeviceFailed, StreamSilent

READY = stimulus.Ready("screen", 60.0, True, 1920, 1080, FlashingArea(0.06, 0.2), ())


class Asked:
    """Controls that write down what was asked."""

    def __init__(self):
        self.calls = []

    def stop(self, reason):
        self.calls.append(("stop", reason))

    def release(self):
        self.calls.append("release")

    def note(self, text):
        self.calls.append(("note", text))

    def mark_idle(self, *, idle):
        self.calls.append(("idle", idle))

    def take_back(self):
        self.calls.append("take back")

    def end(self):
        self.calls.append("end")

    def begin(self):
        self.calls.append("begin")

    def pause(self):
        self.calls.append("pause")


@pytest.fixture
def asked():
    return Asked()


@pytest.fixture
def make_window(view, asked, tmp_path, activate):
    from PySide6.QtCore import QSettings

    from bci_app.ui.operator_window import OperatorWindow

    def make():
        layout = QSettings(str(tmp_path / "layout.ini"), QSettings.Format.IniFormat)
        return activate(OperatorWindow(view, asked, asked, layout, clock=lambda: view.latest_s))

    return make


@pytest.fixture
def window(make_window):
    return make_window()


def press(window, key, modifier=None):
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    QTest.keyClick(window, getattr(Qt.Key, key), modifier or Qt.KeyboardModifier.NoModifier)


def click(button):
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.mark.parametrize("key", ["Key_Space", "Key_Escape"])
def test_space_and_escape_stop(window, asked, key):
    press(window, key)
    assert asked.calls == [("stop", "stopped by the researcher")]


def test_the_stop_button_stops(window, asked):
    click(window.header.stop_button)
    assert asked.calls == [("stop", "stopped by the researcher")]


def test_space_stops_even_where_a_button_has_the_focus(window, asked):
    window.header.note_button.setFocus()
    press(window, "Key_Space")
    assert asked.calls == [("stop", "stopped by the researcher")]


def test_the_researcher_marks_idle_and_says_what_was_not_wanted(window, view, asked):
    view.take(Prompt(view.now_index, AskedOf.NOTHING), view.latest_s)
    press(window, "Key_I")
    view.take(Prompt(view.now_index, AskedOf.IDLE), view.latest_s)
    press(window, "Key_I")
    press(window, "Key_X")
    assert asked.calls == [("idle", True), ("idle", False), "take back"]


def test_the_header_shows_the_rate_of_false_commands_and_its_interval(window, view):
    view.take(RateSeen(2, 4.0, 0, 0.0, 0.1, contradicted=True), view.latest_s)
    window.header.refresh(view)
    assert window.header.says("FALSE") == "■ 0.5 / min, 0.061 to 1.8"


def test_a_release_takes_two_presses(window, view, asked):
    press(window, "Key_R")
    assert asked.calls == []
    view.take(StopRequested("a test"), 30.0)
    window.refresh_all()
    press(window, "Key_R")
    assert asked.calls == []
    assert window.header.release_button.text() == "Press again"
    press(window, "Key_R")
    assert asked.calls == ["release"]
    view.take(StopReleased(), 31.0)
    window.refresh_all()
    assert not window.header.release_button.isEnabled()
    assert window.alarm_bar.text() == ""


def test_flicker_begins_and_pauses_when_there_is_a_screen(window, view, asked):
    press(window, "Key_B")
    assert asked.calls == []
    view.take(READY, 30.0)
    window.refresh_all()
    press(window, "Key_P")
    press(window, "Key_B")
    assert asked.calls == ["begin"]
    view.take(stimulus.Began(30.0), 30.0)
    window.refresh_all()
    press(window, "Key_B")
    press(window, "Key_P")
    assert asked.calls == ["begin", "pause"]


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (StreamSilent(29.0), "The headset is silent"),
        (DeviceFailed(DeviceError("plug the dongle in")), "The headset gave up"),
        (LinkDown(DownCause.PORT_LOST, "the port is gone", 1.0), "No link to the exoskeleton"),
        (StopRequested("a click"), "Stopped"),
    ],
)
def test_what_is_wrong_is_said_at_once(window, view, event, said):
    assert window.alarm_bar.text() == ""
    view.take(event, 30.0)
    window.refresh_all()
    assert said in window.alarm_bar.text()
    assert window.alarm_bar.isVisible()


def pixels(window):
    image = window.grab().toImage()
    return {
        image.pixelColor(x, y).name()
        for x in range(0, image.width(), 23)
        for y in range(0, image.height(), 23)
    }


def test_both_themes_are_drawn_and_differ(window):
    dark = pixels(window)
    press(window, "Key_T")
    light = pixels(window)
    assert window.theme.name == "light"
    assert window.theme.ground in light - dark
    press(window, "Key_T")
    assert window.theme.name == "dark"


def contrast(one, other):
    def luminance(colour):
        parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_words_and_signs_can_be_read_in_both_themes(qt_app):
    from bci_app.ui.theme import THEMES

    for theme in THEMES.values():
        for ground in (theme.panel, theme.ground):
            assert contrast(theme.text, ground) >= 7
            assert contrast(theme.faint, ground) >= 4.5
            for sign in (theme.good, theme.notice, theme.alarm, *theme.targets):
                assert contrast(sign, ground) >= 3
        assert contrast(theme.on_alarm, theme.alarm) >= 4.5


@pytest.mark.parametrize("scale", [0.85, 1.0, 1.5, 2.0])
def test_every_size_fits_the_screen(window, scale):
    window.restyle(window.theme, scale)
    minimum = window.minimumSizeHint()
    assert minimum.width() <= 1920
    assert minimum.height() <= 1080


def test_zoom_by_keys(window):
    from PySide6.QtCore import Qt

    press(window, "Key_Plus", Qt.KeyboardModifier.ControlModifier)
    assert window.scale == 1.15
    press(window, "Key_Minus", Qt.KeyboardModifier.ControlModifier)
    press(window, "Key_Minus", Qt.KeyboardModifier.ControlModifier)
    assert window.scale == 0.85


def test_traces_by_keys(window):
    traces = window.traces
    press(window, "Key_F")
    assert traces.filter_choice.currentIndex() == 1
    press(window, "Key_BracketRight")
    assert traces.span_s == 20
    press(window, "Key_BracketLeft")
    press(window, "Key_BracketLeft")
    assert traces.span_s == 5
    press(window, "Key_Down")
    assert traces.scale_choice.currentText() == "5 µV"
    press(window, "Key_C")
    assert window.spectrum.channel_choice.currentIndex() == 1
    window.refresh_all()


def test_layout_theme_and_size_are_remembered(make_window):
    first = make_window()
    first.restyle(first.theme, 1.15)
    first.toggle_theme()
    first.resize(1500, 900)
    splitter = first._splitters[0]
    splitter.setSizes([500, 700])
    wanted = splitter.sizes()
    first.close()
    second = make_window()
    assert (second.theme.name, second.scale) == ("light", 1.15)
    assert second.size() == first.size()
    assert second._splitters[0].sizes() == pytest.approx(wanted, abs=30)


def test_closing_stops_the_exoskeleton_and_ends_the_session(window, asked):
    window.close()
    assert asked.calls == [("stop", "the operator window was closed"), "end"]


def test_a_note_is_passed_on(window, asked, monkeypatch):
    from PySide6.QtWidgets import QInputDialog

    monkeypatch.setattr(QInputDialog, "getText", lambda *_: (" sneezed ", True))
    press(window, "Key_N")
    assert asked.calls == [("note", "sneezed")]


def test_electrodes_get_their_grades_and_the_log_its_lines(window, view):
    assert len(window.head._head.states) == 8
    assert all(state.grade is Grade.GOOD for state in window.head._head.states)
    lines = window.log.text.toPlainText().splitlines()
    assert len(lines) == len(view.log)
    assert lines[-1].endswith(view.log[-1].text)


def test_when_the_headset_is_gone_no_electrode_is_called_good(window, view):
    assert window.head._head.words == "all good"
    view.take(DeviceFailed(DeviceError("unplugged")), 30.0)
    window.refresh_all()
    assert window.head._head.words == "nothing to judge"
    assert window.head._head.toolTip() == "There is nothing to judge."
    assert window.traces._gutter.states == ()


def test_names_on_the_head_never_lie_on_each_other(window):
    from PySide6.QtCore import QPointF
    from PySide6.QtGui import QFontMetrics

    from bci_app.ui.head_panel import free_places

    metrics = QFontMetrics(window.font())
    where = {"PO7": QPointF(0, 0), "PO3": QPointF(4, 0), "O1": QPointF(500, 0)}
    places = free_places(["PO3", "PO7", "O1"], where, metrics)
    assert [name for name, _ in places] == ["PO3", "O1"], "the first one named stays"


def test_what_is_wrong_with_an_electrode_is_said_in_words(window, view):
    bad = ElectrodeQuality("O2", Grade.BAD, Problem.RAILED, "at its limit", "press it on", 0.0)
    dry = ElectrodeQuality("POz", Grade.DOUBTFUL, Problem.DRY, "50 Hz hum", "more gel", 7.0, 30.0)
    missing = ElectrodeQuality("PO4", Grade.BAD, Problem.MISSING, "missing", "check it")
    view.take(SignalJudged(view.now_index, (*view.electrodes[:-3], dry, bad, missing)), 30.0)
    window.refresh_all()
    assert window.head._head.words == "O2: at its limit: press it on (2 more)"
    assert "POz: 50 Hz hum: more gel" in window.head._head.toolTip()
    window.grab()


def test_a_gap_is_shown_as_a_gap(window, view):
    view.take(GapFound(view.now_index - 500, 100), 30.0)
    window.refresh_all()
    (region,) = [gap for gap in window.traces._gaps if gap.isVisible()]
    begin_s, end_s = region.getRegion()
    assert (begin_s, end_s) == pytest.approx((-2.0, -1.6))


def test_one_loose_electrode_does_not_flatten_the_others(window, view):
    from devices.chunk import Chunk

    window.refresh_all()
    before = window.traces._current_uv()
    rng = np.random.default_rng(0)
    samples = rng.normal(0, 10, (2500, 8))
    samples[:, 3] *= 100
    samples += view.signal.raw(1)  # electrodes keep their offsets: no step
    view.take(Chunk(samples, view.now_index), 40.0)
    window.refresh_all()
    assert window.traces._current_uv() <= 2 * before
    _, rows = window.traces._curve.getData()
    assert np.nanmax(rows) <= 0.6
    assert np.nanmin(rows) >= -7.6


def test_a_gap_does_not_take_the_spectrum_away(window, view):
    from devices.chunk import Chunk

    times_s = np.arange(500)[:, np.newaxis] / 250
    sine = 10 * np.sin(2 * np.pi * 13 * times_s) * np.ones((1, 8))
    view.take(Chunk(sine, view.now_index + 100), 40.0)
    window.refresh_all()
    frequencies_hz, amplitudes_uv = window.spectrum._curve.getData()
    assert frequencies_hz[np.argmax(amplitudes_uv)] == 13.0
    assert amplitudes_uv.max() == pytest.approx(10, rel=0.02)


def test_the_timing_table_grades_what_is_late(view):
    view.take(READY, 30.0)
    view.take(stimulus.Frames(FrameTiming(60.0, 600, 12, 3, 0.2, 9.0), 1.0), 30.0)
    figures = {figure.name: figure for figure in timing_figures(view, view.latest_s + 0.6)}
    assert figures["Newest sample, age"].grade is Grade.BAD
    assert figures["Missed frames"].value == "12 of 612"
    assert figures["Missed frames"].grade is Grade.BAD
    assert figures["Frame jitter, p99"].grade is Grade.BAD
    assert figures["Samples lost"].grade is Grade.GOOD


def test_a_picture_needs_no_window(qt_app, view, tmp_path):
    from bci_app.ui.offscreen import render

    path = tmp_path / "operator.png"
    render(view, path, theme="light", size=(1200, 800))
    from PySide6.QtGui import QImage

    image = QImage(str(path))
    assert (image.width(), image.height()) == (1200, 800)
    assert path.stat().st_size > 20_000


def test_a_picture_that_cannot_be_written_is_said(qt_app, view, tmp_path):
    from bci_app.ui.offscreen import render

    with pytest.raises(OSError, match="cannot write"):
        render(view, tmp_path / "absent" / "operator.png")

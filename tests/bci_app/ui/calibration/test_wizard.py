"""The wizard in a real window, led by keyboard and mouse on a subject in virtual time."""

import threading
import time
from functools import partial

import pytest

from bci_app.runtime.bench import VirtualBench
from calibration.profile import read_profile

from ...guided_subject import FailingBench, QuickSubject, guided

PATIENCE_S = 40


@pytest.fixture
def driven(qt_app, activate, tmp_path):
    """Open the wizard on a calibration; return it and a way to wait."""
    from bci_app.ui.calibration.wizard import CalibrationWizard

    opened = []

    def open_wizard(calibration=None):
        wizard = activate(CalibrationWizard(calibration or guided(tmp_path)))
        opened.append(wizard)
        return wizard, lambda condition: wait_for(qt_app, wizard, condition)

    yield open_wizard
    for wizard in opened:
        wizard.close()
    qt_app.processEvents()
    assert "calibration" not in {thread.name for thread in threading.enumerate()}


def wait_for(qt_app, wizard, condition):
    from PySide6.QtTest import QTest

    deadline_s = time.monotonic() + PATIENCE_S
    while not condition():
        QTest.qWait(5)
        assert time.monotonic() < deadline_s, f"waited in vain on page {wizard.page.title}"


def press(wizard, *keys):
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    for key in keys:
        modifier = Qt.KeyboardModifier.NoModifier
        if key in ("Left", "Right"):
            modifier = Qt.KeyboardModifier.AltModifier
        QTest.keyClick(wizard, getattr(Qt.Key, f"Key_{key}"), modifier)


def click(button):
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_by_keyboard_from_the_headset_to_the_profile(driven):
    wizard, wait = driven()
    assert not wizard.next_button.isEnabled()
    press(wizard, "C")
    wait(lambda: wizard.headset.is_ready)
    assert "4 electrodes" in wizard.headset.found.text()
    press(wizard, "Right")
    assert wizard.page is wizard.quality
    wait(lambda: "Go" in wizard.quality.verdict.text())
    assert "● Oz" in wizard.quality.electrodes.text()
    press(wizard, "Right")
    assert "In use: 11, 15 Hz" in wizard.frequencies.state.text()
    press(wizard, "Right", "B")
    wait(lambda: len(wizard.trials.expectations) == 2 and not wizard.runner.running)
    assert "All blocks are done" in wizard.trials.asked.text()
    assert "After block 2" in wizard.trials.expected.text()
    press(wizard, "Right")
    wait(lambda: wizard.result.is_ready)
    assert "of looks answered rightly" in wizard.result.state.text()
    press(wizard, "Right")
    wait(lambda: wizard.profile.is_ready)
    assert read_profile(wizard.profile.path).text.subject == "01"
    closed = []
    wizard.closed = lambda: closed.append(True)
    press(wizard, "Right")
    assert closed


def test_by_mouse_pause_stop_and_back(driven):
    wizard, wait = driven(guided_slowly())
    click(wizard.headset.connect_button)
    wait(lambda: wizard.headset.is_ready)
    wizard.go_to(3)
    trials = wizard.trials
    click(trials.begin_button)
    wait(lambda: "Look" in trials.asked.text())
    click(trials.pause_button)
    wait(lambda: trials.is_held)
    assert "Held: paused" in trials.asked.text()
    click(trials.pause_button)
    wait(lambda: not trials.is_held)
    click(trials.stop_button)
    wait(lambda: trials.is_held)
    assert "the researcher stopped it" in trials.asked.text()
    click(trials.begin_button)
    wait(lambda: trials.led.progress.n_kept >= 1 and not trials.is_held)
    press(wizard, "Space")
    wait(lambda: trials.is_held)
    n_done = len(wizard.trials.guided.protocol.outcomes)
    click(wizard.back_button)
    assert wizard.page is wizard.frequencies
    assert not wizard.runner.running
    assert not wizard.frequencies.sweep_button.isEnabled(), "the targets are fixed by now"
    click(wizard.next_button)
    assert trials.begin_button.text() == "Go on"
    assert len(trials.guided.protocol.outcomes) == n_done
    click(trials.begin_button)
    wait(lambda: trials.led is not None and trials.led.trial is not None)
    wizard.close()
    assert not wizard.runner.running


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def guided_slowly():
    from pathlib import Path

    return guided(Path("subjects"), VirtualBench(QuickSubject(), speed=30.0), n_blocks=1)


def test_a_sweep_is_shown_and_used(driven, tmp_path, monkeypatch):
    calibration = guided(tmp_path, VirtualBench(QuickSubject(strong_hz=(13.0, 17.0))))
    few = partial(calibration.sweep, candidates_hz=(9.0, 13.0, 15.0, 17.0))
    monkeypatch.setattr(calibration, "sweep", few)
    wizard, wait = driven(calibration)
    wizard.go_to(2)
    press(wizard, "S")
    wait(lambda: wizard.frequencies.proposal is not None)
    assert wizard.frequencies.state.text() == "Proposed: 13, 17 Hz"
    assert "lies on" in wizard.frequencies.candidates.text() or (
        "weakly" in wizard.frequencies.candidates.text()
    )
    press(wizard, "U")
    assert calibration.settings.frequencies_hz == (13.0, 17.0)
    assert "In use: 13, 17 Hz" in wizard.frequencies.state.text()


def test_what_fails_is_said_and_can_be_gone_on_with(driven, tmp_path):
    bench = FailingBench(QuickSubject(), dies_at=2000)
    wizard, wait = driven(guided(tmp_path, bench))
    wizard.go_to(4)
    wait(lambda: "No profile yet" in wizard.result.state.text())
    assert "Record first" in wizard.result.words.text()
    assert not wizard.next_button.isEnabled()
    press(wizard, "Left", "B")
    wait(lambda: "Interrupted" in wizard.trials.asked.text())
    assert "the dongle was unplugged" in wizard.trials.words.text()
    press(wizard, "B")
    wait(lambda: "All blocks are done" in wizard.trials.asked.text())


def test_a_dead_electrode_is_no_go_in_words(driven, tmp_path):
    subject = QuickSubject()
    subject.dead = 1
    wizard, wait = driven(guided(tmp_path, VirtualBench(subject)))
    wizard.go_to(1)
    wait(lambda: "No go" in wizard.quality.verdict.text())
    assert "O1: " in wizard.quality.reasons.text()
    assert wizard.next_button.text().startswith("Go on all the same")
    press(wizard, "I")
    wait(lambda: "cannot measure" in wizard.quality.impedance_button.text())


def test_dark_and_light(driven):
    wizard, _ = driven()
    name = wizard.theme.name
    press(wizard, "T")
    assert wizard.theme.name != name

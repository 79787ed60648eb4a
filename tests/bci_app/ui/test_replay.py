import dataclasses

import numpy as np
import pytest

from bci_app.evaluation.answers import Asked, Prompt
from bci_app.online.events import Decided
from bci_app.ui.recorded_session import Asking, RecordedSession
from bci_app.ui.session_view import SessionView
from devices.chunk import Chunk

RATE_HZ = 250


@pytest.fixture
def recorded(rehearsed):
    info, events = rehearsed
    return RecordedSession(info, (event for event, _ in events))


def chunks(n_times):
    return [Chunk(np.zeros((25, 8)), first) for first in range(0, n_times, 25)]


def session_of(info, *happenings, n_times=2500):
    """A session of silence in which this was asked and decided."""
    events = list(chunks(n_times))
    for happening in happenings:
        index = happening.index if isinstance(happening, Prompt) else happening.end_index
        after = next(
            (
                k
                for k, event in enumerate(events)
                if isinstance(event, Chunk) and event.end_index >= index
            ),
            len(events) - 1,
        )
        events.insert(after + 1, happening)
    return RecordedSession(info, events)


@pytest.fixture
def mistaken(rehearsed):
    return session_of(
        rehearsed[0],
        Prompt(0, Asked.IDLE),
        Decided(300, 2, 0.7),  # false
        Prompt(500, Asked.TARGET, 1),
        Decided(700, 1, 0.6),  # right
        Prompt(750, Asked.TARGET, 0),
        Decided(1000, 4, 0.6),  # wrong
        Prompt(1250, Asked.TARGET, 3),  # missed
        Prompt(1750, Asked.NOTHING),
        Decided(2000, 0, 0.6),  # nobody asked
    )


def test_mistakes_are_found_and_told_apart(mistaken):
    assert [(m.index, m.text) for m in mistaken.mistakes] == [
        (300, "turn right for nothing"),
        (1000, "sit for walk"),
        (1750, "stand missed"),
    ]
    assert [mistaken.is_right(d) for d in mistaken.decisions] == [False, True, False, None]
    assert mistaken.askings[1] == Asking(500, 750, 1)


def test_jumps_go_from_mistake_to_mistake(mistaken):
    assert mistaken.next_mistake(0).index == 300
    assert mistaken.next_mistake(300).index == 1000
    assert mistaken.next_mistake(1750) is None
    assert mistaken.previous_mistake(1750).index == 1000
    assert mistaken.previous_mistake(300) is None


def test_a_prompt_still_open_at_the_end_is_not_missed(rehearsed):
    session = session_of(rehearsed[0], Prompt(2000, Asked.TARGET, 1))
    assert session.mistakes == []


def state_of(view):
    return (
        view.now_index,
        list(view.decisions),
        [dataclasses.astuple(mark) for mark in view.commands],
        view.telemetry,
        list(view.prompts)[-1],
        view.signal.raw(1000).tobytes(),
    )


@pytest.mark.parametrize("index", [1000, 4321, 7500])
def test_a_moment_looks_the_same_however_one_got_there(recorded, index):
    jumped, walked = SessionView(recorded.info), SessionView(recorded.info)
    recorded.show(jumped, 7000)
    recorded.show(jumped, index)
    recorded.show(walked, 0)
    for step in range(0, index, 137):
        recorded.go_on(walked, step)
    recorded.go_on(walked, index)
    assert state_of(jumped) == state_of(walked)
    assert len(jumped.track) > 0


def test_what_lasts_is_known_after_a_jump_over_it(rehearsed):
    info, _ = rehearsed
    n_times = 80 * RATE_HZ
    session = session_of(info, Prompt(100, Asked.TARGET, 3), n_times=n_times)
    view = SessionView(info)
    session.show(view, n_times)
    assert view.asked == Prompt(100, Asked.TARGET, 3)
    assert not view.log


def test_a_session_without_events_can_be_looked_at(rehearsed):
    empty = RecordedSession(rehearsed[0], [])
    view = SessionView(rehearsed[0])
    empty.show(view, 0)
    assert view.now_index == 0
    assert empty.next_mistake(0) is None


# --- the window -----------------------------------------------------------------------------------


@pytest.fixture
def open_window(activate):
    from bci_app.ui.replay_window import ReplayWindow

    return lambda session: activate(ReplayWindow(session))


def press(window, key, modifier=None):
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    QTest.keyClick(window, getattr(Qt.Key, key), modifier or Qt.KeyboardModifier.NoModifier)


def test_keys_move_in_time(open_window, recorded):
    window = open_window(recorded)
    assert window.position == 0
    press(window, "Key_Right")
    press(window, "Key_Right")
    press(window, "Key_Left")
    assert window.position == RATE_HZ
    press(window, "Key_End")
    assert window.position == window.view.now_index == recorded.end_index
    press(window, "Key_Home")
    assert window.position == 0


def test_mistakes_by_key_are_shown_with_what_followed(open_window, mistaken):
    from PySide6.QtCore import Qt

    window = open_window(mistaken)
    press(window, "Key_M")
    assert window.position == 300 + RATE_HZ // 2
    assert window.bar.said == "✗ turn right for nothing"
    assert window.view.decisions[-1].end_index == 300
    press(window, "Key_M")
    assert window.bar.said == "✗ sit for walk"
    press(window, "Key_M", Qt.KeyboardModifier.ShiftModifier)
    assert window.bar.said == "✗ turn right for nothing"
    for _ in range(3):
        press(window, "Key_M")
    assert window.bar.said == "no further mistake"


def test_dragging_along_the_bar_scrubs(open_window, recorded):
    from PySide6.QtCore import QPoint, Qt
    from PySide6.QtTest import QTest

    window = open_window(recorded)
    strip = window.bar._strip
    middle = QPoint(strip.width() // 2, strip.height() // 2)
    QTest.mouseClick(strip, Qt.MouseButton.LeftButton, pos=middle)
    assert window.position == pytest.approx(recorded.end_index / 2, rel=0.02)
    QTest.mouseClick(strip, Qt.MouseButton.LeftButton, pos=QPoint(strip.width() - 1, 5))
    assert window.position == recorded.end_index


def test_it_plays_at_its_speed_and_stops_at_the_end(open_window, recorded, qt_app):
    import time

    window = open_window(recorded)
    window.bar._speed.setCurrentIndex(4)
    assert window.bar.speed == 10
    window.seek(recorded.end_index - 5 * RATE_HZ)
    press(window, "Key_Space")
    assert window.playing
    began_s = time.monotonic()
    while window.playing and time.monotonic() - began_s < 20:
        qt_app.processEvents()
    assert time.monotonic() - began_s > 0.4
    assert not window.playing
    assert window.position == recorded.end_index
    assert window.view.now_index == recorded.end_index


def test_the_log_tells_of_the_moment_alone(open_window, recorded):
    window = open_window(recorded)
    for index in (recorded.end_index, 3000, 5000, 1000):
        window.seek(index)
        lines = window.log.text.toPlainText().splitlines()
        assert [line.split("  ")[-1] for line in lines if line] == [
            entry.text for entry in window.view.log
        ]
    assert len(lines) < 10


def test_there_is_nothing_to_stop_in_a_replay(open_window, recorded):
    window = open_window(recorded)
    assert not window.header.stop_button.isVisible()
    press(window, "Key_Escape")
    assert window.isVisible()


def test_what_the_keys_do_is_listed(open_window, recorded, qt_app):
    from PySide6.QtWidgets import QMessageBox

    window = open_window(recorded)
    press(window, "Key_F1")
    (box,) = window.findChildren(QMessageBox)
    assert "next / previous mistake" in box.text()
    assert "STOP" not in box.text()
    box.close()
    qt_app.processEvents()

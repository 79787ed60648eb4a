"""Session thread and window together, ended in every order."""

import threading

import pytest

from bci_app.runtime.session import StopRequested
from devices.headset.source import HeadsetInfo


class Controls:
    def __init__(self):
        self.stops = []
        self.over = threading.Event()

    @property
    def ended(self):
        return self.over.is_set()

    def stop(self, reason):
        self.stops.append(reason)

    def release(self):
        pass

    def note(self, text):
        pass

    def end(self):
        self.over.set()


@pytest.fixture
def session(qt_app, rehearsed):
    """A session that plays a rehearsal until it is told to end."""
    from bci_app.ui.app import run_with_window

    info, events = rehearsed
    controls = Controls()

    def work(attach, *, forever=True, error=None):
        headset = HeadsetInfo("virtual", info.sampling_rate_hz, info.channel_names)
        listeners = attach(headset, controls)
        for event, _ in events:
            for listener in listeners:
                listener(event)
        if error is not None:
            raise error
        if forever:
            controls.over.wait(20)
        return "done"

    def run(**options):
        return run_with_window(
            lambda attach: work(attach, **options), title="test", settings=info.settings
        )

    yield run, controls
    assert "session" not in {thread.name for thread in threading.enumerate()}
    assert [w for w in qt_app.topLevelWidgets() if w.isVisible()] == []


def window_once_shown(qt_app, then):
    """Call `then` with the operator window as soon as it has seen the rehearsal."""
    from PySide6.QtCore import QTimer

    from bci_app.ui.operator_window import OperatorWindow

    timer = QTimer(qt_app)

    def look():
        for widget in qt_app.topLevelWidgets():
            if isinstance(widget, OperatorWindow) and widget.view.now_s >= 29:
                timer.stop()
                then(widget)
                return

    timer.timeout.connect(look)
    timer.start(20)
    return timer


def test_closing_the_window_stops_and_ends_the_session(session, qt_app):
    run, controls = session
    window_once_shown(qt_app, lambda window: window.close())
    assert run() == "done"
    assert controls.stops == ["the operator window was closed"]


def test_a_display_that_goes_away_stops_and_ends_the_session(session, qt_app):
    from bci_app.ui.app import DisplayLostError

    run, controls = session
    window_once_shown(qt_app, lambda _: qt_app.exit(1))  # as Qt does then
    with pytest.raises(DisplayLostError, match="display"):
        run()
    assert controls.stops[0] == "the display of the operator window is gone"
    assert controls.ended


def test_the_end_of_the_session_closes_the_window(session):
    run, _ = session
    assert run(forever=False) == "done"


def test_what_ended_the_session_is_shown_until_the_window_is_closed_and_then_raised(
    session, qt_app
):
    run, controls = session
    seen = []

    def look(window):
        if window.view.ended is None:
            window_once_shown(qt_app, look)  # the session has not come to its end yet
            return
        seen.append((window.alarm_bar.text(), window.header.says("STATE")))
        seen.append(window.header.stop_button.isVisible())
        window.close()

    window_once_shown(qt_app, look)
    with pytest.raises(RuntimeError, match="the headset burst"):
        run(error=RuntimeError("the headset burst"))
    (alarm, state), can_stop = seen
    assert "The session has ended" in alarm
    assert state.startswith("■ ended")
    assert not can_stop
    assert controls.stops == []


def test_a_signal_ends_the_window_of_a_session_that_has_failed(session, qt_app):
    run, controls = session
    window_once_shown(qt_app, lambda _: controls.end())
    with pytest.raises(RuntimeError, match="the headset burst"):
        run(error=RuntimeError("the headset burst"))


def test_events_reach_the_window_from_the_sessions_thread(session, qt_app):
    run, controls = session
    seen = []

    def look(window):
        window.view.take(StopRequested("seen"), 1.0)
        window.refresh_all()
        seen.append((window.alarm_bar.text(), len(window.view.decisions)))
        controls.end()

    window_once_shown(qt_app, look)
    run()
    assert "Stopped" in seen[0][0]
    assert seen[0][1] >= 3


def test_a_recorded_session_is_shown_until_its_window_is_closed(qt_app, rehearsed):
    from PySide6.QtCore import QTimer

    from bci_app.ui.recorded_session import RecordedSession
    from bci_app.ui.replay_window import ReplayWindow, show_replay

    info, events = rehearsed
    seen = []

    def close_it():
        window = next(w for w in qt_app.topLevelWidgets() if isinstance(w, ReplayWindow))
        seen.append(window.windowTitle())
        window.close()

    QTimer.singleShot(0, close_it)
    show_replay(RecordedSession(info, (event for event, _ in events)))
    assert seen == [f"bci-app: {info.title}"]

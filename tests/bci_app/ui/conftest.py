"""A rehearsed session for the windows' tests, computed once."""

import time

import pytest

from bci_app.ui.rehearsal import Rehearsal
from bci_app.ui.session_view import SessionView


@pytest.fixture(scope="session")
def rehearsed():
    """Description and events of 30 s of a session."""
    rehearsal = Rehearsal(seed=3)
    return rehearsal.info, list(rehearsal.run(30.0))


@pytest.fixture
def view(rehearsed):
    """A view that has seen them."""
    info, events = rehearsed
    seen = SessionView(info)
    for event, at_s in events:
        seen.take(event, at_s)
    return seen


@pytest.fixture
def activate(qt_app):
    """Show a window until the test is over, with the keyboard, however long that may take."""
    shown = []

    def show(window):
        shown.append(window)
        window.show()
        deadline_s = time.monotonic() + 20
        while not window.isActiveWindow():
            assert time.monotonic() < deadline_s, "the window never became active"
            window.activateWindow()
            qt_app.processEvents()
        return window

    yield show
    for window in shown:
        window.close()
        window.deleteLater()
    qt_app.processEvents()

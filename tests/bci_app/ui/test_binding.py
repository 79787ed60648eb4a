"""What must be true of the Qt binding that is installed."""

import sys

import pytest


def test_calls_without_result_keep_none_alive(qt_app):
    """PySide6 6.12.0 loses a reference to None in each and aborts the process after seconds."""
    if sys.version_info >= (3, 12):
        pytest.skip("None cannot be lost here")
    from PySide6.QtCore import QTimer

    timer = QTimer()
    before = sys.getrefcount(None)
    for _ in range(5000):
        timer.setInterval(10)
    assert sys.getrefcount(None) > before - 1000


def test_pyqtgraph_uses_the_same_binding(qt_app):
    from bci_app.ui.plotting import pyqtgraph

    assert pyqtgraph.Qt.QT_LIB == "PySide6"

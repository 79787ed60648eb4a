"""The operator window as a picture, with or without a display."""

import os
import sys
from pathlib import Path

from bci_app.ui.session_view import SessionView


def render(
    view: SessionView,
    path: Path,
    *,
    theme: str = "dark",
    size: tuple[int, int] = (1600, 960),
    scale: float = 1.0,
) -> None:
    """Draw the operator window as it would look now, and save it as a PNG.

    Needs no display: without one, or before any Qt application is made, Qt draws into memory.

    Parameters
    ----------
    view : SessionView
    path : Path
    theme : str
        ``dark`` or ``light``.
    size : tuple of int
        Width and height in pixels.
    scale : float
        How large letters and lines are.
    """
    from PySide6.QtCore import Qt
    from PySide6.QtWidgets import QApplication

    if QApplication.instance() is None and sys.platform == "linux":
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication.instance() or QApplication(["bci-app"])

    from bci_app.ui.operator_window import OperatorWindow
    from bci_app.ui.theme import THEMES

    window = OperatorWindow(view, _NobodyThere(), clock=lambda: view.latest_s)
    try:
        window.resize(*size)
        window.restyle(THEMES[theme], scale)
        window.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
        window.show()
        app.processEvents()
        window.refresh_all()
        if not window.grab().save(str(path), "PNG"):
            raise OSError(f"cannot write {path}: does the folder exist, and is there room?")
    finally:
        window.close()
        window.deleteLater()
        app.processEvents()


class _NobodyThere:
    """Controls of a picture."""

    def stop(self, reason: str) -> None:
        """Do nothing."""

    def release(self) -> None:
        """Do nothing."""

    def note(self, text: str) -> None:
        """Do nothing."""

    def mark_idle(self, *, idle: bool) -> None:
        """Do nothing."""

    def take_back(self) -> None:
        """Do nothing."""

    def end(self) -> None:
        """Do nothing."""

"""Layout, theme and size of a window, from one start to the next."""

import math
from collections.abc import Sequence

from PySide6.QtCore import QByteArray, QSettings
from PySide6.QtWidgets import QSplitter, QWidget

from bci_app.ui.theme import DARK, THEMES, Theme


def remember(
    settings: QSettings, window: QWidget, splitters: Sequence[QSplitter], theme: Theme, scale: float
) -> None:
    """Write down how a window is laid out and looks."""
    settings.setValue("theme", theme.name)
    settings.setValue("scale", scale)
    settings.setValue("geometry", window.saveGeometry())
    for k, splitter in enumerate(splitters):
        settings.setValue(f"splitter{k}", splitter.saveState())


def recall(
    settings: QSettings, window: QWidget, splitters: Sequence[QSplitter]
) -> tuple[Theme, float]:
    """Lay a window out as it was; return theme and scale, the usual ones where none is known."""
    geometry = settings.value("geometry")
    if isinstance(geometry, QByteArray):
        window.restoreGeometry(geometry)
    for k, splitter in enumerate(splitters):
        state = settings.value(f"splitter{k}")
        if isinstance(state, QByteArray):
            splitter.restoreState(state)
    return THEMES.get(str(settings.value("theme", "dark")), DARK), _scale(settings.value("scale"))


def _scale(stored: object) -> float:
    try:
        scale = float(str(stored))
    except ValueError:
        return 1.0
    return scale if math.isfinite(scale) else 1.0

"""The one place that sets up pyqtgraph, and that chooses its binding."""

import os

os.environ["PYQTGRAPH_QT_LIB"] = "PySide6"  # it would take PyQt6 where both are there

import numpy as np
import pyqtgraph as pyqtgraph  # handed on
from PySide6.QtGui import QColor, QPen

from bci_app.ui.theme import Theme, font

LEFT_EM = 5.2
RIGHT_EM = 11.5


def plot_widget() -> "pyqtgraph.PlotWidget":
    """Make a plot that shows and is not played with: no menu, no mouse, no button."""
    plot = pyqtgraph.PlotWidget()
    plot.setMenuEnabled(False)
    plot.setMouseEnabled(x=False, y=False)
    plot.hideButtons()
    plot.setFocusPolicy(pyqtgraph.QtCore.Qt.FocusPolicy.NoFocus)
    plot.setFrameShape(pyqtgraph.QtWidgets.QFrame.Shape.NoFrame)
    plot.setViewportUpdateMode(
        pyqtgraph.QtWidgets.QGraphicsView.ViewportUpdateMode.BoundingRectViewportUpdate
    )
    return plot


def style_plot(plot: "pyqtgraph.PlotWidget", theme: Theme, scale: float) -> None:
    """Colour and size a plot; left axes are equally wide, so that plots above each other align."""
    plot.setBackground(theme.panel)
    small = font(scale, 0.85)
    for side in ("left", "bottom"):
        axis = plot.getAxis(side)
        axis.setPen(QPen(QColor(theme.line), 1))
        axis.setTextPen(QPen(QColor(theme.faint)))
        axis.setTickFont(small)
        axis.setStyle(tickLength=-4, tickTextOffset=6)
    plot.getAxis("left").setWidth(left_margin(scale))


def leave_room_above(plot: "pyqtgraph.PlotWidget", scale: float) -> None:
    """Leave room for half of the figure at the highest tick."""
    plot.getPlotItem().setContentsMargins(0, round(7 * scale), 0, 0)


def left_margin(scale: float) -> int:
    """Width of the axis on the left, in pixels."""
    return round(LEFT_EM * 13 * scale)


def right_margin(scale: float) -> int:
    """Width of what stands to the right of the plots over time, in pixels."""
    return round(RIGHT_EM * 13 * scale)


def line_pen(colour: str, width: float = 1.0) -> QPen:
    """Make a pen of constant width, however the plot is scaled; a width of 1 draws fastest."""
    pen = QPen(QColor(colour), width)
    pen.setCosmetic(True)
    return pen


def show_span(plot: "pyqtgraph.PlotWidget", span_s: float) -> bool:
    """Show the last `span_s` seconds, with times below; return whether that is a change."""
    if plot.property("span_s") == span_s:
        return False
    plot.setProperty("span_s", span_s)
    plot.setXRange(-span_s, 0, padding=0)
    step = 1 if span_s <= 10 else 5
    ticks = [(-k, f"−{k} s" if k else "now") for k in range(0, int(span_s) + 1, step)]
    plot.getAxis("bottom").setTicks([ticks])
    return True


def draw_grid(grid: "pyqtgraph.PlotCurveItem", theme: Theme, span_s: float, reach: float) -> None:
    """Draw a line each second (or five): one item, where an axis' own grid costs a tenth of a core.

    Parameters
    ----------
    grid : PlotCurveItem
    theme : Theme
    span_s : float
    reach : float
        How far up and down the lines go.
    """
    seconds = -np.arange(1, span_s, 1 if span_s <= 10 else 5, dtype=float)
    grid.setPen(line_pen(theme.line))
    grid.setData(np.repeat(seconds, 2), np.tile([-reach, reach], len(seconds)), connect="pairs")

"""The scores of all targets over time, with the threshold, and who leads now."""

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QWidget

from bci_app.ui.panel import Panel
from bci_app.ui.plotting import (
    draw_grid,
    leave_room_above,
    line_pen,
    plot_widget,
    pyqtgraph,
    right_margin,
    show_span,
    style_plot,
)
from bci_app.ui.session_values import SessionInfo
from bci_app.ui.session_view import SessionView
from bci_app.ui.theme import font, target_pen, with_alpha

_LISTED = 8
_SCORES = (
    "SCORES",
    "How well the last window matches each target. A decision needs the threshold, a lead over the "
    "others, and agreement over several windows.",
)
_PROBABILITIES = (
    "PROBABILITIES",
    "How probable it is that the subject looks at each target; what is missing to 1 is that they "
    "look at none. A decision needs the threshold in the longest window, and more in shorter ones.",
)


class ScoresPanel(Panel):
    """One line a target; the threshold dashed; names and present scores at the right.

    Parameters
    ----------
    info : SessionInfo
    """

    def __init__(self, info: SessionInfo) -> None:
        super().__init__(*(_PROBABILITIES if info.calibrated else _SCORES))
        self._info = info
        self.span_s = 10
        self._plot = plot_widget()
        self._curves = [
            pyqtgraph.PlotCurveItem(connect="finite", skipFiniteCheck=False, antialias=True)
            for _ in info.targets
        ]
        self._threshold = pyqtgraph.InfiniteLine(_threshold(info), angle=0)
        self._grid = pyqtgraph.PlotCurveItem()
        self._plot.addItem(self._grid)
        self._plot.addItem(self._threshold)
        self._decisions = pyqtgraph.ScatterPlotItem()
        for curve in self._curves:
            self._plot.addItem(curve)
        self._plot.addItem(self._decisions)
        self._plot.setYRange(0, 1, padding=0.02)
        self._legend = _Legend(info)
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addWidget(self._plot, 1)
        row.addWidget(self._legend)
        self.body.addLayout(row, 1)

    def apply_style(self) -> None:
        """Colour and size plot and legend."""
        style_plot(self._plot, self.theme, self.scale)
        leave_room_above(self._plot, self.scale)
        self._plot.setProperty("span_s", None)
        pen = line_pen(self.theme.text)
        pen.setStyle(Qt.PenStyle.DashLine)
        self._threshold.setPen(pen)
        for target, curve in enumerate(self._curves):
            curve.setPen(target_pen(self.theme, target))
        self._legend.panel = self
        self._legend.setFixedWidth(right_margin(self.scale))

    def refresh(self, view: SessionView) -> None:
        """Draw the scores of the span."""
        first = view.now_index - self.span_s * self._info.sampling_rate_hz
        recent = [scored for scored in view.scores if scored[0] >= first]
        if recent:
            indices = np.array([index for index, _ in recent])
            scores = np.array([values for _, values in recent])
            times_s = (indices - view.now_index) / self._info.sampling_rate_hz
            # A line does not cross a stretch without scores.
            hop_s = self._info.settings.hop_s
            breaks = np.flatnonzero(np.diff(times_s) > 2.5 * hop_s) + 1
            times_s = np.insert(times_s, breaks, np.nan)
            for target, curve in enumerate(self._curves):
                curve.setData(times_s, np.insert(scores[:, target], breaks, np.nan))
            low, high = min(0.0, float(scores.min())), max(1.0, float(scores.max()))
            self._plot.setYRange(low, high, padding=0.02)
        else:
            for curve in self._curves:
                curve.setData([], [])
        self._decisions.setData(
            [
                {
                    "pos": (view.seconds(decision.end_index), decision.score),
                    "size": 11 * self.scale,
                    "symbol": "o",
                    "pen": line_pen(self.theme.text, 1.5),
                    "brush": target_pen(self.theme, decision.target).color(),
                }
                for decision in view.decisions
                if decision.end_index >= first
            ]
        )
        if show_span(self._plot, self.span_s):
            draw_grid(self._grid, self.theme, self.span_s, 2.0)
        self._legend.scores = recent[-1][1] if recent else ()
        self._legend.update()


def _threshold(info: SessionInfo) -> float:
    """Score or probability that a decision needs."""
    if not info.calibrated:
        return info.settings.policy.threshold
    return 1.0 / (1.0 + math.exp(-info.settings.sequential.threshold))


class _Legend(QWidget):
    """Pen, name and present score of each target (of many, the best), and the threshold."""

    def __init__(self, info: SessionInfo) -> None:
        super().__init__()
        self._info = info
        self.panel: Panel | None = None
        self.scores: tuple[float, ...] = ()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, ARG002 - Qt's name
        if self.panel is None:
            return
        theme, scale = self.panel.theme, self.panel.scale
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        targets = list(range(len(self._info.targets)))
        best = max(targets, key=self.scores.__getitem__) if self.scores else None
        if len(targets) > _LISTED and self.scores:
            targets = sorted(targets, key=lambda k: -self.scores[k])
        targets = targets[:_LISTED]
        line_px = min(self.height() / (len(targets) + 1), 2.6 * 13 * scale)
        for row, k in enumerate(targets):
            line = QRectF(0, row * line_px, self.width(), line_px)
            if k == best:
                painter.fillRect(line.adjusted(0, 1, 0, -1), with_alpha(theme.accent, 34))
            target = self._info.targets[k]
            self._paint_line(
                painter,
                line,
                target_pen(theme, k, 2.4 * scale),
                (target.command.words, f"{target.frequency_hz:g} Hz"),
                f"{self.scores[k]:.2f}" if self.scores else "",
                bold=k == best,
            )
        pen = QPen(QColor(theme.text), scale, Qt.PenStyle.DashLine)
        line = QRectF(0, len(targets) * line_px, self.width(), line_px)
        what = "the longest window" if self._info.calibrated else "to decide"
        self._paint_line(painter, line, pen, ("threshold", what), f"{_threshold(self._info):.2f}")
        painter.end()

    def _paint_line(
        self,
        painter: QPainter,
        line: QRectF,
        pen: QPen,
        names: tuple[str, str],
        value: str,
        *,
        bold: bool = False,
    ) -> None:
        """Paint a pen, a name over another where there is room for both, and a value."""
        assert self.panel is not None  # noqa: S101 - checked by the caller
        theme, scale = self.panel.theme, self.panel.scale
        painter.setPen(pen)
        y, left = line.center().y(), 10 * scale
        painter.drawLine(QPointF(left, y), QPointF(left + 26 * scale, y))
        box = line.adjusted(left + 32 * scale, 0, -8 * scale, 0)
        flags = Qt.AlignmentFlag.AlignLeft
        painter.setPen(QColor(theme.text))
        painter.setFont(font(scale, 0.92))
        if line.height() > 2.1 * 13 * scale:
            upper, lower = QRectF(box), QRectF(box)
            upper.setBottom(y)
            lower.setTop(y)
            painter.drawText(upper, flags | Qt.AlignmentFlag.AlignBottom, names[0])
            painter.setFont(font(scale, 0.8))
            painter.setPen(QColor(theme.faint))
            painter.drawText(lower, flags | Qt.AlignmentFlag.AlignTop, names[1])
        else:
            painter.drawText(box, flags | Qt.AlignmentFlag.AlignVCenter, names[0])
        painter.setFont(font(scale, 1.0, bold=bold))
        painter.setPen(QColor(theme.text))
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, value)

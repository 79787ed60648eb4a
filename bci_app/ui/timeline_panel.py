"""What was asked, what was decided and what was sent, one lane each, on the time of the scores."""

from collections.abc import Callable
from typing import TypeAlias

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from bci_app.evaluation.answers import Asked
from bci_app.ui.panel import Panel
from bci_app.ui.plotting import left_margin, right_margin
from bci_app.ui.session_values import SessionInfo
from bci_app.ui.session_view import SessionView
from bci_app.ui.signs import fate_colour
from bci_app.ui.theme import font, target_colour, with_alpha

XOf: TypeAlias = Callable[[int], float]

_LANES = ("asked", "decided", "sent")


class TimelinePanel(Panel):
    """Three lanes that line up with the plots above.

    Parameters
    ----------
    info : SessionInfo
    """

    def __init__(self, info: SessionInfo) -> None:
        super().__init__(
            "ASKED, DECIDED, SENT",
            "What the subject was asked, what was decided, and the commands:\n"
            "✓ acknowledged   ✗ refused   ? no answer   – withheld   … on its way",
        )
        self.span_s = 10
        self._lanes = _Lanes(self, info)
        self.body.addWidget(self._lanes, 1)

    def apply_style(self) -> None:
        """Keep the lanes high enough for their words."""
        self._lanes.setMinimumHeight(round(3 * 1.75 * 13 * self.scale))

    def refresh(self, view: SessionView) -> None:
        """Draw the span."""
        self._lanes.view = view
        self._lanes.update()


class _Lanes(QWidget):
    def __init__(self, panel: TimelinePanel, info: SessionInfo) -> None:
        super().__init__()
        self._panel = panel
        self._info = info
        self.view: SessionView | None = None

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, ARG002 - Qt's name
        if self.view is None:
            return
        theme, scale = self._panel.theme, self._panel.scale
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left, right = left_margin(scale), self.width() - right_margin(scale)
        lane_px = self.height() / len(_LANES)
        painter.setFont(font(scale, 0.85))
        for lane, name in enumerate(_LANES):
            painter.setPen(QColor(theme.faint))
            painter.drawText(
                QRectF(0, lane * lane_px, left - 7 * scale, lane_px),
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                name,
            )
            painter.setPen(QPen(QColor(theme.line), 1))
            y = (lane + 1) * lane_px - 0.5
            painter.drawLine(QPointF(left, y), QPointF(right, y))
        painter.setClipRect(QRectF(left, 0, right - left, self.height()))
        px_per_s = (right - left) / self._panel.span_s

        def x_of(index: int) -> float:
            assert self.view is not None  # noqa: S101 - checked above
            return right + self.view.seconds(index) * px_per_s

        self._paint_asked(painter, x_of, lane_px, right)
        self._paint_decided(painter, x_of, lane_px)
        self._paint_sent(painter, x_of, lane_px)
        painter.end()

    def _paint_asked(self, painter: QPainter, x_of: XOf, lane_px: float, right: float) -> None:
        assert self.view is not None  # noqa: S101 - checked by the caller
        theme, scale = self._panel.theme, self._panel.scale
        prompts = list(self.view.prompts)
        ends = [*(x_of(prompt.index) for prompt in prompts[1:]), right][: len(prompts)]
        for prompt, end in zip(prompts, ends, strict=True):
            if prompt.asked is Asked.NOTHING or end < left_margin(scale):
                continue
            begin = x_of(prompt.index)
            box = QRectF(begin, 3, end - begin - 1, lane_px - 6)
            if prompt.target is None:
                painter.setPen(QPen(QColor(theme.faint), 1, Qt.PenStyle.DotLine))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                text = "none"
            else:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(with_alpha(target_colour(theme, prompt.target), 90))
                text = self._info.targets[prompt.target].command.words
            painter.drawRect(box)
            painter.setPen(QColor(theme.text))
            inner = box.intersected(QRectF(self.rect())).adjusted(5 * scale, 0, -2, 0)
            inner.setLeft(max(inner.left(), left_margin(scale) + 5 * scale))
            painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter, text)

    def _paint_decided(self, painter: QPainter, x_of: XOf, lane_px: float) -> None:
        assert self.view is not None  # noqa: S101 - checked by the caller
        theme, scale = self._panel.theme, self._panel.scale
        for decision in self.view.decisions:
            x, y = x_of(decision.end_index), 1.5 * lane_px
            radius = 5 * scale
            if x < left_margin(scale) - radius:
                continue
            painter.setPen(QPen(QColor(theme.text), 1.2))
            painter.setBrush(target_colour(theme, decision.target))
            painter.drawEllipse(QPointF(x, y), radius, radius)
            self._paint_words(
                painter,
                x + radius,
                x - radius,
                lane_px,
                self._info.targets[decision.target].command.words,
            )

    def _paint_sent(self, painter: QPainter, x_of: XOf, lane_px: float) -> None:
        assert self.view is not None  # noqa: S101 - checked by the caller
        theme = self._panel.theme
        for mark in self.view.commands:
            x = x_of(mark.index)
            if x < left_margin(self._panel.scale):
                continue
            colour = fate_colour(theme, mark.fate)
            painter.setPen(QPen(colour, 2))
            painter.drawLine(QPointF(x, 2 * lane_px + 3), QPointF(x, 3 * lane_px - 3))
            painter.setPen(QColor(theme.text))
            text = f"{mark.fate.value} {mark.command.words}"
            reason = f": {mark.reason}" if mark.reason else ""
            self._paint_words(painter, x, x, 2 * lane_px, text, reason)

    def _paint_words(
        self,
        painter: QPainter,
        right_of: float,
        left_of: float,
        top: float,
        text: str,
        more: str = "",
    ) -> None:
        """Write to the right of a mark, or to its left and less where there is no room."""
        if right_of < left_margin(self._panel.scale):
            return  # its mark has left the span
        gap, lane_px = 5 * self._panel.scale, self.height() / len(_LANES)
        end = self.width() - right_margin(self._panel.scale)
        metrics = painter.fontMetrics()
        if right_of + gap + metrics.horizontalAdvance(text + more) <= end:
            text += more
        width = metrics.horizontalAdvance(text)
        fits = right_of + gap + width <= end
        x = right_of + gap if fits else left_of - gap - width
        painter.drawText(QRectF(x, top, width + 1, lane_px), Qt.AlignmentFlag.AlignVCenter, text)

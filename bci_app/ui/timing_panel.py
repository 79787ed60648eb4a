"""Whether everything comes in time: one figure a line, with a sign."""

from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from bci_app.ui.panel import Panel
from bci_app.ui.session_view import SessionView
from bci_app.ui.signs import grade_colour, grade_sign
from bci_app.ui.theme import font
from calibration.quality import Grade


@dataclass(frozen=True, slots=True)
class Figure:
    """A line of the panel."""

    name: str
    value: str
    unit: str = ""
    grade: Grade | None = None


def _graded(value: float, doubtful: float, bad: float) -> Grade:
    return Grade.BAD if value >= bad else Grade.DOUBTFUL if value >= doubtful else Grade.GOOD


def timing_figures(view: SessionView, now_s: float) -> list[Figure]:
    """List the figures of the moment.

    Parameters
    ----------
    view : SessionView
    now_s : float
        Monotonic time.
    """
    figures = []
    going_on = view.ended is None
    if view.heard_s is not None and going_on:
        age_ms = (now_s - view.heard_s) * 1e3
        figures.append(
            Figure("Newest sample, age", f"{age_ms:.0f}", "ms", _graded(age_ms, 200, 500))
        )
    figures.append(
        Figure("Samples lost", f"{view.lost_samples}", "", _graded(view.lost_samples, 1, 1000))
    )
    if (decode := view.decode_ms()) is not None and decode[1] > 0:
        figures.append(
            Figure(
                "Decoding, p50 / p99",
                f"{decode[0]:.1f} / {decode[1]:.1f}",
                "ms",
                _graded(decode[1], 20, 100),
            )
        )
    linked = going_on and view.link_up is not False
    if view.round_trip_s is not None and linked:
        trip_ms = view.round_trip_s * 1e3
        figures.append(
            Figure("Link, round trip", f"{trip_ms:.1f}", "ms", _graded(trip_ms, 20, 100))
        )
    if view.telemetry_at_s is not None and view.info.live and linked:
        age_ms = (now_s - view.telemetry_at_s) * 1e3
        figures.append(Figure("Telemetry, age", f"{age_ms:.0f}", "ms", _graded(age_ms, 200, 500)))
    if view.screen is not None:
        figures.append(
            Figure(
                "Screen",
                f"{view.screen.refresh_hz:.2f}",
                "Hz",
                Grade.GOOD if view.screen.synchronised else Grade.DOUBTFUL,
            )
        )
    if view.frames is not None:
        timing = view.frames.timing
        figures.append(
            Figure(
                "Missed frames",
                f"{timing.n_missed} of {timing.n_frames + timing.n_missed}",
                "",
                _graded(timing.n_missed, 1, 1 + timing.n_frames // 100),
            )
        )
        figures.append(
            Figure(
                "Frame jitter, p99",
                f"{timing.jitter_p99_ms:.1f}",
                "ms",
                _graded(timing.jitter_p99_ms, 4, 8),
            )
        )
    return figures


class TimingPanel(Panel):
    """The figures of :func:`timing_figures`, in a table."""

    def __init__(self) -> None:
        super().__init__(
            "TIMING",
            "How old the newest sample is, how long decoding takes, how the screen's frames and\n"
            "the exoskeleton's answers come.   ● in time   ▲ watch it   ■ too late",
        )
        self._table = _Table(self)
        self.body.addWidget(self._table, 1)

    def apply_style(self) -> None:
        """Keep room for the lines."""
        self._table.setMinimumHeight(round(88 * self.scale))

    def refresh(self, view: SessionView) -> None:
        """Do nothing: the figures need the time, see `show_figures`."""

    def show_figures(self, figures: list[Figure]) -> None:
        """Show the figures."""
        self._table.figures = figures
        self._table.update()


class _Table(QWidget):
    def __init__(self, panel: TimingPanel) -> None:
        super().__init__()
        self._panel = panel
        self.figures: list[Figure] = []

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, ARG002 - Qt's name
        theme, scale = self._panel.theme, self._panel.scale
        painter = QPainter(self)
        line_px = min(23 * scale, self.height() / max(1, len(self.figures)))
        unit_px = 24 * scale
        for row, figure in enumerate(self.figures):
            box = QRectF(0, row * line_px, self.width(), line_px)
            if figure.grade is not None:
                painter.setFont(font(scale, 0.8))
                painter.setPen(grade_colour(theme, figure.grade))
                painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, grade_sign(figure.grade))
            painter.setFont(font(scale, 0.92))
            painter.setPen(QColor(theme.faint))
            value_px = QFontMetricsF(font(scale, 1.0)).horizontalAdvance(figure.value)
            named = box.adjusted(17 * scale, 0, -unit_px - value_px - 6 * scale, 0)
            name = painter.fontMetrics().elidedText(
                figure.name, Qt.TextElideMode.ElideRight, int(named.width())
            )
            painter.drawText(named, Qt.AlignmentFlag.AlignVCenter, name)
            right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
            painter.setPen(QColor(theme.text))
            painter.setFont(font(scale, 1.0))
            painter.drawText(box.adjusted(0, 0, -unit_px, 0), right, figure.value)
            painter.setPen(QColor(theme.faint))
            painter.setFont(font(scale, 0.85))
            painter.drawText(
                box.adjusted(box.width() - unit_px + 4 * scale, 0, 0, 0),
                Qt.AlignmentFlag.AlignVCenter,
                figure.unit,
            )
        painter.end()

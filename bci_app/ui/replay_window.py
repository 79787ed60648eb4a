"""The operator window on a session that is over: scrub, play, jump to the next mistake."""

import dataclasses
import time

from PySide6.QtCore import QPointF, QRectF, QSettings, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QWidget

from bci_app.ui.log_panel import clock
from bci_app.ui.operator_window import OperatorWindow
from bci_app.ui.panel import Panel
from bci_app.ui.recorded_session import Mistake, RecordedSession
from bci_app.ui.session_signals import FRAME_MS
from bci_app.ui.session_view import SessionView
from bci_app.ui.theme import Theme, font, target_colour, with_alpha

_SPEEDS = (0.5, 1.0, 2.0, 5.0, 10.0)
_STEP_S = 1.0
# A mistake is looked at with a little of what came after it.
_AFTERMATH_S = 0.5

REPLAY_KEYS = (
    ("Space", "play or pause"),
    ("Left / Right", "a second back / forth"),
    ("Home / End", "to the beginning / end"),
    ("M / Shift M", "to the next / previous mistake"),
)


class ReplayWindow(OperatorWindow):
    """The same panels, driven by a recorded session.

    Parameters
    ----------
    recorded : RecordedSession
    layout : QSettings or None
        Where layout, theme and size are remembered.
    """

    keys_listed = REPLAY_KEYS

    def __init__(self, recorded: RecordedSession, layout: QSettings | None = None) -> None:
        self._recorded = recorded
        self.bar = ReplayBar(recorded)
        view = SessionView(dataclasses.replace(recorded.info, live=False))
        super().__init__(view, None, settings=layout, clock=lambda: view.latest_s)
        self.column.addWidget(self.bar)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self._advance)
        self._ticked_s = 0.0
        self._position = 0.0
        self.bar.sought.connect(self.seek)
        self.bar.play_button.clicked.connect(self.toggle_play)
        self.bar.next_button.clicked.connect(self.go_to_next_mistake)
        self.bar.previous_button.clicked.connect(self.go_to_previous_mistake)
        step = round(_STEP_S * recorded.info.sampling_rate_hz)
        for keys, action in (
            ("Space", self.toggle_play),
            ("Left", lambda: self.seek(round(self._position) - step)),
            ("Right", lambda: self.seek(round(self._position) + step)),
            ("Home", lambda: self.seek(0)),
            ("End", lambda: self.seek(recorded.end_index)),
            ("M", self.go_to_next_mistake),
            ("Shift+M", self.go_to_previous_mistake),
        ):
            self.add_key(keys, action)
        self.seek(recorded.first_index or 0)

    @property
    def position(self) -> int:
        """Sample that is now."""
        return round(self._position)

    @property
    def playing(self) -> bool:
        """Whether time goes on by itself."""
        return self._timer.isActive()

    def restyle(self, theme: Theme, scale: float) -> None:
        """Take on a theme and a size."""
        self.bar.restyle(theme, scale)
        super().restyle(theme, scale)

    def seek(self, index: int) -> None:
        """Go to a sample."""
        first = self._recorded.first_index or 0
        self._position = float(min(max(index, first), self._recorded.end_index))
        self._recorded.show(self.view, self.position)
        self.refresh_all()
        self.bar.show_position(self.position)

    def toggle_play(self) -> None:
        """Let time go on, or stand still; from the end, begin anew."""
        if self.playing:
            self._timer.stop()
        else:
            if self.position >= self._recorded.end_index:
                self.seek(self._recorded.first_index or 0)
            self._ticked_s = time.monotonic()
            self._timer.start()
        self.bar.show_playing(self.playing)

    def go_to_next_mistake(self) -> None:
        """Go to the next mistake, if there is one."""
        self._go_to(self._recorded.next_mistake(self.position))

    def go_to_previous_mistake(self) -> None:
        """Go to the mistake before the one that is looked at, if there is one."""
        self._go_to(self._recorded.previous_mistake(self.position - self._aftermath))

    @property
    def _aftermath(self) -> int:
        return round(_AFTERMATH_S * self._recorded.info.sampling_rate_hz)

    def _go_to(self, mistake: Mistake | None) -> None:
        if mistake is None:
            self.bar.say("no further mistake")
            return
        self.seek(mistake.index + self._aftermath)
        self.bar.say(f"✗ {mistake.text}")

    def _advance(self) -> None:
        now_s = time.monotonic()
        rate_hz = self._recorded.info.sampling_rate_hz
        self._position += (now_s - self._ticked_s) * self.bar.speed * rate_hz
        self._ticked_s = now_s
        if self._position >= self._recorded.end_index:
            self._position = float(self._recorded.end_index)
            self._timer.stop()
            self.bar.show_playing(False)
        self._recorded.go_on(self.view, self.position)
        self.refresh()
        self.bar.show_position(self.position)


class ReplayBar(Panel):
    """The whole session at a glance, truth above and decisions below; drag to go anywhere.

    Parameters
    ----------
    recorded : RecordedSession

    Attributes
    ----------
    sought : Signal
        A sample index that was clicked or dragged to.
    """

    sought = Signal(int)

    def __init__(self, recorded: RecordedSession) -> None:
        super().__init__(
            "REPLAY",
            "Above what was asked, below what was decided: a disc was right, a cross was wrong,\n"
            "a ring came when nothing in particular was asked. Drag to go anywhere.",
        )
        self._recorded = recorded
        self.play_button = QPushButton("▶ Play")
        self.play_button.setToolTip("Play or pause (Space)")
        self.previous_button = QPushButton("‹ Mistake")
        self.previous_button.setToolTip("To the previous mistake (Shift M)")
        self.next_button = QPushButton("Mistake ›")
        self.next_button.setToolTip("To the next mistake (M)")
        self._speed = QComboBox()
        self._speed.addItems([f"{speed:g} ×" for speed in _SPEEDS])
        self._speed.setCurrentIndex(_SPEEDS.index(1.0))
        self._speed.setToolTip("How fast time goes")
        self._said = QLabel()
        self._time = QLabel()
        n = len(recorded.mistakes)
        self._count = QLabel(f"{n} mistake{'' if n == 1 else 's'}")
        self._count.setObjectName("caption")
        self._strip = _Strip(self, recorded)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.play_button)
        row.addWidget(self._speed)
        row.addWidget(self._strip, 1)
        row.addWidget(self.previous_button)
        row.addWidget(self.next_button)
        self.body.addLayout(row)
        self.head.addWidget(self._said)
        self.head.addWidget(self._count)
        self.head.addWidget(self._time)
        for widget in (self.play_button, self.previous_button, self.next_button, self._speed):
            widget.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    @property
    def speed(self) -> float:
        """How much faster than it was."""
        return _SPEEDS[self._speed.currentIndex()]

    def apply_style(self) -> None:
        """Keep room for the two lanes."""
        self._strip.setMinimumHeight(round(46 * self.scale))
        self.play_button.setMinimumWidth(round(84 * self.scale))

    def refresh(self, view: SessionView) -> None:
        """Do nothing: the bar shows the whole session, and where it stands is told to it."""

    def show_position(self, index: int) -> None:
        """Show which sample is now."""
        rate_hz = self._recorded.info.sampling_rate_hz
        self._strip.position = index
        self._strip.update()
        now, end = (clock(n / rate_hz).strip() for n in (index, self._recorded.end_index))
        self._time.setText(f"{now} of {end}")
        self.say("")

    def show_playing(self, playing: bool) -> None:
        """Show whether time goes on."""
        self.play_button.setText("‖ Pause" if playing else "▶ Play")

    def say(self, text: str) -> None:
        """Say something about where it stands."""
        self._said.setText(text)

    @property
    def said(self) -> str:
        """What was said."""
        return self._said.text()


class _Strip(QWidget):
    def __init__(self, bar: ReplayBar, recorded: RecordedSession) -> None:
        super().__init__()
        self._bar = bar
        self._recorded = recorded
        self._right = [recorded.is_right(decision) for decision in recorded.decisions]
        self.position = 0
        self.setCursor(Qt.CursorShape.SplitHCursor)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, ARG002 - Qt's name
        theme, scale = self._bar.theme, self._bar.scale
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        lane = self.height() / 2
        painter.fillRect(self.rect(), QColor(theme.ground))
        painter.setFont(font(scale, 0.8))
        metrics = painter.fontMetrics()
        for asking in self._recorded.askings:
            left, right = self._x(asking.begin), self._x(asking.end)
            box = QRectF(left, 2, max(1.0, right - left - 1), lane - 3)
            if asking.target is None:
                continue
            painter.fillRect(box, with_alpha(target_colour(theme, asking.target), 110))
            name = self._recorded.info.targets[asking.target].command.words
            if metrics.horizontalAdvance(name) + 6 < box.width():
                painter.setPen(QColor(theme.text))
                painter.drawText(box.adjusted(4, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, name)
        size = min(5 * scale, lane / 2 - 2)
        for decision, right_one in zip(self._recorded.decisions, self._right, strict=True):
            at = QPointF(self._x(decision.end_index), 1.5 * lane)
            if right_one is False:
                painter.setPen(QPen(QColor(theme.alarm), 2.2 * scale))
                painter.drawLine(at - QPointF(size, size), at + QPointF(size, size))
                painter.drawLine(at - QPointF(size, -size), at + QPointF(size, -size))
                continue
            colour = target_colour(theme, decision.target)
            painter.setPen(QPen(colour, 1.6 * scale))
            painter.setBrush(colour if right_one else Qt.BrushStyle.NoBrush)
            painter.drawEllipse(at, size, size)
        for mistake in self._recorded.mistakes:
            if mistake.text.endswith("missed"):
                x = self._x(mistake.index)
                painter.setPen(QPen(QColor(theme.alarm), 1.6 * scale, Qt.PenStyle.DotLine))
                painter.drawLine(QPointF(x - 1, 2), QPointF(x - 1, self.height() - 2))
        x = self._x(self.position)
        painter.setPen(QPen(QColor(theme.text), 2))
        painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        self._seek(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._seek(event.position().x())

    def _x(self, index: int) -> float:
        first = self._recorded.first_index or 0
        n_samples = max(1, self._recorded.end_index - first)
        return (index - first) / n_samples * (self.width() - 1)

    def _seek(self, x: float) -> None:
        first = self._recorded.first_index or 0
        share = min(max(x / max(1, self.width() - 1), 0.0), 1.0)
        self._bar.sought.emit(first + round(share * (self._recorded.end_index - first)))


def show_replay(recorded: RecordedSession, layout: QSettings | None = None) -> None:
    """Open the replay window and stay until it is closed; to be called from the main thread."""
    from bci_app.ui.app import application

    app = application()
    window = ReplayWindow(recorded, layout)
    app.lastWindowClosed.connect(app.quit)
    window.show()
    app.exec()
    app.lastWindowClosed.disconnect(app.quit)
    window.deleteLater()

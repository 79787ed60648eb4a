"""What happened, line by line."""

from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit

from bci_app.ui.panel import Panel
from bci_app.ui.session_values import LogEntry
from bci_app.ui.session_view import SessionView
from bci_app.ui.signs import severity_colour
from bci_app.ui.theme import font

_MAX_LINES = 1000


def clock(time_s: float) -> str:
    """Minutes, seconds and tenths."""
    minutes, seconds = divmod(max(0.0, time_s), 60)
    return f"{minutes:3.0f}:{seconds:04.1f}"


class LogPanel(Panel):
    """The event log; stays where it is scrolled to, follows when at the end."""

    def __init__(self) -> None:
        super().__init__(
            "EVENTS", "Time since the first sample.   ✓ done   ▲ worth a look   ■ stop or fault"
        )
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setMaximumBlockCount(_MAX_LINES)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self.body.addWidget(self.text, 1)
        self._n_shown = self._n_restarts = 0
        self._entries: list[LogEntry] = []
        self._at_end = True
        bar = self.text.verticalScrollBar()
        bar.valueChanged.connect(self._note_place)
        bar.rangeChanged.connect(self._follow)

    def apply_style(self) -> None:
        """Write what is there anew, in the colours of now."""
        self.text.setFont(font(self.scale, 0.92))
        self.text.clear()
        for entry in self._entries:
            self._write(entry)

    def refresh(self, view: SessionView) -> None:
        """Append what is new."""
        if view.n_restarts != self._n_restarts:
            self._n_restarts = view.n_restarts
            self._n_shown = 0
            self._entries.clear()
            self.text.clear()
        n_new = min(view.n_logged - self._n_shown, len(view.log))
        if n_new == 0:
            return
        for entry in list(view.log)[-n_new:]:
            self._entries.append(entry)
            self._write(entry)
        del self._entries[:-_MAX_LINES]
        self._n_shown = view.n_logged

    def _note_place(self, value: int) -> None:
        self._at_end = value >= self.text.verticalScrollBar().maximum() - 1

    def _follow(self, _minimum: int, maximum: int) -> None:
        if self._at_end:
            self.text.verticalScrollBar().setValue(maximum)

    def _write(self, entry: LogEntry) -> None:
        cursor = QTextCursor(self.text.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        if not self.text.document().isEmpty():
            cursor.insertBlock()
        style = QTextCharFormat()
        for text, colour in (
            (clock(entry.time_s), QColor(self.theme.faint)),
            (f"  {entry.severity.value}  ", severity_colour(self.theme, entry.severity)),
            (entry.text, QColor(self.theme.text)),
        ):
            style.setForeground(colour)
            cursor.insertText(text, style)

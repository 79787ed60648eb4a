"""The operator window: all panels of a session, driven by one view."""

import time
from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QSettings, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QInputDialog,
    QMainWindow,
    QMessageBox,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from bci_app.evaluation.answers import Asked
from bci_app.ui.alarms import alarms_of
from bci_app.ui.head_panel import HeadPanel
from bci_app.ui.header import AlarmBar, Header
from bci_app.ui.layout_memory import recall, remember
from bci_app.ui.legs_panel import LegsPanel
from bci_app.ui.log_panel import LogPanel
from bci_app.ui.panel import Panel
from bci_app.ui.scores_panel import ScoresPanel
from bci_app.ui.session_view import SessionView
from bci_app.ui.spectrum_panel import SpectrumPanel
from bci_app.ui.theme import DARK, LIGHT, Theme, palette, style_sheet
from bci_app.ui.timeline_panel import TimelinePanel
from bci_app.ui.timing_panel import TimingPanel, timing_figures
from bci_app.ui.traces_panel import TracesPanel

# What moves is drawn each time; scores come ten times a second, and words are read more slowly.
_WORDS_EVERY_S = 0.09
_SLOW_EVERY_S = 0.25
_SCALES = (0.85, 1.0, 1.15, 1.3, 1.5, 1.75, 2.0)

_SESSION_KEYS = (
    ("Space, Escape", "STOP the exoskeleton"),
    ("R, R", "release the stop (twice)"),
    ("B / P", "begin / pause the flicker"),
    ("N", "write a note"),
    ("I", "the subject looks at no target, on and off: false commands are counted"),
    ("X", "the last command was not wanted"),
)
_COMMON_KEYS = (
    ("F", "next filter of the traces"),
    ("Up / Down", "scale of the traces"),
    ("[ / ]", "less / more time shown"),
    ("C", "next channel in the spectrum"),
    ("T", "dark or light"),
    ("Ctrl + / Ctrl −", "larger / smaller"),
    ("Ctrl 0", "original layout"),
    ("Tab", "from control to control"),
    ("F1", "this list"),
    ("Ctrl Q", "close"),
)


class Controls(Protocol):
    """What the researcher can do to a session; called in Qt's thread, must not block."""

    def stop(self, reason: str) -> None:
        """Stop the exoskeleton now and latch the stop."""

    def release(self) -> None:
        """Leave the stop."""

    def note(self, text: str) -> None:
        """Write something down with the time."""

    def mark_idle(self, *, idle: bool) -> None:
        """Note that the subject looks at no target, or that this is not known."""

    def take_back(self) -> None:
        """Note that the last command was not wanted."""

    def end(self) -> None:
        """End the session: its window is gone, and the exoskeleton has been stopped."""


class FlickerControls(Protocol):
    """What the researcher can do to the targets."""

    def begin(self) -> None:
        """Let the targets flicker."""

    def pause(self) -> None:
        """Let the targets stand still."""


class OperatorWindow(QMainWindow):
    """A session as the researcher sees it.

    Parameters
    ----------
    view : SessionView
    controls : Controls or None
        None for a session that is over.
    flicker : FlickerControls or None
        None where there are no targets to begin or pause.
    settings : QSettings or None
        Where layout, theme and size are remembered; None to forget them.
    clock : callable
        What time it is for the ages shown; a picture of the past has its own.
    """

    closed = Signal()

    keys_listed: tuple[tuple[str, str], ...] = _SESSION_KEYS

    def __init__(
        self,
        view: SessionView,
        controls: Controls | None,
        flicker: FlickerControls | None = None,
        settings: QSettings | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self.view = view
        self._controls = controls
        self._flicker = flicker
        self._settings = settings
        self._clock = clock
        self.theme: Theme = DARK
        self.scale = 1.0
        self._words_due_s = self._slow_due_s = 0.0
        self.setWindowTitle(f"bci-app: {view.info.title}")
        self.header = Header(view.info.title)
        self.alarm_bar = AlarmBar()
        info = view.info
        self.traces = TracesPanel(info)
        self.scores = ScoresPanel(info)
        self.timeline = TimelinePanel(info)
        self.spectrum = SpectrumPanel(info)
        self.head = HeadPanel()
        self.timing = TimingPanel()
        self.legs = LegsPanel()
        self.log = LogPanel()
        self._panels: tuple[Panel, ...] = (
            self.traces,
            self.scores,
            self.timeline,
            self.spectrum,
            self.head,
            self.timing,
            self.legs,
            self.log,
        )
        self._splitters = self._lay_out()
        self._original = [splitter.saveState() for splitter in self._splitters]
        self._connect()
        self._place()
        self._recall()
        self.setFocus()
        self.refresh()

    # --- showing ---------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show the present state of the view; called many times a second."""
        self.traces.refresh(self.view)
        self.legs.refresh(self.view)
        now_s = time.monotonic()
        if now_s >= self._words_due_s:
            self._words_due_s = now_s + _WORDS_EVERY_S
            self._refresh_words()
        if now_s >= self._slow_due_s:
            self._slow_due_s = now_s + _SLOW_EVERY_S
            self._refresh_slow(self._clock())

    def refresh_all(self) -> None:
        """Show everything now, what is otherwise shown less often included."""
        self._words_due_s = self._slow_due_s = 0.0
        self.refresh()

    def _refresh_words(self) -> None:
        self.header.refresh(self.view)
        self.alarm_bar.show_alarms(alarms_of(self.view))
        self.scores.span_s = self.timeline.span_s = self.traces.span_s
        for panel in (self.scores, self.timeline, self.log):
            panel.refresh(self.view)

    def _refresh_slow(self, now_s: float) -> None:
        self.spectrum.refresh(self.view)
        self.timing.show_figures(timing_figures(self.view, now_s))
        self.head.show_electrodes(self.view.electrodes)
        self.traces.show_electrodes(self.view.electrodes)

    # --- style -----------------------------------------------------------------------------------

    def restyle(self, theme: Theme, scale: float) -> None:
        """Take on a theme and a size."""
        self.theme, self.scale = theme, scale
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.setStyle("Fusion")
            app.setPalette(palette(theme))
        self.setStyleSheet(style_sheet(theme, scale))
        self.header.restyle(theme)
        for panel in self._panels:
            panel.restyle(theme, scale)
        self.refresh_all()

    def toggle_theme(self) -> None:
        """Change between dark and light."""
        self.restyle(LIGHT if self.theme is DARK else DARK, self.scale)

    def zoom(self, steps: int) -> None:
        """Make everything larger or smaller."""
        nearest = min(range(len(_SCALES)), key=lambda k: abs(_SCALES[k] - self.scale))
        wanted = min(max(nearest + steps, 0), len(_SCALES) - 1)
        self.restyle(self.theme, _SCALES[wanted])

    def reset_layout(self) -> None:
        """Go back to the original layout and size."""
        for splitter, state in zip(self._splitters, self._original, strict=True):
            splitter.restoreState(state)
        self.restyle(self.theme, 1.0)

    # --- the researcher --------------------------------------------------------------------------

    def stop(self) -> None:
        """Stop the exoskeleton: at once, before anything is drawn."""
        if self._controls is not None:
            self._controls.stop("stopped by the researcher")

    def release(self) -> None:
        """Leave the stop."""
        if self._controls is not None:
            self._controls.release()

    def note(self) -> None:
        """Ask for a note and write it down."""
        if self._controls is None:
            return
        text, given = QInputDialog.getText(self, "Note", "What happened?")
        if given and text.strip():
            self._controls.note(text.strip())

    def mark_idle(self) -> None:
        """Note that the subject looks at no target, or no longer."""
        if self._controls is not None:
            asked = self.view.asked
            self._controls.mark_idle(idle=asked is None or asked.asked is not Asked.IDLE)

    def take_back(self) -> None:
        """Note that the last command was not wanted."""
        if self._controls is not None:
            self._controls.take_back()

    def show_keys(self) -> None:
        """Show what the keyboard does."""
        rows = "".join(
            f"<tr><td><b>{keys}</b></td><td style='padding-left:16px'>{meaning}</td></tr>"
            for keys, meaning in (*self.keys_listed, *_COMMON_KEYS)
        )
        box = QMessageBox(self)
        box.setWindowTitle("Keyboard")
        box.setText(f"<table>{rows}</table>")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    def session_over(self, reason: str) -> None:
        """Go on showing what was seen last, and why the session ended; there is nothing to ask."""
        self._controls = None
        self.view.end(reason)
        self.header.hide_controls()
        self.refresh_all()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Stop the exoskeleton, remember the layout, end the session."""
        if self._controls is not None:
            self._controls.stop("the operator window was closed")
            self._controls.end()
        if self._settings is not None:
            remember(self._settings, self, self._splitters, self.theme, self.scale)
        super().closeEvent(event)
        self.closed.emit()

    # --- construction ----------------------------------------------------------------------------

    def _lay_out(self) -> list[QSplitter]:
        left = _splitter(
            Qt.Orientation.Vertical, (self.traces, 52), (self.scores, 28), (self.timeline, 15)
        )
        states = _splitter(Qt.Orientation.Horizontal, (self.head, 44), (self.timing, 56))
        right = _splitter(
            Qt.Orientation.Vertical,
            (self.spectrum, 24),
            (states, 25),
            (self.legs, 27),
            (self.log, 22),
        )
        main = _splitter(Qt.Orientation.Horizontal, (left, 64), (right, 36))
        ground = QWidget()
        ground.setObjectName("ground")
        self.column = QVBoxLayout(ground)
        self.column.setContentsMargins(10, 8, 10, 10)
        self.column.setSpacing(8)
        self.column.addWidget(self.header)
        self.column.addWidget(self.alarm_bar)
        self.column.addWidget(main, 1)
        self.setCentralWidget(ground)
        return [main, left, right, states]

    def _connect(self) -> None:
        header = self.header
        if self._controls is None:
            header.hide_controls()
        else:
            self._connect_session()
        header.restyled.connect(self.toggle_theme)
        traces = self.traces
        for keys, action in (
            ("T", self.toggle_theme),
            ("F", lambda: _step(traces.filter_choice, 1, around=True)),
            ("C", lambda: _step(self.spectrum.channel_choice, 1, around=True)),
            ("Up", lambda: _step(traces.scale_choice, -1)),
            ("Down", lambda: _step(traces.scale_choice, 1)),
            ("[", lambda: _step(traces.span_choice, -1)),
            ("]", lambda: _step(traces.span_choice, 1)),
            ("Ctrl++", lambda: self.zoom(1)),
            ("Ctrl+=", lambda: self.zoom(1)),
            ("Ctrl+-", lambda: self.zoom(-1)),
            ("Ctrl+0", self.reset_layout),
            ("F1", self.show_keys),
            ("Ctrl+Q", self.close),
        ):
            self.add_key(keys, action)

    def _connect_session(self) -> None:
        header = self.header
        header.stopped.connect(self.stop)
        header.released.connect(self.release)
        header.begin_button.setVisible(self._flicker is not None)
        header.pause_button.setVisible(self._flicker is not None)
        if self._flicker is not None:
            header.begun.connect(self._flicker.begin)
            header.paused.connect(self._flicker.pause)
        header.noted.connect(self.note)
        for keys, action in (
            ("Space", self.stop),
            ("Escape", self.stop),
            ("R", header.press_release),
            ("B", header.begin_button.click),
            ("P", header.pause_button.click),
            ("N", self.note),
            ("I", self.mark_idle),
            ("X", self.take_back),
        ):
            self.add_key(keys, action)

    def add_key(self, keys: str, action: Callable[[], object]) -> None:
        """Let a key do something, whatever has the focus."""
        shortcut = QShortcut(QKeySequence(keys), self)
        shortcut.setAutoRepeat(keys in ("Up", "Down", "[", "]", "Left", "Right"))
        shortcut.activated.connect(action)

    def _place(self) -> None:
        """Take the upper right of the screen: a small subject window goes to the lower left."""
        free = self.screen().availableGeometry()
        self.resize(min(1600, free.width()), min(960, free.height()))
        self.move(free.right() + 1 - self.width(), free.top())

    def _recall(self) -> None:
        theme, scale = DARK, 1.0
        if self._settings is not None:
            theme, scale = recall(self._settings, self, self._splitters)
        self.restyle(theme, min(max(scale, _SCALES[0]), _SCALES[-1]))


def _splitter(orientation: Qt.Orientation, *parts: tuple[QWidget, int]) -> QSplitter:
    splitter = QSplitter(orientation)
    splitter.setHandleWidth(8)
    splitter.setChildrenCollapsible(False)
    for k, (part, share) in enumerate(parts):
        splitter.addWidget(part)
        splitter.setStretchFactor(k, share)
    splitter.setSizes([10 * share for _, share in parts])
    return splitter


def _step(choice: QComboBox, step: int, *, around: bool = False) -> None:
    index = choice.currentIndex() + step
    if around:
        index %= choice.count()
    if 0 <= index < choice.count():
        choice.setCurrentIndex(index)

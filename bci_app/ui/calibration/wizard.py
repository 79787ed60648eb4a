"""The window of the guided calibration: pages from the headset to the profile."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSettings
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from bci_app.runtime.guided_calibration import GuidedCalibration
from bci_app.ui.app import application, remembered
from bci_app.ui.calibration.frequencies_page import FrequenciesPage
from bci_app.ui.calibration.page import Page
from bci_app.ui.calibration.result_pages import ProfilePage, ResultPage
from bci_app.ui.calibration.signal_pages import HeadsetPage, QualityPage
from bci_app.ui.calibration.step_runner import StepRunner
from bci_app.ui.calibration.trials_page import TrialsPage
from bci_app.ui.theme import DARK, LIGHT, THEMES, Theme, palette, style_sheet

_SIZE = (1000, 720)


def run_wizard(guided: GuidedCalibration) -> Path | None:
    """Show the wizard until it is closed; to be called from the main thread.

    Parameters
    ----------
    guided : GuidedCalibration

    Returns
    -------
    Path or None
        The profile, None when it was closed before there was one; what was recorded is kept.
    """
    app = application()
    wizard = CalibrationWizard(guided, remembered())
    wizard.show()
    wizard.closed = app.quit
    app.exec()
    return wizard.profile.path


class CalibrationWizard(QMainWindow):
    """The pages, one in front, with a way forward, a way back, and where one is.

    Parameters
    ----------
    guided : GuidedCalibration
    settings : QSettings or None
        Where the theme is remembered; None to forget it.
    """

    def __init__(self, guided: GuidedCalibration, settings: QSettings | None = None) -> None:
        super().__init__()
        self._settings = settings
        self.theme: Theme = DARK
        self.closed: Callable[[], object] = _nothing
        self.runner = StepRunner()
        self.headset = HeadsetPage(guided, self.runner)
        self.quality = QualityPage(guided, self.runner)
        self.frequencies = FrequenciesPage(guided, self.runner)
        self.trials = TrialsPage(guided, self.runner)
        self.result = ResultPage(guided, self.runner)
        self.profile = ProfilePage(guided, self.runner, self.result)
        self.pages: tuple[Page, ...] = (
            self.headset,
            self.quality,
            self.frequencies,
            self.trials,
            self.result,
            self.profile,
        )
        visit = guided.visit
        self.setWindowTitle(f"bci-app: calibration of subject {visit.subject}")
        self._stack = QStackedWidget()
        self._steps = [QLabel(page.title) for page in self.pages]
        self.back_button = QPushButton("◂  Back")
        self.back_button.setToolTip("The page before (Alt+Left)")
        self.next_button = QPushButton()
        self.next_button.setObjectName("primary")
        self.next_button.setToolTip("The next page (Alt+Right)")
        self.style_button = QPushButton()
        self.style_button.setToolTip("Dark or light (T)")
        self._lay_out()
        self._connect()
        self.resize(*_SIZE)
        name = "dark" if settings is None else str(settings.value("theme", "dark"))
        self.restyle(THEMES.get(name, DARK), 1.0)
        self._show_page()

    @property
    def page(self) -> Page:
        """The page in front."""
        return self.pages[self._stack.currentIndex()]

    # --- navigation -------------------------------------------------------------------------------

    def go_next(self) -> None:
        """Go to the next page; after the last one, close."""
        if not self.page.is_ready:
            return
        if self.page is self.profile:
            self.close()
        else:
            self.go_to(self._stack.currentIndex() + 1)

    def go_back(self) -> None:
        """Go to the page before; a step under way is ended, and what it recorded is kept."""
        if self._stack.currentIndex() > 0:
            self.go_to(self._stack.currentIndex() - 1)

    def go_to(self, index: int) -> None:
        """Bring a page to the front."""
        self.page.leave()
        self.show_page(index)
        self.page.enter()

    def show_page(self, index: int) -> None:
        """Show a page without beginning its step."""
        self._stack.setCurrentIndex(index)
        self._show_page()

    def _on(self, page: Page, action: Callable[[], object]) -> None:
        """Do something if its page is in front, whatever has the focus."""
        if self.page is page:
            action()

    def _show_page(self) -> None:
        current = self._stack.currentIndex()
        for k, (step, page) in enumerate(zip(self._steps, self.pages, strict=True)):
            sign = "●" if k < current else "▶" if k == current else "○"
            step.setText(f"{sign} {page.title}")
            step.setObjectName("" if k == current else "title")
            step.setStyleSheet(
                f"color: {self.theme.text}; font-weight: bold;" if k == current else ""
            )
        self._refresh()

    def _refresh(self) -> None:
        page = self.page
        self.next_button.setText(page.next_words)
        self.next_button.setEnabled(page.is_ready)
        self.back_button.setEnabled(self._stack.currentIndex() > 0)

    # --- construction -----------------------------------------------------------------------------

    def _lay_out(self) -> None:
        ground = QWidget()
        ground.setObjectName("ground")
        column = QVBoxLayout(ground)
        column.setContentsMargins(16, 12, 16, 14)
        column.setSpacing(12)
        top = QHBoxLayout()
        top.setSpacing(18)
        for step in self._steps:
            top.addWidget(step)
        top.addStretch(1)
        top.addWidget(self.style_button)
        column.addLayout(top)
        for page in self.pages:
            self._stack.addWidget(page)
        column.addWidget(self._stack, 1)
        bottom = QHBoxLayout()
        bottom.addWidget(self.back_button)
        bottom.addStretch(1)
        bottom.addWidget(self.next_button)
        column.addLayout(bottom)
        self.setCentralWidget(ground)

    def _connect(self) -> None:
        for page in self.pages:
            page.changed.connect(self._refresh)
        self.runner.told.connect(lambda event: self.page.take(event))
        self.runner.finished.connect(lambda result: self.page.finish(result))
        self.runner.failed.connect(lambda message: self.page.fail(message))
        self.back_button.clicked.connect(self.go_back)
        self.next_button.clicked.connect(self.go_next)
        self.style_button.clicked.connect(self.toggle_theme)
        on_page = (
            ("C", self.headset, self.headset.connect_button.click),
            ("I", self.quality, self.quality.impedance_button.click),
            ("S", self.frequencies, self.frequencies.sweep_button.click),
            ("U", self.frequencies, self.frequencies.use_button.click),
            ("B", self.trials, self.trials.begin_button.click),
            ("P", self.trials, self.trials.pause_button.click),
            ("Space", self.trials, self.trials.stop_now),
            ("Escape", self.trials, self.trials.stop_now),
            ("O", self.profile, self.profile.report_button.click),
        )
        for keys, page, action in on_page:
            QShortcut(QKeySequence(keys), self).activated.connect(partial(self._on, page, action))
        for keys, act in (
            ("Alt+Left", self.go_back),
            ("Alt+Right", self.go_next),
            ("T", self.toggle_theme),
            ("Ctrl+Q", self.close),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(act)

    # --- style and end ----------------------------------------------------------------------------

    def toggle_theme(self) -> None:
        """Change between dark and light."""
        self.restyle(LIGHT if self.theme is DARK else DARK, 1.0)

    def restyle(self, theme: Theme, scale: float) -> None:
        """Take on a theme and a size."""
        self.theme = theme
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.setStyle("Fusion")
            app.setPalette(palette(theme))
        self.setStyleSheet(style_sheet(theme, scale) + _own_style(theme))
        self.style_button.setText("Dark" if theme is LIGHT else "Light")
        for page in self.pages:
            page.restyle(theme, scale)
        self._show_page()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """End what is under way; what was recorded is kept, and can be gone on with."""
        self.runner.stop()
        if self._settings is not None:
            self._settings.setValue("theme", self.theme.name)
        super().closeEvent(event)
        self.closed()


def _nothing() -> None:
    """Do nothing."""


def _own_style(theme: Theme) -> str:
    return f"""
    QProgressBar {{ background: {theme.ground}; border: 1px solid {theme.line};
        border-radius: 4px; max-height: 10px; }}
    QProgressBar::chunk {{ background: {theme.accent}; border-radius: 3px; }}
    QPushButton#primary:disabled {{ border: 1px solid {theme.line}; font-weight: normal; }}
    QPushButton#stop:disabled {{ background: {theme.line}; color: {theme.faint}; }}
    QScrollArea {{ background: transparent; }}
    """

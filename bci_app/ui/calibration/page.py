"""What the pages of the wizard have in common."""

from abc import abstractmethod

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from bci_app.runtime.guided_calibration import GuidedCalibration
from bci_app.ui.calibration.step_runner import StepRunner
from bci_app.ui.theme import DARK, Theme


class Page(QWidget):
    """One step of the wizard.

    Parameters
    ----------
    guided : GuidedCalibration
    runner : StepRunner
        Shared by all pages; only the page in front listens to it.

    Attributes
    ----------
    title : str
        In the list of steps.
    is_ready : bool
        Whether one may go on to the next page.
    next_words : str
        What the button to the next page says.
    changed : Signal
        One of these, or what is running, has changed.
    """

    title = ""
    changed = Signal()

    def __init__(self, guided: GuidedCalibration, runner: StepRunner) -> None:
        super().__init__()
        self.guided = guided
        self.runner = runner
        self.theme: Theme = DARK
        self.scale = 1.0
        self.is_ready = False
        self.next_words = "Next  ▸"
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(10)

    def restyle(self, theme: Theme, scale: float) -> None:
        """Take on a theme and a size."""
        self.theme, self.scale = theme, scale

    @abstractmethod
    def enter(self) -> None:
        """Come to the front."""

    def leave(self) -> None:
        """Go from the front: a step under way is ended."""
        self.runner.stop()

    def take(self, event: object) -> None:
        """Take in what the step said."""

    def finish(self, result: object) -> None:
        """Take in what came of the step."""

    def fail(self, message: str) -> None:
        """Take in what went wrong with the step."""


def panel(title: str, *parts: QWidget, stretch: bool = False) -> QFrame:
    """Return a titled frame with widgets below each other."""
    frame = QFrame()
    frame.setObjectName("panel")
    column = QVBoxLayout(frame)
    column.setContentsMargins(14, 10, 14, 12)
    column.setSpacing(8)
    column.addWidget(label(title, "title"))
    for part in parts:
        column.addWidget(part)
    if stretch:
        column.addStretch(1)
    return frame


def buttons(*parts: QPushButton) -> QWidget:
    """Return buttons beside each other, as wide as their words."""
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    for part in parts:
        layout.addWidget(part)
    layout.addStretch(1)
    return row


def label(text: str, name: str = "") -> QLabel:
    """Return words that wrap; `name` is one of the style sheet's."""
    words = QLabel(text)
    words.setWordWrap(True)
    words.setTextFormat(Qt.TextFormat.PlainText)
    if name:
        words.setObjectName(name)
    return words


def button(text: str, tip: str) -> QPushButton:
    """Return a button that Enter presses when it has the focus."""
    made = QPushButton(text)
    made.setToolTip(tip)
    made.setAutoDefault(True)
    return made


def progress_bar() -> QProgressBar:
    """Return a bar that says nothing in itself: words stand beside it."""
    bar = QProgressBar()
    bar.setTextVisible(False)
    bar.setMaximum(1000)
    return bar

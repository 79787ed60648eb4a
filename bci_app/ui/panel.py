"""What all panels of the operator window have in common."""

from abc import abstractmethod

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from bci_app.ui.session_view import SessionView
from bci_app.ui.theme import DARK, Theme


class Panel(QFrame):
    """A titled frame that shows one thing of a session.

    Parameters
    ----------
    title : str
    tool_tip : str
        What is to be seen here, for somebody who sees it for the first time.

    Attributes
    ----------
    theme : Theme
    scale : float
        Of all sizes, 1 for 100 %.
    """

    def __init__(self, title: str, tool_tip: str) -> None:
        super().__init__()
        self.theme: Theme = DARK
        self.scale = 1.0
        self.setObjectName("panel")
        self.setToolTip(tool_tip)
        label = QLabel(title)
        label.setObjectName("title")
        self.head = QHBoxLayout()
        self.head.setSpacing(8)
        self.head.addWidget(label)
        self.head.addStretch(1)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(10, 6, 10, 8)
        self.body.setSpacing(4)
        self.body.addLayout(self.head)

    def add_tool(self, tool: QWidget) -> None:
        """Put a control into the title's line."""
        tool.setObjectName("tool")
        tool.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.head.addWidget(tool)

    def restyle(self, theme: Theme, scale: float) -> None:
        """Take on a theme and a size."""
        self.theme, self.scale = theme, scale
        self.apply_style()
        self.update()

    @abstractmethod
    def apply_style(self) -> None:
        """Colour and size what Qt does not by itself."""

    @abstractmethod
    def refresh(self, view: SessionView) -> None:
        """Show the present state."""

"""The one place where a session's events become Qt's."""

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from bci_app.ui.mailbox import Mailbox
from bci_app.ui.session_view import SessionView

FRAME_MS = 33


class SessionSignals(QObject):
    """Moves what waits in a mailbox into a view, 30 times a second, and says so.

    Parameters
    ----------
    mailbox : Mailbox
        Filled from any thread.
    view : SessionView
        Touched in Qt's thread alone.

    Attributes
    ----------
    refreshed : Signal
        The view is up to date: draw.
    """

    refreshed = Signal()

    def __init__(self, mailbox: Mailbox, view: SessionView) -> None:
        super().__init__()
        self._mailbox = mailbox
        self._view = view
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self.deliver)

    def start(self) -> None:
        """Begin to deliver."""
        self._timer.start()

    def stop(self) -> None:
        """Deliver what is left and stop."""
        self._timer.stop()
        self.deliver()

    def deliver(self) -> None:
        """Deliver what waits now."""
        for event, at_s in self._mailbox.take():
            self._view.take(event, at_s)
        self.refreshed.emit()

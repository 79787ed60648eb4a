"""The subject window's process: reads requests on standard input, reports on standard output."""

import contextlib
import os
import sys
import threading

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication

from bci_app.errors import BciAppError
from bci_app.stimulus.messages import (
    SIGN_OF_LIFE,
    Failed,
    MessageReader,
    Show,
    StimulusProtocolError,
    StimulusReport,
    encode,
)
from bci_app.stimulus.window import SubjectWindow

_STDIN, _STDOUT = 0, 1
# A frame that waits for the processor is a frame missed.
_PRIORITY = -10
_ALIVE_EVERY_MS = 500


class _Requests(QObject):
    """Brings what arrives on standard input into Qt's thread."""

    arrived = Signal(object)
    ended = Signal()

    def read(self) -> None:
        while data := os.read(_STDIN, 65536):
            self.arrived.emit(data)
        self.ended.emit()


class _Session(QObject):
    """Connects the parent with the window."""

    def __init__(self, app: QGuiApplication) -> None:
        super().__init__()
        self._app = app
        self._messages = MessageReader()
        self._window: SubjectWindow | None = None
        self.exit_code = 0

    def take(self, data: bytes) -> None:
        try:
            for message in self._messages.feed(data):
                if self._window is None:
                    self._open(message)
                else:
                    self._window.handle(message)  # type: ignore[arg-type]  # a parent requests
        except BciAppError as error:
            self.fail(str(error))

    def leave(self) -> None:
        """End with the parent."""
        if self._window is not None:
            self._window.close()
        self._app.quit()

    def fail(self, reason: str) -> None:
        self.exit_code = 1
        self.report(Failed(reason))
        self.leave()

    def report(self, report: StimulusReport) -> None:
        """Write a report; a parent that has gone, or has not read for long, is left."""
        self._write(encode(report))

    def live(self) -> None:
        """Tell the parent that keys are heard: a window that hangs says nothing."""
        self._write(SIGN_OF_LIFE)

    def _write(self, line: bytes) -> None:
        try:
            if os.write(_STDOUT, line) == len(line):
                return
        except (BrokenPipeError, BlockingIOError):
            pass
        self._app.quit()

    def _open(self, message: object) -> None:
        if not isinstance(message, Show):
            raise StimulusProtocolError("the first message must be Show")
        screens = self._app.screens()
        settings = message.settings
        if settings.display >= len(screens):
            raise StimulusProtocolError(
                f"there is no display {settings.display}: this machine has {len(screens)}, "
                "counted from 0"
            )
        self._window = SubjectWindow(settings, self.report)
        self._window.setScreen(screens[settings.display])
        self._window.open()


def main() -> int:
    """Show the subject window until the parent, or the subject, has enough."""
    os.environ["QT_QPA_UPDATE_IDLE_TIME"] = "0"  # Qt would wait 5 ms before each frame
    if os.name != "nt":
        os.set_blocking(_STDOUT, False)
        with contextlib.suppress(PermissionError):  # asks; only some users may
            os.setpriority(os.PRIO_PROCESS, 0, _PRIORITY)
    QGuiApplication.setApplicationName("bci-app")
    app = QGuiApplication(sys.argv)
    session = _Session(app)
    requests = _Requests()
    requests.arrived.connect(session.take, Qt.ConnectionType.QueuedConnection)
    requests.ended.connect(session.leave, Qt.ConnectionType.QueuedConnection)
    heart = QTimer(app)
    heart.timeout.connect(session.live)
    heart.start(_ALIVE_EVERY_MS)
    # A daemon: when the subject closes the window it still waits for a parent that may say nothing.
    threading.Thread(target=requests.read, name="stimulus requests", daemon=True).start()
    app.exec()
    return session.exit_code

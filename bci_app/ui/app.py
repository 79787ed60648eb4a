"""A session with its operator window: the session in a thread of its own, Qt in the main one."""

import sys
import threading
from collections.abc import Callable, Iterable
from typing import Generic, Protocol, TypeVar

from PySide6.QtCore import QObject, QSettings, Qt, Signal
from PySide6.QtWidgets import QApplication

from bci_app.errors import BciAppError
from bci_app.online.settings import PathSettings
from bci_app.runtime.session import Listener
from bci_app.ui.mailbox import Mailbox
from bci_app.ui.operator_window import Controls, FlickerControls, OperatorWindow
from bci_app.ui.session_signals import SessionSignals
from bci_app.ui.session_values import SessionInfo
from bci_app.ui.session_view import SessionView
from devices.headset.source import HeadsetInfo

Result = TypeVar("Result")
# The session's thread must not wait for the interpreter while the window draws: of the 5 ms that
# Python grants by default, several would be spent between the last sample and the command.
_SWITCH_INTERVAL_S = 0.0005


class DisplayLostError(BciAppError):
    """The display went away while a session was shown on it."""


class SessionControls(Controls, FlickerControls, Protocol):
    """All that the researcher can do."""

    @property
    def ended(self) -> bool:
        """Whether the end was asked for."""


AttachWindow = Callable[[HeadsetInfo, SessionControls], Iterable[Listener]]
"""To be called once the headset streams: opens the window, returns what must hear all events."""


def remembered() -> QSettings:
    """Where windows remember their layout: one file in the user's configuration folder."""
    return QSettings(
        QSettings.Format.IniFormat, QSettings.Scope.UserScope, "bci-app", "operator-window"
    )


def application() -> QApplication:
    """Return the process's Qt application, made now if there is none."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    app = QApplication(["bci-app"])
    app.setApplicationDisplayName("bci-app")
    app.setQuitOnLastWindowClosed(False)  # the session's thread has the last word
    return app


def run_with_window(
    work: Callable[[AttachWindow], Result],
    *,
    title: str,
    settings: PathSettings,
    calibrated: bool = False,
    flicker: bool = False,
    layout: QSettings | None = None,
) -> Result:
    """Run a session while its operator window is open; to be called from the main thread.

    Closing the window stops the exoskeleton and ends the session; the end of the session closes
    the window, unless an error ended it: then the window says so until it is closed. Either way
    nothing is left when this returns.

    Parameters
    ----------
    work : callable
        The session. Runs in a thread of its own, and calls what it is given (with the headset's
        description and the session's controls) once, to have the window opened.
    title : str
        What is being done, and with whom.
    settings : PathSettings
    calibrated : bool
        Whether a model that was fitted to the subject decides, whose scores are probabilities.
    flicker : bool
        Whether there are targets that the researcher can let flicker and stand still.
    layout : QSettings or None
        Where layout, theme and size are remembered, see :func:`remembered`.

    Returns
    -------
    object
        What `work` returned; what it raised is raised here.

    Raises
    ------
    DisplayLostError
        When the display went away; the exoskeleton was stopped and the session ended.
    """
    app = application()
    switch_interval_s = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    shell = _Shell(title, settings, calibrated, flicker, layout)
    runner = _Runner(work, shell)
    thread = threading.Thread(target=runner.run, name="session")
    runner.ended.connect(shell.session_ended, Qt.ConnectionType.QueuedConnection)
    thread.start()
    try:
        display_lost = app.exec() != 0  # so Qt ends by itself then
        if display_lost:
            shell.stop("the display of the operator window is gone")
    finally:
        shell.end()
        thread.join()
        shell.close()
        sys.setswitchinterval(switch_interval_s)
    result = runner.result()
    if display_lost:
        raise DisplayLostError(
            "the display of the operator window is gone: expected one that stays. The legs were "
            "stopped and the session was ended; what was recorded until then is safe."
        )
    return result


class _Shell(QObject):
    """Opens the window in Qt's thread when the session's thread asks for it."""

    attached = Signal(object, object, object)

    def __init__(
        self,
        title: str,
        settings: PathSettings,
        calibrated: bool,
        flicker: bool,
        layout: QSettings | None,
    ) -> None:
        super().__init__()
        self._title = title
        self._settings = settings
        self._calibrated = calibrated
        self._flicker = flicker
        self._layout = layout
        self._controls: SessionControls | None = None
        self._signals: SessionSignals | None = None
        self.window: OperatorWindow | None = None
        self.attached.connect(self._open, Qt.ConnectionType.QueuedConnection)

    def attach(self, info: HeadsetInfo, controls: SessionControls) -> list[Listener]:
        """Ask for the window; called in the session's thread."""
        mailbox = Mailbox()
        self._controls = controls
        self.attached.emit(info, controls, mailbox)
        return [mailbox]

    def session_ended(self, error: BaseException | None) -> None:
        """Quit; after an error only once the researcher has seen it, or a signal asks for it."""
        window, controls, signals = self.window, self._controls, self._signals
        if error is None or window is None or controls is None or signals is None:
            application().quit()
            return
        if not window.isVisible():  # the researcher has closed it, upon which all ended
            application().quit()
            return
        window.session_over(str(error) or type(error).__name__)
        window.closed.connect(application().quit)
        signals.refreshed.connect(lambda: application().quit() if controls.ended else None)

    def stop(self, reason: str) -> None:
        """Stop the exoskeleton, if the session has come so far."""
        if self._controls is not None:
            self._controls.stop(reason)

    def end(self) -> None:
        """Ask the session to end, if it has not."""
        if self._controls is not None:
            self._controls.end()

    def close(self) -> None:
        """Close the window after the session has ended."""
        if self._signals is not None:
            self._signals.stop()
        if self.window is not None:
            self.window.close()
            self.window.deleteLater()
            self.window = None
        application().processEvents()

    def _open(self, info: HeadsetInfo, controls: SessionControls, mailbox: Mailbox) -> None:
        view = SessionView(
            SessionInfo(
                title=f"{self._title} · {info.name}",
                channel_names=info.channel_names,
                sampling_rate_hz=info.sampling_rate_hz,
                settings=self._settings,
                calibrated=self._calibrated,
            )
        )
        self.window = OperatorWindow(
            view, controls, controls if self._flicker else None, self._layout
        )
        self._signals = SessionSignals(mailbox, view)
        self._signals.refreshed.connect(self.window.refresh)
        self._signals.start()
        self.window.show()


class _Runner(QObject, Generic[Result]):
    """Runs the session and keeps what came of it."""

    ended = Signal(object)

    def __init__(self, work: Callable[[AttachWindow], Result], shell: _Shell) -> None:
        super().__init__()
        self._work = work
        self._shell = shell
        self._results: list[Result] = []
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self._results.append(self._work(self._shell.attach))
        except BaseException as error:  # noqa: BLE001 - raised again in the main thread
            self.error = error
        self.ended.emit(self.error)

    def result(self) -> Result:
        if self.error is not None:
            raise self.error
        return self._results[0]

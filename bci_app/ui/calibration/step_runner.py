"""Runs one step of a calibration in a thread of its own, and brings what it tells to Qt."""

import threading
from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from bci_app.errors import BciAppError
from bci_app.runtime.calibrating import Progress
from bci_app.runtime.controls import Controls
from bci_app.runtime.guided_run import Led
from calibration.errors import CalibrationError
from devices.errors import DeviceError

Step = Callable[[Controls, Callable[[object], None]], object]
"""A step: is given its controls and whom to tell, returns what came of it."""

_DELIVER_MS = 50


def ending_with(controls: Controls, tell: Progress = lambda *_: None) -> Progress:
    """Return a progress that breaks a fit off once the controls are ended."""

    def progress(what: str, share: float) -> None:
        if controls.ended:
            raise CalibrationError("the fit was broken off")
        tell(what, share)

    return progress


class StepRunner(QObject):
    """One step at a time.

    Attributes
    ----------
    told : Signal
        Something that the step said; of how far it is, only the latest.
    finished : Signal
        What the step returned.
    failed : Signal
        What went wrong, in words.
    """

    told = Signal(object)
    finished = Signal(object)
    failed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.controls = Controls()
        self._thread: threading.Thread | None = None
        self._waiting: deque[object] = deque()
        self._led: Led | None = None
        self._end: tuple[str, object] | None = None
        self._bug: BaseException | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_DELIVER_MS)
        self._timer.timeout.connect(self._deliver)

    @property
    def running(self) -> bool:
        """Whether a step is under way."""
        return self._thread is not None

    def start(self, step: Step) -> None:
        """Begin a step.

        Raises
        ------
        RuntimeError
            When another one is under way.
        """
        if self.running:
            raise RuntimeError("one step at a time")
        self.controls = Controls()
        self._waiting.clear()
        self._led = self._end = None
        self._thread = threading.Thread(
            target=self._run, args=(step, self.controls), name="calibration"
        )
        self._thread.start()
        self._timer.start()

    def stop(self) -> None:
        """End the step and wait for it; what it returns is dropped."""
        if self._thread is None:
            return
        self.controls.end()
        self._thread.join()
        self._timer.stop()
        self._thread = None
        self._raise_bug()

    def _run(self, step: Step, controls: Controls) -> None:
        try:
            self._end = ("finished", step(controls, self._tell))
        except (BciAppError, CalibrationError, DeviceError) as error:
            self._end = ("failed", str(error))
        except BaseException as bug:  # noqa: BLE001 - raised again in Qt's thread
            self._bug = bug
            self._end = ("failed", f"a fault of the program: {bug!r}")

    def _tell(self, event: object) -> None:
        if isinstance(event, Led):
            self._led = event
        else:
            self._waiting.append(event)

    def _deliver(self) -> None:
        end = self._end  # before the rest: what was told before it is delivered before it
        while self._waiting:
            self.told.emit(self._waiting.popleft())
        led, self._led = self._led, None
        if led is not None:
            self.told.emit(led)
        if end is not None and self._thread is not None:
            self._thread.join()
            self._timer.stop()
            self._thread = None
            kind, value = end
            if kind == "finished":
                self.finished.emit(value)
            else:
                self.failed.emit(value)
            self._raise_bug()

    def _raise_bug(self) -> None:
        bug, self._bug = self._bug, None
        if bug is not None:
            raise bug

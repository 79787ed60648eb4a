"""The subject window as a session sees it: a process of its own behind a pair of pipes."""

import contextlib
import os
import queue
import select
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from typing import Self

from bci_app.errors import BciAppError
from bci_app.stimulus.messages import (
    Close,
    Closed,
    Declined,
    Failed,
    MessageReader,
    Ready,
    Show,
    StimulusProtocolError,
    StimulusReport,
    StimulusRequest,
    StopRequested,
    encode,
)
from bci_app.stimulus.settings import StimulusSettings

SILENT_S = 2.0
"""A window that has shown no sign of life for so long hangs: it would hear no key."""

_END_TIMEOUT_S = 3.0
_WAIT_S = 0.25
_MAX_WAITING_REPORTS = 4096


class StimulusError(BciAppError):
    """The stimulus could not be shown."""


class StimulusProcess:
    """The subject window: send requests, receive reports.

    Parameters
    ----------
    settings : StimulusSettings
    on_stop : callable
        Called with each request to stop, from the reading thread and before the report is queued,
        so that a stop passes everything else by. Also called when the window's process dies or
        hangs, and when the reading thread dies of a mistake.

    Notes
    -----
    The process ends with the session's: it reads the end of its input. A window that hangs is ended
    after `SILENT_S`. What it reports waits in a bounded queue; when nobody takes it, the oldest is
    dropped: a stop went its own way before.
    """

    def __init__(
        self, settings: StimulusSettings, on_stop: Callable[[StopRequested], None]
    ) -> None:
        self._settings = settings
        self._on_stop = on_stop
        self._reports: queue.Queue[StimulusReport] = queue.Queue(_MAX_WAITING_REPORTS)
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._lock = threading.Lock()
        self._watched = False
        self._said_goodbye = False
        self._bug: BaseException | None = None

    @property
    def process_id(self) -> int | None:
        """Of the window's process, None before the start."""
        return None if self._process is None else self._process.pid

    def start(self, timeout_s: float = 20.0) -> Ready:
        """Open the window with its notice and measure the refresh rate.

        Raises
        ------
        StimulusError
            When there is no display, the settings do not fit it, or it takes too long.
        """
        if self._process is not None:
            raise RuntimeError("the stimulus has already been started")
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close()
        process = subprocess.Popen(
            [sys.executable, "-m", "bci_app.stimulus"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            bufsize=0,
        )
        self._process = process
        self._reader = threading.Thread(
            target=self._run, args=(process,), name="stimulus reader", daemon=True
        )
        self._reader.start()
        self.send(Show(self._settings))
        deadline_s = time.monotonic() + timeout_s
        while (remaining_s := deadline_s - time.monotonic()) > 0:
            for report in self.receive(remaining_s):
                if isinstance(report, Ready):
                    self._put(report)  # whoever listens hears it too
                    return report
                if isinstance(report, Failed | Closed):
                    self.close()
                    reason = report.reason if isinstance(report, Failed) else "it was closed"
                    raise StimulusError(f"the subject window did not open: {reason}")
        self.close()
        raise StimulusError(
            f"the subject window did not open within {timeout_s:g} s: is the display reachable?"
        )

    def send(self, request: StimulusRequest) -> None:
        """Ask for something; nothing happens when the window is gone (its end was reported)."""
        if self._process is None or self._process.stdin is None:
            raise RuntimeError("the stimulus has not been started")
        # The reader sees the end of the process and reports it.
        with self._lock, contextlib.suppress(BrokenPipeError, ValueError):
            self._process.stdin.write(encode(request))

    def receive(self, timeout_s: float = 0.0) -> list[StimulusReport]:
        """Return what was reported since the last call, waiting for the first if asked to.

        An error in the reading thread that the window is not to blame for is raised here.
        """
        if self._bug is not None:
            raise self._bug
        reports: list[StimulusReport] = []
        try:
            reports.append(self._reports.get(timeout=timeout_s) if timeout_s > 0 else self._take())
            while True:
                reports.append(self._take())
        except queue.Empty:
            return reports

    def close(self) -> None:
        """Close the window and wait for its process to end; may be called twice."""
        if self._process is None or self._process.stdin is None or self._reader is None:
            return
        self._watched = False
        self.send(Close())
        with self._lock:
            self._process.stdin.close()
        try:
            self._process.wait(_END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._reader is not threading.current_thread():
            self._reader.join()
        self._errors.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _take(self) -> StimulusReport:
        return self._reports.get_nowait()

    # All below runs in the reading thread.

    def _run(self, process: subprocess.Popen[bytes]) -> None:
        try:
            self._read(process)
        except BaseException as bug:  # noqa: BLE001 - raised again in the session's thread
            self._bug = bug
            self._on_stop(StopRequested("nobody hears the subject window", time.monotonic()))
            process.kill()

    def _hear(self, process: subprocess.Popen[bytes], fd: int) -> bytes:
        """Wait for what the window says; end it when it hangs.

        Its silence is counted in waits, not by the clock: this program may have been suspended.
        """
        n_waits = 0
        while self._watched and not select.select([fd], [], [], _WAIT_S)[0]:
            n_waits += 1
            if n_waits * _WAIT_S >= SILENT_S:
                self._note(StopRequested("the subject window hangs", time.monotonic()))
                self._note(Failed(f"it has shown no sign of life for {SILENT_S:g} s"))
                process.kill()
                break
        return os.read(fd, 65536)

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        messages = MessageReader()
        with process.stdout as stdout:
            while data := self._hear(process, stdout.fileno()):
                try:
                    reports = messages.feed(data)
                except StimulusProtocolError as error:
                    process.kill()
                    self._note(StopRequested(str(error), time.monotonic()))
                    self._note(Failed(str(error)))
                    break
                for report in reports:
                    self._note(report)  # type: ignore[arg-type]  # a child sends reports alone
        process.wait()
        if not self._said_goodbye:
            self._note(
                StopRequested("the subject window's process ended", time.monotonic()),
            )
            self._note(Failed(self._last_words(process.returncode)))

    def _note(self, report: StimulusReport) -> None:
        if isinstance(report, StopRequested):
            self._on_stop(report)
        if isinstance(report, Ready):
            self._watched = os.name != "nt"  # which cannot wait for a pipe
        if isinstance(report, Closed | Declined | Failed):
            self._watched, self._said_goodbye = False, True
        self._put(report)

    def _put(self, report: StimulusReport) -> None:
        while True:
            try:
                self._reports.put_nowait(report)
                return
            except queue.Full:
                try:
                    self._reports.get_nowait()
                except queue.Empty:
                    continue

    def _last_words(self, exit_code: int) -> str:
        self._errors.seek(0)
        words = self._errors.read().decode(errors="replace").strip()
        if "could not connect to display" in words:
            return (
                "there is no display. Start it from a desktop session; where no targets are to be "
                "shown, set `show = false` in [screen] of the configuration"
            )
        if "no Qt platform plugin could be initialized" in words:
            return "Qt lacks system libraries: `bci-app doctor` says which"
        last = words.rpartition("\n")[2]
        return f"its process ended with {exit_code}{f': {last}' if last else ''}"

"""A virtual Cyton in real time, on a serial port of its own."""

import math
import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Self, TextIO

from devices.errors import DeviceError
from devices.headset.cyton.board import VirtualCyton
from devices.headset.cyton.rehearsal import Rehearsal, read_scenario
from devices.pseudo_terminal import PseudoTerminal
from devices.stopping import stopped_by_signals
from devices.virtual_brain import Subject
from devices.virtual_display import watched

_IDLE_S = 0.02
_WRITE_BYTES = 2048  # half of what a terminal's buffer takes
_WRITE_EVERY_S = 0.002


def serve(
    subject: Subject,
    on_ready: Callable[[str], None],
    *,
    commands: TextIO | None = None,
    until_commands_close: bool = False,
    on_refusal: Callable[[DeviceError], None] = lambda _: None,
    scenario: Path | None = None,
    link: Path | None = None,
    framebuffer: Path | None = None,
    stop: threading.Event | None = None,
) -> None:
    """Run a Cyton on the head of `subject` until told to stop.

    Ends when `stop` is set, and in the main thread also on SIGTERM and SIGINT.

    Parameters
    ----------
    subject : Subject
        Who wears it.
    on_ready : callable
        Called with the name of the port once a program may open it, and again each time the
        receiver was plugged in again.
    commands : text file, optional
        Read line by line: see `Rehearsal.usage`. Must have a file descriptor.
    until_commands_close : bool
        Whether the end of `commands` ends the simulation too: a child whose standard input its
        parent holds then never outlives the parent.
    on_refusal : callable
        Called with the error of a command that made no sense.
    scenario : Path, optional
        A file of commands with their times: see `read_scenario`.
    link : Path, optional
        A name for the port that stays the same when it is plugged in again.
    framebuffer : Path, optional
        Of a virtual display, whose lower right corner the board's photodiode looks at: see
        `devices.virtual_display`.
    stop : threading.Event, optional
        To be set from elsewhere.

    Raises
    ------
    DeviceError
        When the platform has no pseudo-terminals, subject and board do not fit, the scenario is
        wrong, the link cannot be made, or the framebuffer is none.
    """
    stop = stop or threading.Event()
    board = VirtualCyton(subject)
    with ExitStack() as stack:
        receiver = stack.enter_context(_Receiver(on_ready, link))
        stack.enter_context(stopped_by_signals(stop))
        if framebuffer is not None:
            stack.enter_context(watched(framebuffer, board.photodiode.shine))
        rehearsal = Rehearsal(subject, board, receiver.plug)
        steps = deque(read_scenario(scenario, rehearsal) if scenario else ())
        lines = None if commands is None else _LineReader(commands.fileno())
        started_s = time.monotonic()
        receiver.plug(True)
        while not stop.is_set():
            due_s = board.next_due_s()
            wait_s = _IDLE_S if due_s is None else max(due_s - time.monotonic(), 0.0)
            data = receiver.read(min(wait_s, receiver.busy_s))
            now_s = time.monotonic()
            receiver.write(board.receive(data, now_s) + board.transmit(now_s))
            while steps and now_s - started_s >= steps[0].at_s:
                steps.popleft().deed()
            if lines is not None:
                for line in lines.read():
                    try:
                        rehearsal.understand(line)()
                    except DeviceError as error:
                        on_refusal(error)
                if lines.closed and until_commands_close:
                    break


class _Receiver:
    """The receiver, which can be unplugged from the computer and plugged in again."""

    def __init__(self, on_plugged: Callable[[str], None], link: Path | None) -> None:
        self._on_plugged = on_plugged
        self._link = link
        self._terminal: PseudoTerminal | None = None
        self._unsent = b""

    @property
    def busy_s(self) -> float:
        """When the next portion of what was given to write is due; never when there is none."""
        return _WRITE_EVERY_S if self._unsent else math.inf

    def plug(self, into_computer: bool) -> None:
        """Plug it in, or out."""
        if into_computer and self._terminal is None:
            self._terminal = PseudoTerminal()
            self._on_plugged(self._make_link(self._terminal.port))
        elif not into_computer and self._terminal is not None:
            self._remove_link()
            self._terminal.close()
            self._terminal = None

    def read(self, timeout_s: float) -> bytes:
        if self._terminal is not None:
            return self._terminal.read(timeout_s)
        time.sleep(timeout_s)
        return b""

    def write(self, data: bytes) -> None:
        """Send in portions that the computer's buffer takes, also what was long held up."""
        self._unsent += data
        portion, self._unsent = self._unsent[:_WRITE_BYTES], self._unsent[_WRITE_BYTES:]
        if self._terminal is not None:
            self._terminal.write(portion)

    def _make_link(self, port: str) -> str:
        if self._link is None:
            return port
        try:
            self._link.unlink(missing_ok=True)
            self._link.symlink_to(port)
        except OSError as error:
            raise DeviceError(f"cannot give the port the name {self._link}: {error}") from error
        return str(self._link)

    def _remove_link(self) -> None:
        if self._link is not None:
            self._link.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.plug(False)


class _LineReader:
    """Lines from a file descriptor, without waiting for them."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._rest = b""
        self.closed = False

    def read(self) -> list[str]:
        """Return the whole lines that have arrived."""
        if self.closed or not select.select([self._fd], [], [], 0.0)[0]:
            return []
        data = os.read(self._fd, 4096)
        self.closed = not data
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [line.decode("utf-8", "replace") for line in lines if line.strip()]

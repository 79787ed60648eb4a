"""A virtual Cyton in real time, on a serial port of its own."""

import os
import select
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TextIO

from devices.errors import DeviceError
from devices.headset.cyton.board import VirtualCyton
from devices.pseudo_terminal import PseudoTerminal
from devices.virtual_brain import Subject

_IDLE_S = 0.02


def serve(
    subject: Subject,
    on_ready: Callable[[str], None],
    *,
    commands: TextIO | None = None,
    until_commands_close: bool = False,
    on_refusal: Callable[[DeviceError], None] = lambda _: None,
    stop: threading.Event | None = None,
) -> None:
    """Run a Cyton on the head of `subject` until told to stop.

    Ends when `stop` is set, and in the main thread also on SIGTERM and SIGINT.

    Parameters
    ----------
    subject : Subject
        Who wears it.
    on_ready : callable
        Called with the name of the port once a program may open it.
    commands : text file, optional
        Read line by line: see `VirtualCyton.command`. Must have a file descriptor.
    until_commands_close : bool
        Whether the end of `commands` ends the simulation too: a child whose standard input its
        parent holds then never outlives the parent.
    on_refusal : callable
        Called with the error of a command that made no sense.
    stop : threading.Event, optional
        To be set from elsewhere.

    Raises
    ------
    DeviceError
        When the platform has no pseudo-terminals, or subject and board do not fit.
    """
    stop = stop or threading.Event()
    board = VirtualCyton(subject)
    with PseudoTerminal() as terminal, _stopped_by_signals(stop):
        lines = None if commands is None else _LineReader(commands.fileno())
        on_ready(terminal.port)
        while not stop.is_set():
            due_s = board.next_due_s()
            wait_s = _IDLE_S if due_s is None else max(due_s - time.monotonic(), 0.0)
            data = terminal.read(wait_s)
            now_s = time.monotonic()
            terminal.write(board.receive(data, now_s) + board.transmit(now_s))
            if lines is not None:
                for line in lines.read():
                    try:
                        board.command(line)
                    except DeviceError as error:
                        on_refusal(error)
                if lines.closed and until_commands_close:
                    break


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


@contextmanager
def _stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    """Let SIGTERM and SIGINT set `stop`; only the main thread may ask for that."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_signal(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        stop.set()

    former = {
        number: signal.signal(number, on_signal) for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)

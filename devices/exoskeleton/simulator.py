"""A simulated exoskeleton in real time, on a port of its own."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TextIO

from devices.exoskeleton.body import Body
from devices.exoskeleton.controller import Controller, ControllerEvent
from devices.pseudo_terminal import PseudoTerminal
from devices.tcp_line import TcpLine


def serve(
    on_ready: Callable[[str], None],
    *,
    tcp: bool = False,
    until_closed: TextIO | None = None,
    on_event: Callable[[ControllerEvent], None] = lambda _: None,
    stop: threading.Event | None = None,
) -> None:
    """Run a controller and its legs until told to stop; programs may come and go at its port.

    Ends when `stop` is set, when `until_closed` ends, and in the main thread also on SIGTERM and
    SIGINT. Says nothing by itself.

    Parameters
    ----------
    on_ready : callable
        Called with the name of the port once a program may open it.
    tcp : bool
        Listen on TCP loopback instead of a pseudo-terminal.
    until_closed : text file, optional
        Ends the simulation by ending: a child whose standard input its parent holds then never
        outlives the parent. Must have a file descriptor.
    on_event : callable
        Called with each event of the controller.
    stop : threading.Event, optional
        To be set from elsewhere.

    Raises
    ------
    DeviceError
        When the platform has no pseudo-terminals.
    """
    stop = stop or threading.Event()
    with TcpLine() if tcp else PseudoTerminal() as line, _stopped_by_signals(stop):
        controller = Controller(Body(), time.monotonic())
        if until_closed is not None:
            _set_at_end(until_closed.fileno(), stop)
        on_ready(line.port)
        while not stop.is_set():
            data = line.read(max(controller.next_deadline_s - time.monotonic(), 0.0))
            now_s = time.monotonic()
            if data:
                controller.receive(data, now_s)
            controller.advance(now_s)
            for frame in controller.take_output():
                line.write(frame)
            for event in controller.take_events():
                on_event(event)


def _set_at_end(fd: int, stop: threading.Event) -> None:
    """Set `stop` when there is nothing more to read; the thread ends with its file."""

    def read() -> None:
        while os.read(fd, 4096):
            pass
        stop.set()

    threading.Thread(target=read, name="simulator input", daemon=True).start()


@contextmanager
def _stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    """Let SIGTERM and SIGINT set `stop`; only the main thread may ask for that."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_signal(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        stop.set()

    numbers = (signal.SIGTERM, signal.SIGINT)
    former = {number: signal.signal(number, on_signal) for number in numbers}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)

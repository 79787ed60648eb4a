"""A simulated exoskeleton in real time, on a port of its own."""

import os
import queue
import threading
import time
from collections.abc import Callable
from typing import TextIO

from devices.errors import DeviceError
from devices.exoskeleton.controller import ControllerEvent
from devices.exoskeleton.simulated import SimulatedExoskeleton
from devices.pseudo_terminal import PseudoTerminal
from devices.stopping import stopped_by_signals
from devices.tcp_line import TcpLine

_LONGEST_WAIT_S = 0.05
_MOST_LINES = 256


def serve(
    on_ready: Callable[[str], None],
    *,
    tcp: bool = False,
    commands: TextIO | None = None,
    until_closed: TextIO | None = None,
    on_refusal: Callable[[DeviceError], None] = lambda _: None,
    on_event: Callable[[ControllerEvent], None] = lambda _: None,
    stop: threading.Event | None = None,
) -> None:
    """Run an exoskeleton until told to stop; programs may come and go at its port.

    Ends when `stop` is set, and in the main thread also on SIGTERM and SIGINT. Says nothing by
    itself.

    Parameters
    ----------
    on_ready : callable
        Called with the name of the port once a program may open it.
    tcp : bool
        Listen on TCP loopback instead of a pseudo-terminal.
    commands : text file, optional
        Read line by line: see `SimulatedExoskeleton.command`. Must have a file descriptor.
    until_closed : text file, optional
        Instead of `commands`: read likewise, and its end ends the simulation. A child whose
        standard input its parent holds then never outlives the parent.
    on_refusal : callable
        Called with the error of a command that made no sense.
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
    lines: queue.Queue[str | None] = queue.Queue(_MOST_LINES)
    with TcpLine() if tcp else PseudoTerminal() as port, stopped_by_signals(stop):
        exoskeleton = SimulatedExoskeleton(time.monotonic())
        source = until_closed or commands
        if source is not None:
            _read_lines(source.fileno(), lines)
        on_ready(port.port)
        while not stop.is_set():
            wait_s = min(exoskeleton.next_deadline_s - time.monotonic(), _LONGEST_WAIT_S)
            data = port.read(max(wait_s, 0.0))
            now_s = time.monotonic()
            exoskeleton.receive(data, now_s)
            if answer := exoskeleton.transmit(now_s):
                port.write(answer)
            for event in exoskeleton.take_events():
                on_event(event)
            while not lines.empty():
                line = lines.get()
                if line is None:
                    if until_closed is not None:
                        stop.set()
                    continue
                try:
                    exoskeleton.command(line, time.monotonic())
                except DeviceError as error:
                    on_refusal(error)


def _read_lines(fd: int, lines: "queue.Queue[str | None]") -> None:
    """Put what can be read, line by line, then None; the thread ends with its file.

    A full queue makes the writer of the file wait, not this program.
    """

    def read() -> None:
        rest = b""
        while data := os.read(fd, 4096):
            *whole, rest = (rest + data).split(b"\n")
            for line in whole:
                if line.strip():
                    lines.put(line.decode("utf-8", "replace"))
        lines.put(None)

    threading.Thread(target=read, name="simulator input", daemon=True).start()

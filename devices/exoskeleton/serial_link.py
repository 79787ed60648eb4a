"""The link to an exoskeleton over a serial port: a thread around the host's end of the protocol."""

import contextlib
import secrets
import threading
import time

from devices.errors import DeviceError
from devices.exoskeleton.command import Command
from devices.exoskeleton.event_queue import EventQueue
from devices.exoskeleton.events import Event, FrameWritten, LinkDown, LinkQuality, LinkUp
from devices.exoskeleton.host import ANSWER_WITHIN_S, Host
from devices.exoskeleton.link import Link
from devices.exoskeleton.link_state import LinkState
from devices.exoskeleton.messages import Telemetry
from devices.serial_port import SerialPort

OWNER_SILENT_AFTER_S = 1.0
"""A program that has not polled for so long is taken for dead: its heartbeat is withheld."""

_LONGEST_READ_S = 0.02
_FIRST_REOPENING_AFTER_S, _LONGEST_REOPENING_AFTER_S = 0.1, 2.0
_JOIN_WITHIN_S = 6.0


class ExoskeletonLink(Link):
    """An exoskeleton at a port.

    The thread ``exoskeleton PORT`` reads, keeps time and reopens the port after it was lost, with
    back-off; whoever asks for something writes it from their own thread, under the same lock, so
    that nothing has to be woken for a stop. The program has to `poll` at least once in
    `OWNER_SILENT_AFTER_S`: this is how the exoskeleton knows that somebody is still in charge.

    Parameters
    ----------
    url : str
        A device or any URL of pyserial.
    baud : int
        Speed in bits a second, where that means something.
    """

    def __init__(self, url: str, baud: int = 115_200) -> None:
        self._url = url
        self._baud = baud
        self._lock = threading.RLock()  # a signal handler may stop in the midst of anything
        self._host = Host(lambda: 1 + secrets.randbelow((1 << 32) - 1))
        self._queue = EventQueue()
        self._port: SerialPort | None = None
        self._failure: str | None = None
        self._polled_at_s = 0.0
        self._settled = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._last_down: LinkDown | None = None

    def start(self) -> None:
        """Open the port and a session on it, within `ANSWER_WITHIN_S` and a little.

        Raises
        ------
        DeviceError
            When the port cannot be opened, or no controller answers there as it should.
        """
        if self._thread is not None:
            raise RuntimeError("the link has already been started")
        self._closing.clear()
        self._settled.clear()
        self._failure = self._last_down = None
        self._polled_at_s = time.monotonic()
        self._port = SerialPort(self._url, self._baud)
        with self._lock:
            self._host.opened(time.monotonic())
            self._flush()
        self._thread = threading.Thread(
            target=self._run, name=f"exoskeleton {self._url}", daemon=True
        )
        self._thread.start()
        self._settled.wait(ANSWER_WITHIN_S + 1.0)
        if not self.is_up:
            why = self._last_down.message if self._last_down else "the controller does not answer"
            self.close()
            why = why.removesuffix(" Trying on").removesuffix(".")
            raise DeviceError(f"no exoskeleton at {self._url}: {why}")
        self._polled_at_s = time.monotonic()

    def close(self) -> None:
        """Say goodbye, upon which the exoskeleton comes to rest; may be called twice."""
        if self._thread is None:
            return
        with self._lock:
            self._host.close(time.monotonic())
            self._flush()
        self._closing.set()
        self._thread.join(_JOIN_WITHIN_S)
        self._thread = None

    def send(self, command: Command) -> int:
        """Ask for `command`; its outcome will be reported under the number returned."""
        with self._lock:
            sequence = self._host.send(command, time.monotonic())
            self._flush()
        return sequence

    def emergency_stop(self) -> None:
        """Stop the legs now, before all else; the frame has left when this returns.

        May be called from any thread, and from a signal handler.
        """
        # First the bare frame, behind no lock: whoever holds it may be waiting for a processor. A
        # second copy, which a controller takes for a repetition, follows in the proper way.
        port = self._port
        if port is not None:
            with contextlib.suppress(DeviceError):  # the thread will meet it, and report it
                port.write(self._host.next_stop_frame)
        with self._lock:
            self._host.emergency_stop(time.monotonic())
            self._flush()

    def release_stop(self) -> int:
        """Ask for the release of the emergency stop, like a command (whose place None takes)."""
        with self._lock:
            sequence = self._host.release_stop(time.monotonic())
            self._flush()
        return sequence

    def poll(self) -> list[Event]:
        """Return what happened since the last call, in order.

        Raises
        ------
        RuntimeError
            When the link's thread has died of a mistake in this program; the exoskeleton, which
            hears no heartbeat any more, has come to rest.
        """
        if self._thread is not None and not self._thread.is_alive():
            raise RuntimeError(f"{self._thread.name!r} has died: see its traceback")
        with self._lock:
            self._polled_at_s = time.monotonic()
            return self._queue.drain()

    @property
    def is_up(self) -> bool:
        """Whether a session is open."""
        return self._host.state is LinkState.UP

    @property
    def telemetry(self) -> Telemetry | None:
        """The newest telemetry of this session, None before the first."""
        return self._host.telemetry

    @property
    def quality(self) -> LinkQuality:
        """How well the line does."""
        with self._lock:
            return self._host.quality

    def _run(self) -> None:
        reopen_after_s = _FIRST_REOPENING_AFTER_S
        while not self._closing.is_set():
            if self._port is None:
                self._closing.wait(reopen_after_s)
                reopen_after_s = min(2 * reopen_after_s, _LONGEST_REOPENING_AFTER_S)
                self._reopen()
                continue
            self._serve(self._port)
            if self.is_up:
                reopen_after_s = _FIRST_REOPENING_AFTER_S
            if self._failure is not None:
                self._port.close()
                self._port = None
        if self._port is not None:
            self._port.close()
            self._port = None

    def _reopen(self) -> None:
        try:
            port = SerialPort(self._url, self._baud)
        except DeviceError:
            return  # reported when it was lost; it may come back
        with self._lock:
            self._failure, self._port = None, port
            self._host.opened(time.monotonic())
            self._flush()

    def _serve(self, port: SerialPort) -> None:
        with self._lock:
            wait_s = self._host.next_deadline_s - time.monotonic()
        try:
            data = port.read(min(wait_s, _LONGEST_READ_S))
        except DeviceError as error:
            with self._lock:
                self._fail(str(error))
            return
        with self._lock:
            now_s = time.monotonic()
            self._host.receive(data, now_s)
            self._host.advance(now_s, alive=now_s - self._polled_at_s < OWNER_SILENT_AFTER_S)
            self._flush()

    def _flush(self) -> None:
        """Write what is to be written, gather what happened; the lock is held."""
        port = self._port
        if port is not None and self._failure is None:
            try:
                for frame, sequence in self._host.take_output():
                    port.write(frame)
                    if sequence is not None:
                        self._queue.put(FrameWritten(sequence, time.monotonic()))
            except DeviceError as error:
                self._fail(str(error))
        self._gather()

    def _fail(self, message: str) -> None:
        """Give the port up; the thread will close it and look for it; the lock is held."""
        self._failure = message
        self._host.lost(time.monotonic(), message)
        self._gather()

    def _gather(self) -> None:
        for event in self._host.take_events():
            self._queue.put(event)
            if isinstance(event, LinkDown):
                self._last_down = event
            if isinstance(event, LinkDown | LinkUp):
                self._settled.set()

"""A serial port, or whatever pyserial takes for one: the only module that imports ``serial``."""

import contextlib
import errno
import select
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import serial
from serial.tools.list_ports import comports

from devices.errors import DeviceError

try:
    from termios import error as TermiosError  # noqa: N812 - a name for a class
except ImportError:  # Windows
    TermiosError = OSError  # type: ignore[assignment,misc]

WRITE_WITHIN_S = 0.1
"""A write that takes longer means that nobody reads: the port has failed."""

_MOST_BYTES = 65536
_POLL_S = 0.01
_BUSY = {errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK}
_ABSENT = {errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.EIO}
_FORBIDDEN = {errno.EACCES, errno.EPERM}


@dataclass(frozen=True, slots=True)
class PortInfo:
    """A serial port of this machine."""

    name: str
    description: str


def list_ports() -> list[PortInfo]:
    """Return the serial ports that this machine reports (pseudo-terminals are not among them)."""
    return [PortInfo(port.device, port.description) for port in sorted(comports())]


class SerialPort:
    """An open port: raw, 8 data bits, no parity, held by this program alone.

    One thread may read while others write.

    Parameters
    ----------
    url : str
        A device (``/dev/ttyUSB0``, ``COM3``), or a URL of pyserial (``socket://host:port``,
        ``rfc2217://host:port``, ``loop://``).
    baud : int
        Speed in bits a second, where that means something.

    Raises
    ------
    DeviceError
        When the port is absent, busy, forbidden or no port at all.
    """

    def __init__(self, url: str, baud: int = 115_200) -> None:
        self.url = url
        self._writing = threading.RLock()
        try:
            self._port: Any = serial.serial_for_url(
                url, baudrate=baud, timeout=0, write_timeout=WRITE_WITHIN_S, exclusive=True
            )
        except (
            *(serial.SerialException, OSError, TermiosError),
            *(ValueError, OverflowError),  # what is no URL, and no speed
        ) as error:
            raise DeviceError(_why_not_opened(url, error)) from error
        try:
            self._fd: int | None = self._port.fileno()
            self._port.write_timeout = 0  # the waiting is done here: see `write`
        except (AttributeError, OSError):  # on Windows, and where a URL has no descriptor
            self._fd = None
            self._port.timeout = _POLL_S

    def read(self, timeout_s: float) -> bytes:
        """Return what has arrived, waiting up to `timeout_s` for the first byte.

        Raises
        ------
        DeviceError
            When the port is gone.
        """
        with self._failing_as("reading from"):
            if self._fd is not None:
                select.select([self._fd], [], [], max(timeout_s, 0.0))
                return bytes(self._port.read(_MOST_BYTES))
            deadline_s = time.monotonic() + timeout_s
            while True:
                if data := self._port.read(1):
                    return bytes(data + self._port.read(self._port.in_waiting))
                if time.monotonic() >= deadline_s:
                    return b""

    def write(self, data: bytes) -> None:
        """Hand `data` to the line, whole: any thread may, and a signal handler.

        Raises
        ------
        DeviceError
            When the port is gone, or nobody reads at the other end.
        """
        with self._writing, self._failing_as("writing to"):
            if self._fd is None:
                self._port.write(data)
                return
            # Not pyserial's own timeout: it would fail a program that was kept waiting for a
            # processor just after all had been written.
            deadline_s = time.monotonic() + WRITE_WITHIN_S
            while data:
                wait_s = deadline_s - time.monotonic()
                _, ready, _ = select.select([], [self._fd], [], max(wait_s, 0.0))
                if ready:
                    data = data[self._port.write(data) :]
                elif wait_s <= 0.0:
                    raise serial.SerialTimeoutException

    def close(self) -> None:
        """Let the port go; may be called twice, and when the device is gone."""
        with contextlib.suppress(serial.SerialException, OSError, TermiosError, ValueError):
            self._port.exclusive = False  # a child that was forked meanwhile holds it too
        with contextlib.suppress(serial.SerialException, OSError, TermiosError):
            self._port.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextlib.contextmanager
    def _failing_as(self, doing: str) -> Iterator[None]:
        try:
            yield
        except serial.SerialTimeoutException as error:
            raise DeviceError(
                f"{doing} {self.url} took longer than {WRITE_WITHIN_S:g} s: nobody reads at its "
                "other end; check that the device is powered and running"
            ) from error
        except (serial.SerialException, OSError, TermiosError) as error:
            raise DeviceError(
                f"{doing} {self.url} failed ({error}): the device was unplugged or switched off; "
                "plug it in again"
            ) from error


def _why_not_opened(url: str, error: BaseException) -> str:
    code, text = getattr(error, "errno", None), str(error)
    if "://" in url:
        if isinstance(error, ValueError):
            return (
                f"{url} is no address of a port ({text}): expected a device or a URL such as "
                "socket://127.0.0.1:5000"
            )
        return (
            f"nothing answers at {url} ({text}): expected a program that serves a serial line "
            "there; start it first, or correct the address"
        )
    if code in _FORBIDDEN:
        return (
            f"no permission to open {url}: let this user use serial ports, on Linux with "
            "'sudo usermod -aG dialout $USER' and a new login"
        )
    if code in _BUSY or "PermissionError" in text:  # Windows says so of a port in use
        return f"{url} is in use by another program: close that program, or choose another port"
    if code in _ABSENT or "FileNotFoundError" in text:
        names = ", ".join(port.name for port in list_ports()) or "none"
        return f"there is no port {url}: plug the device in; ports on this machine: {names}"
    return f"{url} is no serial port ({text}): expected a device such as /dev/ttyUSB0 or COM3"

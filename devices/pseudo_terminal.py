"""A serial port that is not there: a raw pseudo-terminal whose other end has a port name."""

import errno
import math
import os
import select
import time
from collections.abc import Callable
from typing import Self

from devices.errors import DeviceError

try:
    import tty
except ImportError:  # Windows
    tty = None  # type: ignore[assignment]

_LOOK_FOR_PEER_EVERY_S = 0.005
_GONE = (errno.EIO, errno.EBADF)


def pseudo_terminals_available() -> bool:
    """Whether this platform has pseudo-terminals (Windows has none)."""
    return tty is not None and hasattr(os, "openpty")


class PseudoTerminal:
    """The device's end of a raw serial line; a program opens `port` as it would a real one.

    The program may close the port and open it again. Nothing here ever blocks on it: what is
    written while nobody listens, or faster than they read, is dropped and counted, as on a wire.
    One thread may read while another writes.

    Attributes
    ----------
    port : str
        Name of the port for the program at the other end, such as ``/dev/pts/3``.
    dropped_bytes : int
        Bytes written here that nobody was there to receive.

    Raises
    ------
    DeviceError
        When the platform has no pseudo-terminals.
    """

    def __init__(self) -> None:
        if not pseudo_terminals_available():
            raise DeviceError(
                "this system has no pseudo-terminals; a Unix (Linux, macOS) is needed to simulate "
                "a serial device here: use a TCP address (socket://127.0.0.1:PORT) instead"
            )
        # Both ends are opened raw, then the peer's end is closed again: from here on the kernel
        # tells whether somebody else has it open (a hang-up otherwise).
        self._fd, peer_fd = os.openpty()
        tty.setraw(peer_fd)
        self.port = os.ttyname(peer_fd)
        os.close(peer_fd)
        os.set_blocking(self._fd, False)
        self._poll = _poller(self._fd)
        self.dropped_bytes = 0
        self._closed = False

    @property
    def connected(self) -> bool:
        """Whether some program has the port open."""
        # A poller of its own: the reading thread may be waiting in the other.
        return not self._closed and not any(
            seen & select.POLLHUP for _, seen in _poller(self._fd)(0)
        )

    def read(self, timeout_s: float = 0.0) -> bytes:
        """Return what has arrived, waiting up to `timeout_s` for the first byte.

        Returns
        -------
        bytes
            Empty when nothing arrived, also while nobody has the port open.
        """
        deadline_s = time.monotonic() + timeout_s
        while not self._closed:
            remaining_s = max(deadline_s - time.monotonic(), 0.0)
            seen = self._poll(math.ceil(remaining_s * 1e3))
            if any(bits & select.POLLIN for _, bits in seen) and (data := self._read_now()):
                return data
            if remaining_s <= 0.0:
                break
            if seen:  # a hang-up is reported at once: wait for somebody to open the port
                time.sleep(min(_LOOK_FOR_PEER_EVERY_S, remaining_s))
        return b""

    def write(self, data: bytes) -> int:
        """Send `data` without ever blocking; what does not fit, or nobody hears, is dropped.

        Returns
        -------
        int
            Number of bytes that were taken.
        """
        taken = 0
        if self.connected:
            try:
                taken = os.write(self._fd, data)
            except BlockingIOError:
                pass
            except OSError as error:
                if error.errno not in _GONE:
                    raise
        self.dropped_bytes += len(data) - taken
        return taken

    def close(self) -> None:
        """Unplug: the port disappears; may be called twice."""
        if not self._closed:
            self._closed = True
            os.close(self._fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read_now(self) -> bytes:
        try:
            return os.read(self._fd, 65536)
        except BlockingIOError:
            return b""
        except OSError as error:
            if error.errno in _GONE:
                return b""
            raise


def _poller(fd: int) -> Callable[[int], list[tuple[int, int]]]:
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return poll.poll

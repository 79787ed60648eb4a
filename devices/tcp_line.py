"""A serial line over TCP on this machine, where there are no pseudo-terminals."""

import contextlib
import select
import socket
import time
from typing import Self

_MOST_BYTES = 65536


class TcpLine:
    """The device's end of a line that a program opens as ``socket://127.0.0.1:PORT``.

    One program at a time; a second is turned away. Nothing here blocks on it: what is written
    while nobody listens, or faster than they read, is dropped and counted, as on a wire.

    Attributes
    ----------
    port : str
        Name of the port for the program at the other end.
    dropped_bytes : int
        Bytes written here that nobody was there to receive.
    """

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self.port = f"socket://127.0.0.1:{self._listener.getsockname()[1]}"
        self.dropped_bytes = 0
        self._peer: socket.socket | None = None

    @property
    def connected(self) -> bool:
        """Whether some program has the port open."""
        return self._peer is not None

    def read(self, timeout_s: float = 0.0) -> bytes:
        """Return what has arrived, waiting up to `timeout_s` for the first byte.

        Returns
        -------
        bytes
            Empty when nothing arrived, also while nobody has the port open.
        """
        deadline_s = time.monotonic() + timeout_s
        while self._listener.fileno() >= 0:
            remaining_s = max(deadline_s - time.monotonic(), 0.0)
            sockets = [self._listener] if self._peer is None else [self._listener, self._peer]
            ready, _, _ = select.select(sockets, [], [], remaining_s)
            if self._listener in ready:
                self._accept()
            if self._peer in ready and (data := self._receive()):
                return data
            if remaining_s <= 0.0:
                break
        return b""

    def write(self, data: bytes) -> int:
        """Send `data` without ever blocking; what does not fit, or nobody hears, is dropped.

        Returns
        -------
        int
            Number of bytes that were taken.
        """
        taken = 0
        if self._peer is not None:
            try:
                taken = self._peer.send(data)
            except BlockingIOError:
                pass
            except OSError:
                self._hang_up()
        self.dropped_bytes += len(data) - taken
        return taken

    def close(self) -> None:
        """Unplug: the port disappears; may be called twice."""
        self._hang_up()
        self._listener.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            peer, _ = self._listener.accept()
            if self._peer is not None:
                peer.close()
                return
            peer.setblocking(False)
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._peer = peer

    def _receive(self) -> bytes:
        data = b""
        if self._peer is not None:
            try:
                data = self._peer.recv(_MOST_BYTES)
            except BlockingIOError:
                return b""
            except OSError:
                data = b""
            if not data:
                self._hang_up()
        return data

    def _hang_up(self) -> None:
        if self._peer is not None:
            self._peer.close()
            self._peer = None

"""The serial cable between the program and the controller, and what can happen to it."""

import contextlib
import os
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from devices.pseudo_terminal import PseudoTerminal

_WAIT_S = 0.003
_GPS = b"$GPGGA,092750.000,5321.6802,N,00630.3372,W,1,8,1.03,61.7,M,55.2,M,,*76\r\n"
_GPS_EVERY_S = 0.1


class Cable:
    """Carries bytes between a port that the program opens and one that the controller gives.

    A thread carries, plugs and unplugs; whoever wants something of it sets an attribute or calls,
    and it is done within a few milliseconds.

    Attributes
    ----------
    deaf_controller, deaf_host : bool
        Whether what goes that way is lost.
    junk_per_s : float
        Random bytes put in on both ways.
    unread : bool
        Whether nothing is taken of what the program writes, so that its buffer fills.
    """

    def __init__(self, name: Path, seed: int) -> None:
        self.port = str(name)
        self.deaf_controller = self.deaf_host = self.unread = False
        self.junk_per_s = 0.0
        self._name = name
        self._rng = random.Random(seed)
        self._terminal: PseudoTerminal | None = None
        self._far_fd: int | None = None
        self._is_gps = False
        self._stalled_until_s = 0.0
        self._held_out = self._held_in = b""
        self._deeds: deque[Callable[[], None]] = deque()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cable", daemon=True)

    def start(self) -> None:
        """Plug it in and begin to carry."""
        self._plug()
        self._thread.start()

    def close(self) -> None:
        """End."""
        self._ending.set()
        self._thread.join()
        self._unplug()
        self._let_go()

    def reach(self, port: str) -> None:
        """Connect the far end to a controller's port."""
        self._deeds.append(lambda: self._reach(port))

    def plug(self) -> None:
        """Put it into the computer."""
        self._deeds.append(self._plug)

    def plug_in_gps(self) -> None:
        """Put something else into the computer, under the same name."""
        self._deeds.append(self._unplug)
        self._deeds.append(self._plug)
        self._is_gps = True

    def unplug(self) -> None:
        """Pull it out."""
        self._is_gps = False
        self._deeds.append(self._unplug)

    def stall(self, seconds: float) -> None:
        """Hold all up for a while; then it arrives at once."""
        self._stalled_until_s = time.monotonic() + seconds

    def _reach(self, port: str) -> None:
        self._let_go()
        self._far_fd = os.open(port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)

    def _let_go(self) -> None:
        if self._far_fd is not None:
            os.close(self._far_fd)
            self._far_fd = None

    def _plug(self) -> None:
        if self._terminal is None:
            self._terminal = PseudoTerminal()
            self._name.symlink_to(self._terminal.port)

    def _unplug(self) -> None:
        if self._terminal is not None:
            self._name.unlink()
            self._terminal.close()
            self._terminal = None

    def _run(self) -> None:
        last_s = gps_s = time.monotonic()
        while not self._ending.is_set():
            while self._deeds:
                self._deeds.popleft()()
            terminal = self._terminal
            if terminal is None or self.unread:
                time.sleep(_WAIT_S)
                outward = b""
            else:
                outward = terminal.read(_WAIT_S)
            inward = self._drain()
            now_s = time.monotonic()
            if terminal is None:
                last_s = now_s
            elif self._is_gps:
                if now_s - gps_s > _GPS_EVERY_S:
                    gps_s = now_s
                    terminal.write(_GPS)
            else:
                junk = self._rng.randbytes(int(self.junk_per_s * (now_s - last_s)))
                last_s = now_s
                self._pass(terminal, outward + junk, inward + junk, now_s)

    def _pass(self, terminal: PseudoTerminal, outward: bytes, inward: bytes, now_s: float) -> None:
        self._held_out += b"" if self.deaf_controller else outward
        self._held_in += b"" if self.deaf_host else inward
        if now_s < self._stalled_until_s:
            return
        if self._far_fd is not None and self._held_out:
            with contextlib.suppress(OSError):  # the controller's process has ended
                os.write(self._far_fd, self._held_out)
        if self._held_in:
            terminal.write(self._held_in)
        self._held_out = self._held_in = b""

    def _drain(self) -> bytes:
        if self._far_fd is None:
            return b""
        try:
            return os.read(self._far_fd, 65536)
        except OSError:  # nothing there, or nobody
            return b""

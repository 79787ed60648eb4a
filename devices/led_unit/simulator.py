"""A simulated LED unit on a port of its own."""

import threading
import time
from typing import Self

from devices.led_unit.messages import MAX_LEDS
from devices.led_unit.unit import Unit
from devices.pseudo_terminal import PseudoTerminal

_POLL_S = 0.02


class LedUnitSimulator:
    """A :class:`Unit` in a thread, behind a pseudo-terminal.

    Parameters
    ----------
    n_leds : int

    Attributes
    ----------
    port : str
        Name of the port for the program at the other end.

    Raises
    ------
    DeviceError
        When the platform has no pseudo-terminals.
    """

    def __init__(self, n_leds: int = MAX_LEDS) -> None:
        self._line = PseudoTerminal()
        self.port = self._line.port
        self._unit = Unit(n_leds)
        self._lock = threading.Lock()
        self._began_s = time.monotonic()
        self._end = threading.Event()
        self._deaf = threading.Event()
        self._pressed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="simulated led unit")
        self._thread.start()

    def levels(self) -> list[int]:
        """Light of all LEDs now, in ten-thousandths of the brightest."""
        with self._lock:
            now_us = self._now_us()
            self._unit.advance(now_us)
            return [self._unit.level(led, now_us) for led in range(self._unit.n_leds)]

    @property
    def lit(self) -> bool:
        """Whether the LEDs flicker."""
        with self._lock:
            self._unit.advance(self._now_us())
            return self._unit.lit

    def press_stop(self) -> None:
        """Press the unit's stop button."""
        self._pressed.set()

    def freeze(self) -> None:
        """Let the unit hang: it reads and says nothing any more."""
        self._deaf.set()

    def close(self) -> None:
        """Unplug; may be called twice."""
        self._end.set()
        self._thread.join()
        self._line.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _now_us(self) -> int:
        return round((time.monotonic() - self._began_s) * 1e6)

    def _run(self) -> None:
        while not self._end.is_set():
            data = self._line.read(_POLL_S)
            if self._pressed.is_set():
                self._pressed.clear()
                with self._lock:
                    message = self._unit.press_stop(self._now_us())
                self._line.write(message)
            if not data or self._deaf.is_set():
                continue
            with self._lock:
                answer = self._unit.receive(data, self._now_us())
            self._line.write(answer)

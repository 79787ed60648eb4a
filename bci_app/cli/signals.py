"""Signals to the process: a stop for the legs and the end of the session."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from bci_app.runtime.controls import Controls


@contextmanager
def stopping_on_signals(running: list[Controls]) -> Iterator[None]:
    """Let SIGINT, SIGTERM and SIGHUP stop the legs and end the session whose controls are listed.

    SIGHUP is what the end of a terminal sends; a program started with `nohup` goes on ignoring it.
    Before a session has controls, SIGINT interrupts as usual and so do the others.
    """

    def on_signal(number: int, _frame: FrameType | None) -> None:
        if not running:
            raise KeyboardInterrupt
        for controls in running:
            controls.stop(f"signal {signal.Signals(number).name}")
            controls.end()

    numbers = [signal.SIGINT, signal.SIGTERM]
    hang_up = getattr(signal, "SIGHUP", None)  # Windows has none
    if hang_up is not None and signal.getsignal(hang_up) is not signal.SIG_IGN:
        numbers.append(hang_up)
    former = {number: signal.signal(number, on_signal) for number in numbers}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)

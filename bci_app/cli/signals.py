"""Signals to the process: a stop for the legs and the end of the session."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from bci_app.runtime.controls import Controls


@contextmanager
def stopping_on_signals(running: list[Controls]) -> Iterator[None]:
    """Let SIGINT and SIGTERM stop the exoskeleton and end the session whose controls are listed.

    Before a session has controls, SIGINT interrupts as usual and so does SIGTERM.
    """

    def on_signal(number: int, _frame: FrameType | None) -> None:
        if not running:
            raise KeyboardInterrupt
        for controls in running:
            controls.stop(f"signal {signal.Signals(number).name}")
            controls.end()

    former = {
        number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)

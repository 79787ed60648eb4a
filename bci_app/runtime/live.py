"""The live loop: from an acquisition thread through a session, until told to end."""

import time
from collections.abc import Callable

from bci_app.runtime.session import Session
from devices.chunk import Chunk
from devices.headset.acquisition import Acquisition, DeviceFailed

_WAIT_S = 0.02


def run_live(acquisition: Acquisition, session: Session, tick: Callable[[float], bool]) -> None:
    """Feed a session from an acquisition.

    Parameters
    ----------
    acquisition : Acquisition
        Started.
    session : Session
    tick : callable
        Called with the monotonic time after every chunk, and at least every 20 ms; returns whether
        to go on.

    Raises
    ------
    DeviceError
        When the headset gave up, after the exoskeleton has been brought to rest.
    """
    going_on = True
    while going_on:
        item = acquisition.get(_WAIT_S)
        if isinstance(item, Chunk):
            if item.arrival_s is not None:
                session.observe_lateness(time.monotonic() - item.arrival_s)
            session.feed(item)
        elif item is None:
            session.poll()
        else:
            session.observe_fault(item)
            if isinstance(item, DeviceFailed):
                raise item.error
        going_on = tick(time.monotonic())

"""The live loop: from an acquisition thread through a session, until told to end."""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bci_app.runtime.session import LATE_SAMPLES_S, Session
from devices.chunk import Chunk
from devices.headset.acquisition import Acquisition, DeviceFailed
from devices.headset.stream import SILENT_S

_WAIT_S = 0.02
# What a radio holds up for less than a silence is forgiven it.
_ON_THE_WAY_S = SILENT_S - LATE_SAMPLES_S
_STEADY_S = 1.0
_STARTING_S = 10.0


@contextmanager
def _only_new_garbage() -> Iterator[None]:
    """Let Python look for garbage among what is made from now on.

    All threads wait meanwhile: for a tenth of a second, if each time it also looks through all that
    programs and windows consist of.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@_only_new_garbage()
def run_live(acquisition: Acquisition, session: Session, tick: Callable[[float], bool]) -> None:
    """Feed a session from an acquisition.

    At first the samples are decoded that have come while the other devices and the windows came up.
    No command passes until the stream has been in time for a second.

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
    session.hinder("start", "the session is only starting")
    began_s = late_at_s = time.monotonic()
    is_starting = going_on = True
    while going_on:
        item = acquisition.get(_WAIT_S)
        if isinstance(item, Chunk):
            now_s = time.monotonic()
            late_s = _lateness_s(item, acquisition, now_s)
            if is_starting:
                late_at_s = now_s if late_s > LATE_SAMPLES_S else late_at_s
                is_starting = now_s < min(late_at_s + _STEADY_S, began_s + _STARTING_S)
                if not is_starting:
                    session.unhinder("start")
            if not is_starting:
                session.observe_lateness(late_s)
            session.feed(item)
        elif item is None:
            session.poll()
        else:
            session.observe_fault(item)
            if isinstance(item, DeviceFailed):
                raise item.error
        going_on = tick(time.monotonic())


def _lateness_s(chunk: Chunk, acquisition: Acquisition, now_s: float) -> float:
    """For how long a chunk has waited, here or before anybody looked for it.

    A starved program also reads late, and takes what it reads for new: the clock of the samples
    knows better.
    """
    waited_s = 0.0 if chunk.arrival_s is None else now_s - chunk.arrival_s
    clock = acquisition.clock
    if clock is None:
        return waited_s
    return max(waited_s, now_s - clock.time_of(chunk.end_index - 1) - _ON_THE_WAY_S)

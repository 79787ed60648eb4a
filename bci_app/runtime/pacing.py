"""Real time for what was recorded: chunks handed out no earlier than they would have arrived."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from devices.chunk import Chunk


def pace(
    chunks: Iterable[Chunk],
    sampling_rate_hz: float,
    speed: float,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> Iterator[Chunk]:
    """Yield each chunk when its last sample is due, stamped with the time of its arrival.

    Parameters
    ----------
    chunks : iterable of Chunk
    sampling_rate_hz : float
        Their sampling rate.
    speed : float
        1 is real time.
    clock, sleep : callable
        Time and the waiting for it; seconds.
    """
    began_s = clock()
    for chunk in chunks:
        due_s = began_s + chunk.end_index / sampling_rate_hz / speed
        # A wait may end early or, on a busy machine, late: time is read anew, never added up.
        while (remaining_s := due_s - clock()) > 0:
            sleep(remaining_s)
        yield replace(chunk, arrival_s=clock())

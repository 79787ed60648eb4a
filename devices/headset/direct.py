"""A virtual subject worn without any device, for systems without pseudo-terminals."""

import time
from collections import deque
from collections.abc import Callable
from functools import partial

from devices.chunk import Chunk
from devices.headset.source import Headset, HeadsetInfo
from devices.virtual_brain import Subject


class DirectHeadset(Headset):
    """The samples of a virtual subject, paced by a clock.

    Parameters
    ----------
    subject : Subject
        Who is recorded; from now on only through this headset.
    clock : callable
        Monotonic time in seconds.
    """

    def __init__(self, subject: Subject, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._subject = subject
        self._clock = clock
        self._started_s = 0.0
        self._n_read = 0
        self._asked: deque[Callable[[], None]] = deque()

    def look_at(self, frequency_hz: float | None) -> None:
        """Turn the subject's gaze; may be called from any thread."""
        self._asked.append(partial(self._subject.look_at, frequency_hz))

    def cue(self, frequency_hz: float | None) -> None:
        """Ask the subject to look at a target; may be called from any thread."""
        self._asked.append(partial(self._subject.cue, frequency_hz))

    def step(self) -> None:
        """Let the subject feel a step; may be called from any thread."""
        self._asked.append(self._subject.step)

    def _start(self) -> HeadsetInfo:
        self._started_s, self._n_read = self._clock(), 0
        subject = self._subject
        return HeadsetInfo("Virtual subject", subject.sampling_rate_hz, subject.channel_names)

    def _read(self) -> Chunk | None:
        while self._asked:
            self._asked.popleft()()
        now_s = self._clock()
        n_due = int((now_s - self._started_s) * self._subject.sampling_rate_hz) - self._n_read
        if n_due <= 0:
            return None
        chunk = Chunk(self._subject.draw(n_due), self._n_read, now_s)
        self._n_read = chunk.end_index
        return chunk

    def _stop(self) -> None:
        self._asked.clear()

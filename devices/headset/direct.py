"""A virtual subject worn without any device, for systems without pseudo-terminals."""

import time
from collections import deque
from collections.abc import Callable
from functools import partial

from devices.chunk import Chunk
from devices.headset.source import Headset, HeadsetInfo
from devices.virtual_brain import Subject
from devices.virtual_brain.flicker import Luminance

VIRTUAL_SUBJECT = "Virtual subject"
"""What the headset of a virtual subject is called: no profile of theirs fits a person's."""


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
        self._n_before = self._n_drawn = 0
        self._asked: deque[Callable[[], None]] = deque()

    def look_at(self, frequency_hz: float | None) -> None:
        """Turn the subject's gaze; may be called from any thread."""
        self._asked.append(partial(self._subject.look_at, frequency_hz))

    def cue(self, frequency_hz: float | None) -> None:
        """Ask the subject to look at a target; may be called from any thread."""
        self._asked.append(partial(self._subject.cue, frequency_hz))

    def light(self, frequency_hz: float, luminance: Luminance, at_s: float) -> None:
        """Say what a target shows from a monotonic time on; may be called from any thread."""
        self._asked.append(
            lambda: self._subject.light(frequency_hz, luminance, self._subject_time_s(at_s))
        )

    def all_lights(self, luminance: Luminance, at_s: float) -> None:
        """Say what every target shows from a monotonic time on, likewise."""
        self._asked.append(lambda: self._subject.all_lights(luminance, self._subject_time_s(at_s)))

    def step(self) -> None:
        """Let the subject feel a step; may be called from any thread."""
        self._asked.append(self._subject.step)

    def _start(self) -> HeadsetInfo:
        self._started_s, self._n_read = self._clock(), 0
        self._n_before = self._n_drawn
        subject = self._subject
        return HeadsetInfo(VIRTUAL_SUBJECT, subject.sampling_rate_hz, subject.channel_names)

    def _read(self) -> Chunk | None:
        while self._asked:
            self._asked.popleft()()
        now_s = self._clock()
        n_due = int((now_s - self._started_s) * self._subject.sampling_rate_hz) - self._n_read
        if n_due <= 0:
            return None
        chunk = Chunk(self._subject.draw(n_due), self._n_read, now_s)
        self._n_read = chunk.end_index
        self._n_drawn += len(chunk)
        return chunk

    def _subject_time_s(self, at_s: float) -> float:
        """Say when a monotonic time is for the subject, whose time goes on while samples do."""
        return self._n_before / self._subject.sampling_rate_hz + at_s - self._started_s

    def _stop(self) -> None:
        self._asked.clear()

"""The host's emergency stop, from when it is asked for until the controller has confirmed it."""

import math

from devices.exoskeleton.encoding import encode
from devices.exoskeleton.framing import encode_frame
from devices.exoskeleton.messages import EmergencyStop

STOP_RETRY_AFTER_S = 0.02
_NUMBERS = 1 << 16


class PendingStop:
    """Numbers the stops, and says when one is to be written again.

    Parameters
    ----------
    number : int
        Of a stop that was never asked for. Not always 0: the first one must not be taken for the
        repetition of one of an earlier program.

    Attributes
    ----------
    due_at_s : float
        When it is to be written again; infinity while none is pending, or no port is there.
    """

    def __init__(self, number: int) -> None:
        self._number = number % _NUMBERS
        self._asked_at_s: float | None = None
        self.due_at_s = math.inf

    @property
    def is_pending(self) -> bool:
        """Whether one was asked for and not confirmed."""
        return self._asked_at_s is not None

    @property
    def frame(self) -> bytes:
        """The frame that asks for it."""
        return encode_frame(encode(EmergencyStop(self._number)))

    @property
    def next_frame(self) -> bytes:
        """The frame of the stop that is asked for next."""
        return encode_frame(encode(EmergencyStop(self._next_number)))

    def ask(self, now_s: float) -> None:
        """Ask for one more, in place of one that is pending."""
        self._number, self._asked_at_s = self._next_number, now_s

    def written(self, now_s: float) -> None:
        """Take note that it is on its way."""
        self.due_at_s = now_s + STOP_RETRY_AFTER_S

    def hold(self) -> None:
        """Do not write it before there is a port again."""
        self.due_at_s = math.inf

    def confirm(self, number: int, now_s: float) -> float | None:
        """Take a confirmation; return the time since it was asked for, None if it is not of it."""
        if self._asked_at_s is None or number != self._number:
            return None
        took_s = now_s - self._asked_at_s
        self._asked_at_s, self.due_at_s = None, math.inf
        return took_s

    @property
    def _next_number(self) -> int:
        return (self._number + 1) % _NUMBERS

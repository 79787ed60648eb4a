"""A whole virtual Cyton without its port: commands, samples and time in, bytes out."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from devices.errors import DeviceError
from devices.headset.cyton.firmware import Firmware
from devices.headset.cyton.front_end import SAMPLING_RATE_HZ, FrontEnd
from devices.headset.cyton.packet import encode
from devices.headset.cyton.settings import CHANNELS_PER_BOARD
from devices.virtual_brain import Subject

_ACCELEROMETER_EVERY = 10  # its own rate is 25 Hz; packets between carry zeros
_ACCELEROMETER = (240, -160, 7980)  # upright and at rest, 1/8000 g a count
_IMPEDANCE_KOHM = 5.0


class VirtualCyton:
    """A board on a subject's head.

    Everything happens in `receive`, `transmit` and `command`; the time is handed in.

    Parameters
    ----------
    subject : Subject
        Whose potentials are sampled: one electrode a channel, at 250 Hz.

    Raises
    ------
    DeviceError
        When the subject has another number of electrodes or another rate.
    """

    def __init__(self, subject: Subject) -> None:
        if len(subject.channel_names) != CHANNELS_PER_BOARD:
            raise DeviceError(
                f"a Cyton has {CHANNELS_PER_BOARD} channels, "
                f"the subject {len(subject.channel_names)} electrodes"
            )
        if subject.sampling_rate_hz != SAMPLING_RATE_HZ:
            raise DeviceError(
                f"a Cyton samples at {SAMPLING_RATE_HZ:g} Hz, "
                f"the subject at {subject.sampling_rate_hz:g} Hz"
            )
        self._subject = subject
        self._firmware = Firmware()
        self._front_end = FrontEnd()
        self._started_s = 0.0
        self._n_sent = 0
        self._to_lose = 0
        self._controls: dict[str, Callable[[str], None]] = {
            "gaze": self._gaze,
            "lose": self._lose,
        }

    def receive(self, data: bytes, now_s: float) -> bytes:
        """Take what the computer sent at `now_s`; return the replies."""
        starts = self._firmware.n_starts
        replies = self._firmware.receive(data, now_s)
        if self._firmware.n_starts != starts:
            self._started_s, self._n_sent = now_s, 0
        return replies

    def transmit(self, now_s: float) -> bytes:
        """Return the packets of all samples that were due by `now_s` and not yet sent."""
        if not self._firmware.streaming:
            return b""
        n_due = int((now_s - self._started_s) * SAMPLING_RATE_HZ) - self._n_sent
        if n_due <= 0:
            return b""
        counts = self._front_end.convert(
            self._subject.draw(n_due),
            np.full(CHANNELS_PER_BOARD, _IMPEDANCE_KOHM),
            self._firmware,
            self._n_sent,
        )
        numbers = np.arange(self._n_sent, self._n_sent + n_due)
        packets = encode(counts, numbers, _accelerometer(numbers))
        self._n_sent += n_due
        lost = min(self._to_lose, n_due)
        self._to_lose -= lost
        return b"".join(packets[lost:])

    def next_due_s(self) -> float | None:
        """When the next packet will be due; None while nothing streams."""
        if not self._firmware.streaming:
            return None
        return self._started_s + (self._n_sent + 1) / SAMPLING_RATE_HZ

    def command(self, line: str) -> None:
        """Do what a rehearsal asks of the subject or of the board.

        Parameters
        ----------
        line : str
            ``gaze 13`` or ``gaze none``: where the subject looks; ``lose 3``: how many of the next
            packets never arrive.

        Raises
        ------
        DeviceError
            When the line makes no sense.
        """
        name, _, argument = line.strip().partition(" ")
        if name not in self._controls:
            raise DeviceError(f"no command {name!r}; there are: {', '.join(self._controls)}")
        self._controls[name](argument.strip())

    def _gaze(self, argument: str) -> None:
        self._subject.look_at(None if argument == "none" else _number("gaze", argument))

    def _lose(self, argument: str) -> None:
        self._to_lose += int(_number("lose", argument))


def _number(name: str, argument: str) -> float:
    try:
        value = float(argument)
    except ValueError:
        value = -1.0
    if not 0.0 < value < 1e6:
        raise DeviceError(f"{name!r} wants a number above 0, not {argument!r}")
    return value


def _accelerometer(numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int16]:
    axes = np.zeros((len(numbers), 3), dtype=np.int16)
    axes[numbers % _ACCELEROMETER_EVERY == 0] = _ACCELEROMETER
    return axes

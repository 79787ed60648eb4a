"""A whole virtual Cyton without its port: commands, samples and time in, bytes out."""

import numpy as np
import numpy.typing as npt

from devices.errors import DeviceError
from devices.headset.cyton.auxiliary import fill
from devices.headset.cyton.firmware import Firmware
from devices.headset.cyton.front_end import SAMPLING_RATE_HZ, FrontEnd
from devices.headset.cyton.packet import encode
from devices.headset.cyton.photodiode import Photodiode
from devices.headset.cyton.radio import Radio
from devices.headset.cyton.settings import CHANNELS_PER_BOARD
from devices.headset.cyton.wire import Wire
from devices.virtual_brain import Subject


class VirtualCyton:
    """A board on a subject's head, with a Daisy on it if the subject wears sixteen electrodes.

    Everything happens in `receive` and `transmit`; the time is handed in.

    Parameters
    ----------
    subject : Subject
        Whose potentials are sampled: one electrode a channel, at 250 Hz.

    Attributes
    ----------
    wire : Wire
        On which packets get lost, damaged and held up.
    photodiode : Photodiode
        On pin A5, read in the board's analogue mode.

    Raises
    ------
    DeviceError
        When the subject has another number of electrodes or another rate.
    """

    def __init__(self, subject: Subject) -> None:
        n_electrodes = len(subject.channel_names)
        if n_electrodes not in (CHANNELS_PER_BOARD, 2 * CHANNELS_PER_BOARD):
            raise DeviceError(
                f"a Cyton has 8 channels, with a Daisy 16, the subject {n_electrodes} electrodes"
            )
        if subject.sampling_rate_hz != SAMPLING_RATE_HZ:
            raise DeviceError(
                f"a Cyton samples at {SAMPLING_RATE_HZ:g} Hz, "
                f"the subject at {subject.sampling_rate_hz:g} Hz"
            )
        self._subject = subject
        self._has_daisy = n_electrodes > CHANNELS_PER_BOARD
        self._front_end = FrontEnd()
        self._radio = Radio()
        self._firmware = Firmware(self._has_daisy)
        self.wire = Wire()
        self.photodiode = Photodiode()
        self._rate_hz = SAMPLING_RATE_HZ
        self._next_s = 0.0  # when the next sample will have been taken
        self._n_taken = 0
        self._n_drawn = 0
        self._last_counts = np.zeros((1, n_electrodes), dtype=np.int32)

    def receive(self, data: bytes, now_s: float) -> bytes:
        """Take what the computer sent at `now_s`; return the replies."""
        data, reply = self._radio.receive(data)
        n_starts = self._firmware.n_starts
        reply += self._firmware.receive(data, now_s)
        if self._firmware.n_starts != n_starts:
            self._next_s, self._n_taken = now_s + 1.0 / self._rate_hz, 0
        return reply

    def transmit(self, now_s: float) -> bytes:
        """Take the samples that are due by `now_s`; return what arrives of them by then."""
        packets: list[bytes] = []
        if self._firmware.streaming and self._radio.board_is_powered and now_s >= self._next_s:
            n_due = int((now_s - self._next_s) * self._rate_hz) + 1
            first_s = self._next_s
            self._next_s += n_due / self._rate_hz
            packets = self._take(n_due, first_s)
        return self.wire.send(packets if self._radio.board_is_up else [], now_s)

    def next_due_s(self) -> float | None:
        """When the next sample will be due; None while nothing streams."""
        return self._next_s if self._firmware.streaming else None

    def subject_time_s(self, at_s: float) -> float:
        """Say when a monotonic time is for the subject, whose time goes on while samples do."""
        ahead = (at_s - self._next_s) * self._rate_hz if self._firmware.streaming else 0.0
        return (self._n_drawn + ahead) / SAMPLING_RATE_HZ

    def drift(self, ppm: float) -> None:
        """From the next sample on, sample this many parts per million faster than nominal."""
        self._rate_hz = SAMPLING_RATE_HZ * (1.0 + ppm * 1e-6)

    def power(self, on: bool) -> None:
        """Let the battery die, or switch the board on again with a fresh one."""
        if on and not self._radio.board_is_powered:
            self._firmware = Firmware(self._has_daisy)
        self._radio.board_is_powered = on

    def _take(self, n_times: int, first_s: float) -> list[bytes]:
        """Take samples, the first at `first_s`; return their packets."""
        numbers = np.arange(self._n_taken, self._n_taken + n_times)
        impedance_kohm = self._subject.electrodes.impedance_kohm
        counts = self._front_end.convert(
            self._subject.draw(n_times), impedance_kohm, self._firmware, self._n_taken
        )
        if self._firmware.daisy:
            counts = self._interleave(counts, numbers)
        self._n_taken += n_times
        self._n_drawn += n_times
        times_s = first_s + np.arange(n_times) / self._rate_hz
        return encode(counts, numbers, *fill(self._firmware, numbers, times_s, self.photodiode))

    def _interleave(
        self, counts: npt.NDArray[np.int32], numbers: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.int32]:
        """Halve the rate of sixteen channels: even packets the Daisy's, odd ones the board's.

        Each carries the mean of its own and the previous sample, as the firmware computes it.
        """
        before = np.concatenate((self._last_counts, counts[:-1]))
        if numbers[0] == 0:
            before[0] = counts[0]
        self._last_counts = counts[-1:]
        mean = np.trunc((before.astype(np.int64) + counts) / 2).astype(np.int32)
        board, daisy = mean[:, :CHANNELS_PER_BOARD], mean[:, CHANNELS_PER_BOARD:]
        return np.where(numbers[:, np.newaxis] % 2 == 0, daisy, board)

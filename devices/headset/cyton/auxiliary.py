"""The six auxiliary bytes of a packet, and the stop byte that says what they are."""

import numpy as np
import numpy.typing as npt

from devices.headset.cyton.firmware import Firmware
from devices.headset.cyton.photodiode import Photodiode

_ACCELEROMETER, _AUXILIARY = 0xC0, 0xC1
_ACCELEROMETER_TIME_SET, _ACCELEROMETER_TIME = 0xC3, 0xC4
_AUXILIARY_TIME_SET, _AUXILIARY_TIME = 0xC5, 0xC6

_EVERY = 10  # the accelerometer measures 25 times a second; packets between carry zeros
_AT_REST = (240, -160, 7980)  # a head held upright, 1/8000 g a count


def fill(
    firmware: Firmware,
    numbers: npt.NDArray[np.int64],
    times_s: npt.NDArray[np.float64],
    photodiode: Photodiode,
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Fill the ends of packets as the board's mode wants them.

    Parameters
    ----------
    firmware : Firmware
        Whose mode it is; a waiting marker goes into the first of these packets.
    numbers : ndarray of int64, shape (n_packets,)
        Packet numbers.
    times_s : ndarray of float64, shape (n_packets,)
        The board's own time.
    photodiode : Photodiode
        On the first of the three pins that are read in the analogue mode.

    Returns
    -------
    auxiliary : ndarray of uint8, shape (n_packets, 6)
    stop_bytes : ndarray of uint8, shape (n_packets,)
    """
    words = np.zeros((len(numbers), 3), dtype=">i2")
    has_accelerometer = firmware.mode in ("default", "debug")
    if not has_accelerometer and firmware.mode == "marker":
        words[0, 0] = firmware.take_marker()
    elif firmware.mode == "analog":
        words[:, 0] = photodiode.counts(times_s)
    if not firmware.time_stamped:
        if has_accelerometer:
            words[numbers % _EVERY == 0] = _AT_REST
        stop = _ACCELEROMETER if has_accelerometer else _AUXILIARY
        return words.view(np.uint8), np.full(len(numbers), stop, dtype=np.uint8)

    if has_accelerometer:  # one axis at a time: the other four bytes are the time
        for axis, value in enumerate(_AT_REST):
            words[numbers % _EVERY == 7 + axis, 0] = value
    auxiliary = words.view(np.uint8).copy()
    time_ms = np.round(times_s * 1e3).astype(np.int64)
    auxiliary[:, 2:] = time_ms.astype(">u4").view(np.uint8).reshape(-1, 4)
    stop = _ACCELEROMETER_TIME if has_accelerometer else _AUXILIARY_TIME
    stop_bytes = np.full(len(numbers), stop, dtype=np.uint8)
    if firmware.take_time_set():
        stop_bytes[0] = _ACCELEROMETER_TIME_SET if has_accelerometer else _AUXILIARY_TIME_SET
    return auxiliary, stop_bytes

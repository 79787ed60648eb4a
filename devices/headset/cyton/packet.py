"""The 33-byte packet in which a Cyton sends one sample over its serial line.

Start byte, packet number, eight 24-bit big-endian counts, six auxiliary bytes, stop byte; the stop
byte says what the auxiliary bytes are (https://docs.openbci.com/Cyton/CytonDataFormat/).
"""

import numpy as np
import numpy.typing as npt

from devices.headset.cyton.settings import CHANNELS_PER_BOARD

PACKET_BYTES = 33
START_BYTE = 0xA0


def encode(
    counts: npt.NDArray[np.int32],
    numbers: npt.NDArray[np.int64],
    auxiliary: npt.NDArray[np.uint8],
    stop_bytes: npt.NDArray[np.uint8],
) -> list[bytes]:
    """Write samples as packets.

    Parameters
    ----------
    counts : ndarray of int32, shape (n_packets, 8)
        What the converters read; must fit in 24 bits.
    numbers : ndarray of int64, shape (n_packets,)
        Packet numbers; sent modulo 256.
    auxiliary : ndarray of uint8, shape (n_packets, 6)
        The auxiliary bytes.
    stop_bytes : ndarray of uint8, shape (n_packets,)
        The stop bytes.

    Returns
    -------
    list of bytes
        One packet of 33 bytes a sample.
    """
    n_packets = len(counts)
    packets = np.empty((n_packets, PACKET_BYTES), dtype=np.uint8)
    packets[:, 0] = START_BYTE
    packets[:, 1] = numbers % 256
    big_endian = counts.astype(">i4").view(np.uint8).reshape(n_packets, CHANNELS_PER_BOARD, 4)
    packets[:, 2:26] = big_endian[:, :, 1:].reshape(n_packets, 24)
    packets[:, 26:32] = auxiliary
    packets[:, 32] = stop_bytes
    return [packet.tobytes() for packet in packets]

"""How the boards that BrainFlow drives number their packets, as its drivers pass it on.

Read from the drivers' source, version 5.23. A board that is not listed, or numbers in a way that
tells nothing about single samples (Ganglion, Explore, Muse S Athena), is counted by time alone.
"""

from devices.headset.arrival_counter import ArrivalCounter
from devices.headset.packet_counter import PacketCounter

# A counter of more than one byte is a one-byte counter too.
_ONE_BYTE = (
    *("synthetic", "cyton", "cyton_wifi", "cyton_daisy_wifi", "freeeeg32", "galea", "ntl_wifi"),
    "aavaa_v3",
    *("neuropawn_knight", "neuropawn_knight_imu", "unicorn", "biolistener", "pieeg", "enophone"),
    *("brainbit", "callibri_eeg", "notion_1", "notion_2", "crown"),
)
_MUSE = ("muse_2", "muse_2016", "muse_s", "muse_2_bled", "muse_2016_bled", "muse_s_bled")


def counter_for(board: str, sampling_rate_hz: float) -> PacketCounter | ArrivalCounter:
    """Return what gives the samples of a board their indices.

    Parameters
    ----------
    board : str
        Its name, as BrainFlow's without ``_BOARD`` and in small letters.
    sampling_rate_hz : float
        Samples a second.
    """
    if board in _ONE_BYTE:
        return PacketCounter(sampling_rate_hz)
    # Two packets make a sample, which bears the number of the first. When a loss begins between the
    # two and ends between two others, the driver pairs the first of one sample with the second of
    # the other: the number of samples is exact, but the Daisy's half of the one before the gap is
    # of after it. Its number does not betray it, and to wait for the next would cost every sample
    # eight milliseconds.
    if board == "cyton_daisy":
        return PacketCounter(sampling_rate_hz, modulus=256, step=2)
    if board in _MUSE:  # twelve samples a packet, all with its number
        return PacketCounter(sampling_rate_hz, modulus=65536, repeats=12)
    return ArrivalCounter(sampling_rate_hz)

"""How a Cyton is told to drive its impedance current, and what of it arrives.

The command may be sent while samples stream: the firmware stops and restarts its converters by
itself, and BrainFlow then does not wait for an answer, which costs a second when nothing streams.
"""

import math

from devices.headset.cyton.settings import CHANNEL_KEYS

FREQUENCY_HZ = 31.25
"""The converter's clock of 2.048 MHz, divided by 2**16."""

SERIES_KOHM = 2.2
"""The board's own resistor between electrode and converter."""

_CURRENT_NA = 6.0
_CONVERSIONS_HZ = 250.0


def uv_per_kohm(*, daisy: bool) -> float:
    """Return the amplitude at which a kΩ shows.

    With a Daisy each sample is the mean of two conversions, which takes a little of it away.
    """
    kept = math.cos(math.pi * FREQUENCY_HZ / _CONVERSIONS_HZ) if daisy else 1.0
    return _CURRENT_NA * kept  # nA times kΩ are µV


def commands(driven: int | None, before: int | None) -> str:
    """Return the commands that drive one channel and let go of the one before.

    The current goes in at the negative input: there an electrode is plugged in when it is measured
    against the common reference.
    """
    off = "" if before is None else f"z{CHANNEL_KEYS[before]}00Z"
    return off if driven is None else f"{off}z{CHANNEL_KEYS[driven]}01Z"

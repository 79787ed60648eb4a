"""The settings of one channel of the Cyton's ADS1299 converters, as its commands name them."""

from dataclasses import dataclass
from enum import IntEnum

CHANNEL_KEYS = "12345678QWERTYUI"
"""How commands name the channels: eight on the board, then eight on the Daisy."""

CHANNELS_PER_BOARD = 8

GAINS = (1, 2, 4, 6, 8, 12, 24)
"""The gains, in the order of their codes."""


class InputType(IntEnum):
    """What a channel's converter is connected to (ADS1299 data sheet, CHnSET)."""

    NORMAL = 0
    SHORTED = 1
    BIAS_MEASUREMENT = 2
    SUPPLY = 3
    TEMPERATURE = 4
    TEST_SIGNAL = 5
    BIAS_POSITIVE = 6
    BIAS_NEGATIVE = 7


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """One channel; the defaults are the board's.

    Parameters
    ----------
    powered : bool
        Whether the channel converts at all.
    gain : int
        Of the amplifier: one of `GAINS`.
    input_type : InputType
        What is converted.
    in_bias : bool
        Whether the channel takes part in driving the bias electrode.
    srb2 : bool
        Whether it is referenced to the common reference electrode.
    srb1 : bool
        Whether its board's negative inputs are tied together.
    """

    powered: bool = True
    gain: int = 24
    input_type: InputType = InputType.NORMAL
    in_bias: bool = True
    srb2: bool = True
    srb1: bool = False

    @property
    def code(self) -> str:
        """The six digits in which commands carry these settings."""
        digits = (
            not self.powered,
            GAINS.index(self.gain),
            self.input_type,
            self.in_bias,
            self.srb2,
            self.srb1,
        )
        return "".join(str(int(digit)) for digit in digits)

    @classmethod
    def from_code(cls, digits: str) -> "ChannelSettings":
        """Read six digits as leniently as the firmware does (nonsense becomes the default).

        Parameters
        ----------
        digits : str
            Power down, gain, input type, bias, SRB2, SRB1.
        """
        gain = GAINS[int(digits[1])] if digits[1] in "0123456" else 24
        input_type = InputType(int(digits[2])) if digits[2] in "01234567" else InputType.NORMAL
        return cls(
            powered=digits[0] != "1",
            gain=gain,
            input_type=input_type,
            in_bias=digits[3] == "1",
            srb2=digits[4] == "1",
            srb1=digits[5] == "1",
        )

"""The registers of the ADS1299 converters and of the accelerometer, as command ``?`` lists them."""

from collections.abc import Sequence

from devices.headset.cyton.settings import CHANNELS_PER_BOARD, GAINS, ChannelSettings

_NAMES = (
    *("ADS_ID", "CONFIG1", "CONFIG2", "CONFIG3", "LOFF"),
    *(f"CH{number}SET" for number in range(1, 9)),
    *("BIAS_SENSP", "BIAS_SENSN", "LOFF_SENSP", "LOFF_SENSN", "LOFF_FLIP", "LOFF_STATP"),
    *("LOFF_STATN", "GPIO", "MISC1", "MISC2", "CONFIG4"),
)
_ACCELEROMETER = (range(0x07, 0x10), range(0x1F, 0x34), range(0x38, 0x3E))
_ACCELEROMETER_VALUES = {0x0F: 0x33, 0x20: 0x08, 0x23: 0x18}  # identity, idle, ±4 g


def list_registers(
    channels: Sequence[ChannelSettings],
    lead_off: Sequence[tuple[bool, bool]],
    rate_code: int,
    test_code: int,
) -> str:
    """Write all registers as the firmware prints them.

    Parameters
    ----------
    channels : sequence of ChannelSettings
        Of the board, then of the Daisy if there is one.
    lead_off : sequence of (bool, bool)
        Whether the impedance current flows into the positive and negative input of each channel.
    rate_code, test_code : int
        Codes of the sampling rate and of the test signal.
    """
    parts = []
    for title, first in (("Board", 0), ("Daisy", CHANNELS_PER_BOARD)):
        chip = slice(first, first + CHANNELS_PER_BOARD)
        if channels[chip]:
            values = _converter(channels[chip], lead_off[chip], rate_code, test_code)
            parts.append(f"\n{title} ADS Registers\n" + _listing(values))
    blocks = (
        "".join(f"0x{a:02X} {_ACCELEROMETER_VALUES.get(a, 0):02X}\n" for a in block)
        for block in _ACCELEROMETER
    )
    return "".join(parts) + "\nLIS3DH Registers\n" + "\n".join(blocks)


def _converter(
    channels: Sequence[ChannelSettings],
    lead_off: Sequence[tuple[bool, bool]],
    rate_code: int,
    test_code: int,
) -> list[int]:
    """Return the 24 registers of one ADS1299 (data sheet, section 9.6)."""
    bias = _bits([channel.in_bias and channel.powered for channel in channels])
    return [
        0x3E,
        0x90 | rate_code,
        0xD0 | test_code,
        0xEC,
        0x02,  # 6 nA at 31.2 Hz
        *(_channel(channel) for channel in channels),
        bias,
        bias,
        _bits([positive for positive, _ in lead_off]),
        _bits([negative for _, negative in lead_off]),
        0x00,
        0x00,
        0x00,
        0x0F,
        0x20 if channels[0].srb1 else 0x00,
        0x00,
        0x00,
    ]


def _channel(settings: ChannelSettings) -> int:
    srb2 = settings.srb2 and settings.powered
    return (
        (0x00 if settings.powered else 0x80)
        | GAINS.index(settings.gain) << 4
        | (0x08 if srb2 else 0x00)
        | settings.input_type
    )


def _bits(flags: Sequence[bool]) -> int:
    return sum(flag << position for position, flag in enumerate(flags))


def _listing(values: Sequence[int]) -> str:
    lines = []
    for address, (name, value) in enumerate(zip(_NAMES, values, strict=True)):
        bits = ", ".join(f"{value:08b}")
        lines.append(f"{name}, {address:02X}, {value:02X}, {bits}\n")
    return "".join(lines)

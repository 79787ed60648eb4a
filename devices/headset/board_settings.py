"""How a board is told its gain and sampling rate: each family has a language of its own.

Read from BrainFlow's drivers, version 5.23, and the boards' documents.
"""

import re

from devices.errors import DeviceError
from devices.headset.cyton.settings import CHANNEL_KEYS, GAINS, ChannelSettings

_GAINS_FOR = {"cyton": 8, "cyton_daisy": 16, "cyton_wifi": 8, "cyton_daisy_wifi": 16}
_CYTON_GAIN = 24
_ADS1299_REFERENCE_UV = 4.5e6
_RADIO = ("cyton", "cyton_daisy")
# Codes of the command "~", by position.
_CYTON_RATES_HZ = (16000, 8000, 4000, 2000, 1000, 500, 250)
_WIFI_RATES_HZ = {
    "cyton_wifi": _CYTON_RATES_HZ,
    "cyton_daisy_wifi": _CYTON_RATES_HZ,
    "ganglion_wifi": (25600, 12800, 6400, 3200, 1600, 800, 400, 200),
}


def setup_commands(
    board: str,
    nominal_hz: float,
    gain: int | None = None,
    sampling_rate_hz: float | None = None,
    settings: str = "",
) -> tuple[str, ...]:
    """Return what a board is sent before it streams, one string for each exchange.

    Parameters
    ----------
    board : str
        Its name, as BrainFlow's without ``_BOARD`` and in small letters.
    nominal_hz : float
        The rate at which it samples if nothing is said.
    gain : int or None
        Of all channels; None for the board's own.
    sampling_rate_hz : float or None
        None for the board's own. For a board that this module cannot tell its rate it must be the
        nominal one, or what `settings` bring about.
    settings : str
        Further commands, in the board's own language.

    Raises
    ------
    DeviceError
        When the board cannot be set so.
    """
    commands = [_rate_command(board, nominal_hz, sampling_rate_hz, settings)]
    # A Cyton takes a second for each exchange, and any number of commands in one.
    commands.append(_gain_commands(board, gain) + settings)
    return tuple(command for command in commands if command)


def range_uv(board: str, gain: int | None, settings: str) -> float | None:
    """Return the largest voltage that a board can tell, of either sign; None where not known.

    Parameters
    ----------
    board : str
    gain : int or None
        As for `setup_commands`.
    settings : str
        Likewise; when they speak of channels, each may have a range of its own.
    """
    if board not in _GAINS_FOR or "x" in settings:
        return None
    return _ADS1299_REFERENCE_UV / (gain or _CYTON_GAIN)


def _gain_commands(board: str, gain: int | None) -> str:
    if gain is None:
        return ""
    if board not in _GAINS_FOR:
        raise DeviceError(
            f"the gain of {board} cannot be set by number; say it in its own language, as settings"
        )
    if gain not in GAINS:
        known = ", ".join(map(str, GAINS))
        raise DeviceError(f"a Cyton's gain is one of {known}, not {gain}")
    keys = CHANNEL_KEYS[: _GAINS_FOR[board]]
    return "".join(f"x{key}{ChannelSettings(gain=gain).code}X" for key in keys)


def _rate_command(board: str, nominal_hz: float, rate_hz: float | None, settings: str) -> str:
    if board in _RADIO and (re.search("~[0-5]", settings) or rate_hz not in (None, nominal_hz)):
        raise DeviceError(
            f"{board} was asked for another sampling rate, but its radio carries {nominal_hz:g} Hz "
            "only; a WiFi shield carries more: see cyton_wifi"
        )
    if rate_hz is None or (rate_hz == nominal_hz and board not in _WIFI_RATES_HZ):
        return ""
    if rate_hz <= 0.0:
        raise DeviceError(f"a sampling rate is above 0 Hz, not {rate_hz:g}")
    if board in _WIFI_RATES_HZ:
        rates_hz = _WIFI_RATES_HZ[board]
        if rate_hz not in rates_hz:
            raise DeviceError(
                f"{board} samples at {', '.join(map(str, rates_hz))} Hz, not at {rate_hz:g}"
            )
        return f"~{rates_hz.index(int(rate_hz))}"
    if board.startswith("ant_neuro"):
        return f"sampling_rate:{rate_hz:.0f}"
    if not settings:
        raise DeviceError(
            f"{board} samples at {nominal_hz:g} Hz; how to make it {rate_hz:g} Hz is known only to "
            "its own language: say it as settings, too"
        )
    return ""

"""The Cyton's command interpreter: bytes from the computer in, replies out.

Follows OpenBCI's firmware 3.1 (https://docs.openbci.com/Cyton/CytonSDK/): one character a command,
a few with arguments; replies end in ``$$$``; while samples stream, most commands act in silence.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from devices.headset.cyton.registers import list_registers
from devices.headset.cyton.settings import (
    CHANNEL_KEYS,
    CHANNELS_PER_BOARD,
    ChannelSettings,
    InputType,
)

_END_OF_REPLY = "$$$"
_VERSION = "v3.1.2"
_RATES_HZ = (16000, 8000, 4000, 2000, 1000, 500, 250)
_RATE_CODE_OVER_SERIAL = 6  # the radio carries no more than 250 Hz: streaming falls back to it
_MODES = ("default", "debug", "analog", "digital", "marker")
_LENGTHS = {"x": 9, "z": 5, "~": 2, "/": 2, "`": 2}
_LATCHES = {"x": "X", "z": "Z"}
_ARGUMENT_TIMEOUT_S = 1.0
_NO_CARD = "initialization failed. Things to check:\n* is a card is inserted?"
_OFF_KEYS = "12345678qwertyui"
_ON_KEYS = "!@#$%^&*QWERTYUI"
_SLOW_HZ, _FAST_HZ = 2.048e6 / 2**21, 2.048e6 / 2**20


@dataclass(frozen=True, slots=True)
class TestSignal:
    """The square wave that the converters can be connected to.

    Parameters
    ----------
    amplitude_uv : float
        Half of its peak-to-peak voltage.
    frequency_hz : float
        0 for a constant voltage.
    """

    __test__ = False  # not a test, whatever pytest makes of the name

    amplitude_uv: float = 1875.0
    frequency_hz: float = _SLOW_HZ

    @property
    def code(self) -> int:
        """The bits of CONFIG2 that say so."""
        shape = {_SLOW_HZ: 0, _FAST_HZ: 1, 0.0: 3}[self.frequency_hz]
        return shape | (4 if self.amplitude_uv > 2000.0 else 0)


_TEST_SIGNALS = {
    "-": TestSignal(1875.0, _SLOW_HZ),
    "=": TestSignal(1875.0, _FAST_HZ),
    "[": TestSignal(3750.0, _SLOW_HZ),
    "]": TestSignal(3750.0, _FAST_HZ),
    "p": TestSignal(3750.0, 0.0),
}


class Firmware:
    """The state of a board as its commands set it.

    Parameters
    ----------
    daisy : bool
        Whether a Daisy module (eight more channels) is plugged onto the board.

    Attributes
    ----------
    streaming : bool
        Whether samples are to be sent.
    n_starts : int
        How often streaming has been started.
    channels : list of ChannelSettings
        Settings of each channel, those of the Daisy last.
    lead_off : list of (bool, bool)
        Whether the impedance current flows into the positive and negative input of each channel.
    test_signal : TestSignal
        What channels with that input type see.
    mode : str
        What the auxiliary bytes carry: ``default`` is the accelerometer.
    time_stamped : bool
        Whether packets carry the board's time.
    """

    def __init__(self, daisy: bool = False) -> None:
        self._daisy_fitted = daisy
        self._rate_code = _RATE_CODE_OVER_SERIAL
        self.mode = _MODES[0]
        self.time_stamped = False
        self._time_is_set = False
        self._marker = 0
        self.n_starts = 0
        self._pending = ""
        self._pending_since_s = 0.0
        self._initialize()
        self._commands: dict[str, Callable[[], str]] = {
            "v": self._reset,
            "d": self._set_defaults,
            "D": ChannelSettings().code.__str__,
            "b": self._start,
            "s": self._stop,
            "V": _VERSION.__str__,
            "c": self._remove_daisy,
            "C": self._attach_daisy,
            "<": self._stamp_time,
            ">": self._stop_stamping_time,
            "0": self._short_inputs,
            "?": self._list_registers,
            **dict.fromkeys("ASFGHJKLa", lambda: _NO_CARD),
            # No WiFi shield is plugged in.
            "{": lambda: _failed("Wifi not attached"),
            "}": lambda: _failed("Wifi not removed"),
            ":": lambda: "Wifi not present, send { to attach the shield",
            ";": lambda: "Wifi soft reset",
        }

    @property
    def daisy(self) -> bool:
        """Whether sixteen channels are in use."""
        return len(self.channels) > CHANNELS_PER_BOARD

    def receive(self, data: bytes, now_s: float) -> bytes:
        """Take what the computer sent.

        Parameters
        ----------
        data : bytes
            Any part of any number of commands.
        now_s : float
            Monotonic time: a command whose arguments do not follow within a second is given up.

        Returns
        -------
        bytes
            The replies.
        """
        replies = []
        if self._pending and now_s - self._pending_since_s > _ARGUMENT_TIMEOUT_S:
            self._pending = ""
            replies.append(
                "Timeout processing multi byte message - please send all commands at once as of v2"
            )
        for key in data.decode("latin-1"):
            if not self._pending:
                if key in _LENGTHS:
                    self._pending, self._pending_since_s = key, now_s
                else:
                    replies.append(self._obey(key))
                continue
            self._pending += key
            command = self._pending
            complete = len(command) == _LENGTHS[command[0]]
            if complete or key == _LATCHES.get(command[0]):
                self._pending = ""
                replies.append(
                    self._obey_long(command)
                    if complete
                    else self._unless_streaming(_failed("too few chars"))
                )
        return "".join(reply + _END_OF_REPLY for reply in replies if reply).encode("ascii")

    def take_marker(self) -> int:
        """Return the marker that waits for a packet, 0 for none; it is taken once."""
        marker, self._marker = self._marker, 0
        return marker

    def take_time_set(self) -> bool:
        """Return whether time stamps were switched on since last asked."""
        was_set, self._time_is_set = self._time_is_set, False
        return was_set

    # The handlers return the reply, empty for none.

    def _obey(self, key: str) -> str:
        if key in self._commands:
            return self._commands[key]()
        if key in _TEST_SIGNALS:
            self.test_signal = _TEST_SIGNALS[key]
            return self._connect_all(InputType.TEST_SIGNAL)
        for keys, powered in ((_OFF_KEYS, False), (_ON_KEYS, True)):
            if key in keys and (channel := keys.index(key)) < len(self.channels):
                self.channels[channel] = replace(self.channels[channel], powered=powered)
        return ""

    def _obey_long(self, command: str) -> str:
        arguments = command[1:]
        match command[0]:
            case "x":
                return self._set_channel(arguments)
            case "z":
                return self._set_lead_off(arguments)
            case "~":
                return self._set_rate(arguments)
            case "/":
                return self._set_mode(arguments)
            case _:
                self._marker = ord(arguments)
                return ""

    def _initialize(self) -> None:
        n_channels = CHANNELS_PER_BOARD * (2 if self._daisy_fitted else 1)
        self.channels = [ChannelSettings()] * n_channels
        self.lead_off = [(False, False)] * n_channels
        self.test_signal = TestSignal()
        self.streaming = False

    def _reset(self) -> str:
        self._initialize()
        daisy = "On Daisy ADS1299 Device ID: 0x3E\n" if self.daisy else ""
        return (
            "OpenBCI V3 8-16 channel\nOn Board ADS1299 Device ID: 0x3E\n"
            f"{daisy}LIS3DH Device ID: 0x33\nFirmware: {_VERSION}\n"
        )

    def _list_registers(self) -> str:
        return self._unless_streaming(
            list_registers(self.channels, self.lead_off, self._rate_code, self.test_signal.code)
        )

    def _unless_streaming(self, reply: str) -> str:
        return "" if self.streaming else reply

    def _set_defaults(self) -> str:
        self.channels = [ChannelSettings()] * len(self.channels)
        self.lead_off = [(False, False)] * len(self.channels)
        return self._unless_streaming("updating channel settings to default")

    def _start(self) -> str:
        self._rate_code = _RATE_CODE_OVER_SERIAL
        self.streaming = True
        self.n_starts += 1
        return ""

    def _stop(self) -> str:
        self.streaming = False
        return ""

    def _remove_daisy(self) -> str:
        if not self.daisy:
            return ""
        del self.channels[CHANNELS_PER_BOARD:], self.lead_off[CHANNELS_PER_BOARD:]
        return self._unless_streaming("daisy removed")

    def _attach_daisy(self) -> str:
        if self.daisy:
            return "16"
        if not self._daisy_fitted:
            return self._unless_streaming("no daisy to attach!") + "8"
        self.channels += [ChannelSettings()] * CHANNELS_PER_BOARD
        self.lead_off += [(False, False)] * CHANNELS_PER_BOARD
        return self._unless_streaming("daisy attached") + "16"

    def _stamp_time(self) -> str:
        self.time_stamped, self._time_is_set = True, True
        return self._unless_streaming("Time stamp ON")

    def _stop_stamping_time(self) -> str:
        self.time_stamped = False
        return self._unless_streaming("Time stamp OFF")

    def _short_inputs(self) -> str:
        return self._connect_all(InputType.SHORTED)

    def _connect_all(self, input_type: InputType) -> str:
        self.channels = [replace(channel, input_type=input_type) for channel in self.channels]
        return self._unless_streaming("Success: Configured internal test signal.")

    def _set_channel(self, arguments: str) -> str:
        if arguments[7] != _LATCHES["x"]:
            return self._unless_streaming(_failed("Err: 9th char not X"))
        channel = _channel(arguments[0])
        if channel < len(self.channels):
            settings = ChannelSettings.from_code(arguments[1:7])
            self.channels[channel] = settings
            # One switch on each board ties the negative inputs of all its channels together.
            board = channel // CHANNELS_PER_BOARD * CHANNELS_PER_BOARD
            for other in range(board, board + CHANNELS_PER_BOARD):
                self.channels[other] = replace(self.channels[other], srb1=settings.srb1)
        return self._unless_streaming(f"Success: Channel set for {channel + 1}")

    def _set_lead_off(self, arguments: str) -> str:
        if arguments[3] != _LATCHES["z"]:
            return self._unless_streaming(_failed("Err: 5th char not Z"))
        channel = _channel(arguments[0])
        if channel < len(self.channels):
            self.lead_off[channel] = (arguments[1] == "1", arguments[2] == "1")
        return self._unless_streaming(f"Success: Lead off set for {channel + 1}")

    def _set_rate(self, code: str) -> str:
        if code.isdecimal() and int(code) < len(_RATES_HZ):
            self._rate_code = int(code)
        elif code.isdecimal():
            return self._unless_streaming(_failed("sample value out of bounds"))
        elif code != "~":
            return self._unless_streaming(_failed("invalid sample value"))
        return self._unless_streaming(f"Success: Sample rate is {_RATES_HZ[self._rate_code]}Hz")

    def _set_mode(self, code: str) -> str:
        if code.isdecimal() and int(code) < len(_MODES):
            self.mode = _MODES[int(code)]
        elif code.isdecimal():
            return _failed("board mode value out of bounds.")
        elif code != "/":
            return _failed("invalid board mode value.")
        return f"Success: {self.mode}"


def _failed(why: str) -> str:
    return f"Failure: {why}"


def _channel(key: str) -> int:
    """Index of a channel; the firmware takes an unknown key for the first."""
    return max(CHANNEL_KEYS.find(key), 0)

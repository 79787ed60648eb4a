"""A session's configuration: one TOML file, read strictly into the settings of the parts."""

import difflib
import math
import re
import tomllib
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from bci_app.errors import ConfigurationError
from bci_app.online.settings import PathSettings
from devices.exoskeleton.command import COMMANDS

_MAX_FILE_BYTES = 1 << 20
_FASTEST_BAUD = 12_000_000
_OWN_BOARDS = ("virtual", "lsl")


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """Which stream of the Lab Streaming Layer; what is left empty may be anything.

    Parameters
    ----------
    name : str
    type : str
    source_id : str
    unit : str
        What its samples are in; empty for what the stream says.
    """

    name: str = ""
    type: str = "EEG"
    source_id: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class HeadsetSettings:
    """Where the samples come from.

    Parameters
    ----------
    board : str
        A board that BrainFlow knows (see `bci-app devices`), `lsl` for a stream on the network, or
        `virtual` for a virtual subject.
    serial_port : str
        For boards on a serial port.
    channels : tuple of str
        Electrode of each EEG channel of the headset, in its order, `-` for one that is not used;
        empty for the headset's own names.
    reference : str
        Where the reference electrode sits, for the record.
    gain : int or None
        Of all channels, for boards that take a number; None for the board's own.
    sampling_rate_hz : float or None
        None for the board's own.
    settings : str
        Commands for the board before it streams, in its own language.
    parameters : dict
        Further input parameters of BrainFlow, such as `mac_address`.
    stream : StreamSettings
        For `lsl`.
    """

    board: str = "virtual"
    serial_port: str = ""
    channels: tuple[str, ...] = ()
    reference: str = ""
    gain: int | None = None
    sampling_rate_hz: float | None = None
    settings: str = ""
    parameters: dict[str, str | int] = field(default_factory=dict)
    stream: StreamSettings = field(default_factory=StreamSettings)

    def __post_init__(self) -> None:
        near = difflib.get_close_matches(self.board.strip().lower(), _OWN_BOARDS, n=1)
        if near and self.board not in _OWN_BOARDS:
            raise ConfigurationError(
                f"`headset.board` is {self.board!r}: did you mean {near[0]!r}?"
            )
        if self.board == "lsl":
            self._refuse("a stream on the network is set up by its sender", self._for_boards)
        elif self.stream != StreamSettings():
            raise ConfigurationError(
                f"`headset.stream` says which stream to use, but the board is {self.board!r}: "
                "expected 'lsl'"
            )
        if self.board == "virtual":
            worn = ("channels", "reference")
            self._refuse(
                "its montage is fixed; `bci-app simulate headset` has others",
                (*worn, *self._for_boards),
            )

    @property
    def _for_boards(self) -> tuple[str, ...]:
        return ("serial_port", "gain", "sampling_rate_hz", "settings", "parameters")

    def _refuse(self, why: str, names: tuple[str, ...]) -> None:
        given = [name for name in names if getattr(self, name)]
        if given:
            raise ConfigurationError(
                f"`headset.{given[0]}` cannot be set with board {self.board!r}: {why}"
            )


@dataclass(frozen=True, slots=True)
class ExoskeletonSettings:
    """What moves.

    Parameters
    ----------
    port : str
        `sim` for the simulated one, or the port of a controller that speaks docs/protocol.md.
    baud : int
        Speed of the line in bits a second, where that means something.
    """

    port: str = "sim"
    baud: int = 115_200

    def __post_init__(self) -> None:
        if not self.port:
            raise ConfigurationError(
                "`exoskeleton.port` is empty: expected 'sim' or the port of a controller"
            )
        if not 0 < self.baud <= _FASTEST_BAUD:
            raise ConfigurationError(
                f"`exoskeleton.baud` is {self.baud}: expected the line's bits a second, above 0 up "
                f"to {_FASTEST_BAUD}"
            )


@dataclass(frozen=True, slots=True)
class ScreenSettings:
    """The subject window.

    Parameters
    ----------
    show : bool
        False when nothing is to be shown, or LEDs flicker.
    size_deg : float
        Side of a target in degrees of visual angle.
    distance_mm : float
        From the eyes to the screen.
    screen_width_mm : float
        Width of the picture; 0 for what the screen says of itself.
    gamma : float
        The screen's exponent from drive to luminance.
    waveform : str
        `sine` or `square`.
    display : int
        Which screen, 0 for the first.
    """

    show: bool = True
    size_deg: float = 4.0
    distance_mm: float = 600.0
    screen_width_mm: float = 0.0
    gamma: float = 2.2
    waveform: Literal["sine", "square"] = "sine"
    display: int = 0

    def __post_init__(self) -> None:
        if not min(self.size_deg, self.distance_mm, self.gamma) > 0 or self.display < 0:
            raise ConfigurationError(
                f"size {self.size_deg:g}°, distance {self.distance_mm:g} mm, gamma {self.gamma:g}, "
                f"display {self.display}: expected positive values and a display from 0."
            )


@dataclass(frozen=True, slots=True)
class LedSettings:
    """LEDs as targets, instead of the screen.

    Parameters
    ----------
    port : str
        Of a unit that speaks docs/led-unit.md; empty for none.
    brightness : float
        Of the LEDs while lit, above 0 up to 1.
    """

    port: str = ""
    brightness: float = 0.5

    def __post_init__(self) -> None:
        if not 0 < self.brightness <= 1:
            raise ConfigurationError(
                f"brightness {self.brightness:g}: expected a value above 0 up to 1."
            )


@dataclass(frozen=True, slots=True)
class LslSettings:
    """What the session tells the network through the Lab Streaming Layer.

    Parameters
    ----------
    publish : bool
        Whether it does.
    name : str
        What the names of its streams begin with.
    """

    publish: bool = False
    name: str = "bci-app"

    def __post_init__(self) -> None:
        if not self.name:
            raise ConfigurationError("`lsl.name` is empty: expected a name for the streams")


@dataclass(frozen=True, slots=True)
class RecordingSettings:
    """What is made of a session's file when the session is over.

    Parameters
    ----------
    export : str
        `bids`, `fif` or `xdf`, as `bci-app export` has them, or `none`.
    folder : str
        Where to; for `bids` the data set to which it is added. Empty for a folder of the format's
        name beside the recording.
    subject : str
        Label in BIDS; empty for that of the profile, or 01 without one.
    """

    export: Literal["none", "bids", "fif", "xdf"] = "none"
    folder: str = ""
    subject: str = ""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9A-Za-z]*", self.subject):
            raise ConfigurationError(
                f"`recording.subject` is {self.subject!r}: expected letters and digits"
            )


@dataclass(frozen=True, slots=True)
class SessionConfiguration:
    """The whole file; whatever is left out has its default.

    Parameters
    ----------
    headset : HeadsetSettings
    exoskeleton : ExoskeletonSettings
    screen : ScreenSettings
    leds : LedSettings
    lsl : LslSettings
    recording : RecordingSettings
    path : PathSettings
        With the tables `path.targets`, `path.policy` and `path.gate`.
    """

    headset: HeadsetSettings = field(default_factory=HeadsetSettings)
    exoskeleton: ExoskeletonSettings = field(default_factory=ExoskeletonSettings)
    screen: ScreenSettings = field(default_factory=ScreenSettings)
    leds: LedSettings = field(default_factory=LedSettings)
    lsl: LslSettings = field(default_factory=LslSettings)
    recording: RecordingSettings = field(default_factory=RecordingSettings)
    path: PathSettings = field(default_factory=PathSettings)


def read_configuration(path: Path) -> SessionConfiguration:
    """Read and check a configuration file.

    Raises
    ------
    ConfigurationError
        Naming the file, the field and what was expected.
    """
    try:
        if path.stat().st_size > _MAX_FILE_BYTES:
            raise ConfigurationError(
                f"{path} is larger than {_MAX_FILE_BYTES >> 20} MiB: expected a configuration."
            )
        table = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=_finite)
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read ({error.strerror}): expected a configuration in TOML."
        ) from error
    except (ValueError, RecursionError) as error:  # not TOML, or not UTF-8
        raise ConfigurationError(f"{path} is not TOML: {error}. Correct the file.") from error
    try:
        _refuse_unknown(table, SessionConfiguration, "")
        _name_commands(table)
        return msgspec.convert(table, SessionConfiguration)
    except (ConfigurationError, msgspec.ValidationError, OverflowError) as error:
        message = str(error).replace("`$.", "`").removesuffix(".")
        raise ConfigurationError(f"{path}: {message}. Correct the file.") from error


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is no number that anything can be set to")
    return value


def _refuse_unknown(table: object, kind: type, where: str) -> None:
    """Refuse fields that `kind` does not have: most are typing errors."""
    if not isinstance(table, dict):
        return  # a wrong type is said by the conversion
    known = [entry.name for entry in fields(kind)]
    for name, value in table.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"expected {', '.join(known)}"
            raise ConfigurationError(f"there is no field {where}{name}: {hint}")
        hint_of = get_type_hints(kind)[name]
        inner = get_args(hint_of)[0] if get_origin(hint_of) is tuple else hint_of
        if is_dataclass(inner) and isinstance(inner, type):
            for entry in value if isinstance(value, list) else [value]:
                _refuse_unknown(entry, inner, f"{where}{name}.")


def _name_commands(table: dict[str, Any]) -> None:
    """Replace the names of commands by their codes."""
    path = table.get("path", {})
    if not isinstance(path, dict):
        return
    targets, gate = path.get("targets", []), path.get("gate", {})
    for target in targets if isinstance(targets, list) else []:
        if isinstance(target, dict) and "command" in target:
            target["command"] = _command_code(target["command"], "path.targets")
    if isinstance(gate, dict) and isinstance(gate.get("confirmed"), list):
        gate["confirmed"] = [
            _command_code(name, "path.gate.confirmed") for name in gate["confirmed"]
        ]


def _command_code(name: object, where: str) -> int:
    if not isinstance(name, str) or name not in COMMANDS:
        raise ConfigurationError(f"{name!r} in {where}: expected one of {', '.join(COMMANDS)}")
    return COMMANDS[name].value

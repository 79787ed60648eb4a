"""What a rehearsal can do to subject, electrodes, board and wire: one line, one deed.

Lines come as they are typed, or from a scenario file in which each starts with its time.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from devices.errors import DeviceError
from devices.headset.cyton.board import VirtualCyton
from devices.virtual_brain import Subject
from devices.virtual_brain.flicker import darkness, displayed


@dataclass(frozen=True, slots=True)
class Step:
    """A line of a scenario.

    Parameters
    ----------
    at_s : float
        Seconds from the start of the simulation.
    deed : callable
        What to do then.
    """

    at_s: float
    deed: Callable[[], None]


class Rehearsal:
    """Understands lines.

    Parameters
    ----------
    subject : Subject
        Who wears the electrodes.
    board : VirtualCyton
        What they are plugged into.
    plug : callable
        Called with whether the receiver is to be plugged into the computer.
    """

    def __init__(self, subject: Subject, board: VirtualCyton, plug: Callable[[bool], None]) -> None:
        def flicker(
            hz: float, phase_rad: float, square: bool, refresh_hz: float, at: float
        ) -> None:
            light = displayed(hz, phase_rad, refresh_hz, square=square)
            subject.light(hz, light, board.subject_time_s(at))

        def still(at: float) -> None:
            subject.all_lights(darkness, board.subject_time_s(at))

        electrodes, wire, photodiode = subject.electrodes, board.wire, board.photodiode
        deeds: dict[str, Callable[..., None]] = {
            "gaze HZ|none": subject.look_at,
            "cue HZ|none": subject.cue,
            "flicker HZ RADIANS sine|square REFRESH_HZ AT": flicker,
            "still AT": still,
            "step": subject.step,
            "lose PACKETS": wire.lose,
            "corrupt PACKETS": wire.corrupt,
            "truncate PACKETS": wire.truncate,
            "repeat PACKETS": wire.repeat,
            "batch PACKETS": wire.batch,
            "stall SECONDS": wire.stall,
            "drift PPM": board.drift,
            "battery dead|fresh": board.power,
            "light LEVEL": photodiode.shine,
            "photodiode DELAY_SECONDS NOISE": photodiode.tune,
            "unplug": partial(plug, False),
            "plug": partial(plug, True),
            "pop ELECTRODE MICROVOLTS": electrodes.pop,
            "dry ELECTRODE KILOOHMS SECONDS": electrodes.dry,
            "off ELECTRODE": electrodes.take_off,
            "bridge ELECTRODE ELECTRODE": electrodes.bridge,
            "saturate ELECTRODE": electrodes.saturate,
            "mend ELECTRODE": electrodes.mend,
        }
        self._deeds = {usage.split()[0]: (usage, deed) for usage, deed in deeds.items()}
        self._kinds: dict[str, Callable[[str], object]] = {
            "HZ|none": lambda text: None if text == "none" else _above_zero(text),
            "LEVEL": _level,
            "DELAY_SECONDS": _not_below_zero,
            "NOISE": _not_below_zero,
            "HZ": _above_zero,
            "RADIANS": _number,
            "sine|square": lambda text: _one_of(text, ("sine", "square")) == "square",
            "REFRESH_HZ": _not_below_zero,
            "AT": _number,
            "PACKETS": _whole,
            "SECONDS": _above_zero,
            "KILOOHMS": _above_zero,
            "MICROVOLTS": _number,
            "PPM": _ppm,
            "dead|fresh": lambda text: _one_of(text, ("dead", "fresh")) == "fresh",
            "ELECTRODE": lambda text: _one_of(text, subject.channel_names),
        }

    @property
    def usage(self) -> tuple[str, ...]:
        """All lines there are, with what they need in capitals."""
        return tuple(usage for usage, _ in self._deeds.values())

    def understand(self, line: str) -> Callable[[], None]:
        """Say what a line means.

        Parameters
        ----------
        line : str
            See `usage`.

        Returns
        -------
        callable
            Does it.

        Raises
        ------
        DeviceError
            When the line makes no sense.
        """
        word, *arguments = line.split() or [""]
        if word not in self._deeds:
            raise DeviceError(f"no command {word!r}; there are: {', '.join(self._deeds)}")
        usage, deed = self._deeds[word]
        kinds = usage.split()[1:]
        if len(arguments) != len(kinds):
            raise DeviceError(f"{line.strip()!r}: expected {usage!r}")
        try:
            values = [self._kinds[k](text) for k, text in zip(kinds, arguments, strict=True)]
        except ValueError as error:
            raise DeviceError(f"{line.strip()!r}: expected {usage!r}; {error}") from error
        return partial(deed, *values)


def read_scenario(path: Path, rehearsal: Rehearsal) -> Sequence[Step]:
    """Read a scenario file.

    Each line holds a time in seconds and a command; empty lines and what follows ``#`` are skipped.

    Parameters
    ----------
    path : Path
    rehearsal : Rehearsal
        Who is to understand the commands.

    Returns
    -------
    sequence of Step
        In order of time.

    Raises
    ------
    DeviceError
        When the file cannot be read, or a line is no step; file and line are named.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DeviceError(f"cannot read the scenario {path}: {error}") from error
    steps = []
    for number, line in enumerate(lines, start=1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        at, _, command = text.partition(" ")
        try:
            steps.append(Step(_number(at), rehearsal.understand(command)))
        except (DeviceError, ValueError) as error:
            raise DeviceError(
                f"{path}, line {number}: expected 'SECONDS COMMAND', not {text!r}: {error}"
            ) from error
    return sorted(steps, key=lambda step: step.at_s)


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text!r} is not a number")
    return value


def _above_zero(text: str) -> float:
    value = _number(text)
    if value <= 0.0:
        raise ValueError(f"{text!r} is not above 0")
    return value


def _not_below_zero(text: str) -> float:
    value = _number(text)
    if value < 0.0:
        raise ValueError(f"{text!r} is below 0")
    return value


def _level(text: str) -> float:
    value = _number(text)
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"{text!r} is not from 0 to 1")
    return value


def _whole(text: str) -> int:
    value = int(text)
    if value <= 0:
        raise ValueError(f"{text!r} is not above 0")
    return value


def _ppm(text: str) -> float:
    value = _number(text)
    if abs(value) > 1000.0:
        raise ValueError("no crystal drifts by more than 1000 ppm")
    return value


def _one_of(text: str, words: Sequence[str]) -> str:
    for word in words:
        if word.lower() == text.lower():
            return word
    raise ValueError(f"{text!r} is none of {', '.join(words)}")

"""Options that several commands share, and how their values are read."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from devices.exoskeleton.command import Command

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

COMMANDS_IN_ORDER = (
    Command.STAND,
    Command.WALK,
    Command.SIT,
    Command.TURN_LEFT,
    Command.TURN_RIGHT,
)
"""What the targets of a recording command, in order of their frequencies."""


class ClassesType(click.ParamType[Mapping[str, float | None]]):
    """`2=13,4=17,1=idle`: what each event code means, a target in Hz or idle."""

    name = "CODE=HZ|idle,…"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Mapping[str, float | None]:
        """Read the mapping; a code may hold anything but a comma."""
        classes: dict[str, float | None] = {}
        for item in str(value).split(","):
            code, separator, meaning = (part.strip() for part in item.rpartition("="))
            if not separator or not code or code in classes:
                self.fail(f"{item!r}: expected CODE=HZ or CODE=idle, each code once.", param, ctx)
            try:
                classes[code] = None if meaning == "idle" else float(meaning)
            except ValueError:
                self.fail(f"{item!r}: expected a frequency in Hz, or idle.", param, ctx)
        return classes


class BandType(click.ParamType[tuple[float, float]]):
    """`6-80`: the pass band in Hz."""

    name = "LOW-HIGH"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float]:
        """Read the two edges."""
        if isinstance(value, tuple):
            return value
        low, _, high = str(value).partition("-")
        try:
            return float(low), float(high)
        except ValueError:
            self.fail(f"{value!r}: expected two frequencies in Hz, such as 6-80.", param, ctx)


def classes_option(more: str) -> Callable[[Decorated], Decorated]:
    """Return the option for what event codes mean; `more` says when it can be left out."""
    return click.option(
        "--classes",
        type=ClassesType(),
        help=f"What each event code means: 2=13,4=17,3=21,1=idle. {more}",
    )


def window_option(default_s: float) -> Callable[[Decorated], Decorated]:
    """Return the option for the length of a window."""
    return click.option(
        "--window",
        "window_s",
        default=default_s,
        show_default=True,
        help="Length of a window in seconds.",
    )


def harmonics_option(default: int | None) -> Callable[[Decorated], Decorated]:
    """Return the option for the number of harmonics; None for each decoder's own."""
    more = " Each decoder has its own default." if default is None else ""
    return click.option(
        "--harmonics",
        "n_harmonics",
        type=click.IntRange(1, 20),
        default=default,
        show_default=default is not None,
        help=f"Harmonics in the references, the fundamental included.{more}",
    )


def band_option(default: str | None) -> Callable[[Decorated], Decorated]:
    """Return the option for the pass band; None for one that suits targets and sampling rate."""
    more = " By default 6-80, as far as targets and sampling rate allow." if default is None else ""
    return click.option(
        "--band",
        "band_hz",
        type=BandType(),
        default=default,
        show_default=default is not None,
        help=f"Pass band in Hz.{more}",
    )


mains_option = click.option(
    "--mains",
    "mains_hz",
    type=click.Choice(["50", "60", "none"]),
    default="50",
    show_default=True,
    callback=lambda _ctx, _param, value: None if value == "none" else float(value),
    help="Mains frequency to notch, in Hz.",
)
trial_option = click.option(
    "--trial",
    "trial_s",
    type=click.FloatRange(min=0, min_open=True),
    default=5.0,
    show_default=True,
    help="How long a trial and its flicker last after the onset, in seconds.",
)


def max_false_option(when: str = "") -> Callable[[Decorated], Decorated]:
    """Return the option for the accepted rate of false commands; `when` says when it counts."""
    return click.option(
        "--max-false-per-min",
        type=click.FloatRange(min=0, min_open=True),
        default=0.5,
        show_default=True,
        help=f"{when}False commands a minute that are accepted; the threshold follows from it.",
    )


def config_option(more: str) -> Callable[[Decorated], Decorated]:
    """Return the option for a session's configuration; `more` says what of it is used."""
    return click.option(
        "--config",
        "file",
        type=click.Path(dir_okay=False, path_type=Path),
        required=True,
        metavar="FILE",
        help=f"The session's configuration, in TOML{more}",
    )

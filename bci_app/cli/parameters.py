"""Options that several commands share, and how their values are read."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


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


classes_option = click.option(
    "--classes",
    type=ClassesType(),
    required=True,
    help="What each event code means: 2=13,4=17,3=21,1=idle.",
)
harmonics_option = click.option(
    "--harmonics",
    "n_harmonics",
    type=click.IntRange(1, 20),
    default=5,
    show_default=True,
    help="Harmonics in the references, the fundamental included.",
)
band_option = click.option(
    "--band",
    "band_hz",
    type=BandType(),
    default="6-80",
    show_default=True,
    help="Pass band in Hz.",
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


def window_option(default_s: float) -> Callable[[Command], Command]:
    """Return the option for the length of a window."""
    return click.option(
        "--window",
        "window_s",
        default=default_s,
        show_default=True,
        help="Length of a window in seconds.",
    )

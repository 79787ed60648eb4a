"""The notice that somebody confirms before anything flickers that cannot show it itself."""

import click


def confirm_flicker(begin: str, end: str) -> None:
    """Ask whether the flicker may begin; without consent the command is aborted.

    Parameters
    ----------
    begin : str
        What will flicker.
    end : str
        What is asked.
    """
    click.confirm(
        f"{begin} Flashing light can provoke seizures in people with photosensitive epilepsy, also "
        f"in some who do not know that they have it. {end}",
        abort=True,
        err=True,
    )


def confirm_leds() -> None:
    """Ask before LEDs flicker in front of a subject."""
    confirm_flicker("The LEDs will flicker.", "Has the subject been told, and agreed?")

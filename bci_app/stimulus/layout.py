"""Where the targets stand on the screen."""

import math

from bci_app.errors import ConfigurationError
from bci_app.stimulus.geometry import Rectangle, Viewing
from devices.exoskeleton.command import Command

MAX_TARGETS = 40

_PHOTODIODE_DEG = 1.5

# Share of the screen's height kept free at the top for cue and feedback.
BAND_SHARE = 0.14
# Room around each patch for its label and rings, as a share of its size.
MARGIN_SHARE = 0.24

# Centres as shares of the area below the band, where somebody who walks expects them: ahead is up,
# left and right are at the sides, and the two postures are at the feet.
_WALKER_PLACES = {
    Command.WALK: (0.50, 0.18),
    Command.TURN_LEFT: (0.13, 0.50),
    Command.TURN_RIGHT: (0.87, 0.50),
    Command.STAND: (0.32, 0.82),
    Command.SIT: (0.68, 0.82),
    Command.STOP: (0.50, 0.82),
}


def place_targets(
    commands: tuple[Command | None, ...], size_deg: float, viewing: Viewing
) -> tuple[Rectangle, ...]:
    """Square patches, one a target, none touching another.

    Parameters
    ----------
    commands : tuple of Command or None
        What each target asks for. Different commands stand where a walker expects them; anything
        else fills a grid, row by row.
    size_deg : float
        Side of a patch in degrees of visual angle.
    viewing : Viewing

    Returns
    -------
    tuple of Rectangle
        The flickering areas, in the order of `commands`, on whole pixels.

    Raises
    ------
    ConfigurationError
        For fewer than 2 or more than 40 targets, or when they do not fit the screen.
    """
    if not 2 <= len(commands) <= MAX_TARGETS:
        raise ConfigurationError(
            f"{len(commands)} targets on the screen: expected 2 to {MAX_TARGETS}."
        )
    patches = _patches_at(_centres(commands, viewing), round(viewing.pixels(size_deg)), viewing)
    if not _fits(patches, viewing):
        largest_deg = math.floor(largest_size(commands, size_deg, viewing) * 10) / 10
        raise ConfigurationError(
            f"{len(commands)} targets of {size_deg:g}° do not fit a screen of "
            f"{viewing.degrees(viewing.width_px):.0f}° × {viewing.degrees(viewing.height_px):.0f}°:"
            f" expected at most {largest_deg:g}°, or sit further from a larger screen."
        )
    return patches


def largest_size(
    commands: tuple[Command | None, ...], at_most_deg: float, viewing: Viewing
) -> float:
    """Side in degrees of the largest patches that fit, up to `at_most_deg`."""
    centres = _centres(commands, viewing)
    size_px = round(viewing.pixels(at_most_deg))
    while size_px > 1 and not _fits(_patches_at(centres, size_px, viewing), viewing):
        size_px -= 1
    return min(at_most_deg, viewing.degrees(size_px))


def photodiode_patch(patches: tuple[Rectangle, ...], viewing: Viewing) -> Rectangle:
    """Place the photodiode's patch in the lower right corner, as large as the targets leave it."""
    side = round(viewing.pixels(_PHOTODIODE_DEG))
    while True:
        corner = Rectangle(viewing.width_px - side, viewing.height_px - side, side, side)
        if side <= 1 or not any(corner.overlaps(patch) for patch in patches):
            return corner
        side -= 1


def _centres(commands: tuple[Command | None, ...], viewing: Viewing) -> list[tuple[float, float]]:
    known = [command for command in commands if command is not None]
    if len(set(known)) == len(commands):
        return [_WALKER_PLACES[command] for command in known]
    return _grid(len(commands), viewing)


def _grid(n_targets: int, viewing: Viewing) -> list[tuple[float, float]]:
    aspect = viewing.width_px / (viewing.height_px * (1 - BAND_SHARE))
    n_columns = min(
        range(1, n_targets + 1),
        # About as wide as the screen, and not too many places empty.
        key=lambda n: (
            abs(math.log(n / math.ceil(n_targets / n) / aspect)) + -n_targets % n / n_targets
        ),
    )
    n_rows = math.ceil(n_targets / n_columns)
    shares = []
    for k in range(n_targets):
        row, column = divmod(k, n_columns)
        n_in_row = min(n_columns, n_targets - row * n_columns)
        indent = (n_columns - n_in_row) / 2
        shares.append(((column + indent + 0.5) / n_columns, (row + 0.5) / n_rows))
    return shares


def _patches_at(
    shares: list[tuple[float, float]], size_px: int, viewing: Viewing
) -> tuple[Rectangle, ...]:
    top_px = viewing.height_px * BAND_SHARE
    return tuple(
        Rectangle(
            round(x * viewing.width_px - size_px / 2),
            round(top_px + y * (viewing.height_px - top_px) - size_px / 2),
            size_px,
            size_px,
        )
        for x, y in shares
    )


def _fits(patches: tuple[Rectangle, ...], viewing: Viewing) -> bool:
    framed = [patch.grown(MARGIN_SHARE * patch.width) for patch in patches]
    top_px = viewing.height_px * BAND_SHARE
    inside = all(
        patch.x >= 0
        and patch.y >= top_px
        and patch.x + patch.width <= viewing.width_px
        and patch.y + patch.height <= viewing.height_px
        for patch in framed
    )
    return inside and not any(
        one.overlaps(other) for k, one in enumerate(framed) for other in framed[:k]
    )

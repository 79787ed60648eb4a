"""From degrees of visual angle to pixels, and how much of the visual field flashes."""

import math
from dataclasses import dataclass

import numpy as np

from bci_app.errors import ConfigurationError

# WCAG 2.3.1 and ITU-R BT.1702 judge flashes within any field of this diameter.
FIELD_DEG = 10.0
SAFE_SHARE_OF_FIELD = 0.25

_CELL_DEG = 0.2


@dataclass(frozen=True, slots=True)
class Rectangle:
    """An upright rectangle in pixels, origin at the upper left, y downwards."""

    x: float
    y: float
    width: float
    height: float

    @property
    def centre(self) -> tuple[float, float]:
        """Middle of the rectangle."""
        return self.x + self.width / 2, self.y + self.height / 2

    def contains(self, x: float, y: float) -> bool:
        """Whether a point lies inside."""
        return self.x <= x < self.x + self.width and self.y <= y < self.y + self.height

    def grown(self, margin: float) -> "Rectangle":
        """Return the rectangle with `margin` more on each side."""
        return Rectangle(
            self.x - margin, self.y - margin, self.width + 2 * margin, self.height + 2 * margin
        )

    def overlaps(self, other: "Rectangle") -> bool:
        """Whether the two share an area."""
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )


@dataclass(frozen=True, slots=True)
class Viewing:
    """A screen as seen from the subject's place.

    Parameters
    ----------
    width_px, height_px : int
        Resolution.
    width_mm : float
        Width of the picture.
    distance_mm : float
        From the eyes to the screen.
    """

    width_px: int
    height_px: int
    width_mm: float
    distance_mm: float

    def __post_init__(self) -> None:
        if min(self.width_px, self.height_px, self.width_mm, self.distance_mm) <= 0:
            raise ConfigurationError(
                f"a screen of {self.width_px} × {self.height_px} pixels, {self.width_mm:g} mm "
                f"wide, at {self.distance_mm:g} mm: expected positive numbers; measure the "
                "picture's width and the distance to the eyes."
            )

    def pixels(self, angle_deg: float) -> float:
        """Length on the screen, straight ahead, that spans a visual angle."""
        span_mm = 2 * self.distance_mm * math.tan(math.radians(angle_deg) / 2)
        return span_mm * self.width_px / self.width_mm

    def degrees(self, length_px: float) -> float:
        """Visual angle that a length straight ahead spans."""
        span_mm = length_px * self.width_mm / self.width_px
        return 2 * math.degrees(math.atan2(span_mm / 2, self.distance_mm))


@dataclass(frozen=True, slots=True)
class FlashingArea:
    """How much of what the subject sees is flashing.

    Parameters
    ----------
    share_of_screen : float
        Of the screen's area, 0 to 1.
    share_of_field : float
        Of the circular field of 10° in which it is largest, 0 to 1; WCAG 2.3.1 calls up to a
        quarter safe.
    """

    share_of_screen: float
    share_of_field: float


def flashing_area(patches: tuple[Rectangle, ...], viewing: Viewing) -> FlashingArea:
    """Measure the area that the patches take, all counted as flashing at once.

    Angles are taken as if the whole screen were straight ahead, which overstates the area of
    patches near its edges a little: the safe side.
    """
    cell_px = viewing.pixels(_CELL_DEG)
    xs = (np.arange(math.ceil(viewing.width_px / cell_px)) + 0.5) * cell_px
    ys = (np.arange(math.ceil(viewing.height_px / cell_px)) + 0.5) * cell_px
    flashing = np.zeros((len(ys), len(xs)), dtype=bool)
    for patch in patches:
        flashing |= ((ys >= patch.y) & (ys < patch.y + patch.height))[:, np.newaxis] & (
            (xs >= patch.x) & (xs < patch.x + patch.width)
        )
    rows, columns = np.nonzero(flashing)
    radius_px = viewing.pixels(FIELD_DEG) / 2
    cells_in_field = math.pi * radius_px**2 / cell_px**2
    step_px = viewing.pixels(0.5)
    most = 0
    for y in np.arange(0, viewing.height_px + step_px, step_px):
        near = np.abs(ys[rows] - y) < radius_px
        if np.count_nonzero(near) <= most:
            continue
        half_chords = np.sqrt(radius_px**2 - (ys[rows[near]] - y) ** 2)
        # How many cells a circle centred at each x holds: +1 where a cell enters, -1 where it
        # leaves, summed from left to right.
        edges = np.concatenate([xs[columns[near]] - half_chords, xs[columns[near]] + half_chords])
        change = np.concatenate([np.ones(len(half_chords)), -np.ones(len(half_chords))])
        most = max(most, int(np.cumsum(change[np.argsort(edges, kind="stable")]).max(initial=0)))
    area_px = sum(patch.width * patch.height for patch in patches)
    return FlashingArea(
        share_of_screen=area_px / (viewing.width_px * viewing.height_px),
        share_of_field=min(1.0, most / cells_in_field),
    )

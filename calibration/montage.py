"""Where electrodes sit on the head, and which are neighbours."""

import math
import re
from collections.abc import Sequence

import numpy as np

# Rows of the 10-10 system: how far along the midline from the vertex (front is positive, 1 is the
# ring through Fpz, T7, Oz, T8), and the angle on the ring, from the front, of the row's end.
_ROWS = {
    "FP": (1.0, 18.0),
    "AF": (0.75, 36.0),
    "F": (0.5, 54.0),
    "FC": (0.25, 72.0),
    "FT": (0.25, 72.0),
    "C": (0.0, 90.0),
    "T": (0.0, 90.0),
    "CP": (-0.25, 108.0),
    "TP": (-0.25, 108.0),
    "P": (-0.5, 126.0),
    "PO": (-0.75, 144.0),
    "O": (-1.0, 162.0),
    "I": (-1.2, 162.0),
}
_OLD_NAMES = {"T3": "T7", "T4": "T8", "T5": "P7", "T6": "P8"}
_RING_RADIUS = 0.8
_NEIGHBOURHOOD = 0.45  # O1 to PO7, or Cz to P3, and a little more
_MAX_NEIGHBOURS = 4


def place_on_head(name: str) -> tuple[float, float] | None:
    """Place of an electrode of the 10-10 system, seen from above.

    Returns
    -------
    (float, float) or None
        x to the subject's right and y to the front, the head being a circle of radius 1; None for
        a name that is not of the system.
    """
    name = _OLD_NAMES.get(name.upper(), name.upper())
    parts = re.fullmatch(r"([A-Z]+?)(Z|\d{1,2})", name)
    if parts is None or parts[1] not in _ROWS:
        return None
    along, angle_deg = _ROWS[parts[1]]
    if parts[2] == "Z":
        return 0.0, _RING_RADIUS * along
    number = int(parts[2])
    side = 1.0 if number % 2 == 0 else -1.0
    angle = np.radians(angle_deg)
    end = np.array([np.sin(angle), np.cos(angle)])
    share = 1.0 if parts[1] in ("FP", "O", "I") else (number + number % 2) / 8
    if share > 1.25:
        return None
    middle = np.array([0.0, along])
    x, y = middle + share * (end - middle)
    return float(side * x) * _RING_RADIUS, float(y) * _RING_RADIUS


def neighbours(names: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    """Return for each electrode those that see much of what it sees.

    Parameters
    ----------
    names : sequence of str

    Returns
    -------
    tuple of tuple of int
        Positions in `names`, the nearest first, at most four; none for an electrode that stands
        alone, or whose place its name does not tell.
    """
    places = [place_on_head(name) for name in names]
    found = []
    for k, place in enumerate(places):
        apart = [
            (math.dist(place, other), other_k)
            for other_k, other in enumerate(places)
            if place is not None and other is not None and other_k != k
        ]
        near = [other_k for distance, other_k in sorted(apart) if distance <= _NEIGHBOURHOOD]
        found.append(tuple(near[:_MAX_NEIGHBOURS]))
    return tuple(found)

"""The order in which things are asked for."""

from collections.abc import Sequence

import numpy as np


def balanced_order(
    counts: Sequence[int], rng: np.random.Generator, last: int | None = None
) -> list[int]:
    """Put things in random order so that none comes twice running where that can be avoided.

    Parameters
    ----------
    counts : sequence of int
        How often each is to come.
    rng : numpy.random.Generator
    last : int or None
        What came just before.

    Returns
    -------
    list of int
        Positions in `counts`.
    """
    left = np.array(counts)
    order: list[int] = []
    while (total := int(left.sum())) > 0:
        allowed = [k for k in range(len(left)) if left[k] and k != last]
        # What makes up more than half of the rest must come now, or it comes twice running later.
        pressing = [k for k in allowed if 2 * left[k] > total]
        choice = pressing or allowed or [k for k in range(len(left)) if left[k]]
        last = int(rng.choice(choice, p=left[choice] / left[choice].sum()))
        left[last] -= 1
        order.append(last)
    return order

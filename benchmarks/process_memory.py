"""Memory of a process, and whether it grows."""

import os
from pathlib import Path

import numpy as np


def resident_mb(pid: int | str = "self") -> float:
    """Memory of a process that is in use."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def growth_mb_per_min(seen: list[tuple[float, float]]) -> float:
    """Return the slope of (minute, MB) over the later half, when all that fills up has filled."""
    minutes, mb = np.array(seen).T
    later = minutes >= (minutes[0] + minutes[-1]) / 2
    if later.sum() < 2:
        return float("nan")
    return round(float(np.polyfit(minutes[later], mb[later], 1)[0]), 3)

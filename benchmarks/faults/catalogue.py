"""All faults, and which go together."""

import random
from collections.abc import Sequence

from faults.disk_faults import DISK_FAULTS
from faults.fault import Fault, Outcome
from faults.file_faults import FILE_FAULTS
from faults.headset_faults import HEADSET_FAULTS
from faults.line_faults import LINE_FAULTS
from faults.program_faults import PROGRAM_FAULTS
from faults.window_faults import WINDOW_FAULTS

FAULTS: tuple[Fault, ...] = (
    *PROGRAM_FAULTS,
    *HEADSET_FAULTS,
    *LINE_FAULTS,
    *WINDOW_FAULTS,
    *DISK_FAULTS,
    *FILE_FAULTS,
)

NASTY = (
    ("cable unplugged, plugged in", "receiver unplugged, plugged in"),
    ("controller frozen", "suspended 5 s"),
    ("controller frozen", "headset frozen"),
    ("line stalls 3 s", "suspended 5 s"),
    ("line stalls 3 s", "radio stalls 1.5 s"),
    ("interpreter held 3 s", "cable unplugged, plugged in"),
    ("subject window killed", "cable unplugged"),
    ("key in the subject window", "controller deaf"),
    ("button on the exoskeleton", "suspended 5 s"),
    ("disk full", "controller frozen"),
    ("slow disk", "processor starved"),
    ("kill -9", "line late"),
    ("clock leaps back", "receiver unplugged, plugged in"),
    ("SIGTERM", "nobody reads the line"),
)
"""Pairs that were thought of: the way of one fault's answer is what the other takes away."""

_DRAWN_SEED = 11


def choose_pairs(n_drawn: int) -> list[Sequence[Fault]]:
    """Return the pairs that were thought of and others that are drawn, always the same ones."""
    named = {fault.name: fault for fault in FAULTS}
    pairs: list[Sequence[Fault]] = [[named[name] for name in names] for names in NASTY]
    able = [f for f in FAULTS if f.outcome is not Outcome.REFUSED and f.layer != "none"]
    rng = random.Random(_DRAWN_SEED)
    while len(pairs) < len(NASTY) + n_drawn:
        pair = rng.sample(able, 2)
        if pair not in pairs and pair[0].layer != pair[1].layer:
            pairs.append(pair)
    return pairs

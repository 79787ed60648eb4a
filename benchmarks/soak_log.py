"""The log of a soak, read back."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.stats import theilslopes

from bci_app.evaluation.answers import Answers, Asked, Prompt, count_answers
from bci_app.online.events import Decided

RATE_HZ = 250.0
N_TARGETS = 5

WARM_UP_S = 600.0
"""Until then caches fill, and growth says nothing."""

FloatArray = npt.NDArray[np.float64]


class Log:
    """The lines of a log by their kind; one that was cut off lacks the end."""

    def __init__(self, lines: Sequence[dict]) -> None:
        self.stretches = [line for line in lines if line["kind"] == "stretch"]
        self.first = {line["kind"]: line for line in reversed(lines)}

    @property
    def at_s(self) -> FloatArray:
        """When each stretch ended."""
        return np.array([stretch["at_s"] for stretch in self.stretches])

    def column(self, *names: str) -> FloatArray:
        """Take a number from each stretch; NaN where it is not there."""
        return np.array([_take(stretch, names) for stretch in self.stretches])

    def answers(self) -> Answers:
        """Hold what was decided against what was asked."""
        prompts = [
            Prompt(index, Asked[asked], target)
            for stretch in self.stretches
            for index, asked, target in stretch["prompts"]
        ]
        decisions = [
            Decided(index, target, 0.0)
            for stretch in self.stretches
            for index, target in stretch["decisions"]
        ]
        end_index = self.stretches[-1]["end_index"]
        return count_answers(prompts, decisions, end_index, RATE_HZ, N_TARGETS)

    def false_indices(self) -> list[int]:
        """Say where something was decided while the subject looked at no target."""
        happened = sorted(
            (index, order, what)
            for stretch in self.stretches
            for order, key in enumerate(("decisions", "prompts"))
            for index, what, *_ in stretch[key]
        )
        asked, found = "NOTHING", []
        for index, order, what in happened:
            if order:
                asked = what
            elif asked == "IDLE":
                found.append(index)
        return found


def read_log(file: Path) -> Log:
    """Read a log; its last line may be cut off."""
    lines = []
    for text in file.read_text().splitlines():
        try:
            lines.append(json.loads(text))
        except ValueError:
            break
    return Log(lines)


def _take(found: object, names: tuple[str, ...]) -> float:
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return float("nan") if found is None else float(found)


def growth_per_hour(at_s: FloatArray, values: FloatArray) -> tuple[float, float, float]:
    """Return the slope after the warm-up, and its 95 % interval.

    The median of all slopes between two points (Theil 1950, Sen 1968): a few jumps do not count.
    """
    later = (at_s >= WARM_UP_S) & np.isfinite(values)
    if later.sum() < 3:
        return float("nan"), float("nan"), float("nan")
    slope, _, low, high = theilslopes(values[later], at_s[later] / 3600.0)
    return float(slope), float(low), float(high)


def clock_error_ms(log: Log) -> FloatArray:
    """By how much the time of the newest sample departs from where the first ones put it.

    The virtual headset samples by the same clock, at exactly its nominal rate.
    """
    zero_s = log.column("zero_s")
    return (zero_s - np.median(zero_s[: max(len(zero_s) // 20, 1)])) * 1e3

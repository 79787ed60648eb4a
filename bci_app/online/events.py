"""What the online path says: plain values, equal when the same thing happened."""

from dataclasses import dataclass
from typing import TypeAlias

from devices.exoskeleton.command import Command


@dataclass(frozen=True, slots=True)
class GapFound:
    """Samples are missing; what was accumulated before them is forgotten.

    Parameters
    ----------
    first_index : int
        Absolute index of the first missing sample.
    n_lost : int
        Number of missing samples.
    """

    first_index: int
    n_lost: int


@dataclass(frozen=True, slots=True)
class Scored:
    """The decoder scored a window.

    Parameters
    ----------
    end_index : int
        Absolute index just after the window's last sample.
    scores : tuple of float
        One score a target.
    """

    end_index: int
    scores: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """The policy is sure of a target.

    Parameters
    ----------
    end_index : int
        Absolute index just after the last sample that the decision used.
    target : int
        Index of the target.
    score : float
        Its score in the last window.
    probabilities : tuple of float
        Of each target, and of idle as the last, in that window; empty where the decoder's scores
        are no probabilities.
    n_window : int or None
        Length in samples of the window that it rests on.
    evidence : tuple of float
        What the policy weighed for each target: log-odds in that window, or scores.
    """

    end_index: int
    target: int
    score: float
    probabilities: tuple[float, ...] = ()
    n_window: int | None = None
    evidence: tuple[float, ...] = ()

    @property
    def probability(self) -> float | None:
        """Calibrated probability that this is what is looked at; None without a fitted model."""
        return self.probabilities[self.target] if self.probabilities else None


@dataclass(frozen=True, slots=True)
class Commanded:
    """The gate let a decision through: this command is to be sent now."""

    end_index: int
    command: Command


@dataclass(frozen=True, slots=True)
class Withheld:
    """The gate let nothing through, and why."""

    end_index: int
    command: Command
    reason: str


@dataclass(frozen=True, slots=True)
class Adapted:
    """The policy's threshold followed idle.

    Parameters
    ----------
    end_index : int
        Absolute index just after the last sample that it rests on.
    offset : float
        How far the threshold is above the fitted one now, in log-odds.
    """

    end_index: int
    offset: float


@dataclass(frozen=True, slots=True)
class EyesJudged:
    """The eyes seem closed, or open again; while they seem closed nothing is decided.

    Parameters
    ----------
    end_index : int
        Absolute index just after the last sample that it rests on.
    closed : bool
    """

    end_index: int
    closed: bool


PathEvent: TypeAlias = GapFound | Scored | Decided | Adapted | EyesJudged | Commanded | Withheld

"""Whether the rate of false commands that is seen contradicts the one that was accepted.

False commands are counted as a Poisson process. The warning must be right however long a session
goes on and however often one looks, so it is no interval that is looked at again and again but a
sequential test: a mixture of likelihood ratios of higher rates against the accepted one (Wald 1945,
Ann. Math. Stat. 16:117; Robbins 1970, Ann. Math. Stat. 41:1397). By Ville's inequality it exceeds
1/α at any time with probability α at most, if the rate is as accepted or lower.
"""

import math
from dataclasses import dataclass

from scipy import special

ERROR_RATE = 0.05
"""Share of sessions as good as accepted in which the warning ever comes."""

_TIMES_AS_MANY = (1.5, 2.0, 3.0, 5.0, 10.0)
_TAILS = (0.025, 0.975)


@dataclass(frozen=True, slots=True)
class RateSeen:
    """False commands of a session so far.

    Parameters
    ----------
    n_false : int
        Decisions in time known to be idle.
    idle_min : float
        That time.
    n_unwanted : int
        Decisions that were taken back, in time of which it is not known what the subject wanted.
    unknown_min : float
        That time.
    accepted_per_min : float
    contradicted : bool
        Whether the accepted rate was contradicted, now or before.
    """

    n_false: int
    idle_min: float
    n_unwanted: int
    unknown_min: float
    accepted_per_min: float
    contradicted: bool

    @property
    def per_min(self) -> float | None:
        """All of them a minute of all that time; None before there was any.

        Where it is not known what was wanted, not every false command is taken back: with much of
        such time the rate is a lower bound.
        """
        minutes = self.idle_min + self.unknown_min
        return (self.n_false + self.n_unwanted) / minutes if minutes else None

    @property
    def interval_per_min(self) -> tuple[float, float] | None:
        """Exact 95 % interval of that rate."""
        minutes = self.idle_min + self.unknown_min
        return poisson_interval(self.n_false + self.n_unwanted, minutes) if minutes else None


def poisson_interval(count: int, exposure: float) -> tuple[float, float]:
    """Exact 95 % interval of a rate (Garwood 1936, Biometrika 28:437).

    Parameters
    ----------
    count : int
        Events seen.
    exposure : float
        In how much time.
    """
    low = float(special.gammaincinv(count, _TAILS[0])) if count else 0.0
    return low / exposure, float(special.gammaincinv(count + 1, _TAILS[1])) / exposure


def rate_in_words(seen: RateSeen) -> str:
    """Say how many false commands there were, how sure that is, and what was accepted."""
    if seen.per_min is None or seen.interval_per_min is None:
        return "no time to count false commands in"
    low, high = seen.interval_per_min
    return (
        f"{seen.per_min:.2g} false commands a minute ({low:.2g} to {high:.2g}), "
        f"{seen.accepted_per_min:g} accepted"
    )


def contradicts(count: int, minutes: float, accepted_per_min: float) -> bool:
    """Whether so many false commands in so much time contradict the accepted rate.

    Parameters
    ----------
    count : int
    minutes : float
    accepted_per_min : float
    """
    expected = accepted_per_min * minutes
    ratios = [
        count * math.log(times) - (times - 1) * expected - math.log(len(_TIMES_AS_MANY))
        for times in _TIMES_AS_MANY
    ]
    highest = max(ratios)
    evidence = highest + math.log(math.fsum(math.exp(each - highest) for each in ratios))
    return evidence >= -math.log(ERROR_RATE)

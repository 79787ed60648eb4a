"""What to expect of the next session, and how surely, from sessions that were seen.

Trials of one session resemble each other: a session may be a good or a bad one. With intraclass
correlation ρ, the share of right answers in a session to come varies around what was seen in K
sessions with N trials by

    variance = p (1 - p) (ρ (1 + 1/K) + (1 - ρ)/N)

(the design effect of cluster samples, Kish 1965, Survey Sampling, section 5.4), and is taken for
beta-distributed with that variance. So more trials of one session cannot make the interval as
narrow as another session would.
"""

import math
from dataclasses import dataclass

from calibration.errors import CalibrationError

INTERVAL = 0.9
"""Probability of the intervals."""

_TAILS = ((1 - INTERVAL) / 2, (1 + INTERVAL) / 2)

RATE_SPREAD = 0.7
"""Standard deviation, between sessions, of the logarithm of the rate of false commands.

On the exoskeleton recordings the rate with announced looks was off by a factor of 1.7 in the median
subject and 3.3 in the worst, counting errors included (docs/policy.md).
"""

_QUANTILE = 1.645  # of the normal law, for 90 %

CORRELATION = 0.05
"""Between the trials of a session, where nothing is known: shares of .9 vary by .07."""


@dataclass(frozen=True, slots=True)
class ExpectedShare:
    """A share of the trials of a session to come, beta-distributed.

    Parameters
    ----------
    right, not_right : float
        Parameters of the beta distribution.
    """

    right: float
    not_right: float

    @property
    def mean(self) -> float:
        """Expected share."""
        return self.right / (self.right + self.not_right)

    def interval(self) -> tuple[float, float]:
        """90 % interval of the session's share, were it of endless length."""
        from scipy import stats

        low, high = (float(stats.beta.ppf(tail, self.right, self.not_right)) for tail in _TAILS)
        return low, high

    def interval_of(self, n_trials: int) -> tuple[int, int]:
        """90 % interval of the number of right answers in so many trials."""
        from scipy import stats

        law = stats.betabinom(n_trials, self.right, self.not_right)
        low, high = (int(law.ppf(tail)) for tail in _TAILS)
        return low, high


def expect_share(
    n_right: int, n_trials: int, n_sessions: int, correlation: float = CORRELATION
) -> ExpectedShare:
    """Expect a share of a session to come.

    Parameters
    ----------
    n_right, n_trials, n_sessions : int
        What was seen.
    correlation : float
        Between the trials of a session.

    Raises
    ------
    CalibrationError
        When there is no trial.
    """
    if not n_trials:
        raise CalibrationError("no trial to expect anything from: expected at least one.")
    # One trial of each outcome more: all right in a few trials is no promise of it.
    share = (n_right + 1) / (n_trials + 2)
    spread = correlation * (1 + 1 / n_sessions) + (1 - correlation) / (n_trials + 2)
    total = 1 / spread - 1
    return ExpectedShare(share * total, (1 - share) * total)


def widen_rate(
    interval_per_min: tuple[float, float], n_scales: float, n_exceeding: int
) -> tuple[float, float]:
    """Widen the interval of an extrapolated rate by what it does not know of the next session.

    A rate that falls as exp(-x/β) is extrapolated by x = `n_scales` β. β was estimated from
    `n_exceeding` values, with a relative standard error of their inverse root. And sessions differ:
    by `RATE_SPREAD` in the logarithm of their rate. The errors are independent.

    Parameters
    ----------
    interval_per_min : tuple of float
        90 % interval of a subject's rate with β taken for known.
    n_scales : float
    n_exceeding : int
    """
    low, high = interval_per_min
    if low <= 0:
        return interval_per_min
    law = n_scales / math.sqrt(max(1, n_exceeding))
    middle = math.sqrt(low * high)
    half = math.hypot(math.log(high / middle), _QUANTILE * law, _QUANTILE * RATE_SPREAD)
    return middle * math.exp(-half), middle * math.exp(half)

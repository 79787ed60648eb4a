"""Slow adaptation of the threshold to how high idle goes today.

The threshold was set for the idle of the calibration. Electrodes dry and people tire, and the level
that margins reach without anybody looking at a target drifts. It is followed by stochastic
approximation of a quantile (Robbins & Monro 1951, Ann. Math. Stat. 22:400): after each stretch of
time in which nothing was decided, the offset takes a step up if the highest margin in it exceeded
the level that a known share of idle stretches should exceed, and a smaller one down if not. At
rest the steps cancel when that share is met.

What keeps it harmless:

- it is *bounded*: at most `most_up` above the fitted threshold, and only `most_down` below it;
- it never learns from a decision, right or false: a stretch that holds one, or follows one before
  the gaze has left its target, says nothing;
- it is *reversible*: what was fitted is not touched, and the offset comes back as the brain does;
- it is *recorded*: each step is an event, and follows from the samples alone.

A look that goes unanswered is taken for idle. So it may make a policy deaf, by `most_up` at most.
"""

import math
from dataclasses import dataclass

from bci_app.errors import ConfigurationError
from bci_app.online.false_rate import FalseRate


@dataclass(frozen=True, slots=True)
class AdaptationSettings:
    """How the threshold follows idle.

    Parameters
    ----------
    level : float
        Margin that `usual_share` of idle stretches exceeded when the threshold was set.
    usual_share : float
    stretch_s : float
        Length of a stretch.
    step : float
        In log-odds: what a stretch in which the level was exceeded, and should not have been, adds.
    most_up, most_down : float
        Bounds of the offset, in log-odds.
    """

    level: float
    usual_share: float = 0.4
    stretch_s: float = 4.5
    step: float = 0.1
    most_up: float = 2.0
    most_down: float = 0.5

    def __post_init__(self) -> None:
        if not 0 < self.usual_share < 1 or self.stretch_s <= 0 or self.step <= 0:
            raise ConfigurationError(
                f"a usual share of {self.usual_share:g}, stretches of {self.stretch_s:g} s, steps "
                f"of {self.step:g}: expected a share between 0 and 1 and positive stretches and "
                "steps."
            )
        if min(self.most_up, self.most_down) < 0:
            raise ConfigurationError(
                f"the threshold may go {self.most_up:g} up and {self.most_down:g} down: expected "
                "no negative bound."
            )


def adaptation_for(rate: FalseRate) -> AdaptationSettings:
    """Return how to follow idle from where it was when this law was fitted."""
    stretch_s = AdaptationSettings(rate.level).stretch_s
    expected = rate.expected_per_min(rate.level) * stretch_s / 60
    return AdaptationSettings(rate.level, usual_share=1 - math.exp(-expected))


class ThresholdAdaptation:
    """Follows idle from hop to hop.

    Parameters
    ----------
    settings : AdaptationSettings
    sampling_rate_hz : float

    Attributes
    ----------
    offset : float
        What is added to the fitted threshold.
    """

    def __init__(self, settings: AdaptationSettings, sampling_rate_hz: float) -> None:
        self._settings = settings
        self._n_stretch = round(settings.stretch_s * sampling_rate_hz)
        self._begun_index: int | None = None
        self._highest = 0.0
        self.offset = 0.0

    def interrupt(self) -> None:
        """Let a new stretch begin: samples are missing, or the present one says nothing."""
        self._begun_index = None

    def observe(self, end_index: int, margin: float) -> bool:
        """Take in the highest margin at a hop at which nothing was decided or held.

        Returns
        -------
        bool
            Whether a stretch is over and the offset has changed.
        """
        # Against the level as it is believed to be now.
        margin -= self.offset
        if self._begun_index is None:
            self._begun_index, self._highest = end_index, margin
            return False
        self._highest = max(self._highest, margin)
        if end_index - self._begun_index < self._n_stretch:
            return False
        self._begun_index = None
        settings, before = self._settings, self.offset
        exceeded = self._highest > settings.level
        step = settings.step * (exceeded - settings.usual_share)
        self.offset = min(settings.most_up, max(-settings.most_down, before + step))
        return self.offset != before

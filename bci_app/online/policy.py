"""The decision policy: when a stream of scores amounts to a target, and when to nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from bci_app.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class PolicySettings:
    """When to be sure.

    Parameters
    ----------
    threshold : float
        Score that the best target must reach.
    margin : float
        Lead that it must have over the second best.
    n_agreeing : int
        Number of consecutive windows that must agree on it.
    refractory_s : float
        Time after a decision in which no other is made.
    """

    threshold: float = 0.55
    margin: float = 0.15
    n_agreeing: int = 2
    refractory_s: float = 2.0

    def __post_init__(self) -> None:
        if not (0 <= self.threshold <= 1 and 0 <= self.margin <= 1):
            raise ConfigurationError(
                f"threshold {self.threshold:g}, margin {self.margin:g}: expected values from 0 to "
                "1."
            )
        if self.n_agreeing < 1 or self.refractory_s < 0:
            raise ConfigurationError(
                f"{self.n_agreeing} agreeing windows, {self.refractory_s:g} s refractory: expected "
                "at least 1 window and no negative time."
            )


class AgreementPolicy:
    """Decides when the same target leads clearly in several consecutive windows; else abstains.

    One look is one decision: a target that was decided is not decided again before it has lost its
    clear lead in some window.

    Parameters
    ----------
    settings : PolicySettings
    sampling_rate_hz : float
        Turns the refractory time into samples; the policy knows no other time.
    """

    def __init__(self, settings: PolicySettings, sampling_rate_hz: float) -> None:
        self._settings = settings
        self._n_refractory = round(settings.refractory_s * sampling_rate_hz)
        self._refractory_until = 0
        self._candidate: int | None = None
        self._n_agreeing = 0
        self._decided: int | None = None

    def restart(self) -> None:
        """Forget the agreement so far: the stream was interrupted."""
        self._candidate = None
        self._n_agreeing = 0

    def decide(self, end_index: int, scores: Sequence[float]) -> int | None:
        """Take the scores of the window that ends at `end_index`; return a target or None.

        Parameters
        ----------
        end_index : int
            Absolute index just after the window; it grows from call to call.
        scores : sequence of float
            One score a target.
        """
        leader = self._leader(scores)
        if leader != self._decided:
            self._decided = None
        if end_index < self._refractory_until or leader is None or leader == self._decided:
            self.restart()
            return None
        self._n_agreeing = self._n_agreeing + 1 if leader == self._candidate else 1
        self._candidate = leader
        if self._n_agreeing < self._settings.n_agreeing:
            return None
        self._refractory_until = end_index + self._n_refractory
        self._decided = leader
        self.restart()
        return leader

    def _leader(self, scores: Sequence[float]) -> int | None:
        best = max(range(len(scores)), key=scores.__getitem__)
        second = max((score for k, score in enumerate(scores) if k != best), default=0.0)
        clear = (
            scores[best] >= self._settings.threshold
            and scores[best] - second >= self._settings.margin
        )
        return best if clear else None

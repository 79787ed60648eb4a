"""Sequential decisions: windows that grow until one of them is sure, from starts that are unknown.

At every hop the decoder gives the log-probability of each target and of idle in windows of several
lengths that end now. The longer the window, the less the policy asks for; the longest window that
was sure enough is not waited for. Where the moment of the gaze shift is known there is one such
window, which began then; where it is not, each length stands for a hypothesis "the gaze arrived so
long ago", and the policy takes the best of them: sequential change detection by generalised
likelihood ratio over the time of change (Lorden 1971, Ann. Math. Stat. 42:1897; Siegmund &
Venkatraman 1995, Ann. Stat. 23:255), with a prior that asks more of short hypotheses.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bci_app.errors import ConfigurationError
from bci_app.online.adaptation import AdaptationSettings, ThresholdAdaptation
from bci_app.online.eyes import EyesWatch, OpenEyes

FloatArray = npt.NDArray[np.float64]

# A probability of exactly 1 would be evidence without end.
_LEAST_DOUBT = 1e-12


@dataclass(frozen=True, slots=True)
class SequentialSettings:
    """When to be sure.

    Parameters
    ----------
    threshold : float
        Log-odds that a target must reach in the longest window.
    slope_per_s : float
        What is asked beyond that for each second by which a window is shorter.
    shortest_s : float
        Shorter windows are not weighed. With unknown onsets so many are looked at in a minute that
        the far tail of their log-odds matters, and in windows under a second it is heavy.
    onsets_known : bool
        Whether each look is announced: then there is one window a look, and one decision at most.
    refractory_s : float
        Time after a decision in which no other is made.
    held_s : float
        The target that was decided is taken for looked at still while it is likelier than not in
        the last so many seconds; until then it is not decided again.
    adaptation : AdaptationSettings or None
        How the threshold follows idle; None for one that stays.
    """

    threshold: float = 3.0
    slope_per_s: float = 2.0
    shortest_s: float = 1.0
    onsets_known: bool = False
    refractory_s: float = 0.5
    held_s: float = 2.0
    adaptation: AdaptationSettings | None = None

    def __post_init__(self) -> None:
        if self.slope_per_s < 0 or self.refractory_s < 0 or self.held_s <= 0:
            raise ConfigurationError(
                f"slope {self.slope_per_s:g} per second, {self.refractory_s:g} s refractory, "
                f"{self.held_s:g} s held: expected no negative slope or time, and some time held."
            )
        if self.onsets_known and self.adaptation is not None:
            raise ConfigurationError(
                "a threshold that adapts learns from time in which nobody was asked to look: "
                "expected unknown onsets, or no adaptation."
            )


@dataclass(frozen=True, slots=True)
class Verdict:
    """The best hypothesis at a hop.

    Parameters
    ----------
    target : int
    margin : float
        Log-odds less what the window's length asks for beyond the threshold.
    window : int
        Which of the windows it rests on.
    newest : int
        The shortest window that was weighed.
    held : bool
        Whether a decided target was taken for looked at still.
    is_decision : bool
        Whether it is to be acted on.
    offset : float or None
        What the threshold has become above the fitted one, where that has just changed.
    """

    target: int
    margin: float
    window: int
    newest: int
    held: bool
    is_decision: bool
    offset: float | None = None


def log_odds_of_targets(log_probabilities: FloatArray) -> FloatArray:
    """Log-odds of each target against all else, (..., n_classes) to (..., n_classes - 1).

    The last class is idle.
    """
    doubted = np.minimum(log_probabilities[..., :-1], -_LEAST_DOUBT)
    return np.asarray(doubted - np.log(-np.expm1(doubted)))


def margins(
    log_probabilities: FloatArray, lengths_s: FloatArray, longest_s: float, slope_per_s: float
) -> FloatArray:
    """Log-odds of each target, less what the length of its window asks for.

    Parameters
    ----------
    log_probabilities : ndarray of float64, shape (..., n_lengths, n_targets + 1)
    lengths_s : ndarray of float64, shape (n_lengths,)
    longest_s : float
        Length at which nothing is asked for beyond the threshold.
    slope_per_s : float

    Returns
    -------
    ndarray of float64, shape (..., n_lengths, n_targets)
    """
    asked = slope_per_s * (longest_s - lengths_s)
    return np.asarray(log_odds_of_targets(log_probabilities) - asked[:, np.newaxis])


class SequentialPolicy:
    """Decides once some window is sure enough; then only after what it knew is forgotten.

    ===========  ==========================================  ==================================
    state        at a hop                                    next
    ===========  ==========================================  ==================================
    waiting      a target's margin reaches the threshold     decided
    decided      within the refractory time                  decided
    decided      the same target is sure again               decided: one look, one command
    decided      it is unlikely in the last `held_s`         waiting, the target released
    decided      another's margin, in windows since          decided, anew
    any          the eyes seem closed                        nothing is decided
    any          the stream broke, or a look is announced    waiting
    announced    decided once, or the longest window over    silent until the next
    ===========  ==========================================  ==================================

    Windows never reach back beyond the last decision, and for a target that was released not beyond
    its release: a look that was answered says nothing about the next one.

    Parameters
    ----------
    settings : SequentialSettings
    sampling_rate_hz : float
        Turns times into samples; the policy knows no other time.
    longest_s : float
        Length of the longest window.
    open_eyes : OpenEyes, optional
        Alpha while the eyes are open; without it they are taken to be.
    """

    def __init__(
        self,
        settings: SequentialSettings,
        sampling_rate_hz: float,
        longest_s: float,
        open_eyes: OpenEyes | None = None,
    ) -> None:
        self._settings = settings
        self._rate_hz = sampling_rate_hz
        self._longest_s = longest_s
        self._n_refractory = round(settings.refractory_s * sampling_rate_hz)
        self._eyes = None if open_eyes is None else EyesWatch(open_eyes, sampling_rate_hz)
        self._silent_from: int | None = 0 if settings.onsets_known else None
        self._refractory_until = 0
        self._begun_index = 0
        self._held: int | None = None
        self._released: int | None = None
        self._released_index = 0
        self._adaptation = (
            None
            if settings.adaptation is None
            else ThresholdAdaptation(settings.adaptation, sampling_rate_hz)
        )

    @property
    def eyes_closed(self) -> bool:
        """Whether the eyes seem closed; then nothing is decided."""
        return self._eyes is not None and self._eyes.closed

    def restart(self, index: int) -> None:
        """Forget what was seen before this sample: the stream was interrupted."""
        self._begun_index = index
        self._held = self._released = None
        if self._adaptation is not None:
            self._adaptation.interrupt()

    def begin_look(self, index: int) -> None:
        """Take note that a look began: windows from this sample on speak of it."""
        self.restart(index)
        self._refractory_until = index
        self._silent_from = index + round(self._longest_s * self._rate_hz)

    def judge(
        self,
        end_index: int,
        lengths_s: FloatArray,
        log_probabilities: FloatArray,
        log_alpha: float | None = None,
    ) -> Verdict | None:
        """Weigh the windows that end here; None where there is none to be weighed.

        Parameters
        ----------
        end_index : int
            Absolute index just after the windows; it grows from call to call.
        lengths_s : ndarray of float64, shape (n_lengths,)
            Ascending.
        log_probabilities : ndarray of float64, shape (n_lengths, n_targets + 1)
            The last is idle.
        log_alpha : float, optional
            How large alpha is, where that is known.
        """
        if self._eyes is not None:
            self._eyes.observe(end_index, log_alpha)
        self._release(end_index, lengths_s, log_probabilities)
        usable = self._count_since(self._begun_index, end_index, lengths_s)
        if not usable:
            return None
        settings = self._settings
        # A look that was announced has one window: the longest.
        first = usable - 1 if settings.onsets_known else 0
        first = max(first, int(lengths_s.searchsorted(settings.shortest_s)))
        if first >= usable:
            return None
        by_window = margins(
            log_probabilities[first:usable],
            lengths_s[first:usable],
            self._longest_s,
            settings.slope_per_s,
        )
        held = self._held
        if held is not None:
            by_window[:, held] = -np.inf
        if self._released is not None:
            n_since = self._count_since(self._released_index, end_index, lengths_s)
            by_window[max(0, n_since - first) :, self._released] = -np.inf
        window, target = divmod(int(by_window.argmax()), by_window.shape[1])
        margin = float(by_window[window, target])
        sure = (
            margin > self._threshold()
            and end_index >= self._refractory_until
            and (self._silent_from is None or end_index <= self._silent_from)
            and not self.eyes_closed
        )
        if sure:
            self._held, self._released = target, None
            self._begun_index = end_index
            self._refractory_until = end_index + self._n_refractory
            if settings.onsets_known:
                self._silent_from = end_index
        offset = self._adapt(end_index, margin)
        return Verdict(target, margin, first + window, first, held is not None, sure, offset)

    def _threshold(self) -> float:
        offset = 0.0 if self._adaptation is None else self._adaptation.offset
        return self._settings.threshold + offset

    def _adapt(self, end_index: int, margin: float) -> float | None:
        """Learn from a hop at which no target is decided or held; return the offset if it moved."""
        adaptation = self._adaptation
        if adaptation is None:
            return None
        if self._held is not None or self.eyes_closed:
            adaptation.interrupt()
            return None
        return adaptation.offset if adaptation.observe(end_index, margin) else None

    def _count_since(self, index: int, end_index: int, lengths_s: FloatArray) -> int:
        """How many of the windows that end here begin at this sample or after it."""
        since_s = (end_index - index + 0.5) / self._rate_hz
        return int(lengths_s.searchsorted(since_s))

    def _release(
        self, end_index: int, lengths_s: FloatArray, log_probabilities: FloatArray
    ) -> None:
        """Stop taking the decided target for looked at once it is unlikely."""
        # Until then the window would reach back to before the decision.
        n_held = round(self._settings.held_s * self._rate_hz)
        if self._held is None or end_index - self._begun_index < n_held:
            return
        nearest = int(np.abs(lengths_s - self._settings.held_s).argmin())
        if log_probabilities[nearest, self._held] < np.log(0.5):
            self._released, self._released_index = self._held, end_index
            self._held = None

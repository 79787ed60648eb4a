"""What a person does: looks where asked, late and mostly; wanders, blinks, tires and rests."""

import heapq
from dataclasses import dataclass

import numpy as np

TICK_S = 0.1
"""How often a person changes by themselves."""

_ATTENTION_S = 6.0
_LAPSE_S = (0.4, 2.0)
_REST_S = (2.0, 6.0)
_GLANCE_S = (0.3, 1.2)
_CLENCH_S = (0.4, 1.5)
_TIRED_ATTENTION, _TIRED_BLINKS, _TIRED_ALPHA = 0.7, 1.6, 1.8
_CLOSED_ALPHA = 3.5


@dataclass(frozen=True, slots=True)
class Habits:
    """One person's way of taking part.

    Parameters
    ----------
    reaction_s : float
        Median time from a cue until the eyes are there.
    error_rate : float
        Share of cues after which they look at another target than asked.
    attention_spread : float
        Standard deviation of the logarithm of attention, which comes and goes over seconds.
    lapses_per_min, glances_per_min : float
        How often the eyes leave the target for a moment; how often they stray to one unasked.
    blinks_per_min, clenches_per_min, rests_per_min : float
        How often they blink, clench the jaw, and close the eyes for some seconds.
    tires_after_min : float
        Time constant with which attention falls, and alpha and blinking grow.
    """

    reaction_s: float
    error_rate: float = 0.0
    attention_spread: float = 0.0
    lapses_per_min: float = 0.0
    glances_per_min: float = 0.0
    blinks_per_min: float = 12.0
    clenches_per_min: float = 0.0
    rests_per_min: float = 0.0
    tires_after_min: float = 1e9


@dataclass(frozen=True, slots=True)
class Look:
    """The eyes go to a target, or to none."""

    target: float | None


@dataclass(frozen=True, slots=True)
class Blink:
    """The eyes close and open."""


@dataclass(frozen=True, slots=True)
class Clench:
    """The jaw is clenched."""

    seconds: float


@dataclass(frozen=True, slots=True)
class State:
    """How awake the person is from now on.

    Parameters
    ----------
    attention : float
        Factor on what reaches visual cortex; 0 behind closed eyes.
    alpha : float
        Factor on the alpha rhythm.
    """

    attention: float
    alpha: float


Deed = Look | Blink | Clench | State


class Behaviour:
    """The deeds of one person, at absolute sample indices.

    Parameters
    ----------
    habits : Habits
        The person.
    sampling_rate_hz : float
        Samples a second.
    rng : numpy.random.Generator
        Not to be shared.
    """

    def __init__(self, habits: Habits, sampling_rate_hz: float, rng: np.random.Generator) -> None:
        self._habits = habits
        self._rate_hz = sampling_rate_hz
        self._own_rng, self._cue_rng = rng.spawn(2)
        self._tick = round(TICK_S * sampling_rate_hz)
        self._next_tick = 0
        self._planned: list[tuple[int, int, float | None]] = []  # index, order, target
        self._n_planned = 0
        self._known: list[float] = []
        self._asked: float | None = None
        self._away_until = 0
        self._closed_until = 0
        self._log_attention = 0.0

    @property
    def next_index(self) -> int:
        """Sample at which there will be something to do."""
        planned = self._planned[0][0] if self._planned else self._next_tick
        return min(planned, self._next_tick)

    def cue(self, target: float | None, index: int) -> None:
        """Ask, at a sample, for the gaze to go to a target, or away from all."""
        if target is not None and target not in self._known:
            self._known.append(target)
        late, erring, which = self._cue_rng.random(3)
        others = [known for known in self._known if known != target]
        if target is not None and others and erring < self._habits.error_rate:
            target = others[int(which * len(others))]
        reaction_s = self._habits.reaction_s * np.exp(0.25 * (2.0 * late - 1.0))
        self._plan(index + max(round(reaction_s * self._rate_hz), 1), target)

    def settle(self, target: float | None) -> None:
        """Take note that the gaze was put somewhere without asking: no plan holds any more."""
        self._planned.clear()
        self._asked, self._away_until = target, 0
        if target is not None and target not in self._known:
            self._known.append(target)

    def deeds(self, index: int) -> list[Deed]:
        """Return what is done at a sample; must be asked at every `next_index`."""
        done: list[Deed] = []
        while self._planned and self._planned[0][0] <= index:
            _, _, self._asked = heapq.heappop(self._planned)
            if index >= self._away_until:
                done.append(Look(self._asked))
        if index >= self._next_tick:
            self._next_tick += self._tick
            done += self._live(index)
        return done

    def _plan(self, index: int, target: float | None) -> None:
        self._n_planned += 1
        heapq.heappush(self._planned, (index, self._n_planned, target))

    def _live(self, index: int) -> list[Deed]:
        """Return what comes by itself in the coming tenth of a second."""
        habits = self._habits
        tired = 1.0 - np.exp(-index / self._rate_hz / (60.0 * habits.tires_after_min))
        blink, stray, rest, clench, how_long, where = self._own_rng.random(6)
        drift = np.sqrt(2.0 * TICK_S / _ATTENTION_S) * self._own_rng.standard_normal()
        self._log_attention += (
            -TICK_S / _ATTENTION_S * self._log_attention + habits.attention_spread * drift
        )
        done: list[Deed] = []
        if self._happens(blink, habits.blinks_per_min * (1.0 + (_TIRED_BLINKS - 1.0) * tired)):
            done.append(Blink())
        if self._happens(clench, habits.clenches_per_min):
            done.append(Clench(_between(_CLENCH_S, how_long)))
        if self._happens(rest, habits.rests_per_min):
            self._closed_until = index + round(_between(_REST_S, how_long) * self._rate_hz)
        done += self._wander(index, stray, how_long, where)
        open_eyes = index >= self._closed_until
        awake = np.exp(self._log_attention) * (1.0 + (_TIRED_ATTENTION - 1.0) * tired)
        alpha = (1.0 if open_eyes else _CLOSED_ALPHA) * (1.0 + (_TIRED_ALPHA - 1.0) * tired)
        done.append(State(float(awake) if open_eyes else 0.0, float(alpha)))
        return done

    def _wander(self, index: int, stray: float, how_long: float, where: float) -> list[Deed]:
        if 0 < self._away_until <= index:
            self._away_until = 0
            return [Look(self._asked)]
        if self._away_until:
            return []
        if self._asked is not None:
            if self._happens(stray, self._habits.lapses_per_min):
                self._away_until = index + round(_between(_LAPSE_S, how_long) * self._rate_hz)
                return [Look(None)]
        elif self._known and self._happens(stray, self._habits.glances_per_min):
            self._away_until = index + round(_between(_GLANCE_S, how_long) * self._rate_hz)
            return [Look(self._known[int(where * len(self._known))])]
        return []

    def _happens(self, chance: float, per_min: float) -> bool:
        return bool(chance < per_min / 60.0 * TICK_S)


def _between(limits: tuple[float, float], share: float) -> float:
    return limits[0] + (limits[1] - limits[0]) * share

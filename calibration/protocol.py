"""The guided protocol: time in, what the subject is to do out.

A plain object without a clock. A trial is a cue, a stretch of flicker at which the subject looks at
the target that was cued (or, in idle, at none), and a rest. Trials come in blocks with breaks
between them. A trial that was spoiled is done again before its block ends. What was done can be
given back to a new protocol, which then goes on where the old one was left.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from calibration.cue_order import balanced_order
from calibration.errors import CalibrationError

_MAX_SPOILED_RUNNING = 4


@dataclass(frozen=True, slots=True)
class ProtocolSettings:
    """What is asked of the subject.

    Parameters
    ----------
    n_targets : int
    n_blocks : int
    n_repeats : int
        Trials of each target in a block.
    n_idle : int
        Idle trials in a block: the targets flicker, and the subject looks at none of them.
    cue_s, look_s, rest_s : float
        Parts of a trial: the target is shown, all targets flicker, all stand still.
    break_s : float
        Between two blocks.
    seed : int
        Of the order.

    Raises
    ------
    CalibrationError
        When a value makes no sense.
    """

    n_targets: int
    n_blocks: int = 4
    n_repeats: int = 2
    n_idle: int = 3
    cue_s: float = 1.0
    look_s: float = 5.0
    rest_s: float = 1.0
    break_s: float = 15.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.n_targets < 1 or self.n_blocks < 1 or self.n_repeats < 1 or self.n_idle < 0:
            raise CalibrationError(
                f"{self.n_targets} targets, {self.n_blocks} blocks, {self.n_repeats} repeats and "
                f"{self.n_idle} idle trials: expected at least one of each, and idle from 0."
            )
        if self.look_s <= 0 or min(self.cue_s, self.rest_s, self.break_s) < 0:
            raise CalibrationError(
                f"cue {self.cue_s:g} s, flicker {self.look_s:g} s, rest {self.rest_s:g} s, break "
                f"{self.break_s:g} s: expected some flicker, and no time below 0."
            )

    @property
    def trial_s(self) -> float:
        """Length of a trial, cue and rest included."""
        return self.cue_s + self.look_s + self.rest_s

    @property
    def n_in_block(self) -> int:
        """Trials in a block."""
        return self.n_targets * self.n_repeats + self.n_idle


@dataclass(frozen=True, slots=True)
class Asked:
    """A trial: what the subject is asked to look at.

    Parameters
    ----------
    target : int or None
        None for idle.
    block : int
        From 0.
    """

    target: int | None
    block: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """A trial that is over.

    Parameters
    ----------
    target : int or None
    kept : bool
        False when it was spoiled.
    """

    target: int | None
    kept: bool = True


class Phase(Enum):
    """What is going on."""

    WAITING = "waiting"
    CUE = "cue"
    LOOK = "look"
    REST = "rest"
    BREAK = "break"
    PAUSED = "paused"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Cued:
    """The subject is to be shown where to look."""

    trial: Asked


@dataclass(frozen=True, slots=True)
class LookBegan:
    """The flicker is to begin."""

    trial: Asked


@dataclass(frozen=True, slots=True)
class LookEnded:
    """The flicker is to end.

    Parameters
    ----------
    trial : Asked
    whole : bool
        False when it was broken off: it is spoiled already.
    """

    trial: Asked
    whole: bool = True


@dataclass(frozen=True, slots=True)
class BlockEnded:
    """All trials of a block are done: a break begins, or the end is there."""

    block: int


@dataclass(frozen=True, slots=True)
class Held:
    """The protocol waits for somebody to mend what is wrong."""

    reason: str


Step = Cued | LookBegan | LookEnded | BlockEnded | Held


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is.

    Parameters
    ----------
    phase : Phase
    block, n_blocks : int
        The present block from 0, and how many there are.
    n_kept, n_spoiled, n_planned : int
        Trials done well, spoiled, and to be kept in all.
    remaining_s : float
        Until the end, if no further trial is spoiled.
    """

    phase: Phase
    block: int
    n_blocks: int
    n_kept: int
    n_spoiled: int
    n_planned: int
    remaining_s: float


class Protocol:
    """Leads through the trials.

    Parameters
    ----------
    settings : ProtocolSettings
    done : sequence of Outcome
        Trials that were done before, in their order, under the same settings.

    Attributes
    ----------
    outcomes : list of Outcome
        All trials that are over, those done before included.
    """

    def __init__(self, settings: ProtocolSettings, done: Sequence[Outcome] = ()) -> None:
        self.settings = settings
        self.outcomes: list[Outcome] = []
        self._block = 0
        self._queue = self._order()
        self._phase = Phase.WAITING
        self._until_s = 0.0
        self._n_spoiled_running = 0
        for outcome in done:
            self._replay(outcome)

    @property
    def phase(self) -> Phase:
        """What is going on."""
        return self._phase

    @property
    def trial(self) -> Asked | None:
        """The trial under way, None outside one."""
        if self._phase in (Phase.CUE, Phase.LOOK):
            return self._next_trial
        return None

    @property
    def _next_trial(self) -> Asked:
        return Asked(self._target(self._queue[0]), self._block)

    def progress(self, now_s: float) -> Progress:
        """Say how far it is."""
        settings, n_kept = self.settings, sum(outcome.kept for outcome in self.outcomes)
        n_later = max(0, settings.n_blocks - 1 - self._block)
        n_left = len(self._queue) + n_later * settings.n_in_block
        remaining_s = n_left * settings.trial_s + n_later * settings.break_s
        in_phase_s = max(0.0, self._until_s - now_s)
        match self._phase:
            case Phase.CUE:
                remaining_s -= settings.cue_s - in_phase_s
            case Phase.LOOK:
                remaining_s -= settings.cue_s + settings.look_s - in_phase_s
            case Phase.REST:
                remaining_s += in_phase_s
            case Phase.BREAK:
                remaining_s -= settings.break_s - in_phase_s
            case Phase.DONE:
                remaining_s = 0.0
            case _:
                pass
        return Progress(
            phase=self._phase,
            block=min(self._block, settings.n_blocks - 1),
            n_blocks=settings.n_blocks,
            n_kept=n_kept,
            n_spoiled=len(self.outcomes) - n_kept,
            n_planned=settings.n_blocks * settings.n_in_block,
            remaining_s=max(0.0, remaining_s),
        )

    # --- what people and time do ------------------------------------------------------------------

    def begin(self, now_s: float) -> list[Step]:
        """Begin, go on after a pause, or leave a break early."""
        if self._phase in (Phase.WAITING, Phase.PAUSED, Phase.BREAK):
            return self._next(now_s)
        return []

    def pause(self) -> list[Step]:
        """Wait until :meth:`begin`; a trial under way is broken off and done again."""
        if self._phase in (Phase.WAITING, Phase.PAUSED, Phase.DONE):
            return []
        steps: list[Step] = []
        if self._phase is Phase.LOOK:
            trial = self._next_trial
            self._finish(Outcome(trial.target, kept=False))
            steps = [LookEnded(trial, whole=False)]
        self._phase = Phase.PAUSED
        return steps

    def note_flicker(self, since_s: float) -> None:
        """Take note of when the first flickering frame was shown: the look lasts from then on."""
        if self._phase is Phase.LOOK:
            self._until_s = since_s + self.settings.look_s

    def reject(self, why: str) -> list[Step]:
        """Take note that the trial which has just ended was spoiled: it is done again.

        Several running say that something is wrong: then the protocol holds.
        """
        if self._phase is not Phase.REST:
            raise RuntimeError("only a trial that has just ended can be rejected")
        spoiled = replace(self.outcomes.pop(), kept=False)
        self.outcomes.append(spoiled)
        self._put_back(spoiled.target)
        self._n_spoiled_running += 1
        if self._n_spoiled_running < _MAX_SPOILED_RUNNING:
            return []
        self._n_spoiled_running = 0
        self._phase = Phase.PAUSED
        return [Held(f"{_MAX_SPOILED_RUNNING} trials running were spoiled, the last one: {why}")]

    def advance(self, now_s: float) -> list[Step]:
        """Let time pass; returns what is to be done now, in order.

        Parameters
        ----------
        now_s : float
            Never earlier than before.
        """
        if now_s < self._until_s:
            return []
        match self._phase:
            case Phase.CUE:
                self._enter(Phase.LOOK, now_s, self.settings.look_s)
                return [LookBegan(self._next_trial)]
            case Phase.LOOK:
                trial = self._next_trial
                self._finish(Outcome(trial.target))
                self._enter(Phase.REST, now_s, self.settings.rest_s)
                return [LookEnded(trial)]
            case Phase.REST:
                if self.outcomes and self.outcomes[-1].kept:
                    self._n_spoiled_running = 0
                return self._next(now_s)
            case Phase.BREAK:
                return self._next(now_s)
            case _:
                return []

    # --- within -----------------------------------------------------------------------------------

    def _next(self, now_s: float) -> list[Step]:
        """Cue the next trial, or end the block."""
        if self._queue:
            self._enter(Phase.CUE, now_s, self.settings.cue_s)
            return [Cued(self._next_trial)]
        ended = BlockEnded(self._block)
        self._end_block()
        if self._phase is not Phase.DONE:
            self._enter(Phase.BREAK, now_s, self.settings.break_s)
        return [ended]

    def _end_block(self) -> None:
        self._block += 1
        if self._block < self.settings.n_blocks:
            self._queue = self._order()
        else:
            self._phase = Phase.DONE

    def _enter(self, phase: Phase, now_s: float, seconds: float) -> None:
        self._phase, self._until_s = phase, now_s + seconds

    def _finish(self, outcome: Outcome) -> None:
        """Take the trial at hand from the queue, and put it back if it was spoiled."""
        self._queue.remove(self._class(outcome.target))
        self.outcomes.append(outcome)
        if not outcome.kept:
            self._put_back(outcome.target)

    def _put_back(self, target: int | None) -> None:
        """Have it done again as late as it can be without coming twice running."""
        again = self._class(target)
        before = [self._class(self.outcomes[-1].target), *self._queue]
        after = [*self._queue, -1]
        places = [k for k in range(len(after)) if again not in (before[k], after[k])]
        self._queue.insert(places[-1] if places else len(self._queue), again)

    def _replay(self, outcome: Outcome) -> None:
        """Take in a trial that was done before."""
        if self._phase is Phase.DONE:
            return
        if self._class(outcome.target) not in self._queue:
            raise CalibrationError(
                f"target {outcome.target} was asked for in block {self._block + 1}: expected the "
                "trials that were done before to follow this protocol. Begin a new session."
            )
        self._finish(outcome)
        if not self._queue:
            self._end_block()

    def _order(self) -> list[int]:
        settings = self.settings
        counts = [settings.n_repeats] * settings.n_targets + [settings.n_idle]
        rng = np.random.default_rng((settings.seed, self._block))
        last = self._class(self.outcomes[-1].target) if self.outcomes else None
        return balanced_order(counts, rng, last)

    def _class(self, target: int | None) -> int:
        return self.settings.n_targets if target is None else target

    def _target(self, queued: int) -> int | None:
        return None if queued == self.settings.n_targets else queued

"""What was asked beside what was decided: accuracy, response time and false decisions of a run."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from statistics import fmean, median

from bci_app.online.events import Decided
from calibration.metrics import itr_bits_per_min


class Asked(Enum):
    """What the subject was asked to do with their eyes."""

    TARGET = "look at a target"
    IDLE = "look at no target"
    NOTHING = "nothing in particular"


@dataclass(frozen=True, slots=True)
class Prompt:
    """From this sample on, until the next prompt, the subject was asked this.

    Parameters
    ----------
    index : int
        Absolute sample index.
    asked : Asked
    target : int or None
        Index of the target, for `Asked.TARGET`.
    """

    index: int
    asked: Asked
    target: int | None = None


@dataclass(frozen=True, slots=True)
class TrialRejected:
    """A trial that nothing is to be learned from.

    Parameters
    ----------
    index : int
        Of its prompt.
    reason : str
    """

    index: int
    reason: str


@dataclass(frozen=True, slots=True)
class Answers:
    """Figures of a run; a share or a time that nothing was counted for is None.

    Parameters
    ----------
    n_trials : int
        Prompts to look at a target that were over or answered when the run ended.
    n_right, n_wrong, n_missed : int
        By the first decision in each: the target asked for, another one, none at all.
    n_wrong_later : int
        Further decisions within trials for another target than the one asked for.
    accuracy : float or None
        Right ones among all trials, missed ones included.
    response_time_s : float or None
        Mean time from the prompt to a right decision.
    response_time_median_s : float or None
    itr_bits_per_min : float or None
        Wolpaw's rate at this accuracy, a selection taking the mean response time.
    n_false : int
        Decisions while the subject was asked to look at no target.
    idle_min : float
        Time asked for that.
    false_per_min : float or None
    n_unasked : int
        Decisions while nothing in particular was asked.
    unasked_min : float
        Time of that kind.
    """

    n_trials: int
    n_right: int
    n_wrong: int
    n_missed: int
    n_wrong_later: int
    accuracy: float | None
    response_time_s: float | None
    response_time_median_s: float | None
    itr_bits_per_min: float | None
    n_false: int
    idle_min: float
    false_per_min: float | None
    n_unasked: int
    unasked_min: float


def count_answers(
    prompts: Sequence[Prompt],
    decisions: Sequence[Decided],
    end_index: int,
    sampling_rate_hz: float,
    n_targets: int,
) -> Answers:
    """Hold the decisions of a run against its prompts.

    A decision belongs to the prompt in force at its last sample. A window reaches back in time, so
    one made soon after a prompt may rest on what was looked at before; it counts all the same.

    Parameters
    ----------
    prompts : sequence of Prompt
        In order of time; before the first one nothing in particular was asked.
    decisions : sequence of Decided
        In order of time.
    end_index : int
        Absolute index just after the last sample of the run.
    sampling_rate_hz : float
    n_targets : int
        Number of targets that could be decided.
    """
    prompts = [Prompt(0, Asked.NOTHING), *prompts]
    ends = [prompt.index for prompt in prompts[1:]] + [end_index]
    n_samples = dict.fromkeys(Asked, 0)
    n_decisions = dict.fromkeys(Asked, 0)
    outcomes: list[bool | None] = []
    response_times_s: list[float] = []
    n_wrong_later = 0
    remaining = list(decisions)
    for prompt, end in zip(prompts, ends, strict=True):
        n_samples[prompt.asked] += max(0, end - prompt.index)
        # A decision at the prompt's own sample was made before the prompt could be seen.
        within = [d for d in remaining if d.end_index <= end or end == ends[-1]]
        remaining = remaining[len(within) :]
        n_decisions[prompt.asked] += len(within)
        if prompt.asked is not Asked.TARGET:
            continue
        right = [decision.target == prompt.target for decision in within]
        outcomes.append(right[0] if right else None)
        n_wrong_later += right[1:].count(False)
        if right and right[0]:
            response_times_s.append((within[0].end_index - prompt.index) / sampling_rate_hz)
    n_right = outcomes.count(True)
    accuracy = n_right / len(outcomes) if outcomes else None
    response_time_s = fmean(response_times_s) if response_times_s else None
    idle_min = n_samples[Asked.IDLE] / sampling_rate_hz / 60
    return Answers(
        n_trials=len(outcomes),
        n_right=n_right,
        n_wrong=outcomes.count(False),
        n_missed=outcomes.count(None),
        n_wrong_later=n_wrong_later,
        accuracy=accuracy,
        response_time_s=response_time_s,
        response_time_median_s=median(response_times_s) if response_times_s else None,
        itr_bits_per_min=(
            itr_bits_per_min(accuracy, n_targets, response_time_s)
            if accuracy is not None and response_time_s
            else None
        ),
        n_false=n_decisions[Asked.IDLE],
        idle_min=idle_min,
        false_per_min=n_decisions[Asked.IDLE] / idle_min if idle_min else None,
        n_unasked=n_decisions[Asked.NOTHING],
        unasked_min=n_samples[Asked.NOTHING] / sampling_rate_hz / 60,
    )


def prompts_from_trials(
    trials: Sequence[tuple[int, int | None]], n_trial: int, end_index: int
) -> list[Prompt]:
    """Prompts of a recording: each trial lasts `n_trial` samples or until the next one.

    Parameters
    ----------
    trials : sequence of (int, int or None)
        Onset as a sample index, and the target, None for idle.
    n_trial : int
        Length of a trial in samples.
    end_index : int
        Absolute index just after the last sample.
    """
    prompts = []
    next_onsets = [onset for onset, _ in trials[1:]] + [end_index]
    for (onset, target), next_onset in zip(trials, next_onsets, strict=True):
        prompts.append(Prompt(onset, Asked.IDLE if target is None else Asked.TARGET, target))
        if onset + n_trial < next_onset:
            prompts.append(Prompt(onset + n_trial, Asked.NOTHING))
    return prompts

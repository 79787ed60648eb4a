import pytest
from hypothesis import given
from hypothesis import strategies as st

from bci_app.evaluation.answers import Asked, Prompt, count_answers, prompts_from_trials
from bci_app.online.events import Decided
from calibration.metrics import itr_bits_per_min

RATE_HZ = 100.0


def decided(end_index, target):
    return Decided(end_index, target, score=0.7)


def test_a_run_with_everything_in_it():
    prompts = [
        Prompt(1000, Asked.TARGET, 0),  # right after 2 s, then another target: wrong later
        Prompt(2000, Asked.IDLE),  # 30 s, one false decision
        Prompt(5000, Asked.TARGET, 1),  # wrong
        Prompt(6000, Asked.TARGET, 2),  # missed
        Prompt(7000, Asked.NOTHING),  # 10 s, one decision
        Prompt(8000, Asked.TARGET, 2),  # right after 4 s
    ]
    decisions = [
        decided(1200, 0),
        decided(1600, 1),
        decided(3000, 2),
        decided(5500, 0),
        decided(7500, 1),
        decided(8400, 2),
        decided(8800, 2),
    ]
    answers = count_answers(prompts, decisions, 9000, RATE_HZ, n_targets=3)
    assert (answers.n_trials, answers.n_right, answers.n_wrong, answers.n_missed) == (4, 2, 1, 1)
    assert answers.n_wrong_later == 1
    assert answers.accuracy == 0.5
    assert answers.response_time_s == pytest.approx(3.0)
    assert answers.itr_bits_per_min == pytest.approx(itr_bits_per_min(0.5, 3, 3.0))
    assert (answers.n_false, answers.idle_min, answers.false_per_min) == (1, 0.5, 2.0)
    assert (answers.n_unasked, answers.unasked_min) == (1, pytest.approx(20 / 60))


def test_nothing_asked_gives_no_figures():
    answers = count_answers([], [], 1000, RATE_HZ, n_targets=3)
    assert answers.n_trials == 0
    assert answers.accuracy is None
    assert answers.response_time_s is None
    assert answers.itr_bits_per_min is None
    assert answers.false_per_min is None


def test_a_decision_on_the_first_sample_of_a_prompt_answers_the_one_before():
    prompts = [Prompt(100, Asked.TARGET, 0), Prompt(500, Asked.TARGET, 1)]
    answers = count_answers(prompts, [decided(500, 0)], 900, RATE_HZ, n_targets=2)
    assert (answers.n_right, answers.n_missed) == (1, 1)


@given(
    onsets=st.lists(st.integers(0, 5000), unique=True, max_size=12).map(sorted),
    ends=st.lists(st.integers(1, 6000), max_size=12).map(sorted),
    data=st.data(),
)
def test_every_trial_and_every_decision_is_counted_once(onsets, ends, data):
    kinds = data.draw(st.lists(st.sampled_from(Asked), min_size=len(onsets), max_size=len(onsets)))
    prompts = [
        Prompt(index, asked, 0 if asked is Asked.TARGET else None)
        for index, asked in zip(onsets, kinds, strict=True)
    ]
    targets = data.draw(st.lists(st.integers(0, 2), min_size=len(ends), max_size=len(ends)))
    decisions = [decided(end, target) for end, target in zip(ends, targets, strict=True)]
    answers = count_answers(prompts, decisions, 6000, RATE_HZ, n_targets=3)
    assert answers.n_trials == kinds.count(Asked.TARGET)
    assert answers.n_right + answers.n_wrong + answers.n_missed == answers.n_trials
    in_trials = len(decisions) - answers.n_false - answers.n_unasked
    assert in_trials >= answers.n_right + answers.n_wrong + answers.n_wrong_later
    trial_min = sum(
        (end - start) / RATE_HZ / 60
        for start, end, asked in zip(onsets, [*onsets, 6000][1:], kinds, strict=True)
        if asked is Asked.TARGET
    )
    assert answers.idle_min + answers.unasked_min + trial_min == pytest.approx(1.0)


def test_trials_become_prompts_that_end():
    prompts = prompts_from_trials([(100, 1), (700, None), (900, 0)], n_trial=500, end_index=2000)
    assert prompts == [
        Prompt(100, Asked.TARGET, 1),
        Prompt(600, Asked.NOTHING),
        Prompt(700, Asked.IDLE),
        Prompt(900, Asked.TARGET, 0),
        Prompt(1400, Asked.NOTHING),
    ]

import numpy as np
import pytest

from bci_app.evaluation.session_result import Expectation, TrialTruth, score_session
from bci_app.online.events import Decided, Scored

RATE_HZ = 100.0
EXPECTED = Expectation(threshold=1.0, false_per_min=0.5, interval=(0.2, 0.9))


def truth(labels, every=1000, trial_s=5.0):
    onsets = 500 + every * np.arange(len(labels))
    return TrialTruth.of_trials(
        onsets,
        np.array(labels),
        2,
        n_samples=500 + every * len(labels),
        trial_s=trial_s,
        sampling_rate_hz=RATE_HZ,
    )


def decided(*indices_and_targets):
    return [Decided(index, target, 0.9) for index, target in indices_and_targets]


def test_the_first_decision_in_a_trial_counts():
    events = decided((700, 0), (800, 1), (1700, 0))
    result = score_session("r", "s", events, truth([0, 1]), EXPECTED)
    assert (result.n_right, result.n_wrong, result.n_later) == (1, 1, 1)
    assert result.latencies_s == (2.0,)


def test_what_comes_before_anybody_can_answer_is_between_trials():
    events = decided((400, 0), (549, 0), (1100, 1))
    result = score_session("r", "s", events, truth([0, 1]), EXPECTED)
    assert (result.n_right, result.n_wrong) == (0, 0)
    assert result.n_between == 2  # that before the first onset is of no kind
    assert result.between_min == pytest.approx((2000 - 900) / RATE_HZ / 60)


def test_every_decision_in_idle_is_false():
    result = score_session("r", "s", decided((600, 0), (900, 1)), truth([2, 2]), EXPECTED)
    assert result.n_false == 2
    assert result.idle_min == pytest.approx(9 / 60)


def test_a_trial_ends_where_the_next_can_be_answered():
    result = score_session("r", "s", decided((860, 0)), truth([2, 0], every=300), EXPECTED)
    assert result.n_false == 0
    assert result.n_right == 1


def test_probabilities_are_held_against_the_truth_within_trials():
    events = [Scored(300, (0.9, 0.1)), Scored(700, (0.9, 0.1)), Scored(1700, (0.1, 0.2))]
    result = score_session("r", "s", events, truth([0, 1]), EXPECTED)
    assert result.probabilities == pytest.approx([0.9, 0.7])
    assert result.right.tolist() == [True, False]
    without = score_session("r", "s", events, truth([0, 1]), None)
    assert len(without.probabilities) == 0

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.errors import CalibrationError
from calibration.fitting import (
    Candidate,
    HeldOut,
    assign_folds,
    choose_simplest,
    confusion,
    cross_validate,
    deal,
    lead,
    with_idle,
)


def held_out(name, n_right, n_all=40, runs_online=True):
    answers = np.zeros(n_all, dtype=np.intp)
    answers[n_right:] = 1
    return HeldOut(name, np.zeros(n_all, dtype=np.intp), answers, runs_online)


@given(st.lists(st.integers(0, 3), min_size=4, max_size=60), st.integers(2, 5))
def test_dealt_folds_share_out_each_class_in_order(labels, n_folds):
    labels = np.array(labels)
    folds = deal(labels, n_folds)
    for label in np.unique(labels):
        of_class = folds[labels == label]
        assert (np.diff(of_class) >= 0).all()
        counts = np.bincount(of_class, minlength=n_folds)
        assert counts.max() - counts.min() <= 1


def test_with_several_sessions_each_is_left_out_whole():
    sessions = np.array([3, 3, 5, 5, 5, 9])
    folds = assign_folds(np.array([0, 1, 0, 1, 0, 1]), sessions)
    assert folds.tolist() == [0, 0, 1, 1, 1, 2]


def test_a_decoder_never_sees_the_trials_it_answers_for():
    labels = np.tile([0, 1, 2], 8)
    folds = assign_folds(labels, np.zeros(24))
    asked = []

    def answer(learned, held):
        assert not (learned & held).any()
        assert (learned | held).all()
        asked.append(held)
        return np.full(held.sum(), labels[learned].max())

    result = cross_validate(Candidate("any", answer, True), labels, folds)
    assert np.sum(asked, axis=0).tolist() == [1] * 24
    assert result.n_right == 8
    assert confusion(result, 3).tolist() == [[0, 0, 8], [0, 0, 8], [0, 0, 8]]


@pytest.mark.parametrize(
    ("simple", "chosen"),
    [(39, "simple"), (37, "simple"), (33, "learned")],  # the standard error of 39 of 40 is 0.034
)
def test_the_simpler_is_chosen_within_one_standard_error(simple, chosen):
    results = [held_out("simple", simple), held_out("learned", 38)]
    assert choose_simplest(results).decoder == chosen


def test_what_cannot_run_online_is_not_chosen():
    results = [held_out("offline", 40, runs_online=False), held_out("learned", 30)]
    assert choose_simplest(results).decoder == "learned"
    with pytest.raises(CalibrationError, match="no decoder that a session can run"):
        choose_simplest(results[:1])


def test_all_right_is_not_taken_for_certain():
    assert 0 < held_out("any", 40).standard_error < held_out("any", 10, 10).standard_error


def test_idle_is_answered_where_nothing_leads():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], 20)  # 2 is idle
    scores = rng.normal(scale=0.1, size=(60, 2))
    scores[np.arange(40), labels[:40]] += 1.0
    answers = with_idle(scores[::2], labels[::2], scores[1::2], 2)
    assert (answers == labels[1::2]).mean() > 0.9
    assert (lead(scores) >= 0).all()

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bci_app.online.stated import Answers, StatedProbability, fit_stated

N_CLASSES = 4


def answers(n, boast, lapse, seed=0):
    """Answers whose log-odds are `boast` times what they should be, and sometimes say nothing."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(N_CLASSES, size=n)
    logits = rng.normal(size=(n, N_CLASSES))
    logits[np.arange(n), labels] += 3.0
    lapsed = rng.random(n) < lapse
    labels[lapsed] = rng.integers(N_CLASSES, size=lapsed.sum())
    log_odds = 3.0 * boast * logits
    best = log_odds - np.logaddexp.reduce(log_odds, axis=1, keepdims=True)
    return Answers(best, best.copy(), rng.random(n) < 0.5, labels)


def test_a_boast_is_seen_through():
    seen, fresh = answers(4000, 4.0, 0.2), answers(4000, 4.0, 0.2, seed=1)
    stated = fit_stated([(seen, 1.0)]).probabilities(fresh.best, fresh.newest, fresh.held)
    right = (stated.argmax(axis=1) == fresh.labels).mean()
    assert stated.max(axis=1).mean() == pytest.approx(right, abs=0.02)
    assert np.exp(fresh.best).max(axis=1).mean() > right + 0.05


def test_a_target_that_is_held_may_lapse_otherwise():
    seen = answers(4000, 1.0, 0.0)
    wrong = seen.held & (np.random.default_rng(2).random(4000) < 0.6)
    labels = np.where(wrong, (seen.labels + 1) % N_CLASSES, seen.labels)
    stated = fit_stated([(Answers(seen.best, seen.newest, seen.held, labels), 1.0)])
    assert stated.lapse_held > stated.lapse_waiting + 0.3


def test_few_answers_leave_the_prior_where_it_is():
    none = answers(0, 1.0, 0.0)
    few = fit_stated([(answers(8, 1.0, 0.0), 1.0)])
    assert few.best == pytest.approx(fit_stated([(none, 1.0)]).best, abs=0.3)


@given(
    weights=st.tuples(st.floats(0, 3), st.floats(0, 3), st.floats(-3, 3)),
    lapses=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    seed=st.integers(0, 99),
)
def test_what_is_stated_is_a_probability(weights, lapses, seed):
    told = answers(20, 2.0, 0.1, seed)
    stated = StatedProbability(*weights, *lapses)
    probabilities = stated.probabilities(told.best, told.newest, told.held)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)
    assert (probabilities >= 0).all()
    before = told.best.copy()
    stated.probabilities(told.best, told.newest, told.held)
    np.testing.assert_array_equal(told.best, before)

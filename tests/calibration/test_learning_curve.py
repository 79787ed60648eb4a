import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.errors import CalibrationError
from calibration.learning_curve import LearningPoint, fit_learning_curve, look_ahead


def points(ceiling, drop, sizes=(2, 3, 4, 6, 8), n_tested=400):
    return [LearningPoint(n, round((ceiling - drop / n) * n_tested), n_tested) for n in sizes]


def test_a_known_curve_is_found():
    curve = fit_learning_curve(points(0.95, 0.8))
    assert curve.ceiling == pytest.approx(0.95, abs=0.01)
    assert curve.drop == pytest.approx(0.8, abs=0.05)
    low, high = curve.interval(16)
    assert low < 0.95 - 0.8 / 16 < high


def test_another_block_is_proposed_while_it_helps():
    early = look_ahead(fit_learning_curve(points(0.95, 0.8, (2, 3, 4))), 4, 2)
    assert early.worth_it
    assert early.gain > 0.02
    assert early.reason.startswith("Another 2 trials")
    late = look_ahead(fit_learning_curve(points(0.95, 0.8, (4, 8, 16))), 16, 2)
    assert not late.worth_it
    assert late.gain < 0.02


@given(
    st.lists(st.tuples(st.integers(1, 40), st.integers(0, 30)), min_size=1, max_size=6),
    st.integers(1, 40),
)
def test_more_trials_never_promise_less(found, n_each):
    curve = fit_learning_curve([LearningPoint(n, right, 30) for n, right in found])
    assert 0 <= curve.accuracy(n_each) <= curve.accuracy(n_each + 2) <= 1
    assert look_ahead(curve, n_each, 2).gain >= 0
    low, high = curve.interval(n_each + 2)
    assert 0 <= low <= curve.accuracy(n_each + 2) <= high <= 1


def test_a_coin_is_not_seen_to_learn():
    rng = np.random.default_rng(1)
    flat = [LearningPoint(n, int(rng.binomial(64, 0.5)), 64) for n in (2, 4, 8)]
    assert fit_learning_curve(flat).accuracy(100) < 0.75


def test_no_point_is_refused():
    with pytest.raises(CalibrationError, match="learning curve"):
        fit_learning_curve([])

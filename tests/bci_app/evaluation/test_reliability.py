import numpy as np
import pytest

from bci_app.evaluation.reliability import expected_calibration_error, reliability


def test_probabilities_that_come_true_as_often_as_they_say_have_no_error():
    rng = np.random.default_rng(0)
    probabilities = rng.uniform(0.25, 1.0, size=40_000)
    right = rng.uniform(size=len(probabilities)) < probabilities
    bins = reliability(probabilities, right)
    assert expected_calibration_error(bins) < 0.02
    assert sum(each.n for each in bins) == len(probabilities)


def test_boasting_shows():
    bins = reliability(np.full(10, 0.95), np.arange(10) < 7)
    assert [(each.low, each.n) for each in bins] == [(pytest.approx(0.9), 10)]
    assert expected_calibration_error(bins) == pytest.approx(0.25)


def test_certainty_falls_into_the_last_bin_and_nothing_into_none():
    assert reliability(np.array([1.0]), np.array([True]))[0].high == 1.0
    assert expected_calibration_error(reliability(np.empty(0), np.empty(0, dtype=bool))) is None

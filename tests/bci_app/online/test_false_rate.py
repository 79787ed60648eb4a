import numpy as np
import pytest

from bci_app.online.false_rate import FalseRate, IdleMaxima, fit_false_rate
from calibration.errors import CalibrationError


def idle(n, rng, shift=0.0, scale=1.0):
    """Maxima of idle stretches of 6 s, ten a minute."""
    return IdleMaxima(shift + scale * rng.gumbel(size=n), 6.0)


def test_the_threshold_is_the_inverse_of_the_rate():
    rate = FalseRate(level=1.0, scale=0.8, shape=8.0, minutes=2.0)
    for wanted in (0.1, 0.5, 2.0):
        assert rate.expected_per_min(rate.threshold_for(wanted)) == pytest.approx(wanted)
    assert rate.threshold_for(100.0) == 1.0
    low, high = rate.interval_per_min(3.0)
    assert low < rate.expected_per_min(3.0) < high


def test_the_rate_of_an_exponential_tail_is_extrapolated_well():
    rng = np.random.default_rng(0)
    people = [idle(200, rng) for _ in range(8)]
    threshold = fit_false_rate(None, people).threshold_for(0.1)
    truth = 10 * (1 - np.exp(-np.exp(-threshold)))
    assert 0.1 / 1.5 < truth < 0.1 * 1.5


def test_own_idle_moves_the_threshold_towards_the_subject_and_narrows_the_interval():
    rng = np.random.default_rng(1)
    others = [idle(16, rng, shift) for shift in (-1.0, 0.0, 1.0, -0.5, 0.5)]
    anyone = fit_false_rate(None, others)
    noisy = fit_false_rate(idle(16, rng, shift=2.0), others)
    quiet = fit_false_rate(idle(16, rng, shift=-2.0), others)
    assert noisy.threshold_for(0.5) > anyone.threshold_for(0.5) > quiet.threshold_for(0.5)
    spread = [high / low for low, high in (r.interval_per_min(3.0) for r in (anyone, noisy))]
    assert spread[1] < spread[0]


def test_the_interval_holds_the_rates_of_new_people():
    rng = np.random.default_rng(2)
    held = 0
    for _ in range(100):
        shifts = rng.normal(scale=0.6, size=9)
        others = [idle(16, rng, shift) for shift in shifts[1:]]
        rate = fit_false_rate(idle(10, rng, shifts[0]), others)
        threshold = rate.threshold_for(0.5)
        truth = 10 * (1 - np.exp(-np.exp(shifts[0] - threshold)))
        low, high = rate.interval_per_min(threshold)
        held += low <= truth <= high
    assert held >= 75


def test_one_person_alone_is_enough_and_nobody_is_not():
    alone = fit_false_rate(idle(20, np.random.default_rng(3)), [])
    assert np.isfinite(alone.threshold_for(0.5))
    with pytest.raises(CalibrationError, match="no idle trial"):
        fit_false_rate(None, [])
    with pytest.raises(CalibrationError, match="no idle trial"):
        fit_false_rate(IdleMaxima(np.empty(0), 4.5), [])


def test_idle_trials_too_short_for_a_window_are_refused_in_words():
    maxima = np.concatenate([np.full(7, -np.inf), np.arange(3.0)])
    with pytest.raises(CalibrationError, match=r"70% of the idle trials.*trials of 2 s or more"):
        fit_false_rate(None, [IdleMaxima(maxima, 1.0)])
    maxima[:4] = 0.0
    assert np.isfinite(fit_false_rate(None, [IdleMaxima(maxima, 1.0)]).threshold_for(0.5))

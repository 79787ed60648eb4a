import numpy as np
import pytest

from bci_app.evaluation.asynchronous import OnlineEvaluation
from bci_app.evaluation.online_summary import summarise_online
from bci_app.evaluation.schemes import Scheme
from bci_app.evaluation.session_result import Expectation, SessionResult

EVALUATION = OnlineEvaluation({"a": 9.0, "b": 13.0, "rest": None}, Scheme.CALIBRATED)


def result(n_right, n_wrong, n_false, idle_min=1.0, subject="s", latency_s=2.0):
    return SessionResult(
        recording="r",
        subject=subject,
        n_target_trials=10,
        n_right=n_right,
        n_wrong=n_wrong,
        n_later=0,
        latencies_s=(latency_s,) * n_right,
        n_false=n_false,
        idle_min=idle_min,
        n_between=3,
        between_min=1.5,
        expected=Expectation(threshold=1.0, false_per_min=0.5, interval=(0.2, 0.9)),
        probabilities=np.array([0.9, 0.6]),
        right=np.array([True, False]),
    )


def test_figures_over_recordings():
    summary = summarise_online(
        [
            result(10, 0, 0),
            result(8, 1, 2, latency_s=1.0),
            result(6, 2, 1, idle_min=2.0, subject="t", latency_s=4.0),
        ],
        EVALUATION,
    )
    assert summary.true_positive_rate == pytest.approx(0.8)
    assert summary.wrong_rate == pytest.approx(0.1)
    assert summary.false_per_min == pytest.approx(3 / 4)
    assert summary.latency_s["mean"] == pytest.approx((10 * 2 + 8 * 1 + 6 * 4) / 24)
    assert summary.latency_s["median"] == pytest.approx(2.0)
    assert summary.between_per_min == pytest.approx(2.0)
    assert summary.idle_min == pytest.approx(4.0)
    low, high = summary.true_positive_rate_ci95
    assert 0.6 <= low < 0.8 < high <= 1.0
    assert [s["subject"] for s in summary.per_subject] == ["s", "t"]
    assert summary.per_subject[0]["false_per_min"] == pytest.approx(1.0)
    assert summary.expected_calibration_error == pytest.approx(0.5 * 0.1 + 0.5 * 0.6)


def test_without_idle_trials_there_is_no_false_rate():
    summary = summarise_online([result(5, 0, 0, idle_min=0.0)], EVALUATION)
    assert summary.false_per_min is None
    assert summary.per_recording[0]["false_per_min"] is None

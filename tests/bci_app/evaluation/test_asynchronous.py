from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bci_app.errors import ConfigurationError
from bci_app.evaluation.asynchronous import (
    OnlineEvaluation,
    fit_for,
    prepare_session,
    run_session,
)
from bci_app.evaluation.schemes import Scheme
from bci_app.recordings.recording import Marker, Recording
from calibration.errors import CalibrationError

RATE_HZ = 128.0
FREQUENCIES_HZ = (9.0, 13.0)
CLASSES = {"a": 9.0, "b": 13.0, "rest": None}
EVALUATION = OnlineEvaluation(
    CLASSES, Scheme.CALIBRATED, trial_s=3.0, max_false_per_min=1.0, mains_hz=None
)
GAP_S = 4.0


def recording(name, seed, n_each=6, amplitude_uv=2.0):
    rng = np.random.default_rng(seed)
    codes = list(CLASSES) * n_each
    n_gap = round(GAP_S * RATE_HZ)
    n_times = 256 + n_gap * len(codes)
    samples_uv = rng.normal(scale=2.0, size=(n_times, 3))
    markers = []
    for k, code in enumerate(codes):
        onset = 256 + n_gap * k
        markers.append(Marker(onset, code))
        if CLASSES[code] is not None:
            time_s = np.arange(round(3.0 * RATE_HZ)) / RATE_HZ
            phase = 2 * np.pi * CLASSES[code] * time_s + rng.uniform(0, 2 * np.pi)
            response = np.sin(phase) + 0.5 * np.sin(2 * phase)
            samples_uv[onset : onset + len(time_s)] += (
                amplitude_uv * response[:, np.newaxis] * np.array([1.0, 0.7, -0.4])
            )
    return Recording(Path(name), samples_uv, RATE_HZ, ("x", "y", "z"), tuple(markers))


@pytest.fixture(scope="module")
def sessions():
    names = ["s1/one.fif", "s1/two.fif", "s2/one.fif", "s3/one.fif"]
    return [prepare_session(recording(n, k), EVALUATION) for k, n in enumerate(names)]


def test_clear_responses_are_answered_right_and_rest_is_left_alone(sessions):
    model = fit_for(sessions[0], sessions, EVALUATION, {})
    for evaluation in (
        replace(EVALUATION, onsets_known=True),
        EVALUATION,
        replace(EVALUATION, resplice_seed=1),
    ):
        result = run_session(sessions[0], model, evaluation)
        assert result.n_target_trials == 12
        assert result.n_right >= 10
        assert result.n_wrong == 0
        assert result.n_false <= 1
        assert result.idle_min == pytest.approx(6 * 2.5 / 60, rel=0.01)
        assert all(0.5 < latency <= 3.0 for latency in result.latencies_s)
        low, high = result.expected.interval
        assert low < result.expected.false_per_min < high
        assert result.right.mean() > 0.7


def test_what_is_learned_comes_from_other_recordings_only(sessions):
    same_samples = replace(
        sessions[0], trials=replace(sessions[0].trials, subject=Path("elsewhere"))
    )
    with pytest.raises(CalibrationError, match="only session"):
        fit_for(sessions[0], [sessions[0], sessions[2]], EVALUATION, {})
    transfer = replace(EVALUATION, scheme=Scheme.TRANSFER)
    with pytest.raises(CalibrationError, match="no other subject"):
        fit_for(sessions[0], [sessions[0], sessions[1], same_samples], transfer, {})
    alone = fit_for(sessions[0], [sessions[2], sessions[3]], transfer, {})
    with_own = fit_for(sessions[0], sessions, transfer, {})
    assert alone.announced == with_own.announced


def test_without_calibration_the_path_runs_with_fixed_windows():
    uncalibrated = replace(EVALUATION, scheme=Scheme.UNCALIBRATED)
    session = prepare_session(recording("s/one.fif", 5), uncalibrated)
    assert session.observed is None
    result = run_session(session, None, uncalibrated)
    assert result.expected is None
    assert result.n_target_trials == 12


def test_trials_with_missing_samples_are_left_out_also_when_re_spliced():
    whole = recording("s/a.fif", 0, amplitude_uv=4.0)
    samples_uv = whole.samples_uv.copy()
    samples_uv[whole.markers[3].index + 100] = np.nan
    gapped = replace(whole, samples_uv=samples_uv)
    for seed in (None, 1):
        evaluation = replace(EVALUATION, scheme=Scheme.UNCALIBRATED, resplice_seed=seed)
        result = run_session(prepare_session(gapped, evaluation), None, evaluation)
        assert (result.n_target_trials, result.n_right) == (11, 11)


def test_questions_that_make_no_sense_are_refused():
    with pytest.raises(ConfigurationError, match="positive rate"):
        replace(EVALUATION, max_false_per_min=0.0)
    with pytest.raises(ConfigurationError, match="known onsets"):
        OnlineEvaluation(CLASSES, Scheme.UNCALIBRATED, onsets_known=True)

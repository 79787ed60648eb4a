from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bci_app.errors import ConfigurationError
from bci_app.evaluation.schemes import Scheme, evaluate_recording, summarise
from bci_app.evaluation.trials import TrialEvaluation, cut_trials
from bci_app.recordings.recording import Marker, Recording
from calibration.errors import CalibrationError

CLASSES = {"a": 10.0, "b": 14.0, "rest": None}


def record(n_trials=6, amplitude_uv=6.0, sampling_rate_hz=200.0, seed=0):
    rng = np.random.default_rng(seed)
    n_times = round((4.0 * n_trials + 3) * sampling_rate_hz)
    samples = 5 * rng.normal(size=(n_times, 3)) + 1000.0
    markers = []
    for trial in range(n_trials):
        code = ("a", "b", "rest")[trial % 3]
        onset = round((2 + 4 * trial) * sampling_rate_hz)
        markers.append(Marker(onset, code))
        if CLASSES[code]:
            time_s = np.arange(round(3 * sampling_rate_hz)) / sampling_rate_hz
            response = amplitude_uv * np.sin(2 * np.pi * CLASSES[code] * time_s)
            samples[onset : onset + len(response)] += response[:, np.newaxis]
    return Recording(
        Path("s1/r.fif"), samples, sampling_rate_hz, ("O1", "Oz", "O2"), tuple(markers)
    )


def evaluate(recording, evaluation):
    return evaluate_recording(
        cut_trials(recording, evaluation), [], evaluation, Scheme.UNCALIBRATED
    )


def test_a_clear_response_is_decoded_and_idle_is_left_out():
    result = evaluate(record(), TrialEvaluation("cca", CLASSES, n_harmonics=2))
    assert (result.n_right, result.n_trials) == (4, 4)
    assert result.recording == "s1/r.fif"


def test_targets_that_were_swapped_are_all_wrong():
    swapped = {"a": 14.0, "b": 10.0}
    result = evaluate(record(), TrialEvaluation("cca", swapped, n_harmonics=2))
    assert result.n_right == 0
    assert result.confusion == ((0, 2), (2, 0))


def test_the_window_lies_where_it_is_asked_for():
    beside = TrialEvaluation("cca", {"a": 10.0, "b": 14.0}, start_s=10.0)
    with pytest.raises(CalibrationError, match="reaches beyond"):
        evaluate(record(), beside)


def with_gap(recording, start_s, stop_s, channel=slice(None)):
    rate_hz, samples = recording.sampling_rate_hz, recording.samples_uv.copy()
    samples[round(start_s * rate_hz) : round(stop_s * rate_hz), channel] = np.nan
    return replace(recording, samples_uv=samples)


@pytest.mark.parametrize("decoder", ["cca", "fbcca"])
def test_trials_with_missing_samples_are_left_out_and_counted(decoder):
    evaluation = TrialEvaluation(decoder, CLASSES, n_harmonics=2)
    # Trials of "a" and "b" begin at 2, 6, 14 and 18 s; one channel is lost from 7 s on.
    trials = cut_trials(with_gap(record(), 7.0, 7.01, channel=1), evaluation)
    assert trials.n_gapped == 1
    assert trials.labels.tolist() == [0, 0, 1]
    assert np.isfinite(trials.windows_uv).all()
    assert np.isfinite(trials.whole_uv).all()
    result = evaluate_recording(trials, [], evaluation, Scheme.UNCALIBRATED)
    assert (result.n_right, result.n_trials, result.n_gapped) == (3, 3, 1)


def test_the_filter_starts_anew_after_a_gap():
    recording, evaluation = record(), TrialEvaluation("cca", CLASSES)
    rate_hz = recording.sampling_rate_hz
    gapped = cut_trials(with_gap(recording, 12.0, 12.5), evaluation)
    later = replace(
        recording,
        samples_uv=recording.samples_uv[round(12.5 * rate_hz) :],
        markers=tuple(
            Marker(marker.index - round(12.5 * rate_hz), marker.code)
            for marker in recording.markers
            if marker.index > 12.5 * rate_hz
        ),
    )
    np.testing.assert_array_equal(
        gapped.windows_uv[-2:], cut_trials(later, evaluation).windows_uv[-2:]
    )


def test_a_recording_without_a_whole_trial_is_refused():
    evaluation = TrialEvaluation("cca", CLASSES)
    with pytest.raises(CalibrationError, match=r"each of the 4 trials.*no sample of Oz"):
        cut_trials(with_gap(record(), 0.0, 99.0, channel=1), evaluation)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"classes": {"a": 10.0, "rest": None}}, "expected at least 2 frequencies"),
        ({"classes": {"a": 10.0, "b": 10.0}}, "expected at least 2 frequencies"),
        ({"start_s": -0.1}, "not before the onset"),
        ({"window_s": 0.0}, "positive length"),
    ],
)
def test_an_evaluation_that_means_nothing_is_refused(changes, complaint):
    with pytest.raises(ConfigurationError, match=complaint):
        TrialEvaluation(**{"decoder": "cca", "classes": CLASSES, **changes})


def test_summary_averages_over_recordings_and_pools_for_the_interval():
    evaluation = TrialEvaluation("cca", CLASSES)
    results = [
        evaluate(record(seed=seed, amplitude_uv=amplitude, n_trials=n), evaluation)
        for seed, amplitude, n in ((1, 6.0, 6), (2, 0.0, 12))
    ]
    summary = summarise(results, evaluation, Scheme.UNCALIBRATED)
    assert summary.n_recordings == 2
    assert summary.n_trials == 12
    assert summary.accuracy == pytest.approx(np.mean([r.accuracy for r in results]))
    assert summary.accuracy_sd == pytest.approx(np.std([r.accuracy for r in results], ddof=1))
    low, high = summary.pooled_accuracy_ci95
    assert low < sum(r.n_right for r in results) / 12 < high
    assert summarise(results[:1], evaluation, Scheme.UNCALIBRATED).accuracy_sd is None

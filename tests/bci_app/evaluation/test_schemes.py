from pathlib import Path

import numpy as np
import pytest

from bci_app.evaluation.schemes import Scheme, evaluate_recording
from bci_app.evaluation.trials import TrialEvaluation, cut_trials
from bci_app.recordings.recording import Marker, Recording
from calibration.errors import CalibrationError

RATE_HZ = 200.0
CLASSES = {"a": 10.0, "b": 14.0, "rest": None}


def record(subject, session, n_trials=24, amplitude_uv=6.0, seed=0, n_channels=3):
    rng = np.random.default_rng(seed)
    samples = 5 * rng.normal(size=(round((4.0 * n_trials + 3) * RATE_HZ), n_channels))
    markers = []
    for trial in range(n_trials):
        code = ("a", "b", "rest")[trial % 3]
        onset = round((2 + 4 * trial) * RATE_HZ)
        markers.append(Marker(onset, code))
        if CLASSES[code]:
            phase = 2 * np.pi * (CLASSES[code] * np.arange(600) / RATE_HZ + rng.uniform())
            samples[onset : onset + 600] += amplitude_uv * np.sin(phase)[:, np.newaxis]
    names = tuple(f"E{k}" for k in range(n_channels))
    return Recording(Path(f"{subject}/{session}.fif"), samples, RATE_HZ, names, tuple(markers))


def prepare(recordings, decoder="evidence", classes=CLASSES, **settings):
    evaluation = TrialEvaluation(decoder, classes, window_s=1.0, **settings)
    return [cut_trials(recording, evaluation) for recording in recordings], evaluation


@pytest.fixture
def two_subjects():
    return [record(f"s{k}", session, seed=10 * k + session) for k in (1, 2) for session in (1, 2)]


@pytest.mark.parametrize("scheme", [Scheme.CALIBRATED, Scheme.TRANSFER])
@pytest.mark.parametrize("decoder", ["evidence", "cca-knn"])
def test_clear_responses_are_decoded_with_rest_as_a_class(scheme, decoder, two_subjects):
    pool, evaluation = prepare(two_subjects, decoder)
    result = evaluate_recording(pool[0], pool, evaluation, scheme)
    assert result.n_trials == 24
    assert result.accuracy > 0.8


def test_rest_is_left_out_for_decoders_that_do_not_know_it(two_subjects):
    pool, evaluation = prepare(two_subjects, "fbwilks")
    result = evaluate_recording(pool[0], pool, evaluation, Scheme.UNCALIBRATED)
    assert result.n_trials == 16
    assert result.accuracy > 0.9


def spy(monkeypatch, two_subjects, scheme, decoder="evidence", pool=None):
    """What the decoder was fitted with when the first recording was scored."""
    prepared, evaluation = prepare(pool or two_subjects, decoder)
    seen = {}
    made = evaluation.make_decoder(RATE_HZ)
    original = type(made).fit

    def fit(self, windows_uv, labels, subjects=None):
        seen.update(windows_uv=windows_uv, labels=labels, subjects=subjects)
        return original(self, windows_uv, labels, subjects)

    monkeypatch.setattr(type(made), "fit", fit)
    evaluate_recording(prepared[0], prepared, evaluation, scheme)
    return prepared, seen


def test_calibration_has_the_other_sessions_and_other_subjects(monkeypatch, two_subjects):
    _, seen = spy(monkeypatch, two_subjects, Scheme.CALIBRATED)
    np.testing.assert_array_equal(seen["subjects"], np.repeat([0, 1], [24, 48]))


def test_transfer_has_other_subjects_only(monkeypatch, two_subjects):
    _, seen = spy(monkeypatch, two_subjects, Scheme.TRANSFER)
    np.testing.assert_array_equal(seen["subjects"], np.full(48, 1))


def test_a_decoder_that_cannot_use_others_has_the_other_sessions_only(monkeypatch, two_subjects):
    prepared, seen = spy(monkeypatch, two_subjects, Scheme.CALIBRATED, "cca-knn")
    np.testing.assert_array_equal(seen["windows_uv"], prepared[1].windows_uv)


def test_the_scored_recording_is_never_learned_from_even_under_another_name(
    monkeypatch, two_subjects
):
    first = two_subjects[0]
    copy = Recording(
        Path("s9/copy.fif"), first.samples_uv.copy(), RATE_HZ, first.channel_names, first.markers
    )
    _, seen = spy(monkeypatch, two_subjects, Scheme.TRANSFER, pool=[*two_subjects, copy])
    assert len(seen["labels"]) == 48


def test_others_with_other_channels_are_not_learned_from(monkeypatch, two_subjects):
    more = record("s3", 1, n_channels=4, seed=5)
    _, seen = spy(monkeypatch, two_subjects, Scheme.TRANSFER, pool=[*two_subjects, more])
    assert len(seen["labels"]) == 48


def test_decoders_that_can_learn_from_whole_trials(monkeypatch, two_subjects):
    _, seen = spy(monkeypatch, two_subjects, Scheme.CALIBRATED)
    # Half the time from one trial to the next, less the half second before the window.
    assert seen["windows_uv"].shape[-1] == 1.5 * RATE_HZ
    pool, _ = prepare(two_subjects, trial_s=3.0)
    assert pool[0].whole_uv.shape[-1] == 2.5 * RATE_HZ


def test_a_single_session_cannot_be_calibrated(two_subjects):
    pool, evaluation = prepare(two_subjects[:1])
    with pytest.raises(CalibrationError, match="only session in its folder"):
        evaluate_recording(pool[0], pool, evaluation, Scheme.CALIBRATED)


def test_a_single_subject_has_no_others(two_subjects):
    pool, evaluation = prepare(two_subjects[:2])
    with pytest.raises(CalibrationError, match="no other subject's recording"):
        evaluate_recording(pool[0], pool, evaluation, Scheme.TRANSFER)


def test_noise_is_decoded_at_chance(two_subjects):
    noise = [
        record(f"n{k}", s, amplitude_uv=0.0, seed=50 + 10 * k + s) for k in (1, 2) for s in (1, 2)
    ]
    pool, evaluation = prepare(noise)
    results = [evaluate_recording(one, pool, evaluation, Scheme.CALIBRATED) for one in pool]
    assert np.mean([result.accuracy for result in results]) == pytest.approx(1 / 3, abs=0.12)

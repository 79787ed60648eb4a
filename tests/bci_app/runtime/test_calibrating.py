from dataclasses import replace

import numpy as np
import pytest

from bci_app.errors import ConfigurationError
from bci_app.recordings.recording import Marker
from bci_app.runtime.calibrating import LabelledRecording, fit_subject
from bci_app.runtime.gathering import gather
from bci_app.runtime.profile_files import find_profile, report_path
from calibration import report
from calibration.errors import CalibrationError
from calibration.profile import read_profile

from .calibrated_subject import CLASSES, REQUEST, calibrated, labelled, record


def test_one_session_gives_a_profile_with_figures_of_unseen_trials():
    found = calibrated()
    text, figures = found.profile.text, found.figures
    assert [each.decoder for each in text.compared] == [
        "cca",
        "fbcca",
        "fbwilks",
        "cca-knn",
        "evidence",
    ]
    assert text.decoder in ("cca", "evidence")
    assert figures.within_session
    assert figures.confusion.sum() == figures.n_trials == 15
    point = text.operating_point
    assert point.expected_right.low < point.expected_right.value < point.expected_right.high
    assert point.expected_right.value > 0.7
    assert point.expected_false_per_min.high > point.expected_false_per_min.value
    assert point.max_false_per_min in [p.accepted_per_min for p in figures.curve]
    assert (figures.spectra.snr_db.max(axis=1) > 6).all()
    assert [each.electrode for each in text.quality] == ["O1", "Oz", "O2"]
    assert text.montage.headset == "a test's headset"


def test_noise_alone_promises_nothing():
    sessions = [labelled(seed, n_each=3, amplitude_uv=0.0) for seed in (7, 8)]
    noise = fit_subject(sessions, [], REQUEST)
    assert noise.figures.chosen.accuracy < 0.75
    assert noise.profile.text.operating_point.expected_right.low < 0.4


def test_the_profile_is_found_again(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "render_report", lambda text, _findings: text.session)
    path = calibrated().save(tmp_path)
    assert path == tmp_path / "sub-01/ses-01/sub-01_ses-01_profile.json"
    assert report_path(path).read_text() == "01"
    again = calibrated().save(tmp_path)
    assert again.name == "sub-01_ses-02_profile.json"
    assert find_profile("01", tmp_path) == find_profile("sub-01", tmp_path) == again
    assert find_profile("sub-01/ses-01", tmp_path) == path
    assert find_profile(str(path.parent)) == find_profile(str(path)) == path
    assert read_profile(path).text.session == "01"
    named = replace(calibrated(), profile=read_profile(path))
    with pytest.raises(CalibrationError, match="session 01 of subject 01 has a profile already"):
        named.save(tmp_path)
    assert named.save(tmp_path, again=True) == path
    with pytest.raises(CalibrationError, match=r"no profile 02.*sub-01"):
        find_profile("02", tmp_path)


def test_sessions_are_left_out_whole_and_others_help():
    own = [labelled(1, n_each=3), labelled(2, n_each=3)]
    strangers = [[labelled(3, n_each=3)], [labelled(4, n_each=3)]]
    gathered = gather(own, strangers, REQUEST)
    assert len(gathered.own) == len(gathered.others) == 2
    assert gathered.n_others_idle == 6
    found = fit_subject(own, strangers, REQUEST)
    assert not found.figures.within_session
    assert len(found.profile.text.provenance.others) == 2


def test_what_does_not_suit_is_left_out_and_named():
    own = labelled(1)
    other_rate = replace(record(5), sampling_rate_hz=250.0)
    same = replace(record(1), path=record(9).path)
    remarks = gather(
        [own],
        [[LabelledRecording(other_rate, CLASSES)], [LabelledRecording(same, CLASSES)]],
        REQUEST,
    ).remarks
    assert len(remarks) == 2
    assert "250 Hz" in remarks[0]
    assert "used already" in remarks[1]


def test_trials_cut_off_by_a_gap_or_the_end_are_left_out_and_named():
    recording = record(1)
    samples_uv = recording.samples_uv.copy()
    gapped = recording.markers[4].index + 30
    samples_uv[gapped : gapped + 3] = np.nan
    end = recording.markers[-1].index + 100
    cut = replace(recording, samples_uv=samples_uv[:end])
    gathered = gather([LabelledRecording(cut, CLASSES)], [], REQUEST)
    assert gathered.own[0].n_left_out == 2
    assert len(gathered.own[0].labels) == 13
    assert "2 trials left out" in gathered.remarks[0]


def dead(recording):
    samples_uv = recording.samples_uv.copy()
    samples_uv[:, 1] = 7.0
    return replace(recording, samples_uv=samples_uv)


def unplugged(recording):
    samples_uv = recording.samples_uv.copy()
    samples_uv[:, 2] = np.nan
    return replace(recording, samples_uv=samples_uv)


def only(recording, *codes):
    return replace(recording, markers=tuple(m for m in recording.markers if m.code in codes))


def early(recording):
    return replace(recording, markers=tuple(Marker(m.index, m.code) for m in recording.markers[:9]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dead, "Oz is dead in s1/1.fif"),
        (unplugged, "O2 is dead in s1/1.fif"),
        (lambda r: only(r, "9", "idle"), "event code 13 never occurs"),
        (lambda r: only(r, "idle"), "event code 9, 13 never occurs"),
        (early, "3 whole trials of 9 Hz: expected at least 4"),
    ],
)
def test_too_little_is_refused_in_words(change, message):
    with pytest.raises(CalibrationError, match=message):
        fit_subject([LabelledRecording(change(record(1)), CLASSES)], [], REQUEST)


def test_recordings_must_fit_each_other():
    own = labelled(1)
    renamed = replace(record(2), channel_names=("O1", "Oz", "Pz"))
    with pytest.raises(CalibrationError, match="has the channels O1, Oz, Pz"):
        fit_subject([own, LabelledRecording(renamed, CLASSES)], [], REQUEST)
    with pytest.raises(CalibrationError, match="expected each session once"):
        fit_subject([own, own], [], REQUEST)
    with pytest.raises(CalibrationError, match="no class is idle"):
        fit_subject([LabelledRecording(record(1), {"9": 9.0, "13": 13.0})], [], REQUEST)
    wrong = replace(REQUEST.targets[1], frequency_hz=15.0)
    with pytest.raises(CalibrationError, match="targets at 9, 13 Hz: expected 9, 15 Hz"):
        fit_subject([own], [], replace(REQUEST, targets=(REQUEST.targets[0], wrong)))
    with pytest.raises(ConfigurationError, match="expected at least"):
        fit_subject([own], [], replace(REQUEST, trial_s=0.9))

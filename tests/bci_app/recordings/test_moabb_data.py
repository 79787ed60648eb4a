import sys
import warnings

import numpy as np
import pytest

from bci_app.errors import RecordingError
from bci_app.recordings.moabb_data import keep_data_set, kept_folder, load_moabb
from bci_app.recordings.reading import read_recording

from ..moabb_import import moabb_or_skip


@pytest.fixture
def responding(monkeypatch, tmp_path):
    monkeypatch.setenv("MNE_DATA", str(tmp_path))
    moabb_or_skip()
    from ..responding_data_set import Responding

    return Responding()


def test_a_data_set_becomes_recordings_of_each_subject(responding, tmp_path):
    seen = []

    def progress(subjects):
        for subject in subjects:
            seen.append(subject)
            yield subject

    kept = keep_data_set(responding, kept_folder("Responding"), progress)
    assert seen == [1, 2]
    assert kept.classes == {"9.5": 9.5, "11": 11.0, "14": 14.0, "rest": None}
    assert kept.trial_s == 2.0
    again, files = load_moabb("Responding")
    assert again == kept
    assert [file.parent.name for file in files] == ["Responding-01"] * 2 + ["Responding-02"] * 2
    recording = read_recording(files[0])
    (truth,) = responding.get_data([1]).values()
    expected_uv = truth["0"]["0"].get_data("eeg", units="uV").T
    np.testing.assert_allclose(recording.samples_uv, expected_uv, rtol=1e-12)
    # The event stands at sample 1, the flicker begins 1 s later.
    assert (recording.markers[0].index, recording.markers[0].code) == (129, "9.5")
    assert set(recording.count_codes()) == {"9.5", "11", "14", "rest"}


def test_what_was_loaded_is_not_loaded_again(responding, monkeypatch):
    folder = kept_folder("Responding")
    real = responding._get_single_subject_data

    def fail_on_the_second(subject):
        if subject == 2:
            raise OSError("no network")
        return real(subject)

    monkeypatch.setattr(responding, "_get_single_subject_data", fail_on_the_second)
    with pytest.raises(RecordingError, match=r"subject 2 of Responding cannot be loaded .*no net"):
        keep_data_set(responding, folder)
    assert {path.name for path in folder.iterdir()} == {"Responding-01"}
    monkeypatch.setattr(responding, "_get_single_subject_data", real)
    keep_data_set(responding, folder)
    assert responding.n_loaded == 2
    next((folder / "Responding-01").iterdir()).unlink()  # no longer whole
    with pytest.raises(RecordingError, match="no SSVEP data set 'Responding'"):
        load_moabb("Responding")


def test_without_moabb_the_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("MNE_DATA", str(tmp_path))
    monkeypatch.setitem(sys.modules, "moabb.datasets.utils", None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MOABB's own, where it is installed
        with pytest.raises(RecordingError, match=r"bci-app\[moabb\]"):
            load_moabb("Kalunga2016")


def test_a_name_that_moabb_does_not_know_gets_a_hint(monkeypatch, tmp_path):
    monkeypatch.setenv("MNE_DATA", str(tmp_path))
    moabb_or_skip()
    with pytest.raises(RecordingError, match="did you mean Nakanishi2015"):
        load_moabb("Nakanishi2016")
    assert list(tmp_path.iterdir()) == []

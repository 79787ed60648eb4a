import pytest

from bci_app.errors import ConfigurationError
from bci_app.runtime.subjects import SubjectSession, find_sessions, find_subjects, session_of
from calibration.errors import CalibrationError


def touch(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def test_names_are_those_of_bids_and_runs_are_counted(tmp_path):
    session = session_of(tmp_path, "07")
    first = session.next_recording("calibration")
    assert first == (
        tmp_path / "sub-07" / "ses-01" / "eeg" / "sub-07_ses-01_task-calibration_run-01_eeg.xdf"
    )
    touch(first)
    assert session.next_recording("calibration").name.endswith("run-02_eeg.xdf")
    assert session.next_recording("sweep").name.endswith("task-sweep_run-01_eeg.xdf")
    assert session.recordings("calibration") == [first]


def test_an_unfinished_session_is_gone_on_with_and_a_finished_one_followed_by_another(tmp_path):
    session = session_of(tmp_path, "A")
    touch(session.next_recording("calibration"))
    assert session_of(tmp_path, "A") == session
    touch(session.profile)
    assert session.is_finished
    assert session_of(tmp_path, "A").session == "02"
    with pytest.raises(CalibrationError, match="session 01 of subject A has a profile already"):
        session_of(tmp_path, "A", "01")


def test_subjects_and_sessions_are_found_again_in_order(tmp_path):
    assert find_subjects(tmp_path / "nowhere") == []
    for subject, label in (("2", "1"), ("10", "9"), ("10", "10"), ("x1", "pre")):
        SubjectSession(tmp_path, subject, label).folder.mkdir(parents=True)
    (tmp_path / "sub-not_a_code").mkdir()
    assert find_subjects(tmp_path) == ["2", "10", "x1"]
    assert [each.session for each in find_sessions(tmp_path, "10")] == ["9", "10"]
    assert find_sessions(tmp_path, "unknown") == []


@pytest.mark.parametrize("label", ["", "Jane Doe", "../up", "a_b", "a" * 33])
def test_what_is_no_code_is_refused(tmp_path, label):
    with pytest.raises(ConfigurationError, match="Give a code, not a name"):
        session_of(tmp_path, label)
    with pytest.raises(ConfigurationError):
        SubjectSession(tmp_path, "01", label)

import json
import re

import pytest

from .test_evaluate import CLASSES, write_recording

# Less than the trials have, so that there are fewer window lengths to learn.
GIVEN = ("--classes", CLASSES, "--trial", "2", "--subject", "07")


@pytest.fixture
def recording(tmp_path):
    return write_recording(tmp_path / "s1" / "one_raw.fif", n_trials=12)


def test_recordings_become_a_profile_and_a_report(bci_app, recording, tmp_path):
    out = tmp_path / "subjects"
    # Two runs of one session; neither has all classes. A sweep beside them has none to offer.
    visit = tmp_path / "visit"
    write_recording(visit / "sub-07_task-calibration_run-01_raw.fif", 1, n_trials=8, codes="21")
    write_recording(visit / "sub-07_task-calibration_run-02_raw.fif", 2, n_trials=8, codes="331")
    write_recording(visit / "sub-07_task-sweep_run-01_raw.fif", 3, n_trials=2, codes="3")
    ended = bci_app(
        "calibrate",
        "--from",
        visit,
        *GIVEN,
        "--commands",
        "10=walk,14=turn left",
        "--out",
        out,
        "--json",
    )
    assert ended.code == 0, ended.err
    result = json.loads(ended.out)
    assert result["n_trials"] == 16
    assert result["n_sessions"] == 1
    assert result["expected_right"]["low"] < result["expected_right"]["value"]
    assert {each["decoder"] for each in result["compared"]} >= {"cca", "cca-knn", "evidence"}
    text = json.loads((out / "sub-07/ses-01/sub-07_ses-01_profile.json").read_text())
    assert [target["command"] for target in text["targets"]] == ["walk", "turn left"]
    page = (out / "sub-07/ses-01/sub-07_ses-01_report.html").read_text()
    assert page.count("data:image/png;base64,") >= 6
    assert not re.search(r'(src|href)="(?!data:)', page)
    assert "Calibration of subject 07, session 01" in page
    assert "minutes of them idle" in page

    made = (out / "sub-07/ses-01/sub-07_ses-01_profile.json").read_bytes()
    again = bci_app("calibrate", "--from", recording, *GIVEN, "--session", "01", "--out", out)
    assert again.code == 1
    assert "session 01 of subject 07 has a profile already" in " ".join(again.err.split())
    assert (out / "sub-07/ses-01/sub-07_ses-01_profile.json").read_bytes() == made

    replayed = bci_app(
        "replay",
        recording,
        "--classes",
        CLASSES,
        "--trial",
        "3",
        "--speed",
        "max",
        "--with",
        f"profile={result['profile']},max_false_per_min=0.25",
        "--json",
    )
    assert replayed.code == 0, replayed.err
    assert json.loads(replayed.out)["n_trials"] == 8
    assert json.loads(replayed.out)["n_right"] >= 6


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--subject", "1"), 2, "--from: expected"),
        (("--from", "{}", "--subject", "1"), 2, "no --classes"),
        (("--from", "{}", "--classes", CLASSES, "--subject", "A. L."), 2, "letters and digits"),
        (("--from", "{}", *GIVEN, "--without", "Cz"), 2, "no electrode Cz"),
        (("--from", "{}", *GIVEN, "--without", "O1,Oz,O2"), 2, "leaves no electrode"),
        (("--from", "{}", *GIVEN, "--commands", "10=fly,14=sit"), 2, "'10=fly' in --commands"),
        (("--from", "{}", *GIVEN, "--commands", "10=walk"), 2, "expected each of 10, 14 Hz"),
        (("--from", "none.fif", *GIVEN), 1, "none.fif does not exist"),
        (("--from", "{}", "--classes", "2=10,3=14", "--subject", "1"), 1, "no class is idle"),
    ],
)
def test_what_cannot_be_is_said(bci_app, recording, tmp_path, arguments, code, message):
    given = [str(argument).replace("{}", str(recording)) for argument in arguments]
    ended = bci_app("calibrate", *given, "--out", tmp_path / "out")
    assert ended.code == code
    assert message in " ".join(ended.err.split())
    assert not (tmp_path / "out").exists()


def test_few_trials_are_refused_and_a_profile_must_be_there(bci_app, tmp_path):
    short = write_recording(tmp_path / "short_raw.fif", n_trials=6)
    ended = bci_app("calibrate", "--from", short, *GIVEN, "--out", tmp_path / "out")
    assert ended.code == 1
    assert "expected at least 4 of each class" in " ".join(ended.err.split())
    config = tmp_path / "session.toml"
    config.write_text('[headset]\nboard = "virtual"\n')
    ended = bci_app("run", "--config", config, "--profile", tmp_path / "none")
    assert ended.code == 1
    assert "there is no profile" in " ".join(ended.err.split())

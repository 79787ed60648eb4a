import json
from pathlib import Path

import pytest

from bci_app.recordings.session_file import read_session
from calibration.profile import read_profile

TWO_TARGETS = """
[[path.targets]]
frequency_hz = 11
command = "walk"

[[path.targets]]
frequency_hz = 15
command = "stand"
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "session.toml"
    path.write_text(TWO_TARGETS)
    return path


def test_a_rehearsal_leads_from_the_signal_to_a_profile(bci_app, config, tmp_path):
    run = bci_app(
        *("calibrate", "--rehearse", "Obliging", "--config", config, "--subject", "07"),
        *("--blocks", 2, "--trial", 2, "--out", tmp_path / "subjects", "--json"),
    )
    assert run.code == 0, run.err
    figures = json.loads(run.out)
    assert figures["targets_hz"] == [11.0, 15.0]
    assert figures["session"] == "01"
    assert figures["n_kept"] == 14
    assert [block["n_blocks"] for block in figures["blocks"]] == [1, 2]
    assert figures["blocks"][0]["right"] is None
    profile = Path(figures["profile"])
    assert read_profile(profile).text.subject == "07"
    assert Path(figures["report"]).exists()
    session = read_session(Path(figures["recording"]))
    assert session.facts["rehearsed_on"] == "Obliging"
    assert "frequency_hz = 11" in session.facts["configuration"]
    assert "8 of 8 electrodes good: go" in run.err
    assert "After block 2" in run.err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--subject", "01"), 2, "neither --config, --rehearse nor --from"),
        (("--subject", "Jane Doe", "--rehearse"), 1, "expected up to 32 letters and digits"),
        (("--subject", "01", "--rehearse", "Nobody"), 1, "no subject is called 'Nobody'"),
        (("--subject", "01", "--rehearse", "--from", "a.fif"), 2, "expected one of them"),
        (("--subject", "01", "--config", "none.toml"), 1, "cannot be read"),
        (
            ("--subject", "01", "--rehearse", "--trial", "0.6"),
            1,
            "a flicker of 0.6 s: expected",
        ),
    ],
)
def test_what_cannot_work_is_one_clear_message(bci_app, tmp_path, arguments, code, message):
    run = bci_app("calibrate", *arguments, "--out", tmp_path / "subjects")
    assert run.code == code
    assert message in " ".join(run.err.split())
    assert "Traceback" not in run.err

import json
import subprocess
import sys
from pathlib import Path

from bci_app.recordings.session_file import read_session
from bci_app.runtime.parity import check_parity

PROMISED = {
    *("commands_sent", "commands_acknowledged", "accuracy", "response_time_s"),
    *("itr_bits_per_min", "false_per_min", "decision_latency_ms", "lost_samples"),
    *("recording", "passed"),
}


def test_a_short_course_is_completed_and_its_recording_replays(tmp_path):
    # In a process of its own: Qt draws the picture into memory, and a process has but one Qt.
    run = subprocess.run(
        [
            *(sys.executable, "-m", "bci_app", "demo", "--headless", "--json"),
            *("--seconds", "6", "--seed", "1", "--out", tmp_path),
        ],
        capture_output=True,
        text=True,
    )
    figures = json.loads(run.stdout)
    assert run.returncode == 0
    assert figures.keys() >= PROMISED
    assert figures["passed"]
    assert figures["lost_samples"] == 0
    assert figures["commands_sent"] == figures["commands_acknowledged"] >= 1
    assert figures["accuracy"] == 1.0
    assert figures["decision_latency_ms"]["p50"] > 0
    assert "stand" in run.stderr
    assert (tmp_path / "operator.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads((tmp_path / "summary.json").read_text()) == figures

    session = read_session(Path(figures["recording"]))
    assert session.closed
    assert session.facts["seeds"] == {"virtual_subject": 1}
    assert {marker.code for marker in session.recording().markers} >= {"idle", "15"}
    parity = check_parity(session)
    assert parity.difference is None
    assert parity.n_decisions >= 1


def test_without_pseudo_terminals_the_demo_still_runs(bci_app, monkeypatch):
    for module in ("devices.pseudo_terminal", "bci_app.runtime.simulators"):
        monkeypatch.setattr(f"{module}.pseudo_terminals_available", lambda: False)
    run = bci_app("demo", "--headless", "--seconds", "4", "--json")
    figures = json.loads(run.out)
    assert run.code == 0
    assert figures["passed"]
    assert figures["commands_acknowledged"] >= 1
    assert "Virtual subject" in run.err


def test_a_simulator_that_does_not_start_is_said(bci_app, monkeypatch):
    monkeypatch.setattr("sys.executable", "/bin/true")
    run = bci_app("demo", "--headless")
    assert run.code == 1
    assert "did not start" in run.err

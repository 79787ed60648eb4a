import json
from pathlib import Path

from bci_app.online.events import Decided
from bci_app.online.path import OnlinePath
from bci_app.online.settings import PathSettings
from bci_app.recordings.reading import read_recording
from devices.chunk import Chunk

PROMISED = {
    *("commands_sent", "commands_acknowledged", "accuracy", "response_time_s"),
    *("itr_bits_per_min", "false_per_min", "decision_latency_ms", "lost_samples"),
    *("recording", "passed"),
}


def test_a_short_course_is_completed_and_its_recording_replays(bci_app, tmp_path):
    run = bci_app(
        "demo", "--headless", "--seconds", "6", "--seed", "1", "--out", tmp_path, "--json"
    )
    figures = json.loads(run.out)
    assert run.code == 0
    assert figures.keys() >= PROMISED
    assert figures["passed"]
    assert figures["lost_samples"] == 0
    assert figures["commands_sent"] == figures["commands_acknowledged"] >= 1
    assert figures["accuracy"] == 1.0
    assert figures["decision_latency_ms"]["p50"] > 0
    assert "stand" in run.err
    assert json.loads((tmp_path / "summary.json").read_text()) == figures

    # Pushed through the same path in one piece, the recording gives the decisions made live.
    recording = read_recording(Path(figures["recording"]))
    settings = PathSettings()
    path = OnlinePath(settings, recording.sampling_rate_hz, len(recording.channel_names))
    replayed = [
        (event.end_index, f"decided {settings.frequencies_hz[event.target]:g}")
        for event in path.push(Chunk(recording.samples_uv, 0))
        if isinstance(event, Decided)
    ]
    live = [(m.index, m.code) for m in recording.markers if m.code.startswith("decided")]
    assert replayed == live
    assert {m.code for m in recording.markers} >= {"idle", "15"}


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

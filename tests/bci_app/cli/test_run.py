import json
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest

from bci_app.recordings.session_file import read_session
from devices.led_unit.simulator import LedUnitSimulator

HEADLESS = "[screen]\nshow = false\n"


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "session.toml"
    path.write_text(HEADLESS)
    return path


def test_a_session_runs_its_time(bci_app, config):
    run = bci_app("run", "--config", config, "--seconds", "2", "--json")
    figures = json.loads(run.out)
    assert run.code == 0
    assert 2 <= figures["duration_s"] < 4
    assert figures["lost_samples"] == 0
    assert figures["commands_sent"] == len(figures["decisions"]) == 0
    session = read_session(Path(figures["recording"]))
    assert not session.was_cut_off
    assert len(session.samples_uv) > 2 * 250


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_legs_and_ends_the_session(config, number):
    command = [sys.executable, "-m", "bci_app", "run", "--config", config]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:
        assert "Cyton: 8 channels at 250 Hz" in process.stderr.readline()
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert f"emergency stop: signal {number.name}" in err
    assert "lasted" in out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[headset]\nboard = 'cyton'\nserial_port = '/dev/ttyUSB9'", "/dev/ttyUSB9"),
        ("[headset]\nboard = 'cytom'", "did you mean cyton"),
        ("[exoskeleton]\nport = '/dev/ttyUSB9'", "/dev/ttyUSB9"),
        ("[[path.targets]]\nfrequency_hz = 300\ncommand = 'walk'\n" * 2, "between 0 and 125 Hz"),
        ("[heatset]", "did you mean headset"),
    ],
)
def test_what_cannot_work_is_one_clear_message(bci_app, config, text, message):
    config.write_text(text if "[screen]" in text else HEADLESS + text)
    run = bci_app("run", "--config", config)
    assert run.code == 1
    assert message in " ".join(run.err.split())


def test_leds_flicker_only_when_somebody_agreed(bci_app, config, monkeypatch):
    config.write_text(HEADLESS + "[leds]\nport = '/dev/ttyUSB9'")
    monkeypatch.setattr("click.confirm", _decline)
    run = bci_app("run", "--config", config)
    assert run.code == 1
    assert "/dev/ttyUSB9" not in run.err, "the unit was not even looked for"


def _decline(*_, abort, **__):
    assert abort
    raise click.Abort


def test_an_led_unit_is_the_stimulus(bci_app, config, monkeypatch):
    with LedUnitSimulator() as unit:
        config.write_text(HEADLESS + f"[leds]\nport = '{unit.port}'")
        monkeypatch.setattr("click.confirm", lambda *_, **__: True)
        run = bci_app("run", "--config", config, "--seconds", "2", "--json")
        assert not unit.lit
    assert run.code == 0
    session = read_session(Path(json.loads(run.out)["recording"]))
    told = [entry.event for entry in session.entries]
    assert "StimulusConfirmed" in told
    assert "StimulusBegan" in told

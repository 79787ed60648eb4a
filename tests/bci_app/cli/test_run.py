import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import click
import numpy as np
import pytest

from bci_app.recordings import bids
from bci_app.recordings.reading import read_recording
from bci_app.recordings.session_file import read_session
from devices.headset.lsl_library import load_lsl
from devices.led_unit.simulator import LedUnitSimulator
from devices.virtual_brain import VirtualSubject

from ...lsl_sender import sending

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
    counted = figures["false_commands"]
    assert counted["per_min"] == 0.0
    assert counted["unknown_min"] == pytest.approx(len(session.samples_uv) / 250 / 60)
    assert [e.fields for e in session.entries if e.event == "RateSeen"][-1]["n_false"] == 0
    assert len(session.samples_uv) > 250


def test_a_session_is_exported_when_it_is_over(bci_app, config):
    config.write_text(HEADLESS + '[recording]\nexport = "xdf"\n')
    run = bci_app("run", "--config", config, "--seconds", "0.5", "--json")
    assert run.code == 0
    figures = json.loads(run.out)
    live = read_recording(Path(figures["recording"]))
    assert Path(figures["exported"]).parent == Path("sessions/xdf")
    np.testing.assert_array_equal(
        read_recording(Path(figures["exported"])).samples_uv, live.samples_uv
    )


def test_an_export_that_cannot_succeed_is_refused_before_the_session(bci_app, config, monkeypatch):
    config.write_text(HEADLESS + '[recording]\nexport = "bids"\n')
    monkeypatch.setattr(bids, "find_spec", lambda _: None)
    run = bci_app("run", "--config", config, "--seconds", "0.5")
    assert run.code == 1
    assert "bci-app[bids]" in run.err
    assert not Path("sessions").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_the_legs_and_ends_the_session(config, number):
    command = [sys.executable, "-m", "bci_app", "run", "--config", config]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    before = signal.signal(
        number, signal.SIG_DFL
    )  # tests under nohup ignore SIGHUP: not the program
    try:
        process = subprocess.Popen(command, **pipes)
    finally:
        signal.signal(number, before)
    with process:
        assert "Virtual subject: 8 channels at 250 Hz" in process.stderr.readline()
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


@pytest.mark.parametrize("table", ["exoskeleton", "leds"])
@pytest.mark.parametrize(
    ("port", "message"),
    [("/dev/ttyUSB9", "there is no port"), ("/dev/null", "is no serial port")],
)
def test_a_port_that_is_none_is_told_before_anything_starts(
    bci_app, config, monkeypatch, table, port, message
):
    config.write_text(HEADLESS + f"[{table}]\nport = '{port}'")
    monkeypatch.setattr("click.confirm", lambda *_, **__: True)
    monkeypatch.setattr("bci_app.runtime.run.open_headset", _never)
    run = bci_app("run", "--config", config)
    assert run.code == 1
    assert message in " ".join(run.err.split())
    assert not Path("sessions").exists()


def _never(*_):
    raise AssertionError("the headset was started")


LSL = (
    HEADLESS
    + """
[headset]
board = "lsl"
reference = "A2"
channels = ["Oz", "O1", "O2", "PO3", "POz", "PO4", "-", "-"]

[headset.stream]
name = "{name}"

[lsl]
publish = true
name = "{name} session"
"""
)


def _listen(name, heard, connected, stop):
    lsl = load_lsl()
    while not stop.is_set():
        if found := lsl.resolve_byprop("name", name, timeout=0.5):
            break
    else:
        return
    inlet = lsl.StreamInlet(found[0])
    inlet.open_stream(10.0)
    connected.set()
    while not stop.is_set():
        values, _ = inlet.pull_sample(0.2)
        if values:
            heard.append(json.loads(values[0]))
            if len(heard) == 2:  # a decision, and what became of it: enough
                os.kill(os.getpid(), signal.SIGINT)
    inlet.close_stream()


def test_a_stream_on_the_network_is_worn_and_others_hear_what_is_decided(bci_app, config):
    pytest.importorskip("pylsl", reason="the extra lsl is not installed")
    name, subject = f"test {os.getpid()}", VirtualSubject(1)
    config.write_text(LSL.format(name=name))
    heard, connected, stop = [], threading.Event(), threading.Event()
    listener = threading.Thread(
        target=_listen, args=(f"{name} session decisions", heard, connected, stop)
    )

    def draw(n_times):
        if connected.is_set():
            connected.clear()
            subject.look_at(13.0)
        return subject.draw(n_times)

    units = ["microvolts"] * len(subject.channel_names)
    with sending(name, subject.channel_names, units, draw=draw):
        listener.start()
        run = bci_app("run", "--config", config, "--seconds", "30", "--json")
        stop.set()
        listener.join()
    assert run.code == 0
    result = json.loads(run.out)
    session = read_session(Path(result["recording"]))
    assert session.headset.channel_names == ("Oz", "O1", "O2", "PO3", "POz", "PO4")
    assert session.headset.reference == "A2"
    assert session.n_lost == 0
    assert len(session.samples_uv) > 250
    decided = [text for text in heard if text["event"] == "Decided"]
    assert decided
    assert {text["label"] for text in decided} == {"decided 13"}
    assert decided[-1]["end_index"] == result["decisions"][len(decided) - 1]["sample"]


def test_without_lsl_a_stream_cannot_be_worn(bci_app, config, monkeypatch):
    monkeypatch.setitem(sys.modules, "pylsl", None)
    load_lsl.cache_clear()
    config.write_text(LSL.format(name="any"))
    run = bci_app("run", "--config", config)
    load_lsl.cache_clear()
    assert run.code == 1
    assert "pip install 'bci-app[lsl]'" in " ".join(run.err.split())


def test_an_absent_stream_is_one_clear_message(bci_app, config, monkeypatch):
    pytest.importorskip("pylsl", reason="the extra lsl is not installed")
    monkeypatch.setattr("devices.headset.lsl_source._SEARCH_S", 0.2)
    config.write_text(LSL.format(name="absent"))
    run = bci_app("run", "--config", config)
    assert run.code == 1
    assert "no LSL stream ('absent', type 'EEG') is on the network" in " ".join(run.err.split())


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

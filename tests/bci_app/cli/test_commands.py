import dataclasses
import json
import re
import select
import signal
import subprocess
import sys

import pytest

from bci_app.cli import COMMANDS
from devices.errors import DeviceError
from devices.headset.brainflow_source import BrainFlowHeadset
from devices.headset.lsl_source import LslStream


def spawn(*arguments, **options):
    return subprocess.Popen([sys.executable, "-m", "bci_app", *arguments], text=True, **options)


def read_line(process, timeout_s=20):
    assert select.select([process.stdout], [], [], timeout_s)[0], "nothing was printed"
    return process.stdout.readline()


def test_help_names_every_command(bci_app):
    run = bci_app("--help")
    assert run.code == 0
    for name in COMMANDS:
        assert re.search(rf"^  {name} ", run.out, re.MULTILINE)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(bci_app, name):
    run = bci_app(name, "--help")
    assert run.code == 0
    assert run.out.startswith(f"Usage: bci-app {name}")


def test_help_imports_nothing_heavy():
    code = "import sys; sys.argv = ['bci-app', '--help']; from bci_app.cli import main\n"
    code += "try: main()\nfinally: print(sorted({m.split('.')[0] for m in sys.modules}))"
    listed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    modules = eval(listed.stdout.splitlines()[-1])
    assert not {"numpy", "scipy", "mne", "matplotlib", "PySide6", "brainflow"} & set(modules)


def test_wrong_use_exits_with_2(bci_app):
    assert bci_app("dance").code == 2
    assert bci_app("demo", "--seconds", "never").code == 2
    assert bci_app("evaluate").code == 2


def test_doctor_finds_what_the_main_job_needs(bci_app):
    run = bci_app("doctor", "--json")
    assert run.code == 0
    findings = {finding["what"]: finding for finding in json.loads(run.out)["findings"]}
    assert findings["BrainFlow"]["works"]
    assert findings["online path"]["works"]
    assert all(f["remedy"] for f in findings.values() if f["needed"] and not f["works"])


def test_doctor_says_what_mends_what_is_broken(bci_app, monkeypatch):
    monkeypatch.setitem(sys.modules, "mne", None)
    run = bci_app("doctor")
    assert run.code == 1
    assert "mne" in run.out
    assert "pip install" in run.out


def test_devices_lists_boards(bci_app):
    boards = {
        board["name"]: board for board in json.loads(bci_app("devices", "--json").out)["boards"]
    }
    assert boards["cyton"]["n_channels"] == 8
    assert boards["cyton"]["sampling_rate_hz"] == 250
    assert "cyton" in bci_app("devices").out


def test_devices_lists_streams_on_the_network(bci_app, monkeypatch):
    stream = LslStream("Muse", "EEG", "id", "lab-pc", 5, 256.0)
    irregular = LslStream("Keys", "Markers", "", "lab-pc", 1, 0.0)
    monkeypatch.setattr("devices.headset.lsl_source.find_streams", lambda: (irregular, stream))
    listed = json.loads(bci_app("devices", "--json").out)["lsl_streams"]
    assert listed[1] == dataclasses.asdict(stream)
    shown = bci_app("devices").out
    assert re.search(r"Muse +EEG +id +lab-pc +5 +256", shown)
    assert re.search(r"Keys +Markers +lab-pc +1 +irregular", shown)


def test_without_lsl_devices_and_doctor_say_how_to_get_it(bci_app, monkeypatch):
    def absent():
        raise DeviceError("LSL streams need pylsl: install it with `pip install 'bci-app[lsl]'`")

    monkeypatch.setattr("devices.headset.lsl_source.load_lsl", absent)
    monkeypatch.setattr("devices.headset.lsl_library.load_lsl", absent)
    assert json.loads(bci_app("devices", "--json").out)["lsl_streams"] is None
    assert "pip install 'bci-app[lsl]'" in " ".join(bci_app("devices").out.split())
    run = bci_app("doctor")
    assert run.code == 0, "LSL is not needed for the main job"
    assert "→ pip install 'bci-app[lsl]'" in run.out


@pytest.mark.parametrize("kind", ["headset", "exoskeleton"])
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, "stdin"])
def test_a_simulated_device_prints_its_port_and_ends_when_told(kind, end):
    options = ["--until-stdin-closes"] if end == "stdin" else []
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with spawn("simulate", kind, "--json", *options, **pipes) as process:
        announced = json.loads(read_line(process))
        assert announced["kind"] == kind
        assert announced["port"].startswith("/dev/pts/")
        if end == "stdin":
            process.stdin.close()
        else:
            process.send_signal(end)
        assert process.wait(10) == 0
        assert process.stderr.read() == ""


def test_a_simulated_exoskeleton_listens_on_loopback_when_asked():
    with spawn(
        "simulate", "exoskeleton", "--tcp", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    ) as process:
        assert re.search(r"socket://127\.0\.0\.1:\d+", read_line(process))
        process.terminate()
        assert process.wait(10) == 0


def test_a_daisy_on_somebody_follows_a_scenario(tmp_path):
    scenario = tmp_path / "session.txt"
    scenario.write_text("0.5 gaze 13\n1.0 lose 2\n")
    options = ["--daisy", "--subject", "Obliging", "--scenario", scenario, "--until-stdin-closes"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with spawn("simulate", "headset", "--json", *options, **pipes) as process:
        port = json.loads(read_line(process))["port"]
        with BrainFlowHeadset("cyton_daisy", serial_port=port) as headset:
            assert len(headset.info.channel_names) == 16
            assert headset.info.sampling_rate_hz == 125
        process.stdin.close()
        assert process.wait(10) == 0
        assert process.stderr.read() == ""


def test_nobody_of_that_name_is_said(bci_app):
    run = bci_app("simulate", "headset", "--subject", "Nobody")
    assert run.code == 1
    assert "there are Obliging" in run.err

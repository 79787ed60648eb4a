import json
import os
import shutil
import subprocess
import sys

import pytest

from bci_app.runtime.simulators import Simulator


def test_every_step_is_listed_with_its_limit(bci_app, monkeypatch):
    monkeypatch.setattr("bci_app.runtime.path_cost._SECONDS_OF_SIGNAL", 12.0)
    run = bci_app("bench", "--json")
    steps = json.loads(run.out)["steps"]
    assert run.code == 0
    assert [step["step"].split()[0] for step in steps] == ["pipe", "hop,", "hop,", "command"]
    assert all(0 < step["p50_ms"] <= step["p99_ms"] <= step["max_ms"] for step in steps)
    assert all(step["passed"] == (step["p99_ms"] <= step["limit_ms"]) for step in steps[1:])


@pytest.fixture
def seen_display(tmp_path):
    """A virtual display of its own, and the file that it draws into."""
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed (apt install xvfb)")
    reading, writing = os.pipe()
    server = subprocess.Popen(
        [
            *("Xvfb", "-displayfd", str(writing), "-screen", "0", "1024x768x24"),
            *("-nolisten", "tcp", "-fbdir", str(tmp_path)),
        ],
        pass_fds=(writing,),
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as number:
        yield f":{number.readline().strip()}", tmp_path / "Xvfb_screen0"
    server.terminate()
    server.wait()


def test_a_delay_of_the_light_is_found_again(seen_display, tmp_path):
    display, framebuffer = seen_display
    config = tmp_path / "session.toml"
    with Simulator("headset", "--photodiode", str(framebuffer)) as headset:
        headset.command("photodiode 0.05 8")
        config.write_text(
            f'[headset]\nboard = "cyton"\nserial_port = "{headset.port}"\n'
            "[screen]\nsize_deg = 3.0\n"
        )
        run = subprocess.run(
            [
                *(sys.executable, "-m", "bci_app", "bench", "screen", "--json"),
                *("--config", config, "--seconds", "3"),
            ],
            env=os.environ | {"DISPLAY": display},
            input="y\n",
            capture_output=True,
            text=True,
        )
    assert run.returncode == 0, run.stderr
    figures = json.loads(run.stdout)
    assert figures["inversions_seen"] >= 5
    # Half a sample and a frame to either side, and then some for a busy machine.
    assert 40 < figures["latency_ms"]["p50"] < 80
    assert figures["frames"] > 60
    assert not figures["synchronised"]


def test_a_headset_without_pins_is_refused(bci_app, tmp_path, monkeypatch):
    config = tmp_path / "session.toml"
    config.write_text('[headset]\nboard = "virtual"\n')
    monkeypatch.setattr("click.confirm", lambda *_, **__: True)
    run = bci_app("bench", "screen", "--config", config)
    assert run.code == 1
    assert "'virtual' has no analogue inputs" in run.err

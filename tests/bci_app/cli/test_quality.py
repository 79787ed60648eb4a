"""The check of a headset, through the real driver on a virtual subject in trouble."""

import json

from bci_app.runtime.headset_check import HeadsetCheck
from bci_app.runtime.simulators import Simulator
from calibration.quality import ElectrodeQuality, Grade, Problem, decide
from devices.headset.source import HeadsetInfo


def test_what_is_wrong_is_told_with_impedances_and_a_bad_electrode_is_a_no_go(
    bci_app, tmp_path, monkeypatch
):
    monkeypatch.setattr("devices.headset.impedance._SETTLE_S", 0.1)
    monkeypatch.setattr("devices.headset.impedance._MEASURE_S", 0.4)
    with Simulator("headset", "--seed", "1") as simulator:
        simulator.command("dry O2 80 0.01")
        simulator.command("saturate O1")
        config = tmp_path / "session.toml"
        config.write_text(
            f'[headset]\nboard = "cyton"\nserial_port = "{simulator.port}"\n'
            'channels = ["Oz", "O1", "O2", "-", "-", "-", "-", "-"]\n'
        )
        run = bci_app("quality", "--config", config, "--seconds", 2.5)
    assert run.code == 1
    assert "O1: at the amplifier's limit: press it on" in run.out
    assert "µV, impedance about 80 kΩ: more gel" in " ".join(run.out.split())
    assert "No go" in run.out
    assert run.err.count("O1: at the") == 1  # once, not each half second
    assert "O2: 80 kΩ" in run.err


def test_json_has_all_that_was_found(bci_app, monkeypatch):
    dry = ElectrodeQuality("O1", Grade.DOUBTFUL, Problem.DRY, "hum", "more gel", 8.0, 30.0, 80.0)
    electrodes = (ElectrodeQuality("Oz", Grade.GOOD, spread_uv=9.0, mains_uv=1.0), dry)
    info = HeadsetInfo("Muse", 256.0, ("Oz", "O1"))
    found = HeadsetCheck(info, electrodes, decide(electrodes), "Muse cannot measure impedances")
    monkeypatch.setattr("bci_app.runtime.headset_check.check_headset", lambda *_, **__: found)
    run = bci_app("quality", "--json")
    assert run.code == 0
    result = json.loads(run.out)
    assert result["go"] is True
    assert result["reasons"] == ["O1: hum: more gel"]
    assert result["no_impedance"] == "Muse cannot measure impedances"
    assert result["electrodes"][0]["grade"] == "good"
    assert result["electrodes"][1] == {
        "name": "O1",
        "grade": "doubtful",
        "problem": "dry",
        "finding": "hum",
        "advice": "more gel",
        "spread_uv": 8.0,
        "mains_uv": 30.0,
        "impedance_kohm": 80.0,
    }
    report = bci_app("quality")
    assert "Impedance: Muse cannot measure impedances." in report.out
    assert "Go, better after mending these." in report.out

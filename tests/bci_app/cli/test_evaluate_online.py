import json

import pytest

from .test_evaluate import CLASSES, write_recording

CALIBRATED = ("--classes", CLASSES, "--online", "--trial", "3", "--calibrated")


@pytest.fixture
def folder(tmp_path):
    for seed, name in enumerate(("s1/one", "s1/two", "s2/one", "s2/two")):
        write_recording(tmp_path / f"{name}_raw.fif", seed=seed)
    return tmp_path


def test_json_holds_the_promised_figures(bci_app, folder):
    ended = bci_app(
        "evaluate", folder, *CALIBRATED, "--onsets", "known", "--max-false-per-min", "1", "--json"
    )
    assert ended.code == 0
    figures = json.loads(ended.out)
    assert figures["scheme"] == "calibrated"
    assert figures["onsets"] == "known"
    assert figures["max_false_per_min"] == 1.0
    assert figures["n_recordings"] == 4
    assert figures["n_trials"] == 32
    assert figures["true_positive_rate"] > 0.9
    assert figures["wrong_rate"] < 0.1
    assert 0.5 < figures["latency_s"]["median"] <= figures["latency_s"]["mean"] + 1 < 4
    assert figures["idle_min"] == pytest.approx(16 * 2.5 / 60, rel=0.01)
    assert 0 <= figures["false_per_min"] < 10
    assert 0 <= figures["expected_calibration_error"] <= 1
    assert sum(each["n"] for each in figures["reliability"]) > 100
    curve = figures["operating_curve"]
    assert (curve["n_runs"], curve["n_trials"]) == (4, 32)
    by_accepted = {point["accepted_false_per_min"]: point for point in curve["points"]}
    assert by_accepted[1.0]["hit_rate"] == pytest.approx(figures["true_positive_rate"])
    assert by_accepted[1.0]["response_s"] == pytest.approx(figures["latency_s"]["mean"])
    assert by_accepted[0.05]["hit_rate"] <= by_accepted[2.0]["hit_rate"]
    assert {"recording", "true_positive_rate", "wrong_rate", "false_per_min"} <= set(
        figures["per_recording"][0]
    )


def test_the_stream_runs_unannounced_by_default_and_can_be_shuffled(bci_app, folder):
    ended = bci_app("evaluate", folder, *CALIBRATED, "--resplice", "1", "--adapt", "--json")
    figures = json.loads(ended.out)
    assert (figures["onsets"], figures["resplice_seed"]) == ("unknown", 1)
    assert figures["adapts"] is True
    assert figures["true_positive_rate"] > 0.8


def test_without_calibration_the_default_path_is_evaluated(bci_app, folder):
    ended = bci_app("evaluate", folder / "s1", "--classes", CLASSES, "--online", "--trial", "3")
    assert ended.code == 0
    assert "false commands in idle" in ended.out


def test_misuse_is_told(bci_app, folder):
    ended = bci_app("evaluate", folder, *CALIBRATED, "--decoder", "cca")
    assert ended.code == 2
    assert "leave out --decoder" in ended.err
    ended = bci_app("evaluate", folder, "--classes", CLASSES, "--online", "--onsets", "known")
    assert ended.code == 1
    assert "known onsets" in ended.err
    ended = bci_app("evaluate", folder, "--classes", CLASSES, "--online", "--adapt")
    assert ended.code == 1
    assert "leave the onsets unknown" in ended.err
    alone = folder / "s1" / "one_raw.fif"
    ended = bci_app("evaluate", alone, *CALIBRATED)
    assert ended.code == 1
    assert "only session" in ended.err

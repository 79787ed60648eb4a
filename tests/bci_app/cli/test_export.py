import json
from pathlib import Path

import pytest

from bci_app.recordings.reading import read_recording


@pytest.mark.parametrize("form", ["bids", "fif", "xdf"])
def test_a_session_is_exported_and_read_again(bci_app, session, tmp_path, form):
    if form == "bids":
        pytest.importorskip("mne_bids", reason="the extra bids is not installed")
    run = bci_app("export", session, "--to", form, "--out", tmp_path / "out", "--json")
    assert run.code == 0
    figures = json.loads(run.out)
    recording = read_recording(Path(figures["written"]))
    assert recording.samples_uv.shape == (figures["n_times"], figures["n_channels"])
    assert len(recording.markers) == figures["n_events"] > 10
    again = bci_app("export", session, "--to", form, "--out", tmp_path / "out")
    assert again.code == 1
    assert "xpected a new" in " ".join(again.err.split())


def test_another_recording_is_exported_too(bci_app, recording, tmp_path):
    run = bci_app("export", recording, "--to", "xdf", "--out", tmp_path / "out")
    assert run.code == 0
    assert "9 events" in " ".join(run.out.split())
    assert len(read_recording(tmp_path / "out" / "record.xdf").markers) == 9


def test_what_is_no_recording_is_said(bci_app, tmp_path):
    run = bci_app("export", tmp_path / "absent.xdf", "--out", tmp_path / "out")
    assert run.code == 1
    assert "does not exist" in run.err

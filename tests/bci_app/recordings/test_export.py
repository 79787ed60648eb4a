import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bci_app.errors import RecordingError
from bci_app.recordings.bids import RESOLUTION, BidsLabels, export_bids
from bci_app.recordings.export import export_fif, export_xdf
from bci_app.recordings.reading import read_recording
from bci_app.recordings.recording import Marker, Recording
from bci_app.recordings.session_file import read_session
from bci_app.recordings.to_mne import to_raw


@pytest.fixture
def session(eventful, tmp_path):
    eventful(2, 6)
    return read_session(tmp_path / "session2.xdf")


@pytest.fixture
def plain():
    samples_uv = 1e3 * np.random.default_rng(0).normal(size=(1000, 3))
    markers = (Marker(0, "13"), Marker(500, "größer\tthan"), Marker(999, "idle"))
    return Recording(Path("any.csv"), samples_uv, 256.0, ("Oz", "O1", "Status2"), markers)


def same(one, other, tolerance=0.0):
    assert one.channel_names == other.channel_names
    assert one.sampling_rate_hz == other.sampling_rate_hz
    assert np.array_equal(np.isnan(one.samples_uv), np.isnan(other.samples_uv))
    np.testing.assert_allclose(one.samples_uv, other.samples_uv, rtol=tolerance, atol=1e-12)
    # A table of BIDS holds no tabs.
    assert [(m.index, m.code.replace("\t", " ")) for m in one.markers] == [
        (m.index, m.code.replace("\t", " ")) for m in other.markers
    ]


def bids_problems(root):
    program = Path(sys.executable).with_name("bids-validator-deno")
    if not program.is_file():
        pytest.skip("bids-validator-deno is not installed")
    ran = subprocess.run([program, "--json", root], capture_output=True, text=True, timeout=60)
    issues = json.loads(ran.stdout)["issues"]["issues"]
    return [issue for issue in issues if issue["severity"] == "error"]


def test_fif_comes_back_as_it_was(session, plain, tmp_path):
    export_fif(session.recording(), tmp_path / "s_raw.fif")
    back = read_recording(tmp_path / "s_raw.fif")
    same(back, session.recording(), 1e-15)
    assert abs((back.began_at - session.began_at).total_seconds()) < 1e-3
    export_fif(plain, tmp_path / "p_raw.fif")
    same(read_recording(tmp_path / "p_raw.fif"), plain, 1e-15)


def test_xdf_comes_back_as_it_was(session, plain, tmp_path):
    for name, recording in (("s", session.recording()), ("p", plain)):
        export_xdf(recording, tmp_path / f"{name}.xdf")
        back = read_recording(tmp_path / f"{name}.xdf")
        same(back, recording)
        assert back.repairs == ()


def test_bids_comes_back_as_it_was_and_is_valid(session, plain, tmp_path):
    pytest.importorskip("mne_bids", reason="the extra bids is not installed")
    root = tmp_path / "data set"
    written = export_bids(session, root, BidsLabels("07"), reference="earlobe")
    same(read_recording(written), session.recording(), RESOLUTION)
    same(read_recording(export_bids(plain, root, BidsLabels("08"))), plain, RESOLUTION)
    assert bids_problems(root) == []
    sidecar = json.loads(written.with_suffix(".json").read_text())
    assert sidecar["EEGReference"] == "earlobe"
    assert sidecar["PowerLineFrequency"] == 50
    assert sidecar["ManufacturersModelName"] == "a test's headset"
    events = written.with_name(written.name.replace("_eeg.vhdr", "_events.tsv")).read_text()
    header, *rows = (line.split("\t") for line in events.splitlines())
    assert header == ["onset", "duration", "trial_type", "sample", "target_hz", "score", "reason"]
    decided = [dict(zip(header, row, strict=True)) for row in rows if "decided" in row[2]]
    told = [entry.fields for entry in session.entries if entry.event == "Decided"]
    assert [(int(d["sample"]), float(d["score"])) for d in decided] == [
        (fields["end_index"], fields["score"]) for fields in told
    ]
    assert {row[2] for row in rows} >= {"BAD_ACQ_SKIP", "15"}
    assert (root / "participants.tsv").read_text().splitlines()[1].startswith("sub-07")
    assert (root / "README").is_file()
    with pytest.raises(RecordingError, match=r"(?s)data set already.*--session"):
        export_bids(session, root, BidsLabels("07"))


@pytest.mark.parametrize("label", ["", "a-b", "über", "01 "])
def test_labels_are_letters_and_digits(label):
    with pytest.raises(RecordingError, match="expected letters and digits"):
        BidsLabels(label)


def test_mne_has_volts_annotations_and_what_was_lost(session):
    recording = session.recording()
    raw = to_raw(recording, mains_hz=50.0)
    assert raw.info["line_freq"] == 50
    whole = np.isfinite(recording.samples_uv).all(axis=1)
    np.testing.assert_allclose(raw.get_data()[:, whole].T, recording.samples_uv[whole] * 1e-6)
    skipped = raw.get_data(reject_by_annotation="omit")
    assert np.isfinite(skipped).all()
    assert raw.annotations.count()["BAD_ACQ_SKIP"] >= 1
    lost_s = sum(a["duration"] for a in raw.annotations if a["description"] == "BAD_ACQ_SKIP")
    assert round(lost_s * recording.sampling_rate_hz) == session.n_lost > 0


@pytest.mark.parametrize("export", [export_fif, export_xdf])
def test_nothing_is_overwritten_and_a_bad_folder_is_said(plain, tmp_path, export):
    path = tmp_path / "a_raw.fif"
    path.write_bytes(b"precious")
    with pytest.raises(RecordingError, match="exists: expected a new file"):
        export(plain, path)
    assert path.read_bytes() == b"precious"
    with pytest.raises(RecordingError, match="cannot be written"):
        export(plain, path / "below" / "b_raw.fif")

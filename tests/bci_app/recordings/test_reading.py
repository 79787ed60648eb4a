import os

import mne
import numpy as np
import pytest

from bci_app.errors import RecordingError
from bci_app.recordings.reading import find_recordings, read_recording
from bci_app.recordings.recording import Marker

RATE_HZ = 200.0


@pytest.fixture
def raw():
    samples_v = np.random.default_rng(0).normal(scale=1e-5, size=(3, 1000))
    info = mne.create_info(["Oz", "O1", "STI"], RATE_HZ, ["eeg", "eeg", "stim"])
    return mne.io.RawArray(samples_v, info, verbose="ERROR")


def save(raw, path):
    raw.save(path, fmt="double", verbose="ERROR")
    return path


def write_events(path, events):
    mne.write_events(path, np.array(events), verbose="ERROR")


def test_eeg_channels_come_in_microvolts(raw, tmp_path):
    recording = read_recording(save(raw, tmp_path / "rest_raw.fif"))
    assert recording.channel_names == ("Oz", "O1")
    assert recording.sampling_rate_hz == RATE_HZ
    assert recording.duration_s == 5.0
    np.testing.assert_allclose(recording.samples_uv, raw.get_data(["Oz", "O1"]).T * 1e6)
    assert recording.markers == ()


def test_markers_come_from_the_sibling_event_file(raw, tmp_path):
    path = save(raw, tmp_path / "record-[1]_raw.fif")
    write_events(tmp_path / "record-[1]-eve.fif", [[100, 0, 2], [600, 0, 1]])
    assert read_recording(path).markers == (Marker(100, "2"), Marker(600, "1"))


def test_sample_numbers_of_a_cropped_recording_count_from_its_first_sample(raw, tmp_path):
    path = save(raw.crop(tmin=1.0), tmp_path / "cropped_raw.fif")
    write_events(tmp_path / "cropped-eve.fif", [[300, 0, 2]])
    assert read_recording(path).markers == (Marker(100, "2"),)


def test_annotations_are_markers(raw, tmp_path):
    raw.set_annotations(mne.Annotations([1.5, 0.5], [0, 0], ["look away", "33025"]))
    markers = (Marker(100, "33025"), Marker(300, "look away"))
    assert read_recording(save(raw, tmp_path / "marked_raw.fif")).markers == markers


def test_a_brainvision_stimulus_is_its_number(tmp_path):
    (tmp_path / "a.vhdr").write_text(
        "Brain Vision Data Exchange Header File Version 1.0\n[Common Infos]\nDataFile=a.eeg\n"
        "MarkerFile=a.vmrk\nDataFormat=BINARY\nDataOrientation=MULTIPLEXED\nNumberOfChannels=1\n"
        "SamplingInterval=5000\n[Binary Infos]\nBinaryFormat=IEEE_FLOAT_32\n"
        "[Channel Infos]\nCh1=Oz,,1,µV\n",
        encoding="utf-8",
    )
    (tmp_path / "a.vmrk").write_text(
        "Brain Vision Data Exchange Marker File, Version 1.0\n[Common Infos]\nDataFile=a.eeg\n"
        "[Marker Infos]\nMk1=Stimulus,S  2,101,1,0\nMk2=Comment,break,301,1,0\n"
    )
    np.arange(1000, dtype="<f4").tofile(tmp_path / "a.eeg")
    recording = read_recording(tmp_path / "a.vhdr")
    assert recording.markers == (Marker(100, "2"), Marker(300, "Comment/break"))
    np.testing.assert_allclose(recording.samples_uv[:, 0], np.arange(1000))


def test_chunks_are_the_whole_recording_in_order(raw, tmp_path):
    recording = read_recording(save(raw, tmp_path / "x_raw.fif"))
    chunks = list(recording.chunks(chunk_s=0.33))
    assert [chunk.first_index for chunk in chunks] == list(range(0, 1000, 66))
    assert np.array_equal(np.vstack([chunk.samples_uv for chunk in chunks]), recording.samples_uv)


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(RecordingError, match="does not exist"):
        read_recording(tmp_path / "absent_raw.fif")
    with pytest.raises(RecordingError, match="does not exist"):
        find_recordings((tmp_path / "absent",))


@pytest.mark.parametrize("name", ["notes.txt", "broken_raw.fif", "broken.edf", "broken.gdf"])
@pytest.mark.parametrize("content", [b"", b"not a recording", bytes(range(256)) * 40])
def test_what_is_not_a_recording_is_said(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(RecordingError, match="cannot be read as a recording"):
        read_recording(path)


def test_a_truncated_recording_is_said_or_read_but_never_a_traceback(raw, tmp_path):
    whole = save(raw, tmp_path / "whole_raw.fif").read_bytes()
    for share in (0.05, 0.3, 0.9):
        path = tmp_path / f"cut{share}_raw.fif"
        path.write_bytes(whole[: int(len(whole) * share)])
        try:
            recording = read_recording(path)
        except RecordingError as error:
            assert "cannot be read" in str(error)  # noqa: PT017 - either outcome is allowed
        else:
            assert len(recording.samples_uv) <= 1000


def stumble(*args, **settings):
    raise AttributeError("'NoneType' object has no attribute 'x'")


def test_a_library_that_stumbles_over_a_file_blames_the_file(raw, tmp_path, monkeypatch):
    path = save(raw, tmp_path / "a_raw.fif")
    monkeypatch.setattr(mne.io, "read_raw", stumble)
    with pytest.raises(RecordingError, match="has no attribute 'x'"):
        read_recording(path)


def test_a_mistake_of_ours_is_not_taken_for_a_damaged_file(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_text("time,Oz\n0,1\n")
    monkeypatch.setattr("bci_app.recordings.text_files.read_text", stumble)
    with pytest.raises(AttributeError):
        read_recording(path)


def test_a_recording_without_eeg_is_said(raw, tmp_path):
    path = save(raw.pick("stim"), tmp_path / "stim_raw.fif")
    with pytest.raises(RecordingError, match="no EEG channels, only stim"):
        read_recording(path)


def test_recordings_are_found_below_a_folder(raw, tmp_path):
    (tmp_path / "subject01").mkdir()
    path = save(raw, tmp_path / "subject01" / "a_raw.fif")
    write_events(tmp_path / "subject01" / "a-eve.fif", [[1, 0, 2]])
    (tmp_path / "subject01" / "notes.txt").write_text("nothing")
    assert find_recordings((tmp_path,)) == [path]
    assert find_recordings((path,)) == [path]
    (tmp_path / "empty").mkdir()
    with pytest.raises(RecordingError, match="holds no recording"):
        find_recordings((tmp_path / "empty",))


def test_a_folder_stands_for_the_one_recording_in_it(raw, tmp_path):
    save(raw, tmp_path / "a_raw.fif")
    assert read_recording(tmp_path).path == tmp_path / "a_raw.fif"
    save(raw, tmp_path / "b_raw.fif")
    with pytest.raises(RecordingError, match=r"2 recordings: expected one.*a_raw\.fif"):
        read_recording(tmp_path)


def test_bids_sidecars_count_before_the_file(raw, tmp_path):
    folder = tmp_path / "sub-01" / "eeg"
    folder.mkdir(parents=True)
    path = folder / "sub-01_task-ssvep_eeg.edf"
    mne.export.export_raw(path, raw.pick(["Oz", "O1"]), verbose="ERROR")
    (folder / "sub-01_task-ssvep_channels.tsv").write_text(
        "name\ttype\tunits\nOz\tEEG\tuV\nO1\tEOG\tuV\n"
    )
    (folder / "sub-01_task-ssvep_events.tsv").write_text(
        "onset\tduration\ttrial_type\tvalue\n0.5\t0\t13\t2\n1.5\t0\tn/a\t3\n"
    )
    recording = read_recording(tmp_path)
    assert recording.channel_names == ("Oz",)
    assert recording.markers == (Marker(100, "13"), Marker(300, "3"))
    for kind in ("channels", "events"):
        (folder / f"sub-01_task-ssvep_{kind}.tsv").unlink()
    recording = read_recording(tmp_path)
    assert recording.channel_names == ("Oz", "O1")
    assert recording.markers == ()


@pytest.mark.parametrize("suffix", [".fif", ".xdf", ".csv", ".edf", ".bdf", ".gdf", ".vhdr"])
def test_a_sparse_file_of_two_gigabytes_is_refused_at_once(tmp_path, suffix):
    path = tmp_path / f"sparse_raw{suffix}"
    with path.open("wb") as file:
        file.truncate(2 << 30)
    with pytest.raises(RecordingError, match="begins with nothing but zeros"):
        read_recording(path)


@pytest.mark.parametrize("suffix", [".xdf", ".csv", ".edf", ".vhdr", ".gdf"])
def test_a_renamed_recording_is_said(raw, tmp_path, suffix):
    path = save(raw, tmp_path / "a_raw.fif").rename(tmp_path / f"a{suffix}")
    with pytest.raises(RecordingError, match=r"cannot be read.*[Ee]xpected"):
        read_recording(path)


def test_swapped_bytes_are_said(raw, tmp_path):
    path = save(raw, tmp_path / "a_raw.fif")
    path.write_bytes(np.frombuffer(path.read_bytes(), "<u4").byteswap().tobytes())
    with pytest.raises(RecordingError, match="cannot be read as a recording"):
        read_recording(path)


def test_a_path_that_is_no_utf8_is_read(raw, tmp_path):
    folder = tmp_path / os.fsdecode(b"gr\xf6\xdfe")
    folder.mkdir()
    path = save(raw, tmp_path / "a_raw.fif").rename(folder / "a_raw.fif")
    assert len(read_recording(path).samples_uv) == 1000


def test_channels_of_the_same_name_in_an_edf_are_numbered(tmp_path):
    pytest.importorskip("edfio", reason="the extra bids is not installed")
    info = mne.create_info(["Oz", "O1", "O2"], 100.0, "eeg")
    raw = mne.io.RawArray(1e-6 * np.arange(600.0).reshape(3, 200), info, verbose="ERROR")
    path = tmp_path / "twins.edf"
    raw.export(path, verbose="ERROR")
    path.write_bytes(path.read_bytes().replace(b"O1".ljust(16), b"Oz".ljust(16), 1))
    recording = read_recording(path)
    assert recording.channel_names == ("Oz-0", "Oz-1", "O2")
    assert recording.repairs == ("Channels of the same name are numbered.",)


def test_without_its_sidecars_a_bids_file_speaks_for_itself(raw, tmp_path):
    raw.set_annotations(mne.Annotations([1.0], [0.0], ["13"]))
    path = save(raw, tmp_path / "sub-01_task-ssvep_eeg.fif")
    assert [marker.code for marker in read_recording(path).markers] == ["13"]


def test_a_missing_sidecar_of_brainvision_is_said(raw, tmp_path):
    path = tmp_path / "a.vhdr"
    mne.export.export_raw(path, raw.pick(["Oz", "O1"]), verbose="ERROR")
    (tmp_path / "a.eeg").unlink()
    with pytest.raises(RecordingError, match=r"a\.vhdr cannot be read as a recording \(.*a\.eeg"):
        read_recording(path)


def test_stretches_of_nan_stay_what_they_are(raw, tmp_path):
    raw._data[:2, 100:200] = np.nan
    samples_uv = read_recording(save(raw, tmp_path / "a_raw.fif")).samples_uv
    assert np.isnan(samples_uv[100:200]).all()
    assert np.isfinite(samples_uv[:100]).all()
    assert np.isfinite(samples_uv[200:]).all()


def test_a_session_is_a_recording(eventful, tmp_path):
    eventful(0, 4)
    recording = read_recording(tmp_path / "session0.xdf")
    codes = recording.count_codes()
    assert codes["15"] >= 1
    assert any(code.startswith("decided") for code in codes)
    assert [m.index for m in recording.markers] == sorted(m.index for m in recording.markers)
    assert recording.channel_names == ("O1", "Oz", "O2", "POz")

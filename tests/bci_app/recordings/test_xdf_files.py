import struct

import numpy as np
import pytest

from bci_app.errors import RecordingError
from bci_app.recordings import xdf_format as xdf
from bci_app.recordings.reading import read_recording
from bci_app.recordings.recording import Marker

SAMPLES = np.random.default_rng(0).normal(size=(500, 2))
TIMES_S = 100 + np.arange(500) / 250


def stream(stream_id, kind, times_s, values, name="any", rate="0", **desc):
    texts = isinstance(values, list)
    info = {
        "name": name,
        "type": kind,
        "channel_count": "1" if texts else str(values.shape[1]),
        "nominal_srate": rate,
        "channel_format": "string" if texts else "double64",
        "desc": desc,
    }
    encode = xdf.encode_texts if texts else xdf.encode_numbers
    body = encode(stream_id, times_s, values) if len(times_s) else b""
    return xdf.encode_stream_header(stream_id, info) + body


def channels(*listed):
    names = ("label", "unit", "type")
    return {"channel": [dict(zip(names, channel, strict=True)) for channel in listed]}


def write(path, *streams):
    path.write_bytes(xdf.encode_file_header({"version": "1.0"}) + b"".join(streams))
    return path


EEG = stream(1, "EEG", TIMES_S, SAMPLES, "cap", "250")


def test_the_eeg_with_markers_at_the_nearest_sample(tmp_path):
    texts = [b"begin", b'{"id": 1, "label": "STIM_ON_10"}', b"{broken", b'{"payload": 2}']
    markers = stream(2, "Markers", [100.0, 100.0985, 100.5, 200.0], texts)
    recording = read_recording(write(tmp_path / "a.xdf", EEG, markers))
    np.testing.assert_array_equal(recording.samples_uv, SAMPLES)
    assert recording.sampling_rate_hz == 250
    assert recording.markers == (
        Marker(0, "begin"),
        Marker(25, "STIM_ON_10"),
        Marker(125, "{broken"),
        Marker(499, '{"payload": 2}'),
    )
    assert recording.repairs == ("Channels without a known unit are taken to be in µV.",)


def test_numbers_may_be_markers_and_other_text_counts_only_without_any(tmp_path):
    numbers = stream(2, "Trigger markers", [100.1], np.array([[13.0]]))
    control = stream(3, "control", [100.2], [b"state"])
    assert read_recording(write(tmp_path / "a.xdf", EEG, numbers, control)).markers == (
        Marker(25, "13"),
    )
    assert read_recording(write(tmp_path / "b.xdf", EEG, control)).markers == (Marker(50, "state"),)


def test_units_and_types_of_channels_are_heeded(tmp_path):
    listed = channels(("Oz", "volts", "EEG"), ("clock", "s", "misc"))
    eeg = stream(1, "EEG", TIMES_S, SAMPLES, "cap", "250", channels=listed)
    recording = read_recording(write(tmp_path / "a.xdf", eeg))
    assert recording.channel_names == ("Oz",)
    np.testing.assert_allclose(recording.samples_uv[:, 0], SAMPLES[:, 0] * 1e6)
    assert recording.repairs == ()


def test_a_description_that_is_mere_text_names_no_channels(tmp_path):
    eeg = stream(1, "EEG", TIMES_S, SAMPLES, "cap", "250", channels="two, at the back")
    assert read_recording(write(tmp_path / "a.xdf", eeg)).channel_names == ("E1", "E2")


def test_a_break_is_a_gap(tmp_path):
    times_s = np.concatenate([TIMES_S, 3.0 + TIMES_S])
    eeg = stream(1, "EEG", times_s, np.concatenate([SAMPLES, SAMPLES]), "cap", "250")
    recording = read_recording(write(tmp_path / "a.xdf", eeg))
    assert len(recording.samples_uv) == 1250
    assert np.isnan(recording.samples_uv[500:750]).all()
    np.testing.assert_array_equal(recording.samples_uv[750:], SAMPLES)


def test_stamps_that_go_back_are_said_and_markers_go_to_the_nearest(tmp_path):
    times_s = np.concatenate([TIMES_S, TIMES_S - 50])
    eeg = stream(1, "EEG", times_s, np.concatenate([SAMPLES, SAMPLES]), "cap", "250")
    markers = stream(2, "Markers", [100.1, 50.1], [b"before", b"after"])
    recording = read_recording(write(tmp_path / "a.xdf", eeg, markers))
    np.testing.assert_array_equal(recording.samples_uv, np.concatenate([SAMPLES, SAMPLES]))
    assert recording.markers == (Marker(25, "before"), Marker(525, "after"))
    assert "Time stamps go back at 1 places" in " ".join(recording.repairs)


def test_channels_of_the_same_name_are_numbered(tmp_path):
    listed = channels(("Oz", "microvolts", "EEG"), ("Oz", "microvolts", "EEG"))
    eeg = stream(1, "EEG", TIMES_S, SAMPLES, "cap", "250", channels=listed)
    recording = read_recording(write(tmp_path / "a.xdf", eeg))
    assert recording.channel_names == ("Oz-0", "Oz-1")
    assert recording.repairs == ("Channels of the same name are numbered.",)


def test_streams_are_chosen_by_type_and_name(tmp_path):
    other = stream(2, "EEG", TIMES_S, -SAMPLES, "other", "250")
    empty = stream(3, "EEG", np.zeros(0), SAMPLES[:0], "empty", "250")
    aux = stream(4, "Gyro", TIMES_S, SAMPLES * 2, "aux", "250")
    np.testing.assert_array_equal(
        read_recording(write(tmp_path / "a.xdf", EEG, empty, aux)).samples_uv, SAMPLES
    )
    both = write(tmp_path / "b.xdf", EEG, other, aux)
    with pytest.raises(RecordingError, match=r"2 streams of type EEG.*'cap' \(type EEG, 500"):
        read_recording(both)
    np.testing.assert_array_equal(read_recording(both, stream="other").samples_uv, -SAMPLES)
    np.testing.assert_array_equal(read_recording(both, stream="Gyro").samples_uv, 2 * SAMPLES)
    with pytest.raises(RecordingError, match="0 streams called 'nobody'"):
        read_recording(both, stream="nobody")


def test_a_file_that_was_cut_off_is_read_as_far_as_it_goes_or_refused(tmp_path):
    whole = write(tmp_path / "a.xdf", EEG).read_bytes()
    for length in range(4, len(whole), 97):
        (tmp_path / "cut.xdf").write_bytes(whole[:length])
        try:
            recording = read_recording(tmp_path / "cut.xdf")
        except RecordingError as error:
            assert "cut.xdf" in str(error)  # noqa: PT017 - either outcome is allowed
        else:
            assert recording.repairs


def test_an_irregular_stream_is_no_recording(tmp_path):
    irregular = stream(1, "EEG", TIMES_S, SAMPLES)
    with pytest.raises(RecordingError, match="expected regular samples"):
        read_recording(write(tmp_path / "a.xdf", irregular))


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "n_received", "rate_hz", "n_markers"),
    [
        ("cyton_lsl_json_markers", 39076, 250, 102),
        ("dsi7_unity_markers", 33002, 300, 258),
        ("clock_resets", 27815, 100, 175),
        ("minimal", 9, 10, 9),
    ],
)
def test_the_fields_own_files(data_folder, name, n_received, rate_hz, n_markers):
    recording = read_recording(data_folder / "formats" / f"{name}.xdf")
    assert np.isfinite(recording.samples_uv[:, 0]).sum() == n_received
    assert recording.sampling_rate_hz == rate_hz
    assert len(recording.markers) == n_markers
    if name == "cyton_lsl_json_markers":
        assert recording.count_codes()["STIM_ON_10"] == 5
        assert recording.channel_names == ("Pz", "P3", "P4", "PO3", "PO4", "O1", "Oz", "O2")
    if name == "clock_resets":
        assert np.isnan(recording.samples_uv[:, 0]).sum() == 27387


@pytest.mark.data
def test_empty_streams(data_folder):
    path = data_folder / "formats" / "empty_streams.xdf"
    with pytest.raises(RecordingError, match="0 streams of type EEG"):
        read_recording(path)
    recording = read_recording(path, stream="Data stream: test stream 0 counter")
    assert recording.samples_uv.shape == (10, 1)
    assert recording.markers == (Marker(0, '{"state": 2}'),)


@pytest.mark.data
def test_the_same_cyton_recording_by_three_guis(data_folder):
    recordings = [
        read_recording(data_folder / "formats" / f"openbci_gui_v{generation}.txt")
        for generation in (3, 5, 6)
    ]
    for recording in recordings:
        assert recording.samples_uv.shape == (22490, 8)
        assert recording.sampling_rate_hz == 250
        assert np.array_equal(recording.samples_uv, recordings[0].samples_uv)
    assert [len(recording.repairs) for recording in recordings] == [0, 1, 0]


@pytest.mark.data
def test_muse_recordings(data_folder):
    for path, codes in {
        "data_2017-09-14-21.20.04.csv": {"1": 14, "2": 18},
        "data_2017-09-14-21.22.51.csv": {"1": 17, "2": 16},
        "data_2017-09-14-21.25.17.csv": {"1": 13, "2": 20},
    }.items():
        recording = read_recording(data_folder / "muse" / path)
        assert recording.channel_names == ("TP9", "AF7", "AF8", "TP10", "Right AUX")
        assert recording.sampling_rate_hz == 256
        assert recording.count_codes() == codes


@pytest.mark.data
def test_a_gdf_is_the_same_as_its_fif(data_folder):
    stem = data_folder / "exoskeleton/subject03/record-[2012.07.11-15.25.23]"
    gdf = read_recording(stem.with_name(stem.name + ".gdf"))
    fif = read_recording(stem.with_name(stem.name + "_raw.fif"))
    assert gdf.sampling_rate_hz == fif.sampling_rate_hz == 256
    assert gdf.channel_names == fif.channel_names
    # The FIF takes for volts what the GDF says are microvolts.
    np.testing.assert_allclose(gdf.samples_uv * 1e6, fif.samples_uv, rtol=1e-4)
    starts = [marker.index for marker in gdf.markers if marker.code == "32779"]
    assert len(starts) == len(fif.markers) == 32
    assert max(abs(a - m.index) for a, m in zip(starts, fif.markers, strict=True)) <= 1


@pytest.mark.parametrize("texts", [True, False])
def test_a_block_that_claims_a_billion_samples_is_left_out(tmp_path, texts):
    other = stream(2, "Markers", [100.1], [b"go"] if texts else np.zeros((1, 1)))
    claim = struct.pack("<IBI", 2, 4, 1_000_000_000)
    lie = xdf.encode_chunk(xdf.Tag.SAMPLES, claim + bytes(30))
    recording = read_recording(write(tmp_path / "a.xdf", EEG, other, lie))
    np.testing.assert_array_equal(recording.samples_uv, SAMPLES)
    assert [marker.index for marker in recording.markers] == [25]
    assert f"{len(lie)} damaged bytes are left out." in recording.repairs


def test_time_stamps_that_claim_days_without_samples_are_refused(tmp_path):
    times_s = 100 + np.arange(20) * 80_000.0
    far = stream(1, "EEG", times_s, np.zeros((20, 2)), "cap", "1000")
    with pytest.raises(RecordingError, match=r"of its \d+ samples \d+ are missing"):
        read_recording(write(tmp_path / "a.xdf", far))


def test_a_marker_that_is_nested_without_end_is_taken_as_it_is(tmp_path):
    text = b'{"a":' + b"[" * 5000
    markers = stream(2, "Markers", [100.0], [text])
    assert read_recording(write(tmp_path / "a.xdf", EEG, markers)).markers == (
        Marker(0, text.decode()),
    )

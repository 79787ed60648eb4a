import numpy as np
import pytest

from bci_app.errors import RecordingError
from bci_app.recordings.reading import find_recordings, read_recording
from bci_app.recordings.recording import Marker
from bci_app.recordings.text_files import is_text_recording

RNG = np.random.default_rng(0)


def write(path, lines, encoding="utf-8"):
    path.write_bytes("\n".join(lines).encode(encoding, "surrogateescape") + b"\n")
    return path


def openbci(path, numbers, times_ms, generation=6, n_zero_rows=0):
    names = "Sample Index, " + ", ".join(f"EXG Channel {k}" for k in range(8))
    names += ", Accel Channel 0, Timestamp, Marker Channel, Timestamp (Formatted)"
    rate = "250.0 Hz" if generation == 3 else "250 Hz"
    lines = ["%OpenBCI Raw EEG Data", "%Number of channels = 8", f"%Sample Rate = {rate}"]
    if generation == 6:
        lines.append(names)
    samples = RNG.normal(scale=1000, size=(len(numbers), 8)).round(2)
    lines += [",".join(["0.0"] * (12 if generation == 6 else 11))] * n_zero_rows
    for k, (number, time_ms) in enumerate(zip(numbers, times_ms, strict=True)):
        values = ", ".join(f"{v:.2f}" for v in samples[k])
        tail = {
            3: f"0.040, 12:00:53.329, {time_ms}",
            5: f"0.040, {time_ms}, 12:00:53.329",
            6: f"0.040, {time_ms},{7 if k == 3 else 0}, 12:00:53.329",
        }[generation]
        lines.append(f"{number}, {values}, {tail}")
    return write(path, lines), samples


def stamps(n, first_ms=1557936053329):
    return [first_ms + 4 * k for k in range(n)]


@pytest.mark.parametrize("generation", [3, 5, 6])
def test_three_generations_of_the_openbci_gui(tmp_path, generation):
    path, samples = openbci(
        tmp_path / "a.txt", [k % 256 for k in range(600)], stamps(600), generation, generation == 5
    )
    recording = read_recording(path)
    assert np.array_equal(recording.samples_uv, samples)
    assert recording.sampling_rate_hz == 250
    assert recording.channel_names == ("E1", "E2", "E3", "E4", "E5", "E6", "E7", "E8")
    assert recording.markers == ((Marker(3, "7"),) if generation == 6 else ())
    assert bool(recording.repairs) == (generation == 5)


def test_packets_that_a_cyton_lost_are_gaps_even_over_whole_turns_of_the_counter(tmp_path):
    kept = [*range(100), *range(130, 200), *range(1000, 1100)]
    path, samples = openbci(
        tmp_path / "a.txt", [k % 256 for k in kept], [stamps(1100)[k] for k in kept]
    )
    recording = read_recording(path)
    assert len(recording.samples_uv) == 1100
    assert np.array_equal(np.flatnonzero(np.isfinite(recording.samples_uv[:, 0])), kept)
    assert np.array_equal(recording.samples_uv[kept], samples)


def test_brainflow_rows_are_known_by_their_number(tmp_path):
    n = 500
    rows = np.zeros((n, 24))
    rows[:, 0] = np.arange(n) % 256
    rows[:, 1:9] = RNG.normal(size=(n, 8))
    rows[:, 22] = 1.7e9 + np.arange(n) / 250
    rows[[10, 20], 23] = [2, 3.5]
    np.savetxt(tmp_path / "brainflow.csv", rows, delimiter="\t")
    recording = read_recording(tmp_path / "brainflow.csv")
    np.testing.assert_allclose(recording.samples_uv, rows[:, 1:9])
    assert recording.markers == (Marker(10, "2"), Marker(20, "3.5"))
    assert recording.sampling_rate_hz == 250
    assert "BrainFlow's Cyton" in recording.repairs[0]


def table(path, header, rows, delimiter=","):
    return write(path, [header, *(delimiter.join(map(str, row)) for row in rows)])


def test_muse_lsl_with_stamps_that_jitter_backwards(tmp_path):
    times_s = 213542.918 + np.arange(1024) / 256 + RNG.normal(scale=0.004, size=1024)
    samples = RNG.normal(size=(1024, 2)).round(3)
    rows = [
        (f"{t:.3f}", *s, int(k == 100))
        for k, (t, s) in enumerate(zip(times_s, samples, strict=True))
    ]
    recording = read_recording(table(tmp_path / "m.csv", "timestamps,TP9,Right AUX,Marker0", rows))
    assert recording.sampling_rate_hz == 256
    assert recording.channel_names == ("TP9", "Right AUX")
    assert np.array_equal(recording.samples_uv, samples)
    assert recording.markers == (Marker(100, "1"),)
    assert recording.repairs == ()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_plain_table_with_a_time_column_words_as_markers_and_a_gap(tmp_path, delimiter):
    times_ms = [*range(0, 400, 4), *range(2000, 2400, 4)]
    rows = [(t, k, f"{0.5 * k:g}", "look" if k == 120 else "") for k, t in enumerate(times_ms)]
    header = delimiter.join(["time_ms", "Oz", "O1", "event"])
    recording = read_recording(table(tmp_path / "t.csv", header, rows, delimiter))
    assert recording.sampling_rate_hz == 250
    assert len(recording.samples_uv) == 600
    assert np.isnan(recording.samples_uv[100:500]).all()
    assert recording.samples_uv[599].tolist() == [199, 99.5]
    assert recording.markers == (Marker(520, "look"),)


def test_missing_values_are_missing_samples(tmp_path):
    rows = [(k / 100, 1, "" if k == 5 else "nan" if k == 6 else 2) for k in range(50)]
    samples = read_recording(table(tmp_path / "t.csv", "time,Oz,O1", rows)).samples_uv
    assert np.argwhere(np.isnan(samples)).tolist() == [[5, 1], [6, 1]]


def test_stamps_that_go_back_are_said_and_the_order_of_the_file_counts(tmp_path):
    times_s = [*np.arange(100) / 100, *np.arange(-300, -200) / 100]
    rows = [(t, k) for k, t in enumerate(times_s)]
    recording = read_recording(table(tmp_path / "t.csv", "time,Oz", rows))
    assert recording.samples_uv[:, 0].tolist() == list(range(200))
    assert "go back by more than 0.5 s at 1 places" in recording.repairs[0]


def test_channels_of_the_same_name_are_numbered(tmp_path):
    recording = read_recording(
        table(tmp_path / "t.csv", "time,Oz,O1,Oz", [(k / 100, k, 0, -k) for k in range(50)])
    )
    assert recording.channel_names == ("Oz-0", "O1", "Oz-1")
    assert "same name" in recording.repairs[0]


def test_names_that_are_no_utf8_are_read(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes("time,Größe\n".encode("latin-1") + b"0,1\n0.01,2\n0.02,3\n")
    assert read_recording(path).channel_names == ("Gr\ufffd\ufffde",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"hello world\n", "expected names of columns, one of them a time"),
        (b"Oz,O1\n1,2\n", "expected names of columns, one of them a time"),
        (b"1,2,3\n4,5,6\n", "3 columns without names"),
        (b"time,Oz\n", "no samples"),
        (b"time,Oz\n1,2\n", "holds 1 samples"),
        (b"time,Oz\n1,2\n1,3\n", "do not grow"),
        (b"time,Oz\n0,2\n1e-2,3\n2e-2,x\n", "rows cannot be read"),
        (b"time,Oz\n0,2\n0.01,3\n0.", "rows cannot be read"),
        (b"time,Oz\n0,2\n0.01,1\n0.02,1\n9e9,1\n", "jump by"),
        (b"%OpenBCI Raw EEG Data\n%Sample Rate = 250 Hz\n0,1\n", "Number of channels"),
        (b"\x89PNG\0\0\0", "not text"),
        (b"0\t1\t2\t3\t4\t5\t6\t7\n", "no Unix times"),
    ],
)
def test_what_is_no_recording_is_said(tmp_path, content, message):
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=message) as told:
        read_recording(path)
    assert str(path) in str(told.value)
    assert "xpected" in str(told.value)


def test_among_other_text_recordings_are_found(tmp_path):
    table(tmp_path / "a.csv", "time,Oz", [(0, 1), (0.01, 2)])
    write(tmp_path / "README.txt", ["A note, and another."])
    write(tmp_path / "prices.csv", ["item,price", "egg,1"])
    openbci(tmp_path / "b.txt", [0, 1], stamps(2))
    assert find_recordings((tmp_path,)) == [tmp_path / "a.csv", tmp_path / "b.txt"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("250 Hz", "inf Hz", "8 channels at inf Hz"),
        ("channels = 8", "channels = 900000000", "900000000 channels at 250 Hz"),
        (", 12:00:53.329", "", "none of its rows has a time"),
    ],
)
def test_headers_that_promise_what_is_not_there_are_refused(tmp_path, old, new, message):
    path, _ = openbci(tmp_path / "a.txt", range(6), stamps(6))
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(RecordingError, match=message):
        read_recording(path)
    assert is_text_recording(path)


def test_a_marker_too_long_to_be_one_is_an_error_of_the_recording(tmp_path):
    rows = [(0.01 * k, k, "x" * 200_000 if k == 3 else "") for k in range(6)]
    with pytest.raises(RecordingError, match="field larger than field limit"):
        read_recording(table(tmp_path / "a.csv", "time,Oz,marker", rows))

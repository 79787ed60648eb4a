import json
import sys
from dataclasses import replace

import mne
import numpy as np
import pytest

from bci_app.cli import main
from bci_app.recordings.export import export_xdf
from bci_app.recordings.moabb_data import kept_folder
from bci_app.recordings.reading import read_recording

RATE_HZ = 200.0
CODES = {"2": 10.0, "3": 14.0, "1": None, "10": 10.0, "14": 14.0, "rest": None}
CLASSES = "2=10,3=14,1=idle"


def write_recording(path, seed=0, ch_types="eeg", n_trials=12, codes=("2", "3", "1")):
    """Write a FIF with annotated trials of 3 s whose responses are clear."""
    rng = np.random.default_rng(seed)
    samples_uv = 5 * rng.normal(size=(3, round((4 * n_trials + 3) * RATE_HZ)))
    onsets_s, texts = [], []
    for trial in range(n_trials):
        code = codes[trial % len(codes)]
        onsets_s.append(2.0 + 4 * trial)
        texts.append(code)
        if CODES[code]:
            first = round(onsets_s[-1] * RATE_HZ)
            phase = 2 * np.pi * CODES[code] * np.arange(600) / RATE_HZ
            samples_uv[:, first : first + 600] += 3 * np.sin(phase)
    info = mne.create_info(["O1", "Oz", "O2"], RATE_HZ, ch_types)
    raw = mne.io.RawArray(samples_uv * 1e-6, info, verbose="ERROR")
    raw.set_annotations(mne.Annotations(onsets_s, 0.0, texts))
    path.parent.mkdir(parents=True, exist_ok=True)
    raw.save(path, verbose="ERROR")
    return path


@pytest.fixture
def run(monkeypatch, capsys):
    """Run `bci-app evaluate …`; return its exit code, standard output and standard error."""

    def evaluate(*arguments):
        monkeypatch.setattr(sys, "argv", ["bci-app", "evaluate", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit_info:
            main()
        out, err = capsys.readouterr()
        return exit_info.value.code or 0, out, err

    return evaluate


def test_json_holds_the_promised_figures(run, tmp_path):
    for session in (1, 2):
        write_recording(tmp_path / f"r{session}_raw.fif", seed=session)
    code, out, _ = run(tmp_path, "--classes", CLASSES, "--json")
    figures = json.loads(out)
    assert code == 0
    assert figures["decoder"] == "fbwilks"
    assert figures["window_s"] == 2.0
    assert figures["n_recordings"] == 2
    assert figures["n_trials"] == 16
    assert figures["accuracy"] == 1.0
    assert figures["itr_bits_per_min"] == pytest.approx(60 / 2.5)
    assert [row["n_trials"] for row in figures["per_recording"]] == [8, 8]


def test_report_names_each_recording(run, tmp_path):
    code, out, _ = run(write_recording(tmp_path / "s1_raw.fif"), "--classes", CLASSES)
    assert code == 0
    assert "s1_raw.fif" in out
    assert "accuracy" in out


@pytest.mark.parametrize(
    ("arguments", "exit_code", "complaint"),
    [
        (["nowhere.fif", "--classes", CLASSES], 1, "does not exist"),
        (["{text}", "--classes", CLASSES], 1, "cannot be read as a recording"),
        (["{misc}", "--classes", CLASSES], 1, "holds no EEG channels"),
        (["{empty}", "--classes", CLASSES], 1, "holds no recording"),
        (["{good}", "--classes", "2=10,9=14"], 1, "code 9 never occurs"),
        (["{good}", "--classes", "2=10,3=140"], 1, "half the sampling rate"),
        (["{good}", "--classes", "2=10,3=10.01"], 1, "cannot be told apart"),
        (["{good}", "--classes", "2=10,1=idle"], 1, "at least 2"),
        (["{good}", "--classes", CLASSES, "--window", "30"], 1, "reaches beyond"),
        (["{good}", "--classes", CLASSES, "--band", "6-150"], 1, "is impossible"),
        (["{good}", "--classes", CLASSES, "--exclude", "*"], 1, "every recording was excluded"),
        (["{good}", "--classes", "2=ten"], 2, "expected a frequency in Hz"),
        (["{good}", "--classes", CLASSES, "--decoder", "oracle"], 2, "oracle"),
        (["{good}"], 2, "--classes"),
    ],
)
def test_what_cannot_work_is_one_clear_message(run, tmp_path, arguments, exit_code, complaint):
    (tmp_path / "notes.fif").write_text("not a recording")
    (tmp_path / "empty").mkdir()
    places = {
        "good": write_recording(tmp_path / "good_raw.fif"),
        "misc": write_recording(tmp_path / "misc_raw.fif", ch_types="misc"),
        "text": tmp_path / "notes.fif",
        "empty": tmp_path / "empty",
    }
    code, out, err = run(*[argument.format(**places) for argument in arguments])
    assert code == exit_code
    assert complaint in " ".join(err.split())
    assert "Traceback" not in err
    assert out == ""


def test_an_unusable_recording_in_a_folder_is_left_out_by_name(run, tmp_path):
    write_recording(tmp_path / "good_raw.fif")
    (tmp_path / "notes_raw.fif").write_text("not a recording")
    code, out, err = run(tmp_path, "--classes", CLASSES, "--json")
    assert code == 0
    assert json.loads(out)["failed"][0]["recording"].endswith("notes_raw.fif")
    assert "left out" in err


@pytest.fixture
def subjects(tmp_path):
    for subject in (1, 2):
        for session in (1, 2):
            path = tmp_path / f"subject{subject}" / f"r{session}_raw.fif"
            write_recording(path, seed=10 * subject + session, n_trials=18)
    return tmp_path


@pytest.mark.parametrize("scheme", ["calibrated", "transfer"])
def test_learning_from_other_sessions_or_other_subjects(run, subjects, scheme):
    code, out, _ = run(subjects, "--classes", CLASSES, f"--{scheme}", "--trial", 3, "--json")
    figures = json.loads(out)
    assert code == 0
    assert (figures["decoder"], figures["scheme"]) == ("evidence", scheme)
    assert figures["idle_is_a_class"] is True
    assert figures["n_trials"] == 4 * 18
    assert figures["accuracy"] > 0.9


def test_a_subject_with_a_single_session_is_left_out_of_calibration(run, subjects):
    write_recording(subjects / "subject3" / "r1_raw.fif", seed=5)
    code, out, err = run(subjects, "--classes", CLASSES, "--calibrated", "--json")
    figures = json.loads(out)
    assert code == 0
    assert figures["n_recordings"] == 4
    assert "only session" in figures["failed"][0]["reason"]
    assert "left out" in err


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--calibrated", "--transfer"], "exclude each other"),
        (["--decoder", "evidence"], "add --calibrated"),
        (["--decoder", "trca"], "add --calibrated"),
    ],
)
def test_schemes_that_cannot_work_are_wrong_use(run, subjects, options, complaint):
    code, out, err = run(subjects, "--classes", CLASSES, *options)
    assert (code, out) == (2, "")
    assert complaint in " ".join(err.split())


@pytest.mark.data
def test_standard_cca_on_the_exoskeleton_recordings(run, data_folder):
    code, out, _ = run(
        data_folder / "exoskeleton", "--classes", "2=13,4=17,3=21", "--decoder", "cca",
        "--harmonics", "5", "--window", "2", "--exclude", "*2013.04.06-16.22.32*",
        "--exclude", "*.gdf", "--json",
    )  # fmt: skip
    figures = json.loads(out)
    assert code == 0
    assert figures["n_recordings"] == 13
    assert figures["accuracy"] == pytest.approx(0.78, abs=0.01)


@pytest.mark.data
@pytest.mark.parametrize(("window", "least"), [("1", 0.75), ("2", 0.89)])
def test_the_best_without_calibration_on_the_exoskeleton_recordings(
    run, data_folder, window, least
):
    code, out, _ = run(
        data_folder / "exoskeleton", "--classes", "2=13,4=17,3=21", "--window", window,
        "--exclude", "*2013.04.06-16.22.32*", "--exclude", "*.gdf", "--json",
    )  # fmt: skip
    assert code == 0
    assert json.loads(out)["accuracy"] >= least


def test_trials_with_missing_samples_are_counted(run, tmp_path):
    recording = read_recording(write_recording(tmp_path / "whole_raw.fif"))
    samples_uv = recording.samples_uv.copy()
    samples_uv[recording.markers[0].index + 200] = np.nan
    export_xdf(replace(recording, samples_uv=samples_uv), tmp_path / "gap.xdf")
    code, out, _ = run(tmp_path / "gap.xdf", "--classes", CLASSES, "--json")
    assert code == 0
    assert (json.loads(out)["n_trials"], json.loads(out)["n_gapped"]) == (7, 1)
    _, out, _ = run(tmp_path / "gap.xdf", "--classes", CLASSES)
    assert "1 trials left out" in out


def test_a_data_set_of_moabb_says_its_classes_itself(run, tmp_path, monkeypatch):
    monkeypatch.setenv("MNE_DATA", str(tmp_path))
    folder = kept_folder("Kept")
    for subject in ("Kept-01", "Kept-02"):
        write_recording(folder / subject / "a_raw.fif", codes=("10", "14", "rest"))
    files = ["Kept-01/a_raw.fif", "Kept-02/a_raw.fif"]
    index = {"name": "Kept", "events": ["10", "14", "rest"], "trial_s": 3.0, "files": files}
    classes = {"10": 10.0, "14": 14.0, "rest": None}
    (folder / "index.json").write_text(json.dumps(index | {"classes": classes}))
    code, out, _ = run("moabb:Kept", "--json")
    figures = json.loads(out)
    assert code == 0
    assert figures["accuracy"] == 1.0
    assert figures["start_s"] == 0.0
    assert [row["recording"] for row in figures["per_recording"]] == files
    code, _, err = run("moabb:Kept", "--window", "3.5")
    assert code == 1
    assert "a trial of 3 s ends before its window" in " ".join(err.split())
    (folder / "index.json").write_text(json.dumps(index | {"classes": {}}))
    code, _, err = run("moabb:Kept")
    assert code == 2
    assert "expected --classes, such as 10=12" in " ".join(err.split())
    code, _, err = run("moabb:Kept", tmp_path)
    assert code == 2
    assert "Missing option '--classes'" in err

import json
import os
import re
import subprocess
import sys

import pytest

CLASSES = "2=10,3=14,1=idle"


def replay(bci_app, recording, *options):
    return bci_app("replay", recording, "--classes", CLASSES, *options)


def test_at_full_speed_the_simulated_legs_follow(bci_app, recording):
    run = replay(bci_app, recording, "--speed", "max", "--json")
    figures = json.loads(run.out)
    assert run.code == 0
    assert (figures["n_trials"], figures["n_right"]) == (6, 6)
    assert figures["accuracy"] == 1.0
    assert figures["n_false"] == 0
    assert figures["idle_min"] == pytest.approx(0.25)
    assert 0 < figures["response_time_s"] < 3
    # In turn: look at 10 Hz (stand), at 14 Hz (walk). Standing up takes 3 s, so all are legal.
    decisions = figures["decisions"]
    assert [d["command"] for d in decisions] == ["stand", "walk"] * 3
    assert {d["outcome"] for d in decisions} == {"acknowledged"}
    assert {d["verdict"] for d in decisions} == {"right"}
    assert figures["commands_acknowledged"] == figures["commands_sent"] == 6


def test_each_decision_is_told(bci_app, recording):
    run = replay(bci_app, recording, "--speed", "max")
    lines = [line for line in run.out.splitlines() if "acknowledged" in line and "Hz" in line]
    assert len(lines) == 6
    assert lines[0].split()[2:4] == ["10", "Hz"]
    assert "stand" in lines[0]
    assert "6 right, 0 wrong, 0 without a decision" in run.out
    assert "× real time" in run.out


def test_without_an_exoskeleton_nothing_is_sent(bci_app, recording):
    run = replay(bci_app, recording, "--speed", "max", "--exoskeleton", "none", "--json")
    figures = json.loads(run.out)
    assert figures["commands_sent"] == 0
    assert figures["commands_withheld"] == len(figures["decisions"]) == 6


def test_decisions_do_not_depend_on_the_exoskeleton(bci_app, recording):
    runs = [
        json.loads(replay(bci_app, recording, "--speed", "max", "--exoskeleton", e, "--json").out)
        for e in ("sim", "none")
    ]
    first, second = (
        [(d["sample"], d["target_hz"], d["score"]) for d in run["decisions"]] for run in runs
    )
    assert first == second


def test_over_a_real_line_the_controller_in_another_process_acknowledges(bci_app, recording):
    run = replay(bci_app, recording, "--speed", "12", "--exoskeleton", "sim", "--json")
    figures = json.loads(run.out)
    assert run.code == 0
    assert figures["commands_sent"] >= 1
    assert figures["commands_acknowledged"] == figures["commands_sent"]
    assert figures["decision_latency_ms"]["p50"] > 0
    assert 0 < figures["speed"] <= 12.1


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--exoskeleton", "/dev/ttyUSB7", "--speed", "max"], 2, "Use --speed 1"),
        (["--exoskeleton", "/dev/ttyUSB7", "--speed", "2"], 2, "Use --speed 1"),
        (["--speed", "fast"], 2, "expected a positive number"),
        (["--speed", "0"], 2, "expected a positive number"),
        (["--window", "0.01"], 1, "expected a positive hop"),
        (["--band", "6-120"], 1, "expected 0 < low < high < 100 Hz"),
        (["--band", "wide"], 2, "such as 6-80"),
        (["--exoskeleton", "/dev/not-a-port"], 1, "/dev/not-a-port"),
    ],
)
def test_wrong_use_is_one_clear_message(bci_app, recording, options, code, message):
    run = replay(bci_app, recording, *options)
    assert run.code == code
    assert message in " ".join(run.err.split())
    assert "Traceback" not in run.err


@pytest.mark.parametrize(
    ("classes", "code", "message"),
    [
        ("2=10,3=99.9,1=idle", 0, ""),
        ("2=10,3=100", 1, "between 0 and 100 Hz"),
        ("2=10,3=10.01", 1, "cannot be told apart"),
        ("2=10,7=14", 1, "event code 7 never occurs"),
        ("2=10", 2, "expected 2 to 5"),
        ("2=10,2=14", 2, "each code once"),
        ("2", 2, "expected CODE=HZ"),
        ("2=ten", 2, "expected a frequency in Hz"),
    ],
)
def test_wrong_classes_are_one_clear_message(bci_app, recording, classes, code, message):
    run = bci_app("replay", recording, "--classes", classes, "--speed", "max", "--json")
    assert run.code == code
    assert message in " ".join(run.err.split())


def test_a_file_that_is_none_is_one_clear_message(bci_app, tmp_path):
    (tmp_path / "notes_raw.fif").write_text("nothing")
    for name in ("absent_raw.fif", "notes_raw.fif"):
        run = replay(bci_app, tmp_path / name)
        assert run.code == 1
        assert name in run.err
        assert "expected" in run.err
    run = bci_app("replay", tmp_path / "absent.xdf")
    assert run.code == 1
    assert "absent.xdf does not exist" in " ".join(run.err.split())


def test_a_controller_that_never_answers_is_said(bci_app, recording):
    from devices.pseudo_terminal import PseudoTerminal

    with PseudoTerminal() as silent:
        run = replay(bci_app, recording, "--exoskeleton", silent.port)
    assert run.code == 1
    assert f"no exoskeleton at {silent.port}" in " ".join(run.err.split())


def test_a_busy_port_is_said(bci_app, recording):
    from devices.pseudo_terminal import PseudoTerminal
    from devices.serial_port import SerialPort

    with PseudoTerminal() as terminal, SerialPort(terminal.port):
        run = replay(bci_app, recording, "--exoskeleton", terminal.port)
    assert run.code == 1
    assert terminal.port in run.err


@pytest.mark.data
def test_a_real_recording_is_replayed_as_fast_as_it_goes(data_folder):
    session = data_folder / "exoskeleton/subject12/record-[2014.03.10-19.47.49]_raw.fif"
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "bci_app", "replay", session),
            *("--classes", "2=13,4=17,3=21,1=idle", "--speed", "max", "--json"),
        ],
        capture_output=True,
        check=True,
    )
    figures = json.loads(ran.stdout)
    assert figures["n_trials"] == 24
    assert figures["accuracy"] > 0.7


def test_a_session_is_checked_against_itself(bci_app, session):
    run = bci_app("replay", session, "--check")
    assert run.code == 0
    assert "The same" in run.out
    figures = json.loads(bci_app("replay", session, "--check", "--json").out)
    assert figures["difference"] is None
    assert figures["n_decisions"] >= 5


def test_a_difference_is_reported_and_fails(bci_app, session):
    data = session.read_bytes()
    first = re.search(rb'"Decided","sample":\d+,"end_index":\d+,"target":(\d)', data)
    other = b"%d" % ((int(first[1]) + 1) % 5)
    session.write_bytes(data[: first.start(1)] + other + data[first.end(1) :])
    run = bci_app("replay", session, "--check")
    assert run.code == 1
    assert "A difference" in run.out
    assert f"target={other.decode()}" in run.out
    assert f"target={first[1].decode()}" in run.out
    figures = json.loads(bci_app("replay", session, "--check", "--json").out)
    assert figures["difference"]["recorded"] != figures["difference"]["replayed"]
    assert figures["n_decisions"] == 0


def test_a_session_replays_with_its_own_settings_and_prompts(bci_app, session):
    run = bci_app("replay", session, "--speed", "max", "--json")
    figures = json.loads(run.out)
    assert run.code == 0
    assert figures["n_trials"] >= 5
    assert figures["commands_sent"] >= 1


def test_what_would_have_happened_with_other_settings(bci_app, session):
    def decisions(*options):
        run = bci_app("replay", session, "--speed", "max", "--json", *options)
        assert run.code == 0
        return json.loads(run.out)["decisions"]

    as_it_was = decisions()
    assert decisions("--with", "window_s=1,hop_s=0.1") == as_it_was
    assert len(decisions("--with", "policy.threshold=0.999")) < len(as_it_was)
    earlier = decisions("--with", "window_s=0.5,band_hz=[6,40],policy.n_agreeing=1")
    assert earlier[0]["sample"] < as_it_was[0]["sample"]


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--with", "windows_s=1"], 1, "there is no setting windows_s: expected one of"),
        (["--with", "policy=1"], 1, "there is no setting policy"),
        (["--with", "window_s=long"], 1, "window_s=long"),
        (["--with", "window_s=-1"], 1, "expected a positive hop"),
        (["--with", "window_s"], 2, "expected NAME=VALUE"),
        (["--check", "--with", "window_s=1"], 2, "no --with"),
        (["--classes", "2=10,3=14"], 2, "--classes is for other recordings"),
        (["--window", "1"], 2, "--window is for other recordings"),
    ],
)
def test_wrong_use_with_a_session_is_one_clear_message(bci_app, session, options, code, message):
    run = bci_app("replay", session, *options)
    assert run.code == code
    assert message in " ".join(run.err.split())


def test_other_recordings_have_no_decisions_to_check_and_need_classes(bci_app, recording):
    run = bci_app("replay", recording, "--check")
    assert run.code == 2
    assert "expected a file that a session left" in " ".join(run.err.split())
    run = bci_app("replay", recording)
    assert run.code == 2
    assert "no --classes" in " ".join(run.err.split())


def test_an_error_about_a_path_that_is_no_utf8_can_be_said(tmp_path):
    path = os.fsencode(tmp_path) + b"/gr\xf6\xdfe.fif"
    ran = subprocess.run(
        [*(sys.executable, "-m", "bci_app", "replay", path), *("--classes", "1=10,2=12")],
        capture_output=True,
    )
    assert ran.returncode == 1
    assert b"does not exist" in ran.stderr
    assert b"Traceback" not in ran.stderr


def test_what_was_mended_in_a_file_is_said(bci_app, tmp_path):
    times_s = [k / 250 for k in range(800)] + [k / 250 for k in range(400, 800)]
    rows = [
        f"{t:.3f},{k % 7},{2 if k == 0 else 3 if k == 600 else 0}" for k, t in enumerate(times_s)
    ]
    (tmp_path / "a.csv").write_text("\n".join(["time,Oz,marker", *rows]) + "\n")
    run = bci_app(
        "replay", tmp_path / "a.csv", "--classes", "2=10,3=14", "--speed", "max", "--json"
    )
    assert run.code == 0
    assert "go back by more than 0.5 s" in " ".join(run.err.split())
    assert json.loads(run.out)["n_trials"] == 2

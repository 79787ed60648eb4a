import pytest

from devices.errors import DeviceError
from devices.headset.cyton import VirtualCyton
from devices.headset.cyton.rehearsal import Rehearsal, read_scenario
from devices.virtual_brain import VirtualSubject
from devices.virtual_brain.flicker import Screen


@pytest.fixture
def plugged():
    return []


@pytest.fixture
def rehearsal(plugged):
    subject = VirtualSubject()
    return Rehearsal(subject, VirtualCyton(subject), plugged.append)


@pytest.mark.parametrize(
    "line",
    [
        "gaze 13",
        " gaze   none \n",
        "cue 13",
        "flicker 13 1.57 sine 60 -1000.5",
        "flicker 13 0 square 0 12",
        "still 12.5",
        "step",
        "lose 3",
        "corrupt 1",
        "truncate 2",
        "repeat 1",
        "batch 8",
        "stall 0.5",
        "drift -200",
        "light 0.5",
        "photodiode 0.03 5",
        "battery dead",
        "battery fresh",
        "pop oz -300",
        "dry O1 50 120",
        "off PO7",
        "saturate Oz",
        "mend Oz",
    ],
)
def test_what_is_understood_can_be_done(rehearsal, line):
    rehearsal.understand(line)()


def test_plugging_is_passed_on(rehearsal, plugged):
    for line in ("unplug", "plug"):
        rehearsal.understand(line)()
    assert plugged == [False, True]


def test_every_line_there_is_is_listed(rehearsal):
    assert {"dry ELECTRODE KILOOHMS SECONDS", "light LEVEL", "unplug"} <= set(rehearsal.usage)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "there are: gaze"),
        ("dance", "no command 'dance'"),
        ("gaze", "expected 'gaze HZ|none'"),
        ("gaze up", "gaze HZ|none"),
        ("gaze -3", "not above 0"),
        ("gaze nan", "not a number"),
        ("lose 1.5", "lose PACKETS"),
        ("lose 0", "not above 0"),
        ("plug in", "expected 'plug'"),
        ("battery full", "none of dead, fresh"),
        ("drift 5000", "1000 ppm"),
        ("flicker 13 0 triangle 60 1", "none of sine, square"),
        ("light 1.5", "not from 0 to 1"),
        ("photodiode -1 0", "below 0"),
        ("off Cz", "'Cz' is none of Oz, O1"),
        ("pop Oz much", "pop ELECTRODE MICROVOLTS"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_was_expected(rehearsal, line, message):
    with pytest.raises(DeviceError) as refusal:
        rehearsal.understand(line)
    assert message in str(refusal.value)


def test_light_begins_for_the_subject_when_it_did_for_the_clock(plugged):
    subject = VirtualSubject()
    told = []
    subject.light = lambda hz, light, since_s: told.append((hz, light, round(since_s, 6)))
    board = VirtualCyton(subject)
    rehearsal = Rehearsal(subject, board, plugged.append)
    for start_s in (100.0, 200.0):  # the second time after the first 3 s of the subject's
        board.receive(b"vb", start_s)
        board.transmit(start_s + 3.0001)
        rehearsal.understand(f"flicker 13 0 square 60 {start_s + 2.5}")()
        board.receive(b"s", start_s + 3.0)
    screen = Screen(13.0, 0.0, 60.0, square=True)
    # A sample is drawn one period after the start: that is the subject's time 0.
    assert told == [(13.0, screen, 2.496), (13.0, screen, 5.496)]


def test_a_scenario_is_a_list_of_timed_lines(tmp_path, rehearsal, plugged):
    path = tmp_path / "scenario.txt"
    path.write_text("# a bad day\n\n20.5 plug\n10 unplug  # the cable\n30 gaze 13\n")
    steps = read_scenario(path, rehearsal)
    assert [step.at_s for step in steps] == [10.0, 20.5, 30.0]
    steps[0].deed()
    assert plugged == [False]


@pytest.mark.parametrize("text", ["gaze 13", "x gaze 13", "5", "5 dance", "nan gaze 13"])
def test_a_wrong_line_is_named_with_its_file(tmp_path, rehearsal, text):
    path = tmp_path / "scenario.txt"
    path.write_text(f"1 gaze 13\n{text}\n")
    with pytest.raises(DeviceError, match=r"scenario\.txt, line 2: expected 'SECONDS COMMAND'"):
        read_scenario(path, rehearsal)


def test_an_absent_scenario_is_an_error(tmp_path, rehearsal):
    with pytest.raises(DeviceError, match="cannot read the scenario"):
        read_scenario(tmp_path / "absent", rehearsal)

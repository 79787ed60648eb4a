import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.headset.cyton.firmware import Firmware
from devices.headset.cyton.settings import GAINS, ChannelSettings, InputType


def replies(*commands: str, daisy: bool = False) -> tuple[Firmware, list[str]]:
    firmware = Firmware(daisy=daisy)
    return firmware, [firmware.receive(command.encode(), 0.0).decode() for command in commands]


def test_a_reset_answers_with_the_banner_that_drivers_wait_for():
    firmware, (banner,) = replies("v")
    assert banner.endswith("Firmware: v3.1.2\n$$$")
    assert "Daisy" not in banner
    assert not firmware.streaming


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("d", "updating channel settings to default$$$"),
        ("D", "060110$$$"),
        ("V", "v3.1.2$$$"),
        ("x1060110X", "Success: Channel set for 1$$$"),
        ("x1060110Y", "Failure: Err: 9th char not X$$$"),
        ("x106X", "Failure: too few chars$$$"),
        ("z110Z", "Success: Lead off set for 1$$$"),
        ("z110Q", "Failure: Err: 5th char not Z$$$"),
        ("z1Z", "Failure: too few chars$$$"),
        ("~6", "Success: Sample rate is 250Hz$$$"),
        ("~~", "Success: Sample rate is 250Hz$$$"),
        ("~5", "Success: Sample rate is 500Hz$$$"),
        ("~7", "Failure: sample value out of bounds$$$"),
        ("~x", "Failure: invalid sample value$$$"),
        ("/2", "Success: analog$$$"),
        ("//", "Success: default$$$"),
        ("/9", "Failure: board mode value out of bounds.$$$"),
        ("/x", "Failure: invalid board mode value.$$$"),
        ("-", "Success: Configured internal test signal.$$$"),
        ("0", "Success: Configured internal test signal.$$$"),
        ("C", "no daisy to attach!8$$$"),
        ("c", ""),
        ("<", "Time stamp ON$$$"),
        (">", "Time stamp OFF$$$"),
        ("{", "Failure: Wifi not attached$$$"),
        ("}", "Failure: Wifi not removed$$$"),
        (":", "Wifi not present, send { to attach the shield$$$"),
        (";", "Wifi soft reset$$$"),
        ("b", ""),
        ("s", ""),
        ("1", ""),
        ("`a", ""),
        ("\n", ""),
    ],
)
def test_replies(command, reply):
    assert replies(command)[1] == [reply]
    firmware = Firmware()
    assert b"".join(firmware.receive(bytes([b]), 0.0) for b in command.encode()) == reply.encode()


# By OpenBCI's document of the Cyton's commands: those that are answered, those that act in silence
# (channels on and off, start, stop, the end of a recording on a card), and letters that are free.
ANSWERED = ["v", "d", "D", "V", "?", "C", "<", ">", *"0-=p[]", *"ASFGHJKLa", *"{}:;"]
WITH_ARGUMENTS = ["x1060110X", "z100Z", "~~", "//"]
SILENT = [*"12345678!@#$%^&*", *"qwertyuiQWERTYUI", "b", "s", "c", "j", "`0"]
FREE = "9()_oOfghkl'\"nNM,. "


@pytest.mark.parametrize("daisy", [False, True])
def test_every_command_that_is_documented_is_understood(daisy):
    for command in (*ANSWERED, *WITH_ARGUMENTS):
        _, (answer,) = replies(command, daisy=daisy)
        assert answer.endswith("$$$"), command
        assert answer.count("$$$") == 1, command
    for command in (*SILENT, *FREE):
        if not (daisy and command == "c"):
            assert replies(command, daisy=daisy)[1] == [""], command


def test_a_daisy_is_attached_and_removed():
    firmware, answers = replies("v", "C", "c", "C", daisy=True)
    assert "On Daisy ADS1299" in answers[0]
    assert answers[1:] == ["16$$$", "daisy removed$$$", "daisy attached16$$$"]
    assert len(firmware.channels) == 16


@pytest.mark.parametrize("code", range(7))
def test_a_channel_takes_the_gain_it_is_given(code):
    firmware, _ = replies(f"x30{code}0110X")
    assert firmware.channels[2] == ChannelSettings(gain=GAINS[code])
    assert firmware.channels[1] == ChannelSettings()
    assert firmware.channels[2].code == f"0{code}0110"


def test_several_commands_in_one_write_and_defaults_that_undo_them():
    firmware, (answer,) = replies("x1161010Xx2050001X")
    assert answer == "Success: Channel set for 1$$$Success: Channel set for 2$$$"
    assert firmware.channels[0] == ChannelSettings(
        powered=False, input_type=InputType.SHORTED, in_bias=False, srb1=True
    )
    assert firmware.channels[1].gain == 12
    assert all(channel.srb1 for channel in firmware.channels)  # one switch for the whole board
    firmware.receive(b"d", 0.0)
    assert firmware.channels == [ChannelSettings()] * 8


def test_channels_are_switched_off_and_on_again_by_their_keys():
    firmware, _ = replies("18")
    assert [channel.powered for channel in firmware.channels] == [False, *[True] * 6, False]
    firmware.receive(b"!*", 0.0)
    assert all(channel.powered for channel in firmware.channels)


def test_while_samples_stream_commands_act_in_silence():
    firmware, answers = replies("~4", "b", "x1000110X", "d", "~5", "z110Z", "-", "x1X")
    assert answers[1:] == [""] * 7
    assert firmware.streaming
    assert firmware.channels[0].input_type is InputType.TEST_SIGNAL
    assert replies("~4", "b", "s", "~~")[1][-1] == "Success: Sample rate is 250Hz$$$"


def test_a_command_left_unfinished_is_given_up_after_a_second():
    firmware = Firmware()
    assert firmware.receive(b"x106", 5.0) == b""
    assert firmware.receive(b"V", 6.5) == (
        b"Timeout processing multi byte message - please send all commands at once as of v2$$$"
        b"v3.1.2$$$"
    )


@given(data=st.lists(st.binary(max_size=12), max_size=30), daisy=st.booleans())
def test_any_bytes_leave_a_board_that_still_answers(data, daisy):
    firmware = Firmware(daisy=daisy)
    for now_s, part in enumerate(data):
        firmware.receive(part, float(now_s))
    firmware.receive(b"", 1e3)
    assert firmware.receive(b"v", 2e3).endswith(b"$$$")
    assert firmware.channels == [ChannelSettings()] * (16 if daisy else 8)

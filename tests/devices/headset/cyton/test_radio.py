import pytest

from devices.headset.cyton.radio import Radio


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        (b"\xf0\x00", b"Success: Host and Device on Channel number: 20\x14$$$"),
        (b"\xf0\x01\x05", b"Success: Channel number: 5\x05$$$"),
        (b"\xf0\x01\x30", b"Failure: Verify channel number is less than 25$$$"),
        (b"\xf0\x02\x05", b"Success: Host override - Channel number: 5\x05$$$"),
        (b"\xf0\x03", b"Success: Poll time: 80P$$$"),
        (b"\xf0\x04\x41", b"Success: Poll time: 65A$$$"),
        (b"\xf0\x05", b"Success: Switch your baud rate to 115200$$$"),
        (b"\xf0\x07", b"Success: System is Up$$$"),
    ],
)
def test_the_receiver_s_own_commands(command, reply):
    assert Radio().receive(command) == (b"", reply)


@pytest.mark.parametrize("data", [b"", b"v", b"x1060110X", b"bb", b"\xf0"])
def test_all_else_goes_to_the_board(data):
    assert Radio().receive(data) == (data, b"")


def test_without_a_board_the_receiver_says_so():
    radio = Radio()
    radio.board_is_powered = False
    missing = b"Failure: Communications timeout - Device failed to poll Host$$$"
    assert radio.receive(b"v") == (b"", missing)
    assert radio.receive(b"\xf0\x03") == (b"", missing)
    assert radio.receive(b"\xf0\x07") == (b"", b"Failure: System is Down$$$")
    assert radio.receive(b"\xf0\x00")[1].startswith(b"Failure: Host on Channel number: 20")
    assert radio.receive(b"") == (b"", b"")


def test_a_receiver_on_another_channel_loses_the_board_until_it_comes_back():
    radio = Radio()
    radio.receive(b"\xf0\x02\x05")
    assert not radio.board_is_up
    radio.receive(b"\xf0\x02\x14")
    assert radio.board_is_up
    radio.receive(b"\xf0\x01\x05")  # both change
    assert radio.board_is_up

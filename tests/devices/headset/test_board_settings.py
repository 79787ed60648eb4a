import pytest

from devices.errors import DeviceError
from devices.headset.board_settings import range_uv, setup_commands
from devices.headset.cyton.firmware import Firmware


@pytest.mark.parametrize(
    ("arguments", "commands"),
    [
        (("cyton", 250.0), ()),
        (("cyton", 250.0, None, 250.0, "/2"), ("/2",)),
        (("cyton_wifi", 1000.0, None, 500.0), ("~5",)),
        (("cyton_wifi", 1000.0, None, 1000.0), ("~4",)),
        (("ganglion_wifi", 1600.0, None, 200.0), ("~7",)),
        (
            ("ant_neuro_ee_411", 2000.0, None, 512.0, "reference_range:1"),
            ("sampling_rate:512", "reference_range:1"),
        ),
        (("unicorn", 250.0, None, 250.0), ()),
        (("mentalab", 250.0, None, 500.0, "own words"), ("own words",)),
    ],
)
def test_each_family_is_told_in_its_own_language(arguments, commands):
    assert setup_commands(*arguments) == commands


@pytest.mark.parametrize(("board", "n_channels"), [("cyton", 8), ("cyton_daisy", 16)])
def test_a_cyton_understands_its_gain_in_one_exchange(board, n_channels):
    firmware = Firmware(daisy=n_channels == 16)
    (command,) = setup_commands(board, 250.0, 8, settings="x1020110X")
    reply = firmware.receive(command.encode(), 0.0)
    assert reply.count(b"Success: Channel set") == n_channels + 1
    assert [channel.gain for channel in firmware.channels] == [4, *[8] * (n_channels - 1)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("cyton", 250.0, 5), "1, 2, 4, 6, 8, 12, 24, not 5"),
        (("muse_2", 256.0, 4), "gain of muse_2 cannot be set by number"),
        (("cyton", 250.0, None, None, "~5"), "carries 250 Hz only"),
        (("cyton_daisy", 125.0, None, 250.0), "carries 125 Hz only"),
        (("cyton_wifi", 1000.0, None, 300.0), "2000, 1000, 500, 250 Hz, not at 300"),
        (("unicorn", 250.0, None, 500.0), "unicorn samples at 250 Hz"),
        (("unicorn", 250.0, None, -1.0), "above 0 Hz, not -1"),
    ],
)
def test_what_a_board_cannot_do_is_said(arguments, message):
    with pytest.raises(DeviceError, match=message):
        setup_commands(*arguments)


@pytest.mark.parametrize(
    ("arguments", "limit_uv"),
    [
        (("cyton", None, ""), 187_500.0),
        (("cyton_daisy", 8, "~6"), 562_500.0),
        (("cyton", None, "x1040110X"), None),  # channels of a gain of their own
        (("muse_2", None, ""), None),
    ],
)
def test_the_range_follows_from_the_gain_where_that_is_known(arguments, limit_uv):
    assert range_uv(*arguments) == limit_uv

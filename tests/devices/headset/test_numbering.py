import pytest

from devices.headset.arrival_counter import ArrivalCounter
from devices.headset.brainflow_source import known_boards
from devices.headset.numbering import _MUSE, _ONE_BYTE, counter_for
from devices.headset.packet_counter import PacketCounter


def test_the_boards_that_are_listed_exist():
    assert {*_ONE_BYTE, *_MUSE} <= {board.name for board in known_boards()}


@pytest.mark.parametrize(
    ("board", "numbers"),
    [
        ("cyton", [250, 255, 4]),
        ("cyton_daisy", [240, 250, 4]),
        ("unicorn", [70_000, 70_005, 70_010]),
    ],
)
def test_numbers_are_read_as_the_board_means_them(board, numbers):
    counter = counter_for(board, 250.0)
    counter.push(numbers[:1], 1.0)
    (run,) = counter.push(numbers[1:2], 1.02) + counter.push(numbers[2:], 1.04)[:1]
    assert run[2] == 5


def test_a_board_that_is_not_known_is_counted_by_time():
    assert isinstance(counter_for("ganglion", 200.0), ArrivalCounter)
    assert isinstance(counter_for("muse_2", 256.0), PacketCounter)

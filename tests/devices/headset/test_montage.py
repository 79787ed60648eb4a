import pytest

from devices.errors import DeviceError
from devices.headset.montage import choose_channels


def test_channels_are_named_in_their_order_and_unused_ones_left_out():
    assert choose_channels("it", ["1", "2", "3"], ["Oz", None, "O1"]) == ([0, 2], ("Oz", "O1"))


def test_a_headset_s_own_names_hold_where_none_are_given():
    assert choose_channels("it", ["Fz", "C3"], None) == ([0, 1], ("Fz", "C3"))


@pytest.mark.parametrize(
    ("electrodes", "message"),
    [
        (["Oz"], "the cap has 2 EEG channels, but 1 names"),
        (["Oz", "Oz"], "the cap: channel names must differ.*Oz, Oz"),
        ([None, None], "at least one must be given; there are none"),
    ],
)
def test_what_does_not_fit_is_said(electrodes, message):
    with pytest.raises(DeviceError, match=message):
        choose_channels("the cap", ["1", "2"], electrodes)

import re
from pathlib import Path

import pytest

from bci_app.runtime.configuration import HeadsetSettings, StreamSettings, read_configuration
from bci_app.runtime.rig import headset_of
from devices.errors import DeviceError

PAGE = Path(__file__).parents[3] / "docs/headsets.md"
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("text", EXAMPLES)
def test_the_documented_headsets_can_be_worn(text, tmp_path):
    file = tmp_path / "session.toml"
    file.write_text(text)
    wanted = read_configuration(file).headset
    if wanted.board != "virtual":
        headset_of(wanted)  # all but the device itself


def test_the_page_has_examples():
    assert len(EXAMPLES) > 5


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (HeadsetSettings("cyton", channels=("Oz", "-")), "8 EEG channels, but 2 names"),
        (HeadsetSettings("cyton", gain=0), "1, 2, 4, 6, 8, 12, 24, not 0"),
        (HeadsetSettings("cyton", sampling_rate_hz=1000.0), "carries 250 Hz only"),
        (HeadsetSettings("lsl", stream=StreamSettings(unit="furlongs")), "no unit of voltage"),
    ],
)
def test_what_does_not_fit_is_said_before_anything_is_opened(wanted, message):
    with pytest.raises(DeviceError, match=message):
        headset_of(wanted)

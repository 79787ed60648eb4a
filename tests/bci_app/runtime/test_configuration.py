from pathlib import Path

import pytest

from bci_app.errors import ConfigurationError
from bci_app.online.settings import PathSettings, Target
from bci_app.runtime.configuration import SessionConfiguration, StreamSettings, read_configuration
from devices.exoskeleton.command import Command

FULL = """
[headset]
board = "cyton"
serial_port = "/dev/ttyUSB0"
channels = ["Oz", "O1", "-", "PO3", "POz", "PO4", "PO7", "PO8"]

[exoskeleton]
port = "/dev/ttyUSB1"

[screen]
waveform = "square"
distance_mm = 700

[path]
window_s = 2.5
mains_hz = 0

[path.policy]
n_agreeing = 4

[path.gate]
confirmed = ["sit"]

[[path.targets]]
frequency_hz = 10
command = "walk"

[[path.targets]]
frequency_hz = 12.5
command = "turn left"
"""


@pytest.fixture
def read(tmp_path):
    def write_and_read(text):
        path = tmp_path / "session.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_configuration(path)

    return write_and_read


def test_an_empty_file_is_the_defaults(read):
    assert read("") == SessionConfiguration()
    assert read("").path == PathSettings()
    assert read("").headset.board == "virtual"


def test_every_section_is_read(read):
    configuration = read(FULL)
    assert configuration.headset.board == "cyton"
    assert configuration.headset.channels[2] == "-"
    assert configuration.exoskeleton.port == "/dev/ttyUSB1"
    assert configuration.screen.waveform == "square"
    assert configuration.screen.distance_mm == 700.0
    assert configuration.path.window_s == 2.5
    assert not configuration.path.mains_hz
    assert configuration.path.policy.n_agreeing == 4
    assert configuration.path.gate.confirmed == frozenset({Command.SIT})
    assert configuration.path.targets == (
        Target(10.0, Command.WALK),
        Target(12.5, Command.TURN_LEFT),
    )


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("window_s", "windov_s", "no field path.windov_s: did you mean window_s"),
        ("frequency_hz = 10", "frequenzy_hz = 10", "no field path.targets.frequenzy_hz"),
        ("[headset]", "[hedset]", "no field hedset: did you mean headset"),
        ("window_s = 2.5", 'window_s = "long"', "Expected `float`, got `str` - at `path.window_s`"),
        ("window_s = 2.5", "window_s = 0", "expected a positive hop"),
        ("window_s = 2.5", "max_false_per_min = 0", "expected a positive rate"),
        ('"walk"', '"dance"', "'dance' in path.targets: expected one of stop, stand"),
        ('["sit"]', '["fly"]', "'fly' in path.gate.confirmed"),
        ('["sit"]', '"sit"', "Expected `array`, got `str` - at `path.gate.confirmed`"),
        ("n_agreeing = 4", "n_agreeing = 0", "at least 1 window"),
        ("n_agreeing = 4", "threshold = 1.5", "expected values from 0 to 1"),
        ("distance_mm = 700", "distance_mm = -1", "expected positive values"),
        ('"square"', '"triangle"', "triangle"),
        ('"cyton"', "3", "Expected `str`, got `int` - at `headset.board`"),
        ("[headset]", "[headset", "is not TOML"),
        ('"cyton"', '"Virtual"', "did you mean 'virtual'"),
        ('"/dev/ttyUSB1"', '""', "`exoskeleton.port` is empty: expected 'sim'"),
        ('"/dev/ttyUSB1"', '"sim"\nbaud = 0', "`exoskeleton.baud` is 0: expected"),
        ('"/dev/ttyUSB1"', '"sim"\nbaud = 4000000000', "above 0 up to 12000000"),
        ("[path]", "[[path]]", "Expected `object`, got `array` - at `path`"),
    ],
)
def test_a_mistake_is_named_with_its_file_and_field(read, right, wrong, message):
    assert right in FULL
    with pytest.raises(ConfigurationError) as refused:
        read(FULL.replace(right, wrong, 1))
    assert message in str(refused.value)
    assert "session.toml" in str(refused.value)


def test_a_headset_is_told_its_montage_gain_and_rate(read):
    headset = read(
        """
        [headset]
        board = "cyton_wifi"
        reference = "A2"
        gain = 12
        sampling_rate_hz = 500
        """
    ).headset
    assert (headset.reference, headset.gain, headset.sampling_rate_hz) == ("A2", 12, 500.0)


def test_a_stream_on_the_network_is_a_headset(read):
    text = """
        [headset]
        board = "lsl"
        stream.name = "Muse"
        stream.unit = "microvolts"

        [lsl]
        publish = true
        """
    configuration = read(text)
    assert configuration.headset.stream == StreamSettings("Muse", unit="microvolts")
    assert configuration.lsl.publish


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('board = "lsl"\ngain = 4', "`headset.gain` cannot be set with board 'lsl'"),
        ('board = "cyton"\nstream.name = "Muse"', "the board is 'cyton': expected 'lsl'"),
        ('reference = "A1"', "`bci-app simulate headset` has others"),
        ('board = "lsl"\nstream.nam = "Muse"', "no field headset.stream.nam: did you mean name"),
    ],
)
def test_what_does_not_fit_a_headset_is_said(read, text, message):
    with pytest.raises(ConfigurationError) as refused:
        read(f"[headset]\n{text}")
    assert message in str(refused.value)


def test_a_file_that_is_no_configuration_is_said(read, tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_configuration(tmp_path / "absent.toml")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_configuration(tmp_path)
    with pytest.raises(ConfigurationError, match="is not TOML"):
        read(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="larger than"):
        read(b"#" * (2 << 20))


def test_the_documented_defaults_are_the_defaults(read):
    page = Path(__file__).parents[3] / "docs/configuration.md"
    text = page.read_text(encoding="utf-8").partition("```toml\n")[2].partition("```")[0]
    assert read(text) == SessionConfiguration()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = " + "[" * 5000, "is not TOML"),
        ("[path]\nwindow_s = nan", "nan is no number"),
        ("[path]\nwindow_s = 1e999", "1e999 is no number"),
        ("[path]\nwindow_s = 1e9", "up to 60 s"),
        ("[path]\nmains_hz = 1e-9", "0 for no notch"),
        ("[path]\nn_harmonics = 1_000_000_000", "1 to 20 harmonics"),
        ("[screen]\nsize_deg = 1" + "0" * 400, "session.toml"),
    ],
)
def test_values_that_would_take_all_memory_or_time_are_refused(read, text, message):
    with pytest.raises(ConfigurationError, match=message):
        read(text)

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bci_app.stimulus import messages as m
from bci_app.stimulus.flicker import Flicker, Waveform
from bci_app.stimulus.frame_clock import FrameTiming
from bci_app.stimulus.geometry import FlashingArea
from bci_app.stimulus.refresh_fit import Misfit
from bci_app.stimulus.settings import Patch, StimulusSettings
from devices.exoskeleton.command import Command

SETTINGS = StimulusSettings(
    patches=(
        Patch("Walk", Flicker(9.0, 1.5, Waveform.SQUARE), Command.WALK),
        Patch("Ä\n→", Flicker(11.0)),
    ),
    window_px=(800, 600),
)
ALL = [
    m.Show(SETTINGS),
    m.Confirm("researcher"),
    m.Begin(),
    m.Pause(),
    m.Cue(1, "Look left"),
    m.Cue(None),
    m.ShowDecision(0, 0.93),
    m.ShowDecision(0, 0.93, 0.97),
    m.ShowDecision(0, 0.93, None, "not while sitting"),
    m.ShowLegs("walking"),
    m.Stop("electrode off"),
    m.Resume(),
    m.Measure(on=True),
    m.Close(),
    m.Ready("HDMI-1", 59.95, True, 1920, 1080, FlashingArea(0.06, 0.2), (Misfit("x", True),)),
    m.Confirmed("subject"),
    m.Declined(),
    m.Refused("Begin", "stopped"),
    m.Began(1.25),
    m.Paused(2.5),
    m.CueShown(None, 3.0),
    m.StopRequested("a click", 4.0),
    m.Blanked(4.01),
    m.Gaze(None, 5.0),
    m.Inverted(white=True, time_s=6.0),
    m.Frames(FrameTiming(60.0, 100, 1, 2, 0.1, 0.9), 1.5),
    m.Failed("no display"),
    m.Closed(),
]


def test_the_list_names_every_message():
    assert {type(message) for message in ALL} == set(m.StimulusMessage.__args__)


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_messages_come_out_as_they_went_in_however_they_are_cut(size):
    line = b"".join(map(m.encode, ALL))
    reader = m.MessageReader()
    received = [
        message
        for start in range(0, len(line), size)
        for message in reader.feed(line[start : start + size])
    ]
    assert received == ALL


def test_a_sign_of_life_is_no_message():
    lines = m.SIGN_OF_LIFE + m.encode(m.Begin()) + m.SIGN_OF_LIFE
    assert m.MessageReader().feed(lines) == [m.Begin()]


@settings(deadline=None)
@given(st.binary(max_size=200).filter(lambda junk: junk.strip(b"\n")))
def test_anything_else_is_a_protocol_error_and_nothing_worse(junk):
    try:
        m.MessageReader().feed(junk + b"\n")
    except m.StimulusProtocolError:
        return
    pytest.fail("junk passed for a message")


@pytest.mark.parametrize(
    "line",
    [
        b'{"kind":"Cue","target":"one"}',
        b'{"kind":"Cue","target":1,"colour":"red"}',
        b'{"kind":"Cue"}',
        b'{"kind":"Nothing"}',
        b'{"kind":"Show","settings":{"patches":[{"label":"a","flicker":{"frequency_hz":true}}]}}',
        b'{"kind":"Show","settings":{"patches":[{"label":"a","flicker":'
        b'{"frequency_hz":9.0,"waveform":"triangle"}}]}}',
        b"[]",
    ],
)
def test_wrong_fields_are_refused(line):
    with pytest.raises(m.StimulusProtocolError, match="not a stimulus message"):
        m.MessageReader().feed(line + b"\n")


def test_a_line_without_end_is_refused():
    with pytest.raises(m.StimulusProtocolError, match="more than"):
        m.MessageReader().feed(b"x" * 70_000)


@pytest.mark.parametrize(
    "line",
    [
        b'{"kind":"Began","time_s":1%s}' % (b"0" * 400),
        b'{"kind":"Began","time_s":NaN}',
        b'{"kind":"Began","time_s":1e999}',
        b'{"kind":"Show","settings":{"patches":[{"label":"a","flicker":{"frequency_hz":0.0}}]}}',
        b'{"kind":' + b"[" * 20_000,
    ],
)
def test_values_that_nothing_can_be_done_with_are_refused(line):
    with pytest.raises(m.StimulusProtocolError, match="not a stimulus message"):
        m.MessageReader().feed(line + b"\n")

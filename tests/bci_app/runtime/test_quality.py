import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bci_app.online.events import Commanded, Withheld
from bci_app.online.path import OnlinePath
from bci_app.online.settings import PathSettings
from bci_app.recordings.reading import find_recordings, read_recording
from bci_app.recordings.session_file import read_session
from bci_app.runtime.parity import check_parity
from bci_app.runtime.quality import SignalJudged, SignalWatch, likely_uv_per_unit
from bci_app.runtime.recorder import Recorder
from bci_app.runtime.session import CommandSent, Hindered, Session, Unhindered
from calibration.quality import Grade, Problem
from devices.chunk import Chunk
from devices.exoskeleton.command import Command
from devices.exoskeleton.virtual_link import VirtualLink
from devices.headset.source import HeadsetInfo

RATE_HZ = 250.0
NAMES = ("O1", "Oz", "O2", "POz")
STAND_HZ = 15.0


def looking(duration_s, seed=0):
    """Somebody who looks at the target that stands them up, away, and there again."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    looks = ((time_s >= 3.5) & (time_s < 9.0)) | (time_s >= 13.0)
    response = 5 * looks * np.sin(2 * np.pi * STAND_HZ * time_s)
    return response[:, np.newaxis] + rng.normal(scale=5, size=(len(time_s), 4))


def spoiled(duration_s=18.0, to_s=9.0):
    """The same, with an electrode at the rail during the first look."""
    samples_uv = looking(duration_s)
    samples_uv[round(4.0 * RATE_HZ) : round(to_s * RATE_HZ), 2] = 187_500.0
    return samples_uv


def session_of(samples_uv, cuts=(), listeners=(), needed=None):
    """Feed a session in one chunk, or in the parts between some cuts; return what was told."""
    events = []
    with VirtualLink() as link:
        path = OnlinePath(PathSettings(), RATE_HZ, n_channels=4)
        watch = SignalWatch(NAMES, RATE_HZ, range_uv=187_500.0, needed=needed)
        session = Session(path, link, [events.append, *listeners], watch)
        link.advance(0.5)
        index = 0
        for part in np.split(samples_uv, sorted(cuts)):
            session.feed(Chunk(part.copy(), index))
            index += len(part)
    return events


def of(kind, events):
    return [event for event in events if isinstance(event, kind)]


def test_while_an_electrode_is_bad_the_legs_rest_and_nothing_passes_and_then_it_does():
    events = session_of(spoiled())
    (hindered,), (unhindered,) = of(Hindered, events), of(Unhindered, events)
    assert hindered.cause == unhindered.cause == "signal"
    assert hindered.reason.startswith("O2: at the amplifier's limit")
    stop = events[events.index(hindered) + 1]
    assert (stop.command, stop.end_index) == (Command.STOP, None)
    withheld = of(Withheld, events)
    assert withheld
    assert {event.reason for event in withheld} == {hindered.reason}
    first = of(Commanded, events)[0]
    assert first.end_index > 13.0 * RATE_HZ
    assert withheld[-1].end_index < first.end_index
    assert [sent.command for sent in of(CommandSent, events)][:2] == [Command.STOP, Command.STAND]


def test_an_electrode_that_the_decoder_does_not_use_is_told_and_in_nobodys_way():
    events = session_of(spoiled(12.0), needed=("O1", "Oz", "POz"))
    assert not of(Hindered, events)
    assert of(Commanded, events)
    grades = {event.electrodes[2].grade for event in of(SignalJudged, events)}
    assert {Grade.GOOD, Grade.BAD} <= grades


def test_judgements_are_told_once_a_second_and_at_once_when_something_changes():
    judged = of(SignalJudged, session_of(spoiled(12.0)))
    told_s = [event.end_index / RATE_HZ for event in judged]
    assert told_s[:4] == [0.5, 1.5, 2.5, 3.5]
    assert told_s[4] == 4.5
    assert judged[4].electrodes[2].problem is Problem.RAILED
    assert np.diff(told_s).max() == 1.0


def test_the_reason_changes_when_another_electrode_goes_bad_but_not_with_every_figure():
    samples_uv = spoiled(12.0, to_s=12.0)
    samples_uv[2000:, 0] = 5.0
    reasons = [event.reason for event in of(Hindered, session_of(samples_uv))]
    assert len(reasons) == 2
    assert "O1: flat" in reasons[1]
    assert "O2: at" in reasons[1]


@settings(max_examples=6, deadline=None)
@given(cuts=st.lists(st.integers(0, 4000), max_size=10))
def test_a_verdict_falls_at_the_same_sample_however_the_stream_is_cut(cuts):
    kinds = (SignalJudged, Hindered, Unhindered, Withheld, Commanded)
    samples_uv = spoiled()
    whole = of(kinds, session_of(samples_uv))
    assert of(Commanded, whole)
    assert of(kinds, session_of(samples_uv, cuts)) == whole


def test_lost_samples_neither_accuse_nor_acquit():
    path = OnlinePath(PathSettings(), RATE_HZ, n_channels=4)
    events = []
    session = Session(path, None, [events.append], SignalWatch(NAMES, RATE_HZ))
    samples_uv = looking(5.0)
    session.feed(Chunk(samples_uv[:700], 0))
    session.feed(Chunk(samples_uv[700:], 12_345))
    judged = of(SignalJudged, events)
    assert [event.end_index for event in judged] == [125, 375, 625, 12_345 + 250, 12_345 + 500]
    assert {e.problem for event in judged for e in event.electrodes} == {Problem.NONE}


def test_a_session_with_bad_electrodes_replays_to_the_same_decisions(tmp_path):
    info = HeadsetInfo("a test's headset", RATE_HZ, NAMES)
    with Recorder(tmp_path / "session.xdf", info, PathSettings()) as recorder:
        cuts = np.cumsum(np.random.default_rng(3).integers(1, 60, 200))
        events = session_of(spoiled(), cuts[cuts < 4500], [recorder])
    session = read_session(tmp_path / "session.xdf")
    judged = [entry for entry in session.entries if entry.event == "SignalJudged"]
    assert len(judged) == len(of(SignalJudged, events))
    parity = check_parity(session)
    assert parity.difference is None
    assert parity.n_unrecorded == 0
    assert of(Withheld, events)
    assert of(Commanded, events)


def test_many_reasons_are_cut_short():
    watch = SignalWatch(NAMES, RATE_HZ)
    samples_uv = looking(1.0)
    samples_uv[:, 0], samples_uv[:, 1:] = 1.0, 187_500.0
    rest = Chunk(samples_uv, 0)
    while len(rest):
        part, rest = watch.cut(rest)
        watch.push(part)
    assert watch.obstacle.endswith("; and 2 more")
    assert watch.obstacle.count(":") <= 4


def test_a_unit_that_is_a_thousand_times_too_large_is_recognised():
    assert likely_uv_per_unit(looking(2.0)) == 1.0
    assert likely_uv_per_unit(1e3 * looking(2.0)) == 1e-3
    assert likely_uv_per_unit(np.full((100, 3), np.nan)) == 1.0
    wild = looking(2.0)
    wild[:, :1] += np.random.default_rng(0).normal(0, 1e5, (500, 1))
    assert likely_uv_per_unit(wild) == 1.0  # one broken electrode of four is no unit


@pytest.mark.data
@pytest.mark.parametrize("subject", ["subject01", "subject08", "subject12"])
def test_no_real_recording_that_was_decoded_well_is_found_bad(data_folder, subject):
    path = next(
        path
        for path in find_recordings((data_folder / "exoskeleton" / subject,))
        if path.suffix == ".fif"
    )
    recording = read_recording(path)
    unit = likely_uv_per_unit(recording.samples_uv)
    watch = SignalWatch(recording.channel_names, recording.sampling_rate_hz, uv_per_unit=unit)
    obstacles = set()
    rest = Chunk(recording.samples_uv[:20_000], 0)
    while len(rest):
        part, rest = watch.cut(rest)
        watch.push(part)
        obstacles.add(watch.obstacle)
    assert unit == 1e-3
    assert obstacles == {None}

import struct
from dataclasses import replace

import pytest

from bci_app.errors import RecordingError
from bci_app.online.events import Commanded, Decided, Withheld
from bci_app.recordings.session_file import read_session
from bci_app.runtime.parity import check_parity, settings_of
from devices.chunk import Chunk

from ..eventful_session import SETTINGS, EventfulSession


@pytest.mark.parametrize("seed", range(6))
def test_every_decision_of_an_eventful_session_comes_out_again(eventful, tmp_path, seed):
    live = eventful(seed)
    session = read_session(tmp_path / f"session{seed}.xdf")
    parity = check_parity(session)
    assert parity.difference is None
    assert parity.n_unrecorded == 0
    assert parity.n_decisions == sum(isinstance(event, Decided) for event in live.events) >= 5
    assert settings_of(session) == SETTINGS


def test_the_sessions_are_as_eventful_as_they_should_be(eventful):
    events = [event for seed in range(3) for event in eventful(seed).events]
    reasons = {event.reason for event in events if isinstance(event, Withheld)}
    assert any("stopped" in reason for reason in reasons)
    assert "the headset is silent" in reasons
    assert any("no exoskeleton" in reason for reason in reasons)
    assert any("not while" in reason for reason in reasons)
    assert "waits to be confirmed by a second look" in reasons
    assert len({event.command for event in events if isinstance(event, Commanded)}) >= 3


def test_a_session_that_was_cut_off_compares_as_far_as_it_goes(eventful, tmp_path):
    eventful(0)
    whole = (tmp_path / "session0.xdf").read_bytes()
    (tmp_path / "cut.xdf").write_bytes(whole[: len(whole) * 2 // 3])
    session = read_session(tmp_path / "cut.xdf")
    assert not session.closed
    parity = check_parity(session)
    assert parity.difference is None
    assert parity.n_events > 100


def test_one_sample_that_differs_is_found(eventful, tmp_path):
    live = eventful(0)
    session = read_session(tmp_path / "session0.xdf")
    index = len(session.samples_uv) // 2
    index = next(c.first_index for c in live.chunks if c.first_index >= index)
    session.samples_uv[index, 1] += 1.0
    difference = check_parity(session).difference
    assert difference is not None
    assert type(difference.recorded) is type(difference.replayed)
    assert index < difference.recorded.end_index <= index + 50
    assert difference.recorded != difference.replayed


def test_a_posture_that_was_not_recorded_shows_at_the_decision_it_allowed(eventful, tmp_path):
    eventful(0)
    session = read_session(tmp_path / "session0.xdf")
    postureless = tuple(e for e in session.entries if e.event != "TelemetryReceived")
    difference = check_parity(replace(session, entries=postureless)).difference
    assert isinstance(difference.recorded, Commanded)
    assert difference.replayed.reason == "no exoskeleton has reported a posture"


def test_fields_that_an_older_version_did_not_record_are_no_difference(eventful, tmp_path):
    eventful(0)
    session = read_session(tmp_path / "session0.xdf")
    scored = [k for k, entry in enumerate(session.entries) if entry.event == "Decided"]
    entries = list(session.entries)
    for k in scored:
        kept = {name: entries[k].fields[name] for name in ("end_index", "target", "score")}
        entries[k] = replace(entries[k], fields=kept)
    assert check_parity(replace(session, entries=tuple(entries))).difference is None
    first = entries[scored[0]]
    changed = {**first.fields, "score": first.fields["score"] + 1e-15}
    entries[scored[0]] = replace(first, fields=changed)
    difference = check_parity(replace(session, entries=tuple(entries))).difference
    assert difference.recorded.score != difference.replayed.score


@pytest.mark.parametrize("keep", [0, 0.5])
def test_a_missing_or_a_further_event_is_a_difference(eventful, tmp_path, keep):
    eventful(0)
    session = read_session(tmp_path / "session0.xdf")
    kept = session.entries[: int(len(session.entries) * keep)]
    difference = check_parity(replace(session, entries=kept)).difference
    assert difference.recorded is None
    assert difference.replayed is not None


def test_a_stop_told_between_chunk_and_path_holds_for_that_chunk(eventful, tmp_path):
    """A listener may stop the session over the very chunk that is about to be decided on."""
    live = eventful(3, n_acts=0)
    session = read_session(tmp_path / "session3.xdf")
    commanded = next(event for event in live.events if isinstance(event, Commanded))

    # Tell the stop right after the chunk of the first command, before the path's events.
    class Stopping(EventfulSession):
        def _look(self, target, duration_s=4.0):
            session = self.session
            if not self.hooked:
                self.hooked = True
                listeners = session._listeners

                def stop_once(event):
                    due = isinstance(event, Chunk) and event.end_index >= commanded.end_index
                    if due and session._path.gate.stopped_because is None:
                        session.latch_stop("just now")

                session._listeners = (*listeners, stop_once)
            super()._look(target, duration_s)

    stopping = Stopping(tmp_path / "stopping.xdf", 3)
    stopping.hooked = False
    stopping.run(0)
    withheld = next(event for event in stopping.events if isinstance(event, Withheld))
    assert withheld.end_index == commanded.end_index
    assert withheld.reason == "stopped: just now"
    parity = check_parity(read_session(tmp_path / "stopping.xdf"))
    assert parity.difference is None
    assert session.duration_s == read_session(tmp_path / "stopping.xdf").duration_s


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"settings": {"window_s": "long"}}, "settings that this version cannot use"),
        ({}, "settings that this version cannot use"),
    ],
)
def test_settings_of_another_version_are_said(eventful, tmp_path, change, message):
    eventful(4, n_acts=0)
    session = replace(read_session(tmp_path / "session4.xdf"), facts=change)
    with pytest.raises(RecordingError, match=message):
        check_parity(session)


def test_an_event_of_another_version_is_said(eventful, tmp_path):
    eventful(4, n_acts=0)
    session = read_session(tmp_path / "session4.xdf")
    entries = (replace(session.entries[0], event="Levitated"), *session.entries[1:])
    with pytest.raises(RecordingError, match="'Levitated' that this version does not know"):
        check_parity(replace(session, entries=entries))


def test_scores_come_back_bit_for_bit(eventful, tmp_path):
    live = eventful(5, n_acts=1)
    session = read_session(tmp_path / "session5.xdf")
    scores = [e.fields["scores"] for e in session.entries if e.event == "Scored"]
    told = [list(e.scores) for e in live.events if type(e).__name__ == "Scored"]
    assert [struct.pack("5d", *s) for s in scores] == [struct.pack("5d", *s) for s in told]

from dataclasses import asdict

from bci_app.online.events import Decided
from bci_app.recordings.session_file import read_session
from bci_app.runtime.decisions import decide, live_decisions
from bci_app.runtime.session import CommandSent

from ..eventful_session import RATE_HZ, SETTINGS


def test_the_table_of_a_session_has_what_was_decided_and_what_came_of_it(eventful, tmp_path):
    live = eventful(2)
    session = read_session(tmp_path / "session2.xdf")
    table = live_decisions(session)
    decided = [event for event in live.events if isinstance(event, Decided)]
    assert [(row.sample, row.score) for row in table] == [(d.end_index, d.score) for d in decided]
    sent = [e for e in live.events if isinstance(e, CommandSent) and e.end_index is not None]
    assert sum(not row.outcome.startswith("withheld") for row in table) == len(sent)
    assert {row.outcome for row in table} >= {"acknowledged", "withheld: the headset is silent"}
    asked = [row for row in table if row.asked_hz == row.target_hz]
    assert len(asked) >= len(table) / 2
    assert all(row.time_s == row.sample / RATE_HZ for row in table)


def test_a_recording_is_decided_as_it_was_live(eventful, tmp_path):
    live = eventful(1)
    table = decide(read_session(tmp_path / "session1.xdf").recording(), SETTINGS)
    decided = [event for event in live.events if isinstance(event, Decided)]
    assert [(row.sample, row.score) for row in table] == [(d.end_index, d.score) for d in decided]
    assert asdict(table[0])["outcome"] == "withheld: no exoskeleton has reported a posture"

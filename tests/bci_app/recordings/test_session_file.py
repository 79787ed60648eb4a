"""Files that only look like those of a session."""

import json
import tracemalloc

import numpy as np
import pytest

from bci_app.errors import RecordingError
from bci_app.recordings.session_file import read_session
from bci_app.recordings.session_format import encode_beginning, encode_block
from devices.headset.source import HeadsetInfo

INFO = HeadsetInfo("a test's headset", 250.0, ("O1", "Oz"))
FACTS = {"settings": {"targets": [{"frequency_hz": 9.0}]}}


def block(*chunks, texts=()):
    n_times = sum(count for _, count in chunks)
    samples = (np.arange(n_times) / 250, np.ones((n_times, 2)))
    at_s = np.arange(len(chunks)) * 0.1
    return encode_block(samples, (at_s, np.array(chunks)), ([0.0] * len(texts), texts))


def write(path, facts, *blocks):
    path.write_bytes(encode_beginning(INFO, facts) + b"".join(blocks))
    return path


def event(name, **fields):
    return json.dumps({"event": name, "sample": 3, **fields}).encode()


def test_lost_samples_are_not_believed_without_end(tmp_path):
    path = write(tmp_path / "a.xdf", FACTS, block((0, 10), (140_000_000, 10)))
    tracemalloc.start()
    with pytest.raises(RecordingError, match=r"a\.xdf is damaged .*samples that were lost"):
        read_session(path)
    assert tracemalloc.get_traced_memory()[1] < 10e6
    tracemalloc.stop()


@pytest.mark.parametrize(
    "facts",
    [
        {"settings": []},
        {"settings": {"targets": [{"hz": 9}]}},
        {"settings": {"targets": [{"frequency_hz": "x"}]}},
        {"versions": 1},
        {"began_at": "yesterday"},
        [],
    ],
)
def test_facts_that_are_none_are_refused(tmp_path, facts):
    path = write(tmp_path / "a.xdf", facts, block((0, 10)))
    with pytest.raises(RecordingError, match=r"a\.xdf is damaged"):
        read_session(path)


def test_facts_nested_without_end_are_refused(tmp_path):
    path = write(tmp_path / "a.xdf", {"x": 0})
    path.write_bytes(path.read_bytes().replace(b'{"x": 0}', b"[" * 8))
    with pytest.raises(RecordingError, match=r"a\.xdf is damaged"):
        read_session(path)


@pytest.mark.parametrize(
    "text",
    [
        event("Prompt", index=0, target=7, asked="look at a target"),
        event("Decided", end_index=3),
        event("Commanded", end_index=3, command=99),
        event("Note"),
    ],
)
def test_events_that_could_not_be_shown_are_refused(tmp_path, text):
    path = write(tmp_path / "a.xdf", FACTS, block((0, 10), texts=[text]))
    with pytest.raises(RecordingError, match=r"a\.xdf is damaged"):
        read_session(path)


def test_a_mistake_of_ours_is_not_taken_for_damage(tmp_path, monkeypatch):
    path = write(tmp_path / "a.xdf", FACTS, block((0, 10), texts=[event("Note", text="x")]))
    monkeypatch.setattr("bci_app.recordings.session_file.marker_of", lambda entry, _: entry.lost)
    with pytest.raises(AttributeError):
        read_session(path)


@pytest.mark.parametrize("text", [b"[" * 100_000, b"7", b"[]", b'"x"', b'{"event": "Note"}'])
def test_a_block_with_what_is_no_event_is_left_out(tmp_path, text):
    path = write(tmp_path / "a.xdf", FACTS, block((0, 10), texts=[text]))
    session = read_session(path)
    assert session.entries == ()
    assert len(session.samples_uv) == 10
    assert session.n_damaged_bytes > 0

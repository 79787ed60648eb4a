import os
import resource
import shutil
import threading

import numpy as np
import pytest

from bci_app.errors import RecordingError
from bci_app.online.settings import PathSettings
from bci_app.recordings.session_file import read_session
from bci_app.runtime import recorder as module
from bci_app.runtime.journal import decode_event
from bci_app.runtime.recorder import RESERVE_BYTES, Recorder
from bci_app.runtime.session import Note
from devices.chunk import Chunk
from devices.headset.source import HeadsetInfo

INFO = HeadsetInfo("any", 1000.0, tuple(f"E{k}" for k in range(16)))


def chunk(k, n=50):
    samples_uv = np.random.default_rng(k).normal(size=(n, 16))
    return Chunk(samples_uv, k * n, arrival_s=(k + 1) * n / 1000)


def free(n_bytes):
    return lambda _path: shutil._ntuple_diskusage(10**12, 10**12 - n_bytes, n_bytes)


def test_all_that_was_told_comes_back_as_it_was(eventful, tmp_path):
    live = eventful(seed=0)
    session = read_session(tmp_path / "session0.xdf")
    assert session.closed
    assert session.n_damaged_bytes == 0
    assert [decode_event(e) for e in session.entries if e.event != "ReconnectFailed"] == [
        event
        for event in live.events
        if not isinstance(event, Chunk) and type(event).__name__ != "ReconnectFailed"
    ]
    (failed,) = {
        str(decode_event(e).error) for e in session.entries if e.event == "ReconnectFailed"
    }
    assert failed == "nobody there"
    assert [tuple(row) for row in session.chunks] == [(c.first_index, len(c)) for c in live.chunks]
    assert session.arrivals_s.tolist() == [c.arrival_s for c in live.chunks]
    for told in live.chunks:
        assert np.array_equal(
            session.samples_uv[told.first_index : told.end_index], told.samples_uv
        )
    assert session.n_lost == np.isnan(session.samples_uv[:, 0]).sum() > 0
    assert session.facts["seeds"] == {"test": 1}
    assert session.facts["versions"].keys() >= {"python", "bci-app", "numpy"}


def test_an_event_has_the_end_of_the_stream_at_which_it_happened(tmp_path):
    with Recorder(tmp_path / "a.xdf", INFO, PathSettings()) as recorder:
        recorder(Note("before"))
        recorder(chunk(0))
        recorder(Note("after"))
    entries = read_session(tmp_path / "a.xdf").entries
    assert [(e.sample, e.fields["text"]) for e in entries] == [(0, "before"), (50, "after")]
    assert entries[0].time_s <= entries[1].time_s


def test_what_was_told_before_a_flush_can_be_read_while_the_session_goes_on(tmp_path):
    with Recorder(tmp_path / "a.xdf", INFO, PathSettings()) as recorder:
        for k in range(3):
            recorder(chunk(k))
            recorder.flush()
            session = read_session(tmp_path / "a.xdf")
            assert len(session.samples_uv) == 50 * (k + 1)
            assert not session.closed


def test_a_recording_is_never_overwritten(tmp_path):
    (tmp_path / "a.xdf").write_bytes(b"precious")
    with (
        pytest.raises(RecordingError, match=r"a\.xdf cannot be made"),
        Recorder(tmp_path / "a.xdf", INFO, PathSettings()),
    ):
        pass
    assert (tmp_path / "a.xdf").read_bytes() == b"precious"


def test_too_little_room_is_said_before_the_session_begins(tmp_path, monkeypatch):
    monkeypatch.setattr(module.shutil, "disk_usage", free(2 * RESERVE_BYTES - 1))
    with (
        pytest.raises(RecordingError, match="127 MiB of room: expected at least 128"),
        Recorder(tmp_path / "a.xdf", INFO, PathSettings()),
    ):
        pass
    assert not (tmp_path / "a.xdf").exists()


def wait_until(condition):
    ticking = threading.Event()
    for _ in range(1000):
        if condition():
            return
        ticking.wait(0.01)
    raise AssertionError("waited in vain")


def test_a_disk_that_fills_up_ends_the_session_once_and_the_record_is_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_LOOK_AT_DISK_EVERY_S", 0.0)
    with Recorder(tmp_path / "a.xdf", INFO, PathSettings()) as recorder:
        recorder(chunk(0))
        monkeypatch.setattr(module.shutil, "disk_usage", free(RESERVE_BYTES - 1))
        wait_until(lambda: recorder._problem is not None)
        with pytest.raises(RecordingError, match="the disk is full but for 63 MiB"):
            recorder(chunk(1))
        recorder(Note("the legs have come to rest"))
    session = read_session(tmp_path / "a.xdf")
    assert session.closed
    assert len(session.samples_uv) == 100
    assert len(session.entries) == 1


def test_a_record_that_is_removed_ends_the_session(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_LOOK_AT_DISK_EVERY_S", 0.0)
    with Recorder(tmp_path / "a" / "a.xdf", INFO, PathSettings()) as recorder:
        recorder(chunk(0))
        shutil.rmtree(tmp_path / "a")
        wait_until(lambda: recorder._problem is not None)
        with pytest.raises(RecordingError, match="was removed while"):
            recorder(chunk(1))


def test_a_write_that_fails_ends_the_session_and_leaves_whole_blocks(tmp_path):
    path = tmp_path / "a.xdf"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Recorder(path, INFO, PathSettings()) as recorder:
        recorder(chunk(0))
        wait_until(lambda: recorder.n_bytes > 6000)
        n_whole = recorder.n_bytes
        # The next block fits in part only, as on a disk that is full.
        resource.setrlimit(resource.RLIMIT_FSIZE, (n_whole + 1000, before[1]))
        try:
            recorder(chunk(1))
            wait_until(lambda: recorder._problem is not None)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        with pytest.raises(RecordingError, match="cannot be recorded further"):
            recorder(chunk(2))
    assert path.stat().st_size == n_whole
    session = read_session(path)
    assert not session.closed
    assert session.n_damaged_bytes == 0
    assert np.array_equal(session.samples_uv, chunk(0).samples_uv)


def test_a_slow_disk_stalls_nobody_and_loses_nothing(tmp_path, monkeypatch):
    arrived, go_on = threading.Event(), threading.Event()
    write = os.write

    def slow_write(file, data):
        if threading.current_thread().name == "recorder":
            arrived.set()
            assert go_on.wait(30)
        return write(file, data)

    monkeypatch.setattr(module.os, "write", slow_write)
    with Recorder(tmp_path / "a.xdf", INFO, PathSettings()) as recorder:
        recorder(chunk(0))
        assert arrived.wait(10)
        for k in range(1, 200):
            recorder(chunk(k))
        assert not go_on.is_set(), "nothing waited for the disk"
        go_on.set()
    assert len(read_session(tmp_path / "a.xdf").samples_uv) == 200 * 50


def test_a_disk_that_never_keeps_up_ends_the_session_and_keeps_what_waits(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_CAPACITY", 5)
    monkeypatch.setattr(module, "_WRITE_EVERY_S", 30.0)
    with Recorder(tmp_path / "a.xdf", INFO, PathSettings()) as recorder:
        for k in range(5):
            recorder(chunk(k))
        with pytest.raises(RecordingError, match="so slow that 5 events wait"):
            recorder(chunk(5))
    assert len(read_session(tmp_path / "a.xdf").samples_uv) == 5 * 50


def test_an_event_that_cannot_be_recorded_is_a_bug_that_shows(tmp_path):
    recorder = Recorder(tmp_path / "a.xdf", INFO, PathSettings())
    with pytest.raises(KeyError), recorder:
        recorder("not an event")


def test_the_last_tenths_before_a_kill_are_all_that_is_missing(eventful, tmp_path):
    eventful(seed=1, n_acts=4)
    whole = (tmp_path / "session1.xdf").read_bytes()
    full = read_session(tmp_path / "session1.xdf")
    rng = np.random.default_rng(0)
    begin = whole.index(b"bci-app events") + 2000
    for length in rng.integers(begin, len(whole), size=40):
        cut = tmp_path / "cut.xdf"
        cut.write_bytes(whole[:length])
        session = read_session(cut)
        n_times = len(session.samples_uv)
        assert not session.closed
        assert np.array_equal(session.samples_uv, full.samples_uv[:n_times], equal_nan=True)
        assert session.entries == full.entries[: len(session.entries)]


@pytest.mark.parametrize("damage", ["header", "not ours", "empty", "absent"])
def test_what_is_no_session_is_said(eventful, tmp_path, damage):
    path = tmp_path / "bad.xdf"
    eventful(seed=2, n_acts=0)
    whole = (tmp_path / "session2.xdf").read_bytes()
    if damage == "header":
        path.write_bytes(whole.replace(b"<label>", b"<babel>", 1))
    elif damage == "not ours":
        path.write_bytes(b"XDF:" + bytes(100))
    elif damage == "empty":
        path.write_bytes(b"")
    with pytest.raises(RecordingError, match=r"bad\.xdf .*[Ee]xpected"):
        read_session(path)

import importlib
import os
import time

import numpy as np
import pytest

from devices.errors import DeviceError
from devices.headset.acquisition import Acquisition, StreamResumed, StreamSilent
from devices.headset.lsl_library import load_lsl
from devices.headset.lsl_outlets import MarkerStream, SampleStream
from devices.headset.lsl_source import LslHeadset, LslQuery, find_streams
from devices.headset.source import HeadsetInfo


@pytest.fixture
def sender(lsl_sender):
    return lsl_sender


@pytest.fixture
def name():
    pytest.importorskip("pylsl", reason="the extra lsl is not installed")
    return f"bci-app test {os.getpid()}"


@pytest.fixture(autouse=True)
def _short_looks(monkeypatch):
    # On one computer all answers come within milliseconds.
    monkeypatch.setattr("devices.headset.lsl_source._SEARCH_S", 0.5)
    monkeypatch.setattr("devices.headset.lsl_source._NAMESAKE_S", 0.2)


def read(headset, n_samples):
    chunks, end_s = [], time.monotonic() + 20.0
    while sum(map(len, chunks)) < n_samples:
        assert time.monotonic() < end_s
        if (chunk := headset.read()) is not None:
            chunks.append(chunk)
    return chunks


def next_of(acquisition, kind):
    item = acquisition.get(20.0)
    while not isinstance(item, kind):
        assert item is not None
        item = acquisition.get(20.0)
    return item


def test_samples_come_in_microvolts_with_the_sender_s_times_and_only_eeg(sender, name):
    with sender(name, reference="A1"):
        (found,) = (stream for stream in find_streams(0.5) if stream.name == name)
        assert (found.kind, found.n_channels, found.sampling_rate_hz) == ("EEG", 3, 250.0)
        with LslHeadset(LslQuery(name)) as headset:
            assert headset.info.channel_names == ("Oz", "O1")
            assert headset.info.sampling_rate_hz == 250.0
            assert headset.info.reference == "A1"
            chunks = read(headset, 100)
            late_s = time.monotonic() - chunks[-1].arrival_s
        samples_uv = np.concatenate([chunk.samples_uv for chunk in chunks])
    assert chunks[0].first_index == 0
    np.testing.assert_array_equal(np.diff(samples_uv[:, 0]), 1.0)
    np.testing.assert_allclose(samples_uv[:, 1], 1e6 * samples_uv[:, 0])
    assert 0.0 <= late_s < 20.0


def test_channels_are_chosen_and_named_and_units_said(sender, name):
    with (
        sender(name, units=("", "", "")),
        LslHeadset(LslQuery(name), [None, "POz"], "millivolts", "Cz") as headset,
    ):
        assert headset.info.channel_names == ("POz",)
        assert headset.info.reference == "Cz"
        (chunk, *_) = read(headset, 1)
    assert chunk.samples_uv.shape[1] == 1
    np.testing.assert_allclose(chunk.samples_uv % 1000.0, 0.0)  # 1, 2, … mV


def test_what_is_no_number_is_a_gap(sender, name):
    n_sent = 0

    def draw(n_times):
        nonlocal n_sent
        samples = np.tile(np.arange(n_sent, n_sent + n_times)[:, np.newaxis] / 1e6, 3)
        samples[(np.arange(n_sent, n_sent + n_times) % 10 < 3), 1] = np.nan
        n_sent += n_times
        return samples

    with sender(name, draw=draw), LslHeadset(LslQuery(name)) as headset:
        chunks = read(headset, 50)
    assert all(np.isfinite(chunk.samples_uv).all() for chunk in chunks)
    numbers = np.concatenate([chunk.samples_uv[:, 1] for chunk in chunks])
    indices = np.concatenate([np.arange(c.first_index, c.end_index) for c in chunks])
    np.testing.assert_allclose(np.diff(numbers), np.diff(indices), atol=1e-3)
    assert np.diff(indices).max() == 4


def test_a_sender_with_another_clock_is_timed_by_arrival(sender, name):
    with sender(name, ahead_s=-1e6), LslHeadset(LslQuery(name)) as headset:
        chunk = read(headset, 20)[-1]
        assert time.monotonic() - chunk.arrival_s < 20.0


def test_a_stream_that_ends_is_told_and_found_again_after_a_gap(sender, name):
    with sender(name) as outlets, Acquisition(LslHeadset()) as acquisition:
        end_index = acquisition.get(10.0).end_index
        outlets.clear()
        next_of(acquisition, StreamSilent)
        with sender(f"{name} another", source_id="another"), sender(name):
            resumed = next_of(acquisition, StreamResumed)
            chunk = acquisition.get(10.0)
    # No name was given: another stream of the same type does not take its place.
    assert resumed.n_lost > 0
    assert chunk.first_index >= end_index + resumed.n_lost


def test_of_two_streams_that_would_do_neither_is_taken(sender, name):
    with sender(name, source_id="one"), sender(name, source_id="two"):
        with pytest.raises(DeviceError, match=f"several LSL streams would do.*{name}"):
            LslHeadset(LslQuery(name)).start()
        with LslHeadset(LslQuery(name, source_id="two")) as headset:
            assert headset.info.name == name


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"units": ("degrees", "volts", "")}, "in 'degrees', no voltage"),
        ({"units": ("", "volts", "")}, "does not say what its channel Oz is in; say so yourself"),
        ({"labels": ("Oz", "Oz", "TRG")}, "names must differ"),
        ({"rate": 0.0}, "no regular sampling rate"),
    ],
)
def test_a_stream_that_cannot_be_used_is_refused(sender, name, options, message):
    with sender(f"{name} {len(message)}", **options), pytest.raises(DeviceError, match=message):
        LslHeadset(LslQuery(f"{name} {len(message)}")).start()


def test_an_absent_stream_is_named_with_those_that_are_there(sender, name):
    with (
        sender(name),
        pytest.raises(DeviceError, match=rf"no LSL stream \('absent', .*there is: .*{name}"),
    ):
        LslHeadset(LslQuery("absent")).start()


def test_what_lsl_cannot_look_for_is_said():
    with pytest.raises(DeviceError, match="holds an apostrophe"):
        LslQuery("Ann's EEG")
    with pytest.raises(DeviceError, match="'furlongs' is no unit of voltage"):
        LslHeadset(unit="furlongs")


def test_markers_arrive_with_their_times(name):
    lsl = load_lsl()
    markers = MarkerStream(f"{name} markers", "test")
    try:
        (found,) = lsl.resolve_byprop("name", f"{name} markers", timeout=10.0)
        inlet = lsl.StreamInlet(found)  # of this computer: no clock to correct
        inlet.open_stream(10.0)
        at_s = time.monotonic() - 5.0  # long before it is told
        markers.push("walk", at_s)
        (text,), stamp_s = inlet.pull_sample(10.0)
        inlet.close_stream()
    finally:
        markers.close()
    assert text == "walk"
    assert stamp_s - lsl.local_clock() + time.monotonic() == pytest.approx(at_s, abs=2.0)


def test_what_is_offered_can_be_worn_again(name):
    info = HeadsetInfo("Cyton", 250.0, ("Oz", "O1"), "A2")
    offered = SampleStream(name, "test", info)
    try:
        with LslHeadset(LslQuery(name)) as headset:
            assert headset.info == HeadsetInfo(name, 250.0, ("Oz", "O1"), "A2")
            times_s = [time.monotonic() - 1.0 + k / 250.0 for k in range(20)]
            samples_uv = np.arange(40.0).reshape(20, 2) / 3.0
            offered.push(samples_uv, times_s)
            chunks = read(headset, 20)
    finally:
        offered.close()
    np.testing.assert_array_equal(np.concatenate([c.samples_uv for c in chunks]), samples_uv)
    assert chunks[-1].arrival_s == pytest.approx(times_s[-1], abs=0.2)


def test_without_pylsl_it_says_how_to_get_it(monkeypatch):
    def absent(name):
        raise ImportError(f"no module {name}")

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(DeviceError, match=r"pip install 'bci-app\[lsl\]'"):
        load_lsl.__wrapped__()

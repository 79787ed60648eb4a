import importlib
import os
import time

import numpy as np
import pytest

from devices.errors import DeviceError
from devices.headset.acquisition import Acquisition, StreamSilent
from devices.headset.lsl_library import load_lsl
from devices.headset.lsl_markers import MarkerStream
from devices.headset.lsl_source import LslHeadset, find_streams


@pytest.fixture
def sender(lsl_sender):
    return lsl_sender


@pytest.fixture
def name():
    pytest.importorskip("pylsl", reason="the extra lsl is not installed")
    return f"bci-app test {os.getpid()}"


def read(headset, n_samples):
    chunks, end_s = [], time.monotonic() + 20.0
    while sum(map(len, chunks)) < n_samples:
        assert time.monotonic() < end_s
        if (chunk := headset.read()) is not None:
            chunks.append(chunk)
    return chunks


def test_samples_come_in_microvolts_with_the_sender_s_times_and_only_eeg(sender, name):
    with sender(name):
        assert name in find_streams()
        with LslHeadset(name) as headset:
            assert headset.info.channel_names == ("Oz", "O1")
            assert headset.info.sampling_rate_hz == 250.0
            chunks = read(headset, 300)
            late_s = time.monotonic() - chunks[-1].arrival_s
        samples_uv = np.concatenate([chunk.samples_uv for chunk in chunks])
    assert chunks[0].first_index == 0
    np.testing.assert_array_equal(np.diff(samples_uv[:, 0]), 1.0)
    np.testing.assert_allclose(samples_uv[:, 1], 1e6 * samples_uv[:, 0])
    assert 0.0 <= late_s < 0.5


def test_a_stream_that_ends_is_told_and_found_again(sender, name):
    with sender(name) as outlets, Acquisition(LslHeadset(name)) as acquisition:
        assert acquisition.get(10.0).first_index == 0
        outlets.clear()
        item = acquisition.get(10.0)
        while not isinstance(item, StreamSilent):
            item = acquisition.get(10.0)
        with sender(name):
            item = acquisition.get(20.0)
            while not hasattr(item, "n_lost"):
                item = acquisition.get(20.0)
            assert item.n_lost > 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"units": ("degrees", "volts", "")}, "in 'degrees', no voltage"),
        ({"labels": ("Oz", "Oz", "TRG")}, "different labels"),
        ({"rate": 0.0}, "no regular sampling rate"),
    ],
)
def test_a_stream_that_cannot_be_used_is_refused(sender, name, options, message):
    with sender(f"{name} {message}", **options), pytest.raises(DeviceError, match=message):
        LslHeadset(f"{name} {message}").start()


def test_an_absent_stream_is_named_with_those_that_are_there(sender, name):
    with (
        sender(name),
        pytest.raises(DeviceError, match=f"no LSL stream 'absent'.*there is: .*{name}"),
    ):
        LslHeadset("absent").start()


def test_markers_arrive_with_their_times(name):
    lsl = load_lsl()
    markers = MarkerStream(f"{name} markers", "test")
    try:
        (found,) = lsl.resolve_byprop("name", f"{name} markers", timeout=10.0)
        inlet = lsl.StreamInlet(found, processing_flags=lsl.proc_clocksync)
        inlet.open_stream(10.0)
        at_s = time.monotonic() - 0.25
        markers.push("walk", at_s)
        (text,), stamp_s = inlet.pull_sample(10.0)
        inlet.close_stream()
    finally:
        markers.close()
    assert text == "walk"
    assert stamp_s - lsl.local_clock() + time.monotonic() == pytest.approx(at_s, abs=0.02)


def test_without_pylsl_it_says_how_to_get_it(monkeypatch):
    def absent(name):
        raise ImportError(f"no module {name}")

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(DeviceError, match=r"pip install 'bci-app\[lsl\]'"):
        load_lsl.__wrapped__()

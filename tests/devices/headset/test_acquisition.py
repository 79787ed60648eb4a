import threading
from collections import deque
from types import SimpleNamespace

import numpy as np
import pytest

import devices.headset.acquisition as acquisition_module
from devices.chunk import Chunk
from devices.errors import DeviceError
from devices.headset.acquisition import Acquisition, DeviceFailed, StreamResumed, StreamSilent
from devices.headset.source import Headset, HeadsetInfo


def chunk(first_index, n_times=2):
    return Chunk(np.zeros((n_times, 3)), first_index)


class Scripted(Headset):
    """Delivers what it is fed, from any thread; an exception is raised."""

    def __init__(self, *items):
        super().__init__()
        self.items = deque(items)
        self.threads = []
        self.stopped = threading.Event()
        self.exhausted = threading.Event()
        self.name_later = "scripted"
        self.refusals = []
        self.n_starts = 0

    def _start(self):
        self.threads.append(threading.current_thread().name)
        self.n_starts += 1
        if self.n_starts > 1 and self.refusals:
            self.n_starts -= 1
            raise self.refusals.pop(0)
        name = self.name_later if self.n_starts > 1 else "scripted"
        return HeadsetInfo(name, 250.0, ("Oz", "O1", "O2"))

    def _read(self):
        if not self.items:
            self.exhausted.set()
        item = self.items.popleft() if self.items else None
        if isinstance(item, Exception):
            raise item
        return item

    def _stop(self):
        self.threads.append(threading.current_thread().name)
        self.stopped.set()


class Refusing(Scripted):
    def __init__(self, error):
        super().__init__()
        self.error = error

    def _start(self):
        raise self.error


def test_chunks_come_in_order_and_one_thread_owns_the_headset():
    headset = Scripted(chunk(0), chunk(2), chunk(4))
    with Acquisition(headset) as acquisition:
        assert acquisition.info.channel_names == ("Oz", "O1", "O2")
        assert [acquisition.get(5.0).first_index for _ in range(3)] == [0, 2, 4]
        assert acquisition.get() is None
    assert headset.threads == ["headset", "headset"]
    assert "headset" not in [thread.name for thread in threading.enumerate()]


def test_silence_is_told_within_half_a_second_and_its_end_with_what_was_lost():
    headset = Scripted(chunk(0))
    with Acquisition(headset) as acquisition:
        first = acquisition.get(5.0)
        silent = acquisition.get(5.0)
        assert isinstance(silent, StreamSilent)
        headset.items.append(chunk(130))
        resumed = acquisition.get(5.0)
        assert isinstance(resumed, StreamResumed)
        assert resumed.n_lost == 130 - first.end_index
        assert resumed.at_s - silent.since_s > 0.3
        assert acquisition.get(5.0).first_index == 130


def test_a_pause_of_this_program_is_no_silence_of_the_headset(monkeypatch):
    class Paused(Scripted):
        """Has nothing yet, and by the time that is known a second has gone by; then it has."""

        def _read(self):
            item = super()._read()
            clock.now_s += 1.0 if item == "nothing yet" else 0.0
            return None if item == "nothing yet" else item

    clock = SimpleNamespace(now_s=100.0)
    monkeypatch.setattr(acquisition_module, "time", SimpleNamespace(monotonic=lambda: clock.now_s))
    with Acquisition(Paused(chunk(0), "nothing yet", chunk(2))) as acquisition:
        items = [acquisition.get(5.0), acquisition.get(5.0)]
    assert [item.first_index for item in items] == [0, 2]


def test_a_device_that_fails_is_started_again_and_its_samples_go_on_after_a_gap():
    headset = Scripted(chunk(0, 5), DeviceError("unplugged"))
    headset.refusals = [DeviceError("no port"), DeviceError("no port"), DeviceError("switched off")]
    with Acquisition(headset) as acquisition:
        assert acquisition.get(5.0).end_index == 5
        assert acquisition.get(5.0).reason == "unplugged"
        assert [str(acquisition.get(5.0).error) for _ in range(2)] == ["no port", "switched off"]
        headset.items.append(chunk(0, 2))
        resumed, after = acquisition.get(5.0), acquisition.get(5.0)
        assert isinstance(resumed, StreamResumed)
        assert after.first_index == 5 + resumed.n_lost
        assert resumed.n_lost > 0.5 * 250.0  # three attempts, a quarter of a second apart
    assert headset.n_starts == 2


def test_a_device_that_does_not_come_back_is_given_up():
    headset = Scripted(chunk(0), DeviceError("unplugged"))
    headset.refusals = [DeviceError("no port")] * 10
    with Acquisition(headset, patience_s=0.0) as acquisition:
        faults = [acquisition.get(5.0) for _ in range(3)][1:]
    assert [type(fault) for fault in faults] == [StreamSilent, DeviceFailed]
    assert str(faults[1].error) == "no port"


def test_a_device_that_comes_back_as_another_is_refused():
    headset = Scripted(chunk(0), DeviceError("unplugged"))
    headset.name_later = "something else"
    with Acquisition(headset) as acquisition:
        assert acquisition.info.name == "scripted"
        faults = [acquisition.get(5.0) for _ in range(3)][1:]
    assert "something else" in str(faults[1].error)


def test_a_headset_that_cannot_start_raises_in_the_caller():
    with pytest.raises(DeviceError, match="no such port"):
        Acquisition(Refusing(DeviceError("no such port"))).start()
    with pytest.raises(ZeroDivisionError):
        Acquisition(Refusing(ZeroDivisionError())).start()


def test_a_mistake_in_the_thread_is_raised_in_the_listener():
    headset = Scripted(chunk(0), ZeroDivisionError("a bug"))
    with Acquisition(headset) as acquisition:
        assert acquisition.get(5.0).first_index == 0
        with pytest.raises(ZeroDivisionError, match="a bug"):
            acquisition.get(5.0)
        with pytest.raises(ZeroDivisionError, match="a bug"):
            acquisition.get()
    assert headset.stopped.is_set()


def test_a_late_listener_loses_the_oldest_chunks_but_no_fault():
    chunks = [chunk(2 * k) for k in range(10)]
    headset = Scripted(*chunks, DeviceError("unplugged"))
    acquisition = Acquisition(headset, capacity=4)
    acquisition.start()
    assert headset.exhausted.wait(5.0)
    acquisition.stop()
    left = [acquisition.get() for _ in range(5)]
    assert [item.first_index for item in left[:3]] == [14, 16, 18]
    assert isinstance(left[3], StreamSilent)
    assert left[4] is None
    assert acquisition.dropped_samples == 14


def test_it_may_be_stopped_twice_and_without_a_start():
    acquisition = Acquisition(Scripted())
    acquisition.stop()
    with pytest.raises(RuntimeError):
        _ = acquisition.info
    acquisition = Acquisition(Scripted())
    acquisition.start()
    acquisition.stop()
    acquisition.stop()

import threading
from collections import deque

import numpy as np
import pytest

from devices.chunk import Chunk
from devices.errors import DeviceError
from devices.headset.acquisition import Acquisition, DeviceFailed, StreamResumed, StreamSilent
from devices.headset.source import Headset, HeadsetInfo


def chunk(first_index, n_times=2):
    return Chunk(np.zeros((n_times, 3)), first_index, 0.0)


class Scripted(Headset):
    """Delivers what it is fed, from any thread; an exception is raised."""

    def __init__(self, *items):
        super().__init__()
        self.items = deque(items)
        self.threads = []
        self.stopped = threading.Event()

    def _start(self):
        self.threads.append(threading.current_thread().name)
        return HeadsetInfo("scripted", 250.0, ("Oz", "O1", "O2"))

    def _read(self):
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
        assert 0.3 < resumed.at_s - silent.since_s < 1.0
        assert acquisition.get(5.0).first_index == 130


def test_a_device_that_fails_says_so_once_what_it_delivered_is_read():
    headset = Scripted(chunk(0), DeviceError("gone"))
    with Acquisition(headset) as acquisition:
        assert acquisition.get(5.0).first_index == 0
        failure = acquisition.get(5.0)
    assert isinstance(failure, DeviceFailed)
    assert str(failure.error) == "gone"
    assert headset.stopped.is_set()


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
    headset = Scripted(*chunks, DeviceError("gone"))
    acquisition = Acquisition(headset, capacity=4)
    acquisition.start()
    assert headset.stopped.wait(5.0)
    acquisition.stop()
    left = [acquisition.get() for _ in range(5)]
    assert [item.first_index for item in left[:3]] == [14, 16, 18]
    assert isinstance(left[3], DeviceFailed)
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

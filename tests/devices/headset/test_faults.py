"""Faults of the virtual Cyton, seen through BrainFlow's real driver by the acquisition."""

import time
from pathlib import Path

import numpy as np
import pytest

from devices.chunk import Chunk
from devices.headset.acquisition import Acquisition, StreamResumed, StreamSilent
from devices.headset.brainflow_source import BrainFlowHeadset


class Numbered:
    """A subject whose electrodes tell the number of the sample: E2 the thousands, E1 the rest."""

    sampling_rate_hz = 250.0

    def __init__(self, sine):
        self.channel_names = sine.channel_names
        self.electrodes = sine.electrodes
        self.index = 0

    def draw(self, n_times):
        numbers = self.index + np.arange(n_times)
        self.index += n_times
        samples_uv = np.zeros((n_times, 8))
        samples_uv[:, 0] = 100.0 * (numbers % 1000)
        samples_uv[:, 1] = 100.0 * (numbers // 1000)
        return samples_uv

    def look_at(self, frequency_hz):
        pass

    cue = step = look_at


def numbers_in(chunk):
    return np.round(chunk.samples_uv[:, :2] / 100.0) @ [1, 1000]


def collect(acquisition, n_samples, timeout_s=30.0):
    """Return the chunks of so many samples (lost ones count), and the faults among them."""
    chunks, faults, end_s = [], [], time.monotonic() + timeout_s
    while not chunks or chunks[-1].end_index - chunks[0].first_index < n_samples:
        assert time.monotonic() < end_s
        item = acquisition.get(1.0)
        if isinstance(item, Chunk):
            chunks.append(item)
        elif item is not None:
            faults.append(item)
    return chunks, faults


def n_missing(chunks):
    return chunks[-1].end_index - chunks[0].first_index - sum(map(len, chunks))


def assert_true_indices(chunks):
    begun = numbers_in(chunks[0])[0] - chunks[0].first_index  # 0 unless the board began anew
    for chunk in chunks:
        expected = begun + np.arange(chunk.first_index, chunk.end_index)
        np.testing.assert_array_equal(numbers_in(chunk), expected)


@pytest.fixture(scope="module")
def live(served, sine_for_module):
    with (
        served(Numbered(sine_for_module)) as board,
        Acquisition(BrainFlowHeadset("cyton", board.port)) as acquisition,
    ):
        yield board, acquisition


@pytest.mark.parametrize(
    ("commands", "n_samples", "n_lost"),
    [
        ([], 50, 0),
        (["lose 1"], 50, 1),
        (["lose 40"], 100, 40),
        (["lose 256"], 330, 256),
        (["lose 400"], 480, 400),
        (["repeat 3"], 50, 0),
        (["batch 8", "lose 5"], 60, 5),
        (["batch 1", "stall 0.3"], 150, 0),
        (["stall 1.5"], 450, 0),
    ],
)
def test_every_sample_that_arrives_has_its_true_index(live, commands, n_samples, n_lost):
    board, acquisition = live
    for command in commands:
        board.command(command)
    chunks, faults = collect(acquisition, n_samples)
    assert_true_indices(chunks)
    assert n_missing(chunks) == n_lost
    if n_lost > 100 or "stall 1.5" in commands:
        assert any(isinstance(fault, StreamSilent) for fault in faults)
        assert any(isinstance(fault, StreamResumed) for fault in faults)


def test_damaged_packets_disturb_none_but_their_neighbours(live):
    board, acquisition = live
    for _ in range(6):
        board.command("corrupt 1")
        board.command("truncate 1")
        collect(acquisition, 30)
    collect(acquisition, 60)
    assert_true_indices(collect(acquisition, 60)[0])


def n_threads():
    """Threads of the process, BrainFlow's too."""
    return len(list(Path("/proc/self/task").iterdir()))


def comes_down_to(n_wanted, timeout_s=5.0):
    end_s = time.monotonic() + timeout_s
    while n_threads() > n_wanted and time.monotonic() < end_s:
        time.sleep(0.01)
    return n_threads() == n_wanted


def test_an_unplugged_receiver_is_told_at_once_and_read_again_once_it_is_back(
    served, sine, tmp_path
):
    with served(Numbered(sine), link=tmp_path / "cyton") as board:
        before = n_threads()
        with Acquisition(BrainFlowHeadset("cyton", str(tmp_path / "cyton"))) as acquisition:
            while_streaming = n_threads()
            last = collect(acquisition, 125)[0][-1]
            board.command("unplug")
            silent = acquisition.get(5.0)
            while isinstance(silent, Chunk):
                last, silent = silent, acquisition.get(5.0)
            clock = acquisition.clock
            assert isinstance(silent, StreamSilent)
            assert "unplugged" in silent.reason
            board.command("plug")
            resumed = acquisition.get(10.0)
            while not isinstance(resumed, StreamResumed):
                resumed = acquisition.get(10.0)
            assert board.n_plugged == 2
            first = acquisition.get(5.0)
            assert first.first_index - last.end_index == resumed.n_lost
            assert first.end_index - 1 == pytest.approx(clock.index_at(first.arrival_s), abs=1.0)
            assert n_missing(collect(acquisition, 100)[0]) == 0
            assert comes_down_to(while_streaming)  # BrainFlow's old thread is gone
        assert comes_down_to(before)

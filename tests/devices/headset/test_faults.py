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


def numbers_in(chunk):
    return np.round(chunk.samples_uv[:, :2] / 100.0) @ [1, 1000]


def collect(acquisition, seconds):
    """Return the chunks and the faults of so many seconds."""
    chunks, faults, end_s = [], [], time.monotonic() + seconds
    while (left_s := end_s - time.monotonic()) > 0.0:
        item = acquisition.get(left_s)
        if isinstance(item, Chunk):
            chunks.append(item)
        elif item is not None:
            faults.append(item)
    return chunks, faults


def n_missing(chunks):
    return chunks[-1].end_index - chunks[0].first_index - sum(map(len, chunks))


@pytest.fixture(scope="module")
def live(served, sine_for_module):
    with (
        served(Numbered(sine_for_module)) as board,
        Acquisition(BrainFlowHeadset("cyton", board.port)) as acquisition,
    ):
        yield board, acquisition


@pytest.mark.parametrize(
    ("commands", "seconds", "n_lost"),
    [
        ([], 0.3, 0),
        (["lose 1"], 0.2, 1),
        (["lose 40"], 0.5, 40),
        (["lose 256"], 1.4, 256),
        (["lose 450"], 2.2, 450),
        (["repeat 3"], 0.2, 0),
        (["batch 8", "lose 5"], 0.4, 5),
        (["batch 1", "stall 0.3"], 0.6, 0),
        (["stall 1.5"], 1.9, 0),
    ],
)
def test_every_sample_that_arrives_has_its_true_index(live, commands, seconds, n_lost):
    board, acquisition = live
    for command in commands:
        board.command(command)
    chunks, faults = collect(acquisition, seconds)
    for chunk in chunks:
        expected = np.arange(chunk.first_index, chunk.end_index)
        np.testing.assert_array_equal(numbers_in(chunk), expected)
    assert n_missing(chunks) == n_lost
    silences = [fault for fault in faults if isinstance(fault, StreamSilent)]
    assert len(silences) == (n_lost > 100 or "stall 1.5" in commands)


def test_damaged_packets_disturb_none_but_their_neighbours(live):
    board, acquisition = live
    for _ in range(10):
        board.command("corrupt 1")
        board.command("truncate 1")
        chunks, _ = collect(acquisition, 0.15)
    chunks, _ = collect(acquisition, 0.5)
    settled = chunks[len(chunks) // 2 :]
    for chunk in settled:
        expected = np.arange(chunk.first_index, chunk.end_index)
        np.testing.assert_array_equal(numbers_in(chunk), expected)


def n_threads():
    return len(list(Path("/proc/self/task").iterdir()))


def test_an_unplugged_receiver_is_told_at_once_and_read_again_once_it_is_back(
    served, sine, tmp_path
):
    with served(Numbered(sine), link=tmp_path / "cyton") as board:
        before = n_threads()
        with Acquisition(BrainFlowHeadset("cyton", str(tmp_path / "cyton"))) as acquisition:
            while_streaming = n_threads()
            last = collect(acquisition, 0.5)[0][-1]
            unplugged_s = time.monotonic()
            board.command("unplug")
            silent = acquisition.get(2.0)
            while isinstance(silent, Chunk):
                last, silent = silent, acquisition.get(2.0)
            assert isinstance(silent, StreamSilent)
            assert time.monotonic() - unplugged_s < 0.5
            assert "unplugged" in silent.reason
            board.command("plug")
            resumed = acquisition.get(5.0)
            while not isinstance(resumed, StreamResumed):
                resumed = acquisition.get(5.0)
            assert board.n_plugged == 2
            first = acquisition.get(1.0)
            assert first.first_index - last.end_index == resumed.n_lost
            absence_s = first.arrival_s - last.arrival_s
            assert resumed.n_lost == pytest.approx(absence_s * 250 - len(first), abs=1.5)
            assert n_missing(collect(acquisition, 0.3)[0]) == 0
            assert n_threads() == while_streaming  # BrainFlow's old thread is gone
        assert n_threads() == before

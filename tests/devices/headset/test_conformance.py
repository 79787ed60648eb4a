"""What is asked of every source of samples, whatever driver stands behind it."""

import contextlib
import os
import time

import numpy as np
import pytest
from brainflow.board_shim import BoardIds, BoardShim, BrainFlowInputParams

from devices.headset.acquisition import Acquisition
from devices.headset.brainflow_source import BrainFlowHeadset
from devices.headset.direct import DirectHeadset
from devices.headset.lsl_source import LslHeadset, LslQuery
from devices.virtual_brain import VirtualSubject

SIXTEEN = (
    *("Oz", "O1", "O2", "PO3", "POz", "PO4", "PO7", "PO8"),
    *("Pz", "P1", "P2", "P3", "P4", "P5", "P6", "Cz"),
)


def playback_of(folder, n_samples, **options):
    """Replay a file as BrainFlow writes it, of its synthetic board."""
    rows = np.zeros((n_samples, BoardShim.get_num_rows(BoardIds.SYNTHETIC_BOARD)))
    numbers, times = (
        BoardShim.get_package_num_channel(BoardIds.SYNTHETIC_BOARD),
        BoardShim.get_timestamp_channel(BoardIds.SYNTHETIC_BOARD),
    )
    rows[:, numbers] = np.arange(n_samples) % 256
    rows[:, times] = 1e9 + np.arange(n_samples) / 250
    np.savetxt(folder / "recorded.csv", rows, fmt="%.6f", delimiter="\t")
    parameters = {"file": str(folder / "recorded.csv"), "master_board": "synthetic"}
    return BrainFlowHeadset("playback_file", parameters=parameters, **options)


@contextlib.contextmanager
def synthetic(request, folder):
    yield BrainFlowHeadset("synthetic"), 250.0


@contextlib.contextmanager
def playback(request, folder):
    yield playback_of(folder, 1500), 250.0


@contextlib.contextmanager
def streaming(request, folder):
    """What another program's BrainFlow broadcasts: here our own, in the same process."""
    BoardShim.disable_board_logger()
    address = {"ip_address": "239.0.0.5", "ip_port": 26677}
    sender = BoardShim(BoardIds.SYNTHETIC_BOARD, BrainFlowInputParams())
    sender.prepare_session()
    try:
        sender.start_stream(
            45_000, f"streaming_board://{'{ip_address}:{ip_port}'.format(**address)}"
        )
        parameters = {**address, "master_board": "synthetic"}
        yield BrainFlowHeadset("streaming", parameters=parameters), 250.0
    finally:
        sender.release_session()


@contextlib.contextmanager
def cyton(request, folder):
    with request.getfixturevalue("served")(VirtualSubject(1)) as board:
        yield BrainFlowHeadset("cyton", board.port, VirtualSubject(1).channel_names), 250.0


@contextlib.contextmanager
def cyton_daisy(request, folder):
    with request.getfixturevalue("served")(VirtualSubject(1, SIXTEEN)) as board:
        yield BrainFlowHeadset("cyton_daisy", board.port, SIXTEEN), 125.0


@contextlib.contextmanager
def direct(request, folder):
    yield DirectHeadset(VirtualSubject(1)), 250.0


@contextlib.contextmanager
def lsl(request, folder):
    name = f"bci-app conformance {os.getpid()}"
    with request.getfixturevalue("lsl_sender")(name):
        yield LslHeadset(LslQuery(name)), 250.0


@pytest.fixture(
    params=[synthetic, playback, streaming, cyton, cyton_daisy, direct, lsl],
    ids=lambda source: source.__name__,
)
def source(request, tmp_path):
    with request.param(request, tmp_path) as headset_and_rate:
        yield headset_and_rate


def read(headset, seconds_of_samples, rate_hz):
    chunks, end_s = [], time.monotonic() + 20.0
    while not chunks or chunks[-1].end_index < seconds_of_samples * rate_hz:
        assert time.monotonic() < end_s
        chunk = headset.read()
        if chunk is not None:
            chunks.append(chunk)
    return chunks


def test_a_source_keeps_its_promises(source):
    headset, rate_hz = source
    with pytest.raises(RuntimeError):
        _ = headset.info
    headset.stop()  # before a start: nothing

    info = headset.start()
    assert info == headset.info
    assert info.sampling_rate_hz == rate_hz
    assert info.name
    assert len(set(info.channel_names)) == len(info.channel_names) > 0
    with pytest.raises(RuntimeError):
        headset.start()
    began_s = time.monotonic()
    chunks = read(headset, 0.5, rate_hz)
    took_s = time.monotonic() - began_s
    assert chunks[0].first_index == 0
    for chunk, later in zip(chunks, [*chunks[1:], chunks[-1]], strict=True):
        assert chunk.samples_uv.shape == (len(chunk), len(info.channel_names))
        assert chunk.samples_uv.dtype == np.float64
        assert not chunk.samples_uv.flags.writeable
        assert np.isfinite(chunk.samples_uv).all()
        assert later.first_index in (chunk.end_index, chunk.first_index)  # nothing lost
        assert chunk.arrival_s <= later.arrival_s <= time.monotonic()
    n_samples = chunks[-1].end_index
    assert n_samples / took_s < 1.5 * rate_hz  # in real time

    headset.stop()
    headset.stop()
    with pytest.raises(RuntimeError):
        _ = headset.info

    with Acquisition(headset) as acquisition:  # the same once more, in a thread of its own
        assert acquisition.info == info
        first = acquisition.get(10.0)
        assert first.first_index == 0
        end_index = first.end_index
        while end_index < 0.2 * rate_hz:
            chunk = acquisition.get(10.0)
            assert chunk.first_index == end_index
            end_index = chunk.end_index
        assert abs(acquisition.clock.time_of(end_index - 1) - time.monotonic()) < 2.0


def test_a_playback_that_begins_again_goes_on_where_the_time_says(tmp_path):
    # BrainFlow's packet number jumps from 43 to 0 there: that is not a loss of 212 samples.
    with playback_of(tmp_path, 300, settings="loopback_true") as headset:
        chunks = read(headset, 2.2, 250.0)
    n_missing = chunks[-1].end_index - sum(map(len, chunks))
    assert n_missing < 60

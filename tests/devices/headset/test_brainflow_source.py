import gc
import os
import time
from itertools import pairwise

import numpy as np
import pytest
from brainflow.board_shim import BoardShim
from brainflow.exit_codes import BrainFlowError, BrainFlowExitCodes

from devices.errors import DeviceError
from devices.headset.brainflow_source import BrainFlowHeadset, known_boards


def read_samples(headset, n_samples, timeout_s=10.0):
    """Read chunks until they hold so many samples."""
    chunks, deadline_s = [], time.monotonic() + timeout_s
    while sum(map(len, chunks)) < n_samples:
        assert time.monotonic() < deadline_s
        chunk = headset.read()
        if chunk is not None:
            chunks.append(chunk)
    return chunks


def gaps(chunks):
    return [later.first_index - chunk.end_index for chunk, later in pairwise(chunks)]


def test_a_sine_comes_through_the_real_driver_exactly_and_every_loss_is_counted(served, sine):
    with (
        served(sine) as board,
        BrainFlowHeadset(
            "cyton",
            board.port,
            sine.channel_names,
            settings="x8040110X",
            gain=12,
            reference="A2",
        ) as headset,
    ):
        assert headset.info.reference == "A2"
        assert headset.info.name == "Cyton"
        assert headset.info.sampling_rate_hz == 250.0
        assert headset.info.channel_names == sine.channel_names
        chunks = read_samples(headset, 375)
        assert chunks[0].first_index == 0
        assert sum(gaps(chunks)) == 0
        assert all(abs(time.monotonic() - chunk.arrival_s) < 10.0 for chunk in chunks)

        samples_uv = np.concatenate([chunk.samples_uv for chunk in chunks])[:375]
        time_s = np.arange(len(samples_uv)) / 250.0
        wave = np.column_stack((np.sin(24 * np.pi * time_s), np.cos(24 * np.pi * time_s)))
        fitted = np.linalg.lstsq(wave, samples_uv, rcond=None)[0]
        # Both phase and amplitude, at the gain of all and at that of the last channel.
        np.testing.assert_allclose(fitted[0], 10.0 * np.arange(1, 9), atol=0.03)
        np.testing.assert_allclose(fitted[1], 0.0, atol=0.03)
        assert np.abs(samples_uv - wave @ fitted).std() < 0.2  # the converter's own noise

        end_index = chunks[-1].end_index
        board.command("lose 7")
        chunks = read_samples(headset, 100)
        lost = [chunks[0].first_index - end_index, *gaps(chunks)]
        assert sum(lost) == max(lost) == 7

        with pytest.raises(DeviceError, match="in use by this program"):
            BrainFlowHeadset("cyton", board.port).start()
        board.command("nonsense")
        assert board.refused.wait(5.0)
        assert "nonsense" in str(board.refusals[0])


class Counting:
    """A subject whose electrodes all tell the number of the sample, 10 µV each."""

    sampling_rate_hz = 250.0

    def __init__(self, sine):
        self.channel_names, self.electrodes = sine.channel_names, sine.electrodes
        self.index = 0

    def draw(self, n_times):
        self.index += n_times
        numbers = np.arange(self.index - n_times, self.index)
        return np.tile(10.0 * numbers[:, np.newaxis], (1, len(self.channel_names)))

    def look_at(self, frequency_hz):
        pass

    cue = step = look_at


def test_a_daisy_s_halves_belong_together_also_after_a_loss(served, sine_at_sixteen):
    with (
        served(Counting(sine_at_sixteen)) as board,
        BrainFlowHeadset("cyton_daisy", board.port) as headset,
    ):
        assert headset.info.sampling_rate_hz == 125.0
        chunks = read_samples(headset, 30)
        for n_lost in (1, 1, 2, 3, 8, 61):
            board.command(f"lose {n_lost}")
            chunks += read_samples(headset, 45)
    # Every lost packet takes a sample with it, two packets one or two.
    assert 76 / 2 <= sum(gaps(chunks)) <= 76 / 2 + 7
    for chunk, gap in zip(chunks, [*gaps(chunks), 0], strict=True):
        # A sample is the mean of two conversions, of the board's and one earlier. When the loss
        # began amid a sample, the driver completes it from the first packet after the loss.
        at = np.arange(chunk.first_index, chunk.end_index)[: -1 if gap else None]
        at = at[at > 0]
        np.testing.assert_allclose(
            chunk.samples_uv[at - chunk.first_index][:, [0, 8]],
            np.column_stack((20.0 * at + 5.0, 20.0 * at - 5.0)),
            atol=2.0,
        )


def test_a_sine_comes_through_a_daisy_exactly(served, sine_at_sixteen):
    with (
        served(sine_at_sixteen) as board,
        BrainFlowHeadset("cyton_daisy", board.port, sine_at_sixteen.channel_names) as headset,
    ):
        samples_uv = np.concatenate([chunk.samples_uv for chunk in read_samples(headset, 251)])
    time_s = np.arange(1, 251) / 125.0
    wave = np.exp(-24j * np.pi * time_s)
    amplitude_uv = 2.0 * np.abs(wave @ samples_uv[1:251]) / 250
    averaging = np.cos(np.pi * 12.0 / 250.0)  # each sample is the mean of two conversions
    expected_uv = averaging * 10.0 * np.arange(1, 17)
    np.testing.assert_allclose(amplitude_uv, expected_uv, atol=0.05)


def test_the_port_can_be_opened_again_and_unused_channels_are_left_out(served, sine):
    names = ["Oz", None, None, None, "POz", None, None, None]
    with served(sine) as board:
        for _ in range(2):
            with BrainFlowHeadset("cyton", board.port, channel_names=names) as headset:
                chunk = read_samples(headset, 1)[0]
                assert chunk.first_index == 0
                assert chunk.samples_uv.shape[1] == 2
                assert headset.info.channel_names == ("Oz", "POz")


def test_the_remains_of_an_old_session_do_not_end_the_new_one(served, sine):
    with served(sine) as board:
        old = BrainFlowHeadset("cyton", board.port)
        old.start()
        remains = old._shim
        old.stop()
        with BrainFlowHeadset("cyton", board.port) as headset:
            read_samples(headset, 10)
            del remains
            gc.collect()
            read_samples(headset, 100)


def test_settings_that_the_board_refuses_are_an_error(served, sine):
    with (
        served(sine) as board,
        pytest.raises(DeviceError, match=r"refused.*9th char"),
    ):
        BrainFlowHeadset("cyton", board.port, settings="x1060110Y").start()


def test_settings_that_a_driver_does_not_take_are_named(monkeypatch):
    def refuse(shim, config):
        raise BrainFlowError("no such range", BrainFlowExitCodes.INVALID_ARGUMENTS_ERROR.value)

    monkeypatch.setattr(BoardShim, "config_board", refuse)
    with pytest.raises(DeviceError, match=r"take the settings 'reference_range:7'.*no such"):
        BrainFlowHeadset("synthetic", settings="reference_range:7").start()


def test_bytes_left_of_an_earlier_stream_are_an_error_of_the_device(monkeypatch):
    def garbage(shim, config):
        return b"\xa0\xc0".decode()

    monkeypatch.setattr(BoardShim, "config_board", garbage)
    with pytest.raises(DeviceError, match="no clear answer"):
        BrainFlowHeadset("synthetic", settings="anything").start()
    with BrainFlowHeadset("synthetic") as headset:  # the session was let go
        assert headset.info.sampling_rate_hz == 250.0


def test_brainflow_s_synthetic_board_streams_without_loss():
    with BrainFlowHeadset("synthetic") as headset:
        chunks = read_samples(headset, 300)
        assert chunks[0].samples_uv.shape[1] == len(headset.info.channel_names) == 16
    assert chunks[-1].end_index == sum(map(len, chunks))


def test_the_boards_are_listed_with_what_they_have():
    boards = {board.name: board for board in known_boards()}
    assert len(boards) > 40
    assert (boards["cyton"].n_channels, boards["cyton"].sampling_rate_hz) == (8, 250.0)
    assert boards["cyton_daisy"].n_channels == 16
    assert "no_board" not in boards


@pytest.mark.parametrize("name", ["cyton", "CYTON", "Cyton_Board", "cyton-daisy", "Muse 2"])
def test_names_of_boards_are_read_leniently(name):
    BrainFlowHeadset(name)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"board": "cytn"}, "did you mean cyton"),
        ({"board": "xyzzy"}, "bci-app devices"),
        ({"board": "cyton", "channel_names": ["Oz"]}, "8 EEG channels, but 1 names"),
        ({"board": "cyton", "channel_names": ["Oz"] * 8}, "must differ"),
        ({"board": "cyton", "channel_names": [None] * 8}, "at least one"),
        ({"board": "cyton", "parameters": {"colour": "red"}}, "no parameter 'colour'.*mac_address"),
        ({"board": "playback_file"}, "master_board"),
        ({"board": "emotibit"}, "no EEG channels"),
        ({"board": "cyton", "gain": 5}, "1, 2, 4, 6, 8, 12, 24, not 5"),
        ({"board": "muse_2", "gain": 4}, "cannot be set by number"),
        ({"board": "cyton", "settings": "~5"}, "250 Hz only"),
        ({"board": "cyton", "sampling_rate_hz": 500.0}, "250 Hz only.*cyton_wifi"),
        ({"board": "synthetic", "sampling_rate_hz": 500.0}, "at 250 Hz.*as settings, too"),
    ],
)
def test_what_does_not_fit_is_said_before_anything_is_opened(arguments, message):
    with pytest.raises(DeviceError, match=message):
        BrainFlowHeadset(**arguments)


def test_an_absent_port_is_named():
    with pytest.raises(DeviceError, match="/dev/absent: the port cannot be opened"):
        BrainFlowHeadset("cyton", "/dev/absent").start()


def test_a_missing_port_is_asked_for():
    with pytest.raises(DeviceError, match="serial_port"):
        BrainFlowHeadset("cyton").start()


def test_a_port_on_which_nothing_answers_is_an_error():
    master_fd, slave_fd = os.openpty()
    try:
        with pytest.raises(DeviceError, match="does not answer; switch it on"):
            BrainFlowHeadset("cyton", os.ttyname(slave_fd)).start()
    finally:
        os.close(master_fd)
        os.close(slave_fd)


def test_the_rate_that_was_set_is_the_one_that_is_told():
    # BrainFlow goes on to say 250.
    with BrainFlowHeadset("synthetic", settings="rate 500", sampling_rate_hz=500.0) as headset:
        assert headset.info.sampling_rate_hz == 500.0


def test_volts_become_microvolts():
    assert BrainFlowHeadset("ant_neuro_ee_411")._uv_per_unit == 1e6
    assert BrainFlowHeadset("cyton")._uv_per_unit == 1.0


def test_analogue_inputs_come_in_place_of_the_eeg(served, sine):
    with served(sine) as board, BrainFlowHeadset("cyton", board.port, analog=True) as inputs:
        assert inputs.info.channel_names == ("A5", "A6", "A7")
        dark = read_samples(inputs, 10)[0].samples_uv
        board.command("light 1")
        counts = np.concatenate([chunk.samples_uv for chunk in read_samples(inputs, 60)])
    assert dark[0].tolist() == [60.0, 0.0, 0.0]
    assert counts[-1].tolist() == [820.0, 0.0, 0.0]


def test_a_board_without_analogue_inputs_is_refused():
    with pytest.raises(DeviceError, match="ganglion has no analogue inputs"):
        BrainFlowHeadset("ganglion", analog=True)

import numpy as np
import pytest

from devices.chunk import Chunk
from devices.errors import DeviceError
from devices.headset.brainflow_source import BrainFlowHeadset
from devices.headset.cyton import lead_off
from devices.headset.impedance import ImpedanceUnavailable, impedance_kohm, measure_impedances
from devices.headset.source import Headset, HeadsetInfo, LeadOff

RATE_HZ = 250.0


class Driven(Headset):
    """A headset in no time: electrodes of given impedance, and the current that was asked for."""

    def __init__(self, kohm, n_lost_at=None, silent=False):
        super().__init__()
        self._kohm = np.array(kohm)
        self._n_lost_at = n_lost_at
        self._silent = silent
        self.index = 0
        self.asked = []

    @property
    def lead_off(self):
        return LeadOff(31.25, 6.0, 2.2, self.asked.append)

    def _start(self):
        return HeadsetInfo("driven", RATE_HZ, tuple(f"E{k}" for k in range(len(self._kohm))))

    def _read(self):
        if self._silent:
            return None
        if self.index == self._n_lost_at:
            self.index += 100
        time_s = (self.index + np.arange(50)) / RATE_HZ
        driven = np.array([name == self.asked[-1] for name in self.info.channel_names])
        uv = 6.0 * (self._kohm + 2.2) * driven * np.isfinite(self._kohm)
        wave = np.sin(2 * np.pi * 31.25 * time_s + 0.4)
        chunk = Chunk(np.outer(wave, np.nan_to_num(uv)) + 500.0, self.index)
        self.index = chunk.end_index
        return chunk

    def _stop(self):
        pass


def test_each_electrode_is_driven_alone_and_then_none():
    told = []
    with Driven([5.0, 80.0]) as headset:
        measured = measure_impedances(headset, lambda *of: told.append(of))
        assert headset.asked == ["E0", "E1", None]
    assert measured == pytest.approx((5.0, 80.0))
    assert told == [("E0", pytest.approx(5.0)), ("E1", pytest.approx(80.0))]


def test_a_channel_that_is_not_driven_has_no_impedance():
    with Driven([np.nan, 3.0]) as headset:
        assert measure_impedances(headset) == (None, pytest.approx(3.0))


def test_a_board_that_drives_nothing_is_an_error_and_is_let_go_of():
    with Driven([np.nan, np.nan]) as headset:
        with pytest.raises(DeviceError, match=r"no current.*31.25 Hz"):
            measure_impedances(headset)
        assert headset.asked[-1] is None


def test_lost_samples_do_not_spoil_the_phase():
    with Driven([5.0], n_lost_at=200) as headset:
        assert measure_impedances(headset) == pytest.approx((5.0,))


def test_a_silent_headset_is_told(monkeypatch):
    monkeypatch.setattr("devices.headset.source._PATIENCE_S", 0.01)
    with Driven([5.0], silent=True) as headset:
        with pytest.raises(DeviceError, match="silent for"):
            measure_impedances(headset)
        assert headset.asked[-1] is None


def test_a_board_that_cannot_says_so_and_that_the_signal_is_judged():
    with (
        BrainFlowHeadset("synthetic") as headset,
        pytest.raises(ImpedanceUnavailable, match="signal alone"),
    ):
        measure_impedances(headset)


def test_other_activity_changes_the_impedance_little():
    rng = np.random.default_rng(0)
    time_s = np.arange(300) / RATE_HZ
    eeg_uv = rng.normal(0, 10, 300) + 30 * np.sin(2 * np.pi * 50 * time_s) + 200 * time_s
    driven_uv = 6.0 * 7.2 * np.sin(2 * np.pi * 31.25 * time_s)
    found = impedance_kohm(eeg_uv + driven_uv, RATE_HZ, LeadOff(31.25, 6.0, 2.2, lambda _: None))
    assert found == pytest.approx(5.0, abs=0.6)


def test_commands_drive_one_and_let_go_of_the_one_before():
    assert lead_off.commands(0, None) == "z101Z"
    assert lead_off.commands(8, 0) == "z100ZzQ01Z"
    assert lead_off.commands(None, 8) == "zQ00Z"
    assert lead_off.commands(None, None) == ""


@pytest.mark.parametrize("board", ["cyton", "cyton_daisy"])
def test_impedances_come_through_the_real_driver(served, sine, sine_at_sixteen, board, monkeypatch):
    monkeypatch.setattr("devices.headset.impedance._SETTLE_S", 0.2)
    monkeypatch.setattr("devices.headset.impedance._MEASURE_S", 0.3)
    subject = sine if board == "cyton" else sine_at_sixteen
    names = [None] * len(subject.channel_names)
    names[1], names[-1] = "O1", "Oz"
    subject.electrodes.dry(subject.channel_names[1], 80.0, 0.01)
    subject.electrodes.add_contact(np.zeros((10, len(names))))
    subject.amplitudes_uv[:] = 10.0
    with served(subject) as served_board:
        headset = BrainFlowHeadset(board, served_board.port, names)
        with headset:
            assert headset.info.range_uv == 187_500.0
            measured = measure_impedances(headset)
    wanted = subject.electrodes.impedance_kohm[[1, -1]]
    assert measured == pytest.approx(tuple(wanted), rel=0.05, abs=0.6)
    assert wanted[0] == pytest.approx(80.0)

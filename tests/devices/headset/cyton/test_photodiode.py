import numpy as np
import pytest

from devices.headset.cyton import VirtualCyton
from devices.headset.cyton.packet import PACKET_BYTES
from devices.headset.cyton.photodiode import Photodiode
from devices.virtual_brain import VirtualSubject

TIMES_S = 10.0 + np.arange(25) / 250.0


def test_it_sees_light_as_much_later_as_it_was_told():
    photodiode = Photodiode()
    photodiode.tune(delay_s=0.02, noise_counts=0.0)
    photodiode.shine(1.0, at_s=10.0301)
    photodiode.shine(0.25, at_s=10.0501)
    counts = photodiode.counts(TIMES_S)
    assert np.flatnonzero(np.diff(counts)).tolist() == [12, 17]
    assert counts[0] < 0.1 * counts[15]
    assert counts[20] - counts[0] == pytest.approx((counts[15] - counts[0]) / 4, abs=1)


def test_however_its_samples_are_drawn_they_are_the_same():
    def read(*cuts):
        photodiode = Photodiode(seed=4)
        photodiode.tune(0.008, 6.0)
        photodiode.shine(1.0, 10.02)
        return np.concatenate([photodiode.counts(part) for part in np.split(TIMES_S, cuts)])

    assert (read(3, 9, 10) == read()).all()


def test_noise_stays_on_the_converters_scale():
    photodiode = Photodiode()
    photodiode.tune(0.0, 5000.0)
    counts = photodiode.counts(TIMES_S)
    assert 0 <= counts.min() < counts.max() <= 1023


def test_light_of_an_unknown_moment_falls_from_the_next_sample_on():
    photodiode = Photodiode()
    dark = photodiode.counts(TIMES_S[:5])
    photodiode.shine(1.0)
    assert (photodiode.counts(TIMES_S[5:]) > dark.max()).all()


@pytest.mark.parametrize(("mode", "stop_byte"), [(b"/2", 0xC1), (b"/2<", 0xC6)])
def test_the_board_sends_pin_a5_in_its_analogue_mode_and_only_there(mode, stop_byte):
    board = VirtualCyton(VirtualSubject())
    board.receive(b"v" + mode + b"b", 10.0)
    board.photodiode.shine(1.0, 10.02)
    board.transmit(10.0201)
    packets = np.frombuffer(board.transmit(10.1001), dtype=np.uint8).reshape(-1, PACKET_BYTES)
    assert set(packets[:, 32].tolist()) == {stop_byte}
    assert (packets[:, 26:28].copy().view(">i2") == 820).all()

    board.receive(b"s/0b", 11.0)
    board.transmit(11.005)
    packets = np.frombuffer(board.transmit(11.1001), dtype=np.uint8).reshape(-1, PACKET_BYTES)
    assert (packets[:, 26:28].copy().view(">i2") != 820).all()

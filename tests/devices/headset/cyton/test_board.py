import numpy as np
import pytest

from devices.errors import DeviceError
from devices.headset.cyton import VirtualCyton
from devices.headset.cyton.packet import PACKET_BYTES
from devices.virtual_brain import VirtualSubject
from devices.virtual_brain.electrodes import Electrodes


class Constant:
    """A subject whose electrodes 1, 2, ... lie at once, twice, ... a voltage."""

    sampling_rate_hz = 250.0

    def __init__(self, step_uv=100.0, n_electrodes=8):
        self.channel_names = tuple(f"E{number}" for number in range(1, n_electrodes + 1))
        self.electrodes = Electrodes(self.channel_names, 250.0, np.random.default_rng(1))
        self.potentials_uv = step_uv * np.arange(1.0, n_electrodes + 1.0)

    def draw(self, n_times):
        return np.tile(self.potentials_uv, (n_times, 1))

    def look_at(self, frequency_hz):
        pass

    cue = step = look_at


def decode(data, stop_byte=0xC0):
    packets = np.frombuffer(data, dtype=np.uint8).reshape(-1, PACKET_BYTES)
    assert (packets[:, 0] == 0xA0).all()
    assert (packets[:, 32] == stop_byte).all()
    counts = np.zeros((len(packets), 8, 4), dtype=np.uint8)
    counts[:, :, :3] = packets[:, 2:26].reshape(-1, 8, 3)
    volts = counts.reshape(len(packets), -1).view(">i4") / 256 * 4.5 / (2**23 - 1)
    return packets[:, 1].tolist(), volts * 1e6, packets[:, 26:32].copy().view(">i2")


def streaming(subject=None, settings=b""):
    board = VirtualCyton(subject or Constant())
    board.receive(b"v" + settings + b"b", 10.0)
    return board


def test_samples_are_sent_when_they_are_due_and_numbered_modulo_256():
    board = streaming()
    assert board.transmit(10.0039) == b""
    assert board.next_due_s() == pytest.approx(10.004)
    assert len(board.transmit(10.0041)) == PACKET_BYTES
    numbers, _, _ = decode(board.transmit(12.0001))
    assert numbers == [k % 256 for k in range(1, 500)]


def test_nothing_is_sent_before_the_start_and_after_the_stop():
    board = VirtualCyton(Constant())
    assert board.transmit(50.0) == b""
    assert board.next_due_s() is None
    board.receive(b"b", 60.0)
    assert board.transmit(61.0)
    board.receive(b"s", 61.0)
    assert board.transmit(62.0) == b""
    board.receive(b"b", 70.0)
    assert decode(board.transmit(70.0041))[0] == [0]


@pytest.mark.parametrize(("code", "gain"), list(enumerate([1, 2, 4, 6, 8, 12, 24])))
def test_counts_follow_voltage_and_gain_to_half_a_step(code, gain):
    settings = "".join(f"x{channel}0{code}0110X" for channel in range(1, 9)).encode()
    _, at_input_uv, _ = decode(streaming(settings=settings).transmit(14.001))
    np.testing.assert_allclose(
        at_input_uv.mean(axis=0) / gain, 100.0 * np.arange(1.0, 9.0), atol=0.27 / gain + 0.03
    )


def test_converters_saturate():
    _, at_input_uv, _ = decode(streaming(Constant(step_uv=1e6)).transmit(10.01))
    np.testing.assert_allclose(at_input_uv, 4.5e6, rtol=1e-6)


@pytest.mark.parametrize(
    ("settings", "volts_uv"),
    [(b"x1061110X", 0.0), (b"x1160110X", 0.0), (b"p", 3750.0), (b"x1063110X", 187500.0)],
)
def test_a_channel_can_be_connected_to_something_else(settings, volts_uv):
    _, at_input_uv, _ = decode(streaming(settings=settings).transmit(12.001))
    assert at_input_uv[:, 0].mean() / 24 == pytest.approx(volts_uv, abs=0.2)


def test_the_test_signal_is_a_square_wave_of_the_board_s_own_frequency():
    _, at_input_uv, _ = decode(streaming(settings=b"-").transmit(26.385))  # 16 periods of 0.977 Hz
    signal_uv = at_input_uv[:, 3] / 24
    assert np.abs(signal_uv).mean() == pytest.approx(1875.0, abs=0.1)
    assert np.count_nonzero(np.diff(np.sign(signal_uv))) == 31


def test_the_impedance_current_makes_a_voltage_across_the_electrode():
    subject = Constant(step_uv=0.0)
    subject.electrodes.dry("E1", 12.3, 0.0)
    subject.electrodes.add_contact(np.zeros((2, 8)))
    with_drive = streaming(subject, settings=b"z101Z")
    _, at_input_uv, _ = decode(with_drive.transmit(26.001))
    spectrum = np.abs(np.fft.rfft(at_input_uv[:, 0] / 24)) / 2000
    assert np.fft.rfftfreq(4000, 0.004)[spectrum.argmax()] == pytest.approx(31.25)
    assert spectrum.max() == pytest.approx(6.0 * 14.5, rel=0.01)  # 6 nA through 12.3 + 2.2 kΩ
    assert at_input_uv[:, 1].std() / 24 < 0.2


def test_the_accelerometer_speaks_25_times_a_second():
    _, _, axes = decode(streaming().transmit(11.0001))
    assert np.flatnonzero(axes[:, 0]).tolist() == list(range(0, 250, 10))
    assert np.linalg.norm(axes[0] * 0.002 / 16) == pytest.approx(1.0, abs=0.01)  # at rest: 1 g


def test_a_daisy_halves_the_rate_and_each_packet_carries_a_mean():
    subject = Constant(n_electrodes=16)
    board = streaming(subject)
    assert decode(board.transmit(10.0081))[0] == [0, 1]
    subject.potentials_uv = subject.potentials_uv + 50.0
    numbers, at_input_uv, _ = decode(board.transmit(10.0241))
    assert numbers == [2, 3, 4, 5]
    daisy_uv, board_uv = at_input_uv[::2] / 24, at_input_uv[1::2] / 24
    np.testing.assert_allclose(daisy_uv[0], 100.0 * np.arange(9, 17) + 25.0, atol=1.0)
    np.testing.assert_allclose(daisy_uv[1], 100.0 * np.arange(9, 17) + 50.0, atol=1.0)
    np.testing.assert_allclose(board_uv, np.tile(100.0 * np.arange(1, 9) + 50.0, (2, 1)), atol=1.0)


def test_a_daisy_that_was_switched_off_leaves_eight_channels_at_the_full_rate():
    board = streaming(Constant(n_electrodes=16), settings=b"c")
    _, at_input_uv, _ = decode(board.transmit(10.0401))
    np.testing.assert_allclose(
        at_input_uv / 24, np.tile(100.0 * np.arange(1, 9), (10, 1)), atol=1.0
    )


def test_a_clock_that_drifts_takes_more_samples_in_the_same_time():
    board = streaming()
    board.transmit(12.0)
    board.drift(1000.0)
    assert len(board.transmit(1012.0001)) == 250_250 * PACKET_BYTES
    board.drift(-1000.0)
    assert len(board.transmit(2012.0)) // PACKET_BYTES in (249_749, 249_750)


def test_with_a_dead_battery_only_the_receiver_answers():
    board = streaming()
    board.transmit(11.0)
    board.power(False)
    assert board.transmit(12.0) == b""
    assert board.receive(b"v", 12.0).startswith(b"Failure: Communications timeout")
    board.power(True)
    assert board.transmit(13.0) == b""  # it has forgotten that it streamed
    assert board.receive(b"v", 13.0).endswith(b"$$$")


@pytest.mark.parametrize(
    ("settings", "stop_bytes"),
    [
        (b"", [0xC0, 0xC0]),
        (b"/2", [0xC1, 0xC1]),
        (b"<", [0xC3, 0xC4]),
        (b"/3<", [0xC5, 0xC6]),
        (b"<>", [0xC0, 0xC0]),
    ],
)
def test_the_stop_byte_says_what_the_auxiliary_bytes_are(settings, stop_bytes):
    data = streaming(settings=settings).transmit(10.0081)
    assert list(data[PACKET_BYTES - 1 :: PACKET_BYTES]) == stop_bytes


def test_time_stamps_count_the_board_s_milliseconds():
    _, _, words = decode(streaming(settings=b"<").transmit(10.0041), stop_byte=0xC3)
    assert int.from_bytes(words[0, 1:].tobytes(), "big") == 10004


def test_a_marker_is_carried_by_one_packet():
    board = streaming(settings=b"/4")
    board.receive(b"`A", 10.001)
    _, _, words = decode(board.transmit(10.0121), stop_byte=0xC1)
    assert words[:, 0].tolist() == [ord("A"), 0, 0]


def test_board_and_subject_must_fit():
    with pytest.raises(DeviceError, match="8 channels, with a Daisy 16, the subject 2"):
        VirtualCyton(VirtualSubject(channel_names=("Oz", "O1")))
    with pytest.raises(DeviceError, match="250 Hz"):
        VirtualCyton(VirtualSubject(sampling_rate_hz=500.0))

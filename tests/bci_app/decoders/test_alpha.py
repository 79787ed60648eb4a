import numpy as np
import pytest

from bci_app.decoders.alpha import AlphaMeter, alpha_directions

RATE_HZ = 128.0
N_BLOCK = 16
N_WINDOW = 256


def wave(frequency_hz, amplitude_uv=1.0, n_times=N_WINDOW, phase=0.3):
    time_s = np.arange(n_times) / RATE_HZ
    return amplitude_uv * np.sin(2 * np.pi * frequency_hz * time_s + phase)


def measured(signal_uv, lines_hz=(9.0, 13.0), n_channels=3):
    meter = AlphaMeter(lines_hz, RATE_HZ, n_channels, N_BLOCK)
    blocks = np.tile(signal_uv, (n_channels, 1)).reshape(n_channels, -1, N_BLOCK)
    return [meter.push(blocks[:, k]) for k in range(blocks.shape[1])]


def noise(seed=0):
    return np.random.default_rng(seed).normal(size=N_WINDOW)


def test_alpha_of_twice_the_amplitude_has_four_times_the_power():
    once, twice = (measured(wave(10.5, size))[-1] for size in (1.0, 2.0))
    assert twice - once == pytest.approx(np.log(4.0))


@pytest.mark.parametrize("line_hz", [9.0, 13.0])
def test_a_response_that_begins_within_the_window_hardly_counts_and_alpha_does(line_hz):
    response = wave(line_hz, 2.0)
    response[: N_WINDOW // 2] = 0.0
    usual = measured(noise())[-1]
    assert measured(noise() + response)[-1] < usual + 1.0
    assert measured(noise() + wave(10.3, 2.0))[-1] > usual + 2.0


def test_a_dead_and_a_loose_electrode_do_not_hide_alpha():
    meter = AlphaMeter((), RATE_HZ, 5, N_BLOCK)
    window = np.tile(wave(10.0, 3.0), (5, 1))
    window[0], window[1] = 0.0, 300.0 * noise()
    for block in np.split(window, N_WINDOW // N_BLOCK, axis=1):
        log_alpha = meter.push(block)
    assert log_alpha == pytest.approx(measured(wave(10.0, 3.0), ())[-1], abs=0.01)


def test_nothing_is_said_before_the_window_is_full_and_across_an_interruption():
    meter = AlphaMeter((), RATE_HZ, 1, N_BLOCK)
    told = [meter.push(noise()[np.newaxis, :N_BLOCK]) for _ in range(16)]
    assert [each is None for each in told] == [True] * 15 + [False]
    meter.restart()
    assert meter.push(noise()[np.newaxis, :N_BLOCK]) is None


def test_where_flicker_fills_the_band_nothing_is_measured():
    lines_hz = tuple(np.arange(6.0, 14.1, 0.25).tolist())
    assert not len(alpha_directions(lines_hz, N_WINDOW, RATE_HZ))
    assert measured(noise(), lines_hz)[-1] is None

import numpy as np
import pytest

from devices.virtual_brain.background import Background, Rhythms
from devices.virtual_brain.head import Head

NAMES = ("Oz", "O1", "Cz", "Fp1")


@pytest.fixture(scope="module")
def head():
    return Head(NAMES)


def spectrum(samples_uv):
    """Mean power spectrum over windows of two seconds: frequencies and (n_frequencies, n)."""
    windows = samples_uv[: len(samples_uv) // 500 * 500].reshape(-1, 500, samples_uv.shape[1])
    tapered = windows * np.hanning(500)[:, np.newaxis]
    power = (np.abs(np.fft.rfft(tapered, axis=1)) ** 2).mean(axis=0)
    return np.fft.rfftfreq(500, 0.004), power


def background(head, exponent=1.2, alpha_uv=0.0, alpha_hz=10.0):
    rhythms = Rhythms(10.0, exponent, alpha_hz, alpha_uv)
    return Background(rhythms, head, 250.0, np.random.default_rng(3))


@pytest.mark.parametrize("exponent", [0.9, 1.2, 1.5])
def test_power_falls_with_the_person_s_exponent(head, exponent):
    frequencies_hz, power = spectrum(background(head, exponent).draw(250 * 240, 1.0))
    fitted = (frequencies_hz >= 2) & (frequencies_hz <= 45)
    slope = np.polyfit(np.log(frequencies_hz[fitted]), np.log(power[fitted].mean(axis=1)), 1)[0]
    assert slope == pytest.approx(-exponent, abs=0.12)


def test_its_size_is_the_person_s(head):
    samples_uv = background(head).draw(250 * 240, 1.0)
    assert np.sqrt((samples_uv.std(axis=0) ** 2).mean()) == pytest.approx(10.0, rel=0.1)


def test_neighbours_hear_much_the_same_and_distant_electrodes_less(head):
    correlation = np.corrcoef(background(head).draw(250 * 240, 1.0).T)
    assert correlation[0, 1] > 0.75
    assert correlation[0, 1] > correlation[0, 3] + 0.2


def test_alpha_is_a_peak_at_the_back_that_grows_and_blocks(head):
    peaks = {}
    for gain in (0.0, 1.0, 3.0):
        frequencies_hz, power = spectrum(
            background(head, alpha_uv=4.0, alpha_hz=9.5).draw(250 * 120, gain)
        )
        at_peak = np.abs(frequencies_hz - 9.5) <= 0.5
        beside = (np.abs(frequencies_hz - 9.5) > 3.5) & (np.abs(frequencies_hz - 9.5) < 5.0)
        peaks[gain] = power[at_peak].mean(axis=0) / power[beside].mean(axis=0)
    assert peaks[0.0][0] < 2.0
    assert peaks[1.0][0] > 3.0 * peaks[0.0][0]
    assert peaks[3.0][0] > 5.0 * peaks[1.0][0]
    assert peaks[1.0][0] > 2.0 * peaks[1.0][3]  # Oz against Fp1

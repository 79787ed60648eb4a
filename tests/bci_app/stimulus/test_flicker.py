import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bci_app.errors import ConfigurationError
from bci_app.stimulus.flicker import Flicker, FlickerBank, Waveform, joint_frequency_phase


def frames(flicker: Flicker, refresh_hz: float, n: int, gamma: float = 2.2) -> np.ndarray:
    bank = FlickerBank((flicker,), gamma)
    return np.array([bank.luminance(k / refresh_hz, np.empty(1))[0] for k in range(n)])


def test_sinusoid_is_the_published_formula():
    shown = frames(Flicker(8.6, phase_rad=0.7), 60.0, 300)
    k = np.arange(300)
    np.testing.assert_allclose(shown, 0.5 * (1 + np.sin(2 * np.pi * 8.6 * k / 60 + 0.7)))


@settings(deadline=None)
@given(
    frequency_hz=st.floats(1.0, 29.5),
    phase_rad=st.floats(0.0, 2 * np.pi),
    waveform=st.sampled_from(Waveform),
)
def test_the_strongest_line_has_the_commanded_frequency_and_phase(
    frequency_hz, phase_rad, waveform
):
    shown = frames(Flicker(frequency_hz, phase_rad, waveform), 60.0, 600) - 0.5
    candidates_hz = np.array([frequency_hz, *(frequency_hz * np.array([0.8, 0.9, 1.1, 1.2]))])
    candidates_hz = candidates_hz[candidates_hz < 29.9]
    lines = [
        np.sum(shown * np.hanning(600) * np.exp(-2j * np.pi * f * np.arange(600) / 60))
        for f in candidates_hz
    ]
    assert np.argmax(np.abs(lines)) == 0
    if waveform is Waveform.SINUSOIDAL:
        turned = np.angle(lines[0] * np.exp(-1j * (phase_rad - np.pi / 2)))
        assert abs(turned) < 0.15  # the negative frequency's share at the lowest targets


def test_a_square_wave_of_whole_frames_is_exact_for_hours():
    refresh_hz, n = 60.0, 6
    bank = FlickerBank((Flicker(10.0, waveform=Waveform.SQUARE),), 2.2)
    for start in (0, 60 * 3600 * 5):
        shown = [bank.luminance((start + k) / refresh_hz, np.empty(1))[0] for k in range(n)]
        assert shown == [1, 1, 1, 0, 0, 0]


def test_the_screen_makes_luminance_of_the_drive():
    bank = FlickerBank((Flicker(9.0), Flicker(11.0, 1.0)), 2.2)
    for time_s in (0.0, 0.013, 0.4):
        luminance = bank.luminance(time_s, np.empty(2))
        np.testing.assert_allclose(bank.drive(time_s, np.empty(2)) ** 2.2, luminance, atol=1e-12)


def test_joint_frequency_and_phase():
    flickers = joint_frequency_phase(8.0, 0.2, 0.35 * np.pi, 40)
    assert flickers[39].frequency_hz == pytest.approx(15.8)
    assert flickers[39].phase_rad == pytest.approx(39 * 0.35 * np.pi % (2 * np.pi))


@pytest.mark.parametrize("frequency_hz", [0.0, -9.0, float("nan"), float("inf")])
def test_a_frequency_that_is_none_is_refused(frequency_hz):
    with pytest.raises(ConfigurationError, match="positive frequency"):
        Flicker(frequency_hz)


@pytest.mark.parametrize("gamma", [0.0, 0.45, 22.0])
def test_a_gamma_that_no_screen_has_is_refused(gamma):
    with pytest.raises(ConfigurationError, match="gamma"):
        FlickerBank((Flicker(9.0),), gamma)

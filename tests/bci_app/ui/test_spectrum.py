import numpy as np
import pytest

from bci_app.ui.spectrum import amplitude_spectrum

RATE_HZ = 250.0


def test_a_sine_of_ten_microvolts_shows_as_ten():
    times_s = np.arange(1000) / RATE_HZ
    frequencies_hz, amplitudes_uv = amplitude_spectrum(
        np.column_stack([10 * np.sin(2 * np.pi * 13 * times_s), np.zeros(1000)]), RATE_HZ
    )
    peak = amplitudes_uv[:, 0].argmax()
    assert frequencies_hz[peak] == 13.0
    assert amplitudes_uv[peak, 0] == pytest.approx(10, rel=0.01)
    assert amplitudes_uv[:, 1].max() == 0


def test_no_spectrum_of_missing_samples():
    samples = np.zeros((1000, 2))
    samples[500, 0] = np.nan
    assert amplitude_spectrum(samples, RATE_HZ) is None

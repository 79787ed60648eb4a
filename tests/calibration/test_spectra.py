import numpy as np
import pytest

from calibration.spectra import measure_spectra

RATE_HZ = 250.0


def test_a_response_stands_out_where_and_when_it_is_there():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], 10)
    time_s = np.arange(1000) / RATE_HZ
    windows_uv = rng.normal(size=(30, 3, 1000))
    windows_uv[labels == 0, 1] += np.sin(2 * np.pi * 12.0 * time_s)
    spectra = measure_spectra(windows_uv, labels, (12.0, 15.0), RATE_HZ)
    assert spectra.snr_db[0, 1] > 15
    assert np.abs(np.delete(spectra.snr_db.ravel(), 1)).max() < 6
    at_12_hz = np.abs(spectra.frequencies_hz - 12.0).argmin()
    assert spectra.amplitudes_uv[0, at_12_hz] == pytest.approx(1 / np.sqrt(3), rel=0.1)
    assert spectra.amplitudes_uv.shape == (3, 501)

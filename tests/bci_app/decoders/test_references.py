import numpy as np
import pytest

from bci_app.decoders.references import check_targets, reference_bases, reference_signals
from bci_app.errors import ConfigurationError


def test_references_are_exact_in_frequency_and_phase():
    signals = reference_signals(13.37, n_times=1000, sampling_rate_hz=250.0, n_harmonics=3)
    time_s = np.arange(1000) / 250.0
    for harmonic in (1, 2, 3):
        phase = 2 * np.pi * 13.37 * harmonic * time_s
        np.testing.assert_allclose(signals[:, 2 * harmonic - 2], np.sin(phase), atol=1e-12)
        np.testing.assert_allclose(signals[:, 2 * harmonic - 1], np.cos(phase), atol=1e-12)


def test_whole_periods_end_where_they_began():
    signals = reference_signals(10.0, n_times=251, sampling_rate_hz=250.0, n_harmonics=1)
    np.testing.assert_allclose(signals[250], signals[0], atol=1e-12)


def test_harmonics_that_cannot_be_in_the_data_are_zero():
    signals = reference_signals(30.0, n_times=128, sampling_rate_hz=128.0, n_harmonics=4)
    assert signals[:, :4].any(axis=0).all()
    assert not signals[:, 4:].any()


def test_bases_are_orthonormal_centred_and_span_the_references():
    bases = reference_bases((9.3, 14.1), 200, 250.0, 3)
    for frequency_hz, basis in zip((9.3, 14.1), bases, strict=True):
        np.testing.assert_allclose(basis.T @ basis, np.eye(6), atol=1e-12)
        np.testing.assert_allclose(basis.sum(axis=0), 0, atol=1e-12)
        signals = reference_signals(frequency_hz, 200, 250.0, 3)
        centred = signals - signals.mean(axis=0)
        np.testing.assert_allclose(basis @ (basis.T @ centred), centred, atol=1e-12)


def test_bases_cannot_be_changed_by_who_is_handed_them():
    with pytest.raises(ValueError, match="read-only"):
        reference_bases((9.0,), 100, 250.0, 1)[0, 0, 0] = 1.0


@pytest.mark.parametrize("frequency_hz", [0.0, -3.0, 125.0, 200.0])
def test_a_target_that_cannot_be_sampled_is_refused(frequency_hz):
    with pytest.raises(ConfigurationError, match="half the sampling rate"):
        check_targets((10.0, frequency_hz), 250.0, 2.0, 5)


def test_targets_too_close_for_the_window_are_refused_and_named():
    with pytest.raises(ConfigurationError, match=r"10 and 10.04 Hz .* 0.05 Hz"):
        check_targets((12.0, 10.04, 10.0), 250.0, 2.0, 5)
    check_targets((12.0, 10.05, 10.0), 250.0, 2.0, 5)


def test_the_closest_published_layout_is_allowed():
    check_targets(tuple(8 + 0.2 * k for k in range(40)), 250.0, 0.5 + 1e-9, 5)

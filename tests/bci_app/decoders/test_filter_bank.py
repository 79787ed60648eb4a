import numpy as np
import pytest
from scipy import signal

from bci_app.decoders.filter_bank import CausalBank, band_weights, design_bank, filter_windows


def gain_at(sections, frequency_hz, sampling_rate_hz):
    return abs(signal.sosfreqz(sections, [frequency_hz], fs=sampling_rate_hz)[1][0])


@pytest.mark.parametrize(
    ("frequencies_hz", "sampling_rate_hz"),
    [
        ((13.0, 17.0, 21.0), 256.0),
        ((8.0, 15.8), 250.0),
        ((20.0, 30.0), 256.0),
        ((9.0, 40.0), 1000.0),
    ],
)
def test_band_m_passes_from_the_mth_harmonic_of_the_lowest_target(frequencies_hz, sampling_rate_hz):
    bank = design_bank(frequencies_hz, sampling_rate_hz, 3)
    lowest = min(frequencies_hz)
    for band, sections in enumerate(bank):
        assert gain_at(sections, lowest * (band + 1), sampling_rate_hz) > 0.7
        if band:
            assert gain_at(sections, lowest * band, sampling_rate_hz) < 0.5


def test_bands_that_do_not_fit_below_half_the_sampling_rate_are_left_out():
    assert len(design_bank((20.0, 30.0), 128.0, 5)) == 2
    assert len(design_bank((30.0, 40.0), 100.0, 5)) == 1
    for bank in (design_bank((30.0, 40.0), 100.0, 5), design_bank((5.0, 6.0), 64.0, 3)):
        assert all(np.isfinite(sections).all() for sections in bank)


def test_weights_fall_with_the_band():
    np.testing.assert_allclose(band_weights(2), [1.25, 2**-1.25 + 0.25])


def test_a_window_is_filtered_as_if_the_stream_had_begun_with_it():
    bank = design_bank((9.0, 13.0), 250.0, 3)
    window = np.random.default_rng(0).normal(size=(300, 4)) + 1e4
    streamed = CausalBank(bank).process(window)
    alone = filter_windows(window.T[np.newaxis], bank)[0]
    np.testing.assert_allclose(alone, streamed.transpose(1, 2, 0), atol=1e-9)


def test_an_offset_leaves_no_step():
    bank = design_bank((9.0, 13.0), 250.0, 3)
    filtered = CausalBank(bank).process(np.full((100, 2), 1e5))
    np.testing.assert_allclose(filtered, 0.0, atol=1e-9)


def test_a_stream_is_filtered_the_same_however_it_is_cut():
    bank = design_bank((9.0, 13.0), 250.0, 2)
    samples = np.random.default_rng(1).normal(size=(200, 3)).cumsum(axis=0)
    whole = CausalBank(bank).process(samples)
    causal = CausalBank(bank)
    pieces = [causal.process(piece) for piece in np.split(samples, [0, 1, 50, 51, 199])]
    np.testing.assert_array_equal(np.concatenate(pieces), whole)
    causal.restart()
    np.testing.assert_array_equal(causal.process(samples), whole)

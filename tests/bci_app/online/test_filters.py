import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

from bci_app.errors import ConfigurationError
from bci_app.online.filters import CausalFilter, design_filter

RATE_HZ = 250.0


@given(cuts=st.lists(st.integers(0, 300), max_size=8), seed=st.integers(0, 2**32 - 1))
def test_output_does_not_depend_on_how_the_stream_is_cut(cuts, seed):
    samples = np.random.default_rng(seed).normal(size=(300, 3))
    sections = design_filter(RATE_HZ, (6, 80), 50)
    whole = CausalFilter(sections).process(samples)
    causal_filter = CausalFilter(sections)
    pieces = [causal_filter.process(piece) for piece in np.split(samples, sorted(cuts))]
    assert np.array_equal(np.vstack(pieces), whole)


def test_passes_the_band_and_notches_mains_with_its_harmonics():
    sections = design_filter(500.0, (6, 180), 50)
    frequencies_hz = [1, 20, 40, 50, 100, 150, 230]
    _, response = signal.sosfreqz(sections, worN=frequencies_hz, fs=500)
    gain = dict(zip(frequencies_hz, np.abs(response).tolist(), strict=True))
    assert gain[20] == pytest.approx(1, abs=0.02)
    assert gain[40] == pytest.approx(1, abs=0.02)
    assert max(gain[50], gain[100], gain[150]) < 1e-6
    assert max(gain[1], gain[230]) < 0.01


def test_without_mains_there_is_no_notch():
    _, response = signal.sosfreqz(design_filter(RATE_HZ, (6, 80), None), worN=[50], fs=RATE_HZ)
    assert abs(response[0]) == pytest.approx(1, abs=0.02)


def test_an_electrode_offset_makes_no_step_at_the_start_nor_after_a_restart():
    causal_filter = CausalFilter(design_filter(RATE_HZ, (6, 80), 50))
    for offset_uv in (-187_000.0, 42_000.0):
        causal_filter.restart()
        assert np.abs(causal_filter.process(np.full((500, 2), offset_uv))).max() < 1e-4


def test_empty_input_gives_empty_output():
    causal_filter = CausalFilter(design_filter(RATE_HZ, (6, 80), 50))
    assert causal_filter.process(np.empty((0, 2))).shape == (0, 2)


@pytest.mark.parametrize("band_hz", [(0, 80), (80, 6), (6, 125), (6, 300)])
def test_an_impossible_band_is_refused(band_hz):
    with pytest.raises(ConfigurationError, match=r"expected 0 < low < high < 125 Hz"):
        design_filter(RATE_HZ, band_hz, 50)

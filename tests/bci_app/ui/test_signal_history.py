import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bci_app.online.filters import CausalFilter, design_filter
from bci_app.ui.signal_history import SignalHistory, envelope
from devices.chunk import Chunk

RATE_HZ = 250.0


def stream(n_times: int, n_channels: int = 3) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 10, (n_times, n_channels))


@settings(deadline=None)
@given(cuts=st.lists(st.integers(1, 400), min_size=1, max_size=20))
def test_the_latest_samples_are_kept_however_they_come(cuts):
    samples = stream(sum(cuts))
    history = SignalHistory(500, 3)
    first = 0
    for n_times in cuts:
        history.append(Chunk(samples[first : first + n_times].copy(), first))
        first += n_times
    n_seen = min(500, len(samples))
    np.testing.assert_array_equal(history.raw(n_seen), samples[-n_seen:])
    assert np.isnan(history.raw(500)[: 500 - n_seen]).all()


def test_lost_samples_are_not_numbers_in_their_place():
    samples = stream(300)
    history = SignalHistory(300, 3)
    history.append(Chunk(samples[:100].copy(), 0))
    history.append(Chunk(samples[130:].copy(), 130))
    kept = history.raw(300)
    assert np.isnan(kept[100:130]).all()
    np.testing.assert_array_equal(kept[130:], samples[130:])
    np.testing.assert_array_equal(kept[:100], samples[:100])


def test_a_jump_longer_than_the_memory_leaves_nothing_old():
    history = SignalHistory(100, 3)
    history.append(Chunk(stream(100), 0))
    history.append(Chunk(stream(10), 5000))
    assert np.isfinite(history.raw(100)).all(axis=1).sum() == 10


@pytest.mark.parametrize("before", [True, False])
def test_a_filter_shows_the_same_chosen_before_or_after(before):
    samples = stream(500)
    band_pass = design_filter(RATE_HZ, (1.0, 40.0), 50.0)
    history = SignalHistory(500, 3)
    if before:
        history.use_filter(CausalFilter(band_pass))
    history.append(Chunk(samples[:200].copy(), 0))
    history.append(Chunk(samples[220:].copy(), 220))
    if not before:
        history.use_filter(CausalFilter(band_pass))
    shown = history.shown(500)
    assert np.isnan(shown[200:220]).all()
    np.testing.assert_allclose(
        shown[220:], CausalFilter(band_pass).process(samples[220:]), atol=1e-9
    )
    np.testing.assert_array_equal(history.raw(500)[:200], samples[:200])


def test_going_back_in_time_starts_anew():
    history = SignalHistory(100, 3)
    history.append(Chunk(stream(50), 1000))
    history.append(Chunk(stream(50), 0))
    assert history.end_index == 50
    assert np.isnan(history.raw(100)[:50]).all()


def test_the_envelope_keeps_every_peak():
    samples = stream(10_000)
    samples[4321, 1] = 999.0
    positions, values = envelope(samples, 400)
    assert len(values) <= 900
    assert values.max() == 999.0
    assert abs(positions[values[:, 1].argmax()] - 4321) < 25
    assert (np.diff(positions) > 0).all()


def test_a_short_trace_is_drawn_as_it_is():
    samples = stream(100)
    positions, values = envelope(samples, 400)
    np.testing.assert_array_equal(values, samples)
    np.testing.assert_array_equal(positions, np.arange(100))


def test_a_gap_stays_a_gap_in_the_envelope():
    samples = stream(3000)
    samples[1500:1600] = np.nan
    positions, values = envelope(samples, 300)
    inside = (positions > 1510) & (positions < 1590)
    assert np.isnan(values[inside]).all()
    assert np.isfinite(values[positions < 1490]).all()

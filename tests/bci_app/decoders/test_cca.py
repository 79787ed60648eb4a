import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cross_decomposition import CCA

from bci_app.decoders.cca import StandardCCA
from bci_app.decoders.correlations import canonical_correlations
from bci_app.decoders.references import reference_bases, reference_signals


def by_generalised_eigenvalues(window, signals):
    x = window - window.mean(axis=1, keepdims=True)
    y = (signals - signals.mean(axis=0)).T
    xx, yy, xy = x @ x.T, y @ y.T, x @ y.T
    squared = scipy.linalg.eigh(xy @ np.linalg.solve(yy, xy.T), xx, eigvals_only=True)
    return np.sqrt(np.clip(squared[::-1], 0, 1))


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_channels=st.integers(1, 10),
    n_harmonics=st.integers(1, 5),
    n_times=st.integers(60, 400),
    scale=st.floats(1e-6, 1e6),
)
def test_correlations_are_those_of_the_generalised_eigenproblem(
    seed, n_channels, n_harmonics, n_times, scale
):
    rng = np.random.default_rng(seed)
    window = scale * (rng.normal(size=(n_channels, n_times)) + 3)
    bases = reference_bases((9.7, 12.1), n_times, 256.0, n_harmonics)
    found = canonical_correlations(window[np.newaxis], bases)[0]
    for ours, frequency_hz in zip(found, (9.7, 12.1), strict=True):
        signals = reference_signals(frequency_hz, n_times, 256.0, n_harmonics)
        expected = by_generalised_eigenvalues(window, signals)[: len(ours)]
        np.testing.assert_allclose(ours, expected, atol=1e-8)


@pytest.mark.parametrize(
    ("n_channels", "n_times", "n_harmonics"), [(8, 500, 5), (9, 250, 2), (2, 125, 3)]
)
def test_the_largest_correlation_is_that_of_scikit_learn(rng, n_channels, n_times, n_harmonics):
    window = rng.normal(size=(n_channels, n_times))
    window += np.sin(2 * np.pi * 12.0 * np.arange(n_times) / 250.0)
    signals = reference_signals(12.0, n_times, 250.0, n_harmonics)
    x, y = CCA(n_components=1, tol=1e-13, max_iter=100_000).fit_transform(window.T, signals)
    expected = abs(np.corrcoef(x[:, 0], y[:, 0])[0, 1])
    decoder = StandardCCA((12.0,), 250.0, n_harmonics)
    assert decoder.score_windows(window[np.newaxis])[0, 0] == pytest.approx(expected, abs=1e-8)


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def test_dependent_channels_change_nothing(rng):
    window = rng.normal(size=(4, 250))
    bases = reference_bases((10.0, 12.0), 250, 250.0, 2)
    alone = canonical_correlations(window[np.newaxis], bases)[0, :, :4]
    flat = np.full((1, 250), 7.0)
    mixed = np.vstack([window, window[:1], flat, window[1:2] - 2 * window[2:3]])
    together = canonical_correlations(mixed[np.newaxis], bases)[0, :, :4]
    np.testing.assert_allclose(together, alone, atol=1e-8)


@pytest.mark.parametrize("share", [0.0, 1e-6], ids=["a copy", "nearly a copy"])
def test_a_dependent_window_leaves_its_neighbours_bit_for_bit_as_they_are(rng, share):
    windows = rng.normal(size=(5, 4, 250))
    windows[2, 3] = windows[2, 0] + share * windows[2, 3]
    decoder = StandardCCA((9.0, 11.0), 250.0, 2)
    alone = np.concatenate([decoder.score_windows(window[np.newaxis]) for window in windows])
    np.testing.assert_array_equal(decoder.score_windows(windows), alone)


def test_a_window_without_variance_correlates_with_nothing():
    bases = reference_bases((10.0, 12.0), 100, 250.0, 2)
    assert not canonical_correlations(np.full((1, 3, 100), 5.0), bases).any()


def test_a_pure_reference_correlates_fully():
    window = reference_signals(11.0, 250, 250.0, 1).T
    scores = StandardCCA((9.0, 11.0), 250.0, 1).score_windows(window[np.newaxis])[0]
    assert scores[1] == pytest.approx(1.0)
    assert scores[0] < 0.5


def test_windows_and_references_of_different_length_are_refused(rng):
    with pytest.raises(ValueError, match="windows of 99 samples, references of 100"):
        canonical_correlations(rng.normal(size=(1, 2, 99)), reference_bases((9.0,), 100, 250.0, 1))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_a_number_is_refused(rng, bad):
    windows = rng.normal(size=(2, 3, 100))
    windows[1, 2, 50] = bad
    with pytest.raises(ValueError, match="NaN or infinity"):
        StandardCCA((9.0, 11.0), 250.0, 1).score_windows(windows)

import numpy as np
import pytest

from bci_app.decoders import make_decoder
from bci_app.decoders.correlations import canonical_correlations
from bci_app.decoders.filter_bank import band_weights, filter_windows
from bci_app.decoders.references import reference_bases, reference_signals

RATE_HZ = 250.0
FREQUENCIES_HZ = (9.0, 11.0, 13.0, 15.0)


@pytest.fixture
def windows(simulate):
    return simulate()[0]


@pytest.fixture
def correlations(windows):
    return canonical_correlations(windows, reference_bases(FREQUENCIES_HZ, 250, RATE_HZ, 2))


@pytest.mark.parametrize(
    ("name", "statistic"),
    [
        ("wilks", lambda rho: -np.log(1 - rho**2).sum(axis=-1)),
        ("pillai", lambda rho: (rho**2).sum(axis=-1)),
        ("hotelling", lambda rho: (rho**2 / (1 - rho**2)).sum(axis=-1)),
    ],
)
def test_statistics_are_those_of_the_canonical_correlations(name, statistic, windows, correlations):
    scores = make_decoder(name, FREQUENCIES_HZ, RATE_HZ).score_windows(windows)
    np.testing.assert_allclose(scores, statistic(correlations), rtol=1e-6)


def test_synchronisation_index_is_zhangs(windows):
    decoder = make_decoder("msi", FREQUENCIES_HZ, RATE_HZ)
    signals = reference_signals(11.0, 250, RATE_HZ, 2).T
    for window, score in zip(windows, decoder.score_windows(windows)[:, 1], strict=True):
        both = np.vstack([window, signals])
        covariance = np.cov(both)
        blocks = np.zeros_like(covariance)
        for part in (slice(0, 6), slice(6, 10)):
            values, vectors = np.linalg.eigh(covariance[part, part])
            blocks[part, part] = vectors @ np.diag(values**-0.5) @ vectors.T
        shares = np.linalg.eigvalsh(blocks @ covariance @ blocks)
        shares = shares / shares.sum()
        assert score == pytest.approx(1 + (shares * np.log(shares)).sum() / np.log(10), abs=1e-8)


def test_filter_bank_cca_is_the_weighted_sum_over_bands(windows):
    decoder = make_decoder("fbcca", FREQUENCIES_HZ, RATE_HZ, n_bands=3)
    bases = reference_bases(FREQUENCIES_HZ, 250, RATE_HZ, 5)
    bands = filter_windows(windows, decoder.filter_bank())
    expected = sum(
        weight * canonical_correlations(bands[:, band], bases)[..., 0] ** 2
        for band, weight in enumerate(band_weights(3))
    )
    np.testing.assert_allclose(decoder.score_windows(windows), expected, rtol=1e-10)
    np.testing.assert_allclose(decoder.score_windows(bands), expected, rtol=1e-10)


def test_filter_bank_wilks_is_the_mean_over_tails(windows):
    decoder = make_decoder("fbwilks", FREQUENCIES_HZ, RATE_HZ, n_bands=2)
    bands = filter_windows(windows, decoder.filter_bank())
    expected = 0.0
    for n_times in (250, 200, 150):
        bases = reference_bases(FREQUENCIES_HZ, n_times, RATE_HZ, 2)
        for band, weight in enumerate(band_weights(2)):
            rho = canonical_correlations(bands[:, band, :, -n_times:], bases)
            expected = expected - weight * np.log(1 - rho**2).sum(axis=-1) / 3
    np.testing.assert_allclose(decoder.score_windows(windows), expected, rtol=1e-6)


def test_a_window_that_is_its_references_has_a_finite_score():
    window = reference_signals(11.0, 250, RATE_HZ, 2).T[np.newaxis]
    for name in ("wilks", "hotelling", "msi", "pillai"):
        scores = make_decoder(name, FREQUENCIES_HZ, RATE_HZ).score_windows(window)[0]
        assert np.isfinite(scores).all()
        assert scores.argmax() == 1


def test_many_windows_are_scored_as_few_are(windows):
    many = np.tile(windows, (9, 1, 1))
    decoder = make_decoder("cca", FREQUENCIES_HZ, RATE_HZ)
    np.testing.assert_allclose(
        decoder.score_windows(many), np.tile(decoder.score_windows(windows), (9, 1)), rtol=1e-12
    )

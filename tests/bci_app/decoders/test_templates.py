"""The template decoders against their definitions, written out with loops and SciPy."""

import numpy as np
import pytest
import scipy.linalg
from sklearn.cross_decomposition import CCA

from bci_app.decoders import make_decoder
from bci_app.decoders.filter_bank import band_weights, filter_windows
from bci_app.decoders.references import reference_bases, reference_signals

RATE_HZ = 250.0
FREQUENCIES_HZ = (9.0, 11.0, 13.0, 15.0)
N_TIMES = 125


@pytest.fixture
def trials(simulate):
    windows, labels = simulate(n_each=5, n_channels=4, n_times=N_TIMES, seed=1)
    return windows, labels, simulate(n_each=2, n_channels=4, n_times=N_TIMES, seed=2)[0]


def scored(name, trials, correlate, **settings):
    """Scores of a decoder, and those of a definition for one band's trials and window."""
    windows, labels, fresh = trials
    decoder = make_decoder(name, FREQUENCIES_HZ, RATE_HZ, n_bands=2, **settings)
    found = decoder.fit(windows, labels).score_windows(fresh)
    bank = decoder.filter_bank()
    learned, new = (filter_windows(each, bank) for each in (windows, fresh))
    learned, new = (each - each.mean(axis=-1, keepdims=True) for each in (learned, new))
    expected = np.zeros_like(found)
    for band, weight in enumerate(band_weights(2)):
        by_target = [learned[labels == target, band] for target in range(4)]
        for row, window in zip(expected, new[:, band], strict=True):
            row += weight * np.array([correlate(by_target, target, window) for target in range(4)])
    return found, expected


def corr(a, b):
    return np.corrcoef(a.ravel(), b.ravel())[0, 1]


def trca_filter(groups):
    s = q = 0.0
    for trials in groups:
        for i, first in enumerate(trials):
            q = q + first @ first.T
            for j, second in enumerate(trials):
                if i != j:
                    s = s + first @ second.T
    return scipy.linalg.eigh(s, q)[1][:, -1]


def first_pair(x, y):
    """First filters of the CCA of x and y (channels in rows), by generalised eigenvalues."""
    xx, yy, xy = x @ x.T, y @ y.T, x @ y.T
    u = scipy.linalg.eigh(xy @ np.linalg.solve(yy, xy.T), xx)[1][:, -1]
    return u, np.linalg.solve(yy, xy.T @ u)


def test_trca(trials):
    def correlate(by_target, target, window):
        w = trca_filter([by_target[target]])
        return corr(w @ window, w @ by_target[target].mean(axis=0))

    found, expected = scored("trca", trials, correlate)
    np.testing.assert_allclose(found, expected, atol=1e-8)


def test_ensemble_trca(trials):
    def correlate(by_target, target, window):
        w = np.stack([trca_filter([each]) for each in by_target])
        return corr(w @ window, w @ by_target[target].mean(axis=0))

    found, expected = scored("etrca", trials, correlate)
    np.testing.assert_allclose(found, expected, atol=1e-8)


def test_multi_stimulus_trca_shares_filters_with_its_neighbours(trials):
    nearest = [[0, 1], [1, 0], [2, 1], [3, 2]]

    def correlate(by_target, target, window):
        w = np.stack([trca_filter([by_target[k] for k in near]) for near in nearest])
        return corr(w @ window, w @ by_target[target].mean(axis=0))

    found, expected = scored("ms-etrca", trials, correlate, n_neighbours=1)
    np.testing.assert_allclose(found, expected, atol=1e-8)


def test_individual_template_cca(trials):
    def correlate(by_target, target, window):
        u, v = first_pair(window, by_target[target].mean(axis=0))
        return abs(corr(u @ window, v @ by_target[target].mean(axis=0)))

    found, expected = scored("itcca", trials, correlate)
    np.testing.assert_allclose(found, expected, atol=1e-8)


def test_individual_template_cca_is_scikit_learns(trials):
    windows, labels, fresh = trials
    decoder = make_decoder("itcca", FREQUENCIES_HZ, RATE_HZ, n_bands=1).fit(windows, labels)
    bands = filter_windows(fresh, decoder.filter_bank())[0, 0]
    template = decoder.templates_[0, 2]
    x, y = CCA(n_components=1, tol=1e-13, max_iter=100_000).fit_transform(bands.T, template.T)
    expected = band_weights(1)[0] * abs(corr(x, y))
    assert decoder.score_windows(fresh)[0, 2] == pytest.approx(expected, abs=1e-8)


def test_extended_cca(trials):
    def correlate(by_target, target, window):
        template = by_target[target].mean(axis=0)
        sines = reference_signals(FREQUENCIES_HZ[target], N_TIMES, RATE_HZ, 3).T
        sines = sines - sines.mean(axis=1, keepdims=True)
        w_sines, v_sines = first_pair(window, sines)
        w_template = first_pair(window, template)[0]
        w_calibrated = first_pair(template, sines)[0]
        found = [
            abs(corr(w_sines @ window, v_sines @ sines)),
            corr(w_template @ window, w_template @ template),
            corr(w_sines @ window, w_sines @ template),
            corr(w_calibrated @ window, w_calibrated @ template),
        ]
        return sum(np.sign(r) * r**2 for r in found)

    found, expected = scored("ecca", trials, correlate, n_harmonics=3)
    np.testing.assert_allclose(found, expected, atol=1e-7)


def test_task_discriminant_component_analysis(trials):
    n_delays = 2
    bases = reference_bases(FREQUENCIES_HZ, N_TIMES, RATE_HZ, 3)

    def augment(window, target):
        padded = np.pad(window, ((0, 0), (0, n_delays)))
        stacked = np.vstack([padded[:, d : d + N_TIMES] for d in range(n_delays + 1)])
        return np.hstack([stacked, stacked @ bases[target] @ bases[target].T])

    def correlate(by_target, target, window):
        doubled = [np.stack([augment(w, k) for w in each]) for k, each in enumerate(by_target)]
        means = [each.mean(axis=0) for each in doubled]
        grand = np.mean(means, axis=0)
        between = sum(5 * (m - grand) @ (m - grand).T for m in means)
        within = sum(
            (w - m) @ (w - m).T for each, m in zip(doubled, means, strict=True) for w in each
        )
        w = scipy.linalg.eigh(between, within)[1][:, ::-1][:, :3].T

        def halves_centred(signal):
            halves = [
                part - part.mean(axis=1, keepdims=True) for part in np.split(signal, 2, axis=1)
            ]
            return np.hstack(halves)

        a, b = halves_centred(w @ augment(window, target)), halves_centred(w @ means[target])
        return (a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum())

    found, expected = scored(
        "tdca", trials, correlate, n_harmonics=3, n_delays=n_delays, n_components=3
    )
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("name", ["ecca", "etrca", "itcca", "tdca", "trca"])
def test_shorter_windows_are_compared_with_the_beginning_of_the_templates(name, trials):
    windows, labels, fresh = trials
    decoder = make_decoder(name, FREQUENCIES_HZ, RATE_HZ).fit(windows, labels)
    assert (decoder.predict(fresh[..., :100]) == np.repeat(range(4), 2)).mean() > 0.6
    with pytest.raises(ValueError, match="up to 125 samples"):
        decoder.score_windows(np.concatenate([fresh, fresh], axis=-1))

import numpy as np
import pytest

from bci_app.decoders.choice_model import ChoiceModel, fit_choice_model

WEIGHTS, OFFSETS = np.array([1.5, 0.4]), np.array([0.5, 0.0, -0.5])


def simulate(n_cases, idle, seed=0):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n_cases, 3, 2)) * [1.0, 4.0]
    model = ChoiceModel(WEIGHTS, OFFSETS, idle)
    probabilities = np.exp(model.log_probabilities(features))
    labels = [rng.choice(len(p), p=p) for p in probabilities]
    return features, np.array(labels), probabilities


@pytest.mark.parametrize("idle", [None, 0.7])
def test_the_model_that_made_the_choices_is_found(idle):
    features, labels, _ = simulate(20_000, idle)
    model = fit_choice_model(features, labels, np.ones(len(labels)), ridge=1e-3)
    np.testing.assert_allclose(model.weights, WEIGHTS, rtol=0.05)
    np.testing.assert_allclose(model.offsets - model.offsets[1], OFFSETS - OFFSETS[1], atol=0.1)
    assert (model.idle is None) == (idle is None)
    if idle is not None:
        assert model.idle - model.offsets[1] == pytest.approx(idle, abs=0.1)


def test_probabilities_are_calibrated():
    features, labels, _ = simulate(20_000, idle=0.7)
    model = fit_choice_model(features[::2], labels[::2], np.ones(10_000), ridge=0.1)
    stated = np.exp(model.log_probabilities(features[1::2]))
    chosen = labels[1::2, np.newaxis] == np.arange(4)
    for low in np.arange(0.0, 1.0, 0.2):
        within = (stated >= low) & (stated < low + 0.2)
        assert chosen[within].mean() == pytest.approx(stated[within].mean(), abs=0.03)


def test_evidence_never_counts_against_a_target():
    features, labels, _ = simulate(500, idle=None)
    model = fit_choice_model(-features, labels, np.ones(len(labels)), ridge=0.1)
    assert (model.weights >= 0).all()


def test_weighing_a_case_double_is_having_it_twice():
    features, labels, _ = simulate(300, idle=0.2)
    double = np.r_[np.full(100, 2.0), np.ones(200)]
    weighed = fit_choice_model(features, labels, double, ridge=0.1)
    twice = fit_choice_model(
        np.concatenate([features[:100], features]),
        np.concatenate([labels[:100], labels]),
        np.ones(400),
        ridge=0.1,
    )
    np.testing.assert_allclose(
        weighed.log_probabilities(features), twice.log_probabilities(features), atol=2e-2
    )

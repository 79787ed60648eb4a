"""What every decoder must do, whatever its method."""

import numpy as np
import pytest
from sklearn.base import clone

from bci_app.decoders import DECODERS, make_decoder
from calibration.errors import CalibrationError

RATE_HZ = 250.0
FREQUENCIES_HZ = (9.0, 11.0, 13.0, 15.0)
NAMES = sorted(DECODERS)
LEARNING = [name for name in NAMES if DECODERS[name].needs_calibration]
# What is learned between trials.
NEED_TWO_TRIALS = {"etrca", "evidence", "ms-etrca", "tdca", "trca"}
# What is found by iteration is found to within the iteration's tolerance only.
TOLERANCE = {"mdm": 1e-5, "tangent-space": 2e-2, "evidence": 2e-2}


def make(name, **settings):
    return make_decoder(name, FREQUENCIES_HZ, RATE_HZ, lengths_s=(1.0,), **settings)


@pytest.fixture
def trained(simulate):
    """Fit a decoder to simulated trials; return it with fresh windows and their labels."""

    def fit(name, change=lambda windows: windows, n_idle=0, **how):
        free_phase = not DECODERS[name].needs_phase_locking
        common = {"free_phase": free_phase, "amplitude_uv": 3.0, **how}
        windows, labels = simulate(n_each=6, n_idle=n_idle, seed=1, **common)
        fresh, truth = simulate(n_each=5, n_idle=n_idle and 5, seed=2, **common)
        return make(name).fit(change(windows), labels), change(fresh), truth

    return fit


@pytest.mark.parametrize("name", NAMES)
def test_clear_responses_are_told_apart(name, trained):
    decoder, windows, truth = trained(name)
    scores = decoder.score_windows(windows)
    assert scores.shape == (len(windows), 4)
    assert np.isfinite(scores).all()
    assert (decoder.predict(windows) == truth).mean() > (
        0.5 if name in ("psda", "mdm", "tangent-space") else 0.75
    )
    np.testing.assert_array_equal(scores, decoder.decision_function(windows))
    np.testing.assert_array_equal(scores.argmax(axis=1), decoder.predict(windows))


@pytest.mark.parametrize("name", NAMES)
def test_each_window_is_scored_by_itself(name, trained):
    decoder, windows, _ = trained(name)
    together = decoder.score_windows(windows)
    alone = np.concatenate([decoder.score_windows(window[np.newaxis]) for window in windows])
    np.testing.assert_allclose(together, alone, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda windows: 1e-6 * windows, id="volts"),
        pytest.param(lambda windows: 1e3 * windows, id="wrong by 1000"),
        pytest.param(lambda windows: windows[:, ::-1], id="channels in another order"),
        pytest.param(lambda windows: windows + 1000.0, id="offset"),
    ],
)
def test_scale_offset_and_order_of_channels_do_not_matter(name, change, trained):
    decoder, windows, _ = trained(name)
    changed_decoder, changed, _ = trained(name, change)
    tolerance = TOLERANCE.get(name, 1e-6)
    np.testing.assert_allclose(
        changed_decoder.score_windows(changed),
        decoder.score_windows(windows),
        rtol=tolerance,
        atol=tolerance,
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda w: np.concatenate([w, 0 * w[:, :1] + 5], axis=1), id="flat"),
        pytest.param(lambda w: np.concatenate([w, w[:, :1]], axis=1), id="duplicated"),
        pytest.param(lambda w: w - w.mean(axis=1, keepdims=True), id="average reference"),
        pytest.param(lambda w: w[:, :1], id="one channel"),
    ],
)
def test_dependent_channels_give_scores(name, spoil, trained):
    decoder, windows, truth = trained(name, spoil, amplitude_uv=6.0)
    scores = decoder.score_windows(windows)
    assert np.isfinite(scores).all()
    assert (scores.argmax(axis=1) == truth).mean() > 0.4


@pytest.mark.parametrize("name", NAMES)
def test_a_dead_headset_gives_finite_scores(name, trained):
    decoder, windows, _ = trained(name)
    assert np.isfinite(decoder.score_windows(np.zeros_like(windows))).all()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_a_number_is_refused(name, bad, trained):
    decoder, windows, _ = trained(name)
    windows[1, 2, 50] = bad
    with pytest.raises(ValueError, match="NaN or infinity"):
        decoder.score_windows(windows)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(250,), (6, 250), (2, 1, 1, 6, 250)])
def test_wrong_shapes_are_refused(name, shape, trained):
    decoder, _, _ = trained(name)
    with pytest.raises(ValueError, match="windows of shape"):
        decoder.score_windows(np.ones(shape))


@pytest.mark.parametrize("name", LEARNING)
def test_labels_that_do_not_fit_are_refused(name, simulate):
    windows, labels = simulate()
    for wrong in (labels[:-1], labels.astype(float), labels + 4, labels - 1):
        with pytest.raises(ValueError, match="label"):
            make(name).fit(windows, wrong)


@pytest.mark.parametrize("name", LEARNING)
def test_scoring_before_fitting_is_refused(name, simulate):
    with pytest.raises(CalibrationError, match="has not been fitted"):
        make(name).score_windows(simulate()[0])


@pytest.mark.parametrize("name", LEARNING)
@pytest.mark.parametrize("n_each", [1, 2])
def test_few_trials_give_scores_or_a_clear_refusal(name, n_each, simulate):
    windows, labels = simulate(n_each=n_each)
    if n_each < 2 and name in NEED_TWO_TRIALS:
        with pytest.raises(CalibrationError, match="expected at least 2"):
            make(name).fit(windows, labels)
    else:
        scores = make(name).fit(windows, labels).score_windows(windows)
        assert np.isfinite(scores).all()


@pytest.mark.parametrize("name", [name for name in LEARNING if name != "cca-knn"])
def test_a_target_without_trials_is_a_clear_refusal(name, simulate):
    windows, labels = simulate()
    with pytest.raises(CalibrationError, match="expected at least"):
        make(name).fit(windows[labels != 2], labels[labels != 2])


@pytest.mark.parametrize("name", NAMES)
def test_fitting_again_forgets_the_first_fit(name, simulate):
    windows, labels = simulate(n_channels=4, free_phase=True)
    other, other_labels = simulate(n_channels=6, n_each=3, seed=5)
    again = make(name).fit(windows, labels).fit(other, other_labels)
    once = make(name).fit(other, other_labels)
    np.testing.assert_array_equal(again.score_windows(other), once.score_windows(other))


@pytest.mark.parametrize("name", NAMES)
def test_targets_change_from_fit_to_fit(name, simulate):
    more_hz = (8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0)
    windows, labels = simulate(frequencies_hz=more_hz)
    decoder = make(name).set_params(frequencies_hz=more_hz).fit(windows, labels)
    assert decoder.score_windows(windows).shape == (len(windows), 7)


@pytest.mark.parametrize("name", NAMES)
def test_scikit_learn_can_clone_it(name, trained):
    decoder, _, _ = trained(name)
    copy = clone(decoder)
    assert type(copy) is type(decoder)
    assert copy.get_params() == decoder.get_params()
    assert not [attribute for attribute in vars(copy) if attribute.endswith("_")]


@pytest.mark.parametrize("name", NAMES)
def test_unknown_parameters_are_refused(name):
    with pytest.raises(ValueError, match="no parameter 'wisdom'"):
        make(name).set_params(wisdom=1)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_handed_over_is_changed(name, simulate):
    windows, labels = simulate()
    before = windows.copy()
    make(name).fit(windows, labels).score_windows(windows)
    np.testing.assert_array_equal(windows, before)


@pytest.mark.parametrize("name", [name for name in NAMES if DECODERS[name].knows_idle])
def test_idle_is_a_class_for_those_who_know_it(name, trained):
    decoder, windows, truth = trained(name, n_idle=8, amplitude_uv=5.0)
    assert decoder.score_windows(windows).shape == (len(windows), 5)
    assert (decoder.predict(windows) == truth).mean() > 0.6


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rate_hz", [128.0, 500.0])
def test_other_sampling_rates(name, rate_hz, simulate):
    windows, labels = simulate(n_times=300)
    decoder = make_decoder(name, (9.0, 11.0, 13.0, 30.0), rate_hz, lengths_s=(300 / rate_hz,))
    assert np.isfinite(decoder.fit(windows, labels).score_windows(windows)).all()

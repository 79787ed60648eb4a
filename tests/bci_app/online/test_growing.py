import numpy as np
import pytest

from bci_app.decoders.streaming import StreamingDecoder
from bci_app.errors import ConfigurationError
from bci_app.online.growing import (
    GrowingModel,
    fit_growing_model,
    idle_of_person,
    make_growing_decoder,
    policy_settings,
)
from bci_app.online.rehearsal import rehearse
from bci_app.online.sequential import SequentialSettings
from calibration.errors import CalibrationError

from .growing_subject import (
    FREQUENCIES_HZ,
    RATE_HZ,
    TRIAL_S,
    fitted,
    looking,
    observed,
)


def test_one_pass_over_all_lengths_gives_what_each_length_gives_alone():
    decoder = fitted().decoder
    samples = looking(0, 5.0, seed=9)
    lengths_s = decoder.lengths_s
    together = list(StreamingDecoder(decoder, 3, lengths_s, 0.125).push(samples))[-1]
    for k, length_s in enumerate(lengths_s):
        alone = list(StreamingDecoder(decoder, 3, (length_s,), 0.125).push(samples))[-1]
        np.testing.assert_allclose(together.scores[k], alone.scores[0], atol=1e-12)


def test_each_session_is_judged_by_a_decoder_that_has_not_seen_it():
    decoder = make_growing_decoder(FREQUENCIES_HZ, RATE_HZ, TRIAL_S)
    first, second = observed(decoder, 1), observed(decoder, 2)
    both = idle_of_person(decoder, [first, second], [])
    settings = policy_settings(onsets_known=True, threshold=SequentialSettings().threshold)
    expected = [
        rehearse(decoder.learn([rest], []), held).idle_maxima(settings).maxima
        for held, rest in ((first, second), (second, first))
    ]
    np.testing.assert_array_equal(both.announced.maxima, np.concatenate(expected))
    assert idle_of_person(decoder, [first], []) is None


def test_a_lower_accepted_rate_asks_for_a_higher_threshold_but_never_less_than_even_odds():
    model = fitted()
    for known in (True, False):
        rate = model.false_rate(onsets_known=known)
        assert rate.threshold_for(0.01) > rate.threshold_for(0.5)
        for accepted in (0.01, 0.5, 1000.0):
            settings = model.settings_for(accepted, onsets_known=known)
            assert settings.threshold == max(0.0, rate.threshold_for(accepted))
            assert settings.onsets_known is known


def test_a_model_survives_as_arrays_and_scores_the_same():
    model = fitted()
    arrays = model.to_arrays()
    assert all(isinstance(array, np.ndarray) for array in arrays.values())
    again = GrowingModel.from_arrays(arrays)
    assert again.announced == model.announced
    assert again.unannounced == model.unannounced
    assert again.stated == model.stated
    windows = np.array([looking(k % 3, 1.0, 50 + k).T for k in range(6)])
    np.testing.assert_array_equal(
        again.decoder.score_windows(windows), model.decoder.score_windows(windows)
    )
    for name, other in (("announced", np.zeros(9)), ("sampling_rate_hz", np.array("fast"))):
        with pytest.raises(CalibrationError, match="do not fit each other"):
            GrowingModel.from_arrays(arrays | {name: other})
    del arrays["announced"]
    with pytest.raises(CalibrationError, match="announced"):
        GrowingModel.from_arrays(arrays)


def test_other_peoples_data_alone_suffice():
    decoder = make_growing_decoder(FREQUENCIES_HZ, RATE_HZ, TRIAL_S)
    model = fit_growing_model(decoder, [], [[observed(decoder, 4)], [observed(decoder, 5)]])
    windows = np.array([looking(k % 2, 2.0, 70 + k).T for k in range(10)])
    assert (model.decoder.predict(windows) == np.arange(10) % 2).mean() >= 0.9


def test_without_idle_there_is_no_model():
    decoder = make_growing_decoder(FREQUENCIES_HZ, RATE_HZ, TRIAL_S)
    windows = np.array([looking(k % 2, 2.0, k).T for k in range(12)])
    seen = decoder.observe(windows, np.arange(12) % 2)
    with pytest.raises(CalibrationError, match="no idle"):
        fit_growing_model(decoder, [seen], [])


def test_trials_that_are_too_short_are_refused():
    with pytest.raises(ConfigurationError, match=r"at least 1\.5 s"):
        make_growing_decoder(FREQUENCIES_HZ, RATE_HZ, 1.2)

from dataclasses import replace

import numpy as np
import pytest

from bci_app.decoders.evidence import EvidenceDecoder
from bci_app.decoders.sums import WindowSums
from bci_app.errors import ConfigurationError
from bci_app.online.growing import (
    GrowingModel,
    fit_growing_model,
    make_growing_decoder,
    policy_settings,
)
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
    bands = decoder._split(looking(0, 3.0, seed=9).T[np.newaxis])
    alone, sums = [], [[] for _ in decoder.shares]
    for n_times in decoder._lengths():
        nested = decoder._nested_sums(bands[..., -n_times:])
        alone.append(EvidenceDecoder.score_sums(decoder, nested))
        for of_share, of_length in zip(sums, nested, strict=True):
            of_share.append(of_length)
    together = [
        WindowSums(
            np.concatenate([s.covariance for s in of_share]),
            np.concatenate([s.fourier for s in of_share]),
            tuple(s.n_times[0] for s in of_share),
        )
        for of_share in sums
    ]
    np.testing.assert_allclose(decoder.score_sums(together), np.concatenate(alone), atol=1e-12)


def test_idle_is_that_of_everybody_and_more_starts_find_more():
    decoder = fitted().decoder
    few, many = (
        decoder.idle_maxima(replace(policy_settings(onsets_known=True), onsets_known=known))
        for known in (True, False)
    )
    assert [len(person.maxima) for person in few] == [6, 6, 6]
    for one, all_starts in zip(few, many, strict=True):
        assert one.minutes == pytest.approx(6 * 2.0 / 60)
        assert (all_starts.maxima >= one.maxima).all()
        assert (all_starts.maxima > one.maxima).any()


def test_a_lower_accepted_rate_asks_for_a_higher_threshold():
    model = fitted()
    thresholds = [
        model.settings_for(rate, onsets_known=False).threshold for rate in (2.0, 0.5, 0.1)
    ]
    assert thresholds == sorted(thresholds)
    assert thresholds[0] < thresholds[-1]


def test_a_model_survives_as_arrays_and_scores_the_same():
    model = fitted()
    arrays = model.to_arrays()
    assert all(isinstance(array, np.ndarray) for array in arrays.values())
    again = GrowingModel.from_arrays(arrays)
    assert again.announced == model.announced
    assert again.unannounced == model.unannounced
    windows = np.array([looking(k % 3, 1.0, 50 + k).T for k in range(6)])
    np.testing.assert_array_equal(
        again.decoder.score_windows(windows), model.decoder.score_windows(windows)
    )
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

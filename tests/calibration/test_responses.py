import numpy as np
import pytest

from calibration.responses import find_alpha, response_db

RATE_HZ = 250.0


def windows(*tones, n=6, seconds=2.0, seed=0):
    """Noise with tones (Hz, µV) whose phase differs from window to window."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    mixing = rng.normal(size=(4, 4))
    noise = np.einsum("ij,wjt->wit", mixing, rng.normal(size=(n, 4, len(time_s))))
    for hz, uv in tones:
        phases = rng.uniform(0, 2 * np.pi, (n, 1, 1))
        noise += (
            uv * np.array([1, 0.8, 0.5, 0.2])[:, None] * np.sin(2 * np.pi * hz * time_s + phases)
        )
    return noise


def test_no_response_is_near_0_db_and_a_strong_one_far_above():
    quiet = response_db(windows(n=40), 12.0, RATE_HZ)
    assert np.abs(quiet).max() < 3
    loud = response_db(windows((12.0, 2.0), (24.0, 1.0)), 12.0, RATE_HZ)
    assert loud[0] > 15
    assert loud[0] > loud[1] > 8
    assert loud[2] < 4


def test_twice_the_amplitude_is_6_db_more():
    first, second = (
        response_db(windows((9.0, uv)), 9.0, RATE_HZ, n_harmonics=1)[0] for uv in (2.0, 4.0)
    )
    assert second - first == pytest.approx(6.02, abs=0.5)


def test_noise_that_all_electrodes_share_hides_a_response_from_each_but_not_from_all():
    shared = 10 * np.random.default_rng(1).normal(size=(20, 1, 500))
    hidden = windows((12.0, 1.0), n=20) + shared
    alone = max(response_db(hidden[:, [k]], 12.0, RATE_HZ, 1)[0] for k in range(4))
    assert response_db(hidden, 12.0, RATE_HZ, 1)[0] > alone + 3


def test_harmonics_that_cannot_be_sampled_are_not_a_number():
    assert np.isnan(response_db(windows(), 50.0, RATE_HZ)).tolist() == [False, False, True]


def test_the_alpha_peak_is_found_where_it_is():
    alpha = find_alpha(windows((10.5, 1.5)), RATE_HZ)
    assert alpha.frequency_hz == 10.5
    assert alpha.height_db > 6
    assert find_alpha(windows(n=30), RATE_HZ).height_db < 3

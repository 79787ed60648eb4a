import numpy as np
import pytest

from calibration.errors import CalibrationError
from calibration.trials import Trial, cut_windows, label_trials


def test_codes_become_targets_or_idle_and_others_are_ignored():
    markers = [(10, "2"), (20, "boundary"), (30, "1"), (40, "3"), (50, "2")]
    assert label_trials(markers, {"2": 13.0, "3": 21.0, "1": None}) == [
        Trial(10, 13.0),
        Trial(30, None),
        Trial(40, 21.0),
        Trial(50, 13.0),
    ]


def test_a_code_that_never_occurs_is_named_beside_those_that_do():
    with pytest.raises(CalibrationError, match=r"code 7 never occurs.*\(1, 2\)"):
        label_trials([(0, "1"), (5, "2")], {"2": 13.0, "7": 21.0})


def test_windows_are_cut_where_they_are_asked_for():
    samples = np.arange(60.0).reshape(30, 2)
    windows = cut_windows(samples, [0, 20], start=3, n_times=7)
    assert windows.shape == (2, 2, 7)
    np.testing.assert_array_equal(windows[1], samples[23:30].T)


@pytest.mark.parametrize("onset", [-4, 21])
def test_a_window_that_is_not_whole_is_refused(onset):
    with pytest.raises(CalibrationError, match=f"onset at sample {onset} reaches beyond"):
        cut_windows(np.zeros((30, 2)), [0, onset], start=3, n_times=7)

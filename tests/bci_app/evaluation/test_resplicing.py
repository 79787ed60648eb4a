from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from bci_app.evaluation.resplicing import resplice
from bci_app.recordings.recording import Marker, Recording
from calibration.errors import CalibrationError

RATE_HZ = 100.0
IDLE = 2


def recording(labels, gap_s=6.5):
    """Each trial holds its own number, the pauses -1, on top of a drift."""
    n_gap = round(gap_s * RATE_HZ)
    samples = np.full((300 + n_gap * len(labels), 2), -1.0)
    onsets = 300 + n_gap * np.arange(len(labels))
    for k, onset in enumerate(onsets):
        samples[onset : onset + 500] = k + 10 * np.sin(np.arange(500))[:, np.newaxis]
    markers = tuple(Marker(int(o), str(label)) for o, label in zip(onsets, labels, strict=True))
    return Recording(Path("x.fif"), samples, RATE_HZ, ("a", "b"), markers), onsets


def run(labels, seed=0):
    original, onsets = recording(labels)
    codes = tuple(map(str, labels))
    return original, resplice(
        original, onsets, np.array(labels), codes, IDLE, delay_s=0.5, trial_s=5.0, seed=seed
    )


LABELS = [0, 1, 2] * 4


def test_every_trial_is_there_once_and_no_target_follows_itself():
    for seed in range(5):
        _, mixed = run(LABELS, seed)
        codes = [marker.code for marker in mixed.markers]
        assert Counter(codes) == Counter(map(str, LABELS))
        assert all(a != b or a == str(IDLE) for a, b in pairwise(codes))


def test_the_same_seed_gives_the_same_order_and_another_another():
    _, one = run(LABELS, 3)
    _, same = run(LABELS, 3)
    _, other = run(LABELS, 4)
    np.testing.assert_array_equal(one.samples_uv, same.samples_uv)
    assert one.markers == same.markers
    assert one.markers != other.markers


def test_trials_follow_each_other_without_pause_and_what_came_before_stays():
    original, mixed = run(LABELS)
    assert {b.index - a.index for a, b in pairwise(mixed.markers)} == {450}
    np.testing.assert_array_equal(mixed.samples_uv[:300], original.samples_uv[:300])
    assert len(mixed.samples_uv) >= mixed.markers[-1].index + 500


def test_the_inside_of_a_trial_is_its_own_but_for_an_offset():
    original, mixed = run(LABELS)
    first = mixed.markers[0].index + 70
    piece = mixed.samples_uv[first : first + 400]
    matches = [
        np.ptp(piece - original.samples_uv[marker.index + 70 : marker.index + 470]) < 1e-9
        for marker in original.markers
        if marker.code == mixed.markers[0].code
    ]
    assert any(matches)


def test_an_order_that_cannot_be_is_refused():
    with pytest.raises(CalibrationError, match="no order"):
        run([0, 0, 0, 1])

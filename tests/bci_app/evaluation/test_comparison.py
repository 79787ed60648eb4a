from dataclasses import replace

import numpy as np
import pytest

from bci_app.evaluation.cells import Row
from bci_app.evaluation.comparison import compare, holm, sign_flip_p, summarise_cells


def row(decoder, subject, accuracy, window_s=1.0, session=0):
    n_right = round(100 * accuracy)
    return Row(
        decoder=decoder,
        scheme="uncalibrated",
        start_s=0.5,
        window_s=window_s,
        subject=subject,
        recording=f"{subject}/{session}",
        n_trials=100,
        n_right=n_right,
        n_gapped=0,
        accuracy=accuracy,
        itr_bits_per_min=10 * accuracy,
        confusion=((n_right, 0), (100 - n_right, 0)),
    )


def test_means_are_over_subjects_however_many_sessions_each_has():
    rows = [row("cca", "a", 0.5), row("cca", "a", 0.7, session=1), row("cca", "b", 0.8)]
    (summary,) = summarise_cells(rows)
    assert (summary.n_subjects, summary.n_recordings) == (2, 3)
    assert summary.accuracy == pytest.approx(0.7)
    assert summary.itr_bits_per_min == pytest.approx(7.0)
    low, high = summary.ci95
    assert 0.0 <= low < 0.7 < high <= 1.0


def test_the_interval_is_students():
    rows = [row("cca", s, a) for s, a in zip("abcd", (0.6, 0.62, 0.64, 0.66), strict=True)]
    (summary,) = summarise_cells(rows)
    # Standard error 0.01291, t(0.975; 3) = 3.1824.
    np.testing.assert_allclose(summary.ci95, (0.63 - 0.04108, 0.63 + 0.04108), atol=1e-4)
    assert summarise_cells(rows[:1])[0].ci95 is None


def test_an_interval_stays_within_what_is_possible():
    rows = [row("cca", "a", 0.0), row("cca", "b", 1.0)]
    (summary,) = summarise_cells(rows)
    assert summary.ci95 == (0.0, 1.0)
    assert summary.itr_ci95[0] == 0.0
    assert summary.itr_ci95[1] > 10.0


def test_decoders_that_chose_among_other_classes_are_not_compared():
    with_idle = [
        replace(row("evidence", s, 0.9), confusion=((1, 0, 0), (0, 1, 0), (0, 0, 1))) for s in "ab"
    ]
    assert compare([row("cca", s, 0.5) for s in "ab"] + with_idle) == []


def test_the_sign_flip_test_counts_all_patterns():
    # Of 2**5 patterns only "all plus" and "all minus" are as far from 0.
    assert sign_flip_p(np.array([0.1, 0.2, 0.1, 0.3, 0.1]), 0) == 2 / 32
    assert sign_flip_p(np.array([0.1, -0.1]), 0) == 1.0
    many = np.full(20, 0.1)
    assert sign_flip_p(many, 0) < 1e-3


def test_holm_steps_down():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([]) == []


def test_only_shared_subjects_are_compared_at_each_window_length():
    rows = [row("cca", s, 0.5, w) for s in "abc" for w in (1.0, 2.0)]
    rows += [row("fbcca", s, 0.6 if w == 1 else 0.4, w) for s in "abd" for w in (1.0, 2.0)]
    short, long = compare(rows)
    assert (short.better, short.worse, short.window_s, short.n_subjects) == ("fbcca", "cca", 1, 2)
    assert (long.better, long.worse) == ("cca", "fbcca")
    assert short.difference == pytest.approx(0.1)
    assert short.p_holm >= short.p == 0.5
    assert compare([row("cca", "a", 0.5), row("fbcca", "a", 0.6)]) == []

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.errors import CalibrationError
from calibration.responses import Alpha
from calibration.sweep import (
    CANDIDATES_HZ,
    clash,
    cross_fit,
    expected_accuracy,
    into_rounds,
    propose,
    separability,
)

NO_ALPHA = Alpha(10.0, 1.0)


def scored(strengths, n=6, seed=0, spill=()):
    """Scores of windows where candidate k rises by its strength when it is looked at."""
    rng = np.random.default_rng(seed)
    n_candidates = len(strengths)
    labels = np.repeat(np.arange(n_candidates + 1), n)
    scores = rng.normal(size=(len(labels), n_candidates))
    for k, strength in enumerate(strengths):
        scores[labels == k, k] += strength
    for looked, other, height in spill:
        scores[labels == looked, other] += height
    return scores, labels


def proposed(strengths, n_targets=3, alpha=NO_ALPHA, frequencies=CANDIDATES_HZ, **options):
    frequencies = frequencies[: len(strengths)]
    apart = separability(*scored(strengths, **options))
    responses = dict.fromkeys(frequencies, (10.0, 3.0, 0.0))
    return propose(frequencies, apart, responses, alpha, n_targets, (9.0, 11.0, 13.0))


@pytest.mark.parametrize(
    ("pair", "reason"),
    [
        ((9.0, 18.0), "2 × 9 Hz falls on 18 Hz"),
        ((21.0, 7.0), "3 × 7 Hz falls on 21 Hz"),
        ((12.0, 12.2), "too close"),
        ((9.0, 17.0), ""),
        ((8.0, 12.0), ""),
    ],
)
def test_what_clashes(pair, reason):
    assert reason in clash(*pair)
    assert bool(clash(*pair)) == bool(reason)
    assert clash(*pair) == clash(*pair[::-1])


@given(st.integers(2, 30), st.integers(2, 8))
def test_rounds_hold_every_candidate_and_neighbours_apart(n, n_targets):
    candidates = [7 + 0.5 * k for k in range(n)]
    rounds = into_rounds(candidates, n_targets)
    assert {f for one in rounds for f in one} == set(candidates)
    assert all(2 <= len(set(one)) == len(one) <= n_targets for one in rounds)
    assert sum(map(len, rounds)) <= n + len(rounds)
    if len(rounds) > 1:
        assert all(abs(np.diff(one)).min() > 0.5 or len(one) == 2 for one in rounds)


def test_the_strong_ones_are_chosen_and_the_weak_are_told_so():
    strengths = [1.0] * 15
    for hz in (8, 11, 13):
        strengths[CANDIDATES_HZ.index(hz)] = 6.0
    proposal = proposed(strengths)
    assert proposal.frequencies_hz == (8.0, 11.0, 13.0)
    assert proposal.expected_accuracy > 0.9 > proposal.configured_accuracy
    whys = {candidate.frequency_hz: candidate.why for candidate in proposal.candidates}
    assert whys[16.0] == "clashes: 2 × 8 Hz falls on 16 Hz"
    assert "more weakly" in whys[20.0]
    assert {c.frequency_hz for c in proposal.candidates[:3]} == {8.0, 11.0, 13.0}


def test_a_strong_alpha_rhythm_excludes_what_lies_on_it():
    strengths = [4.0] * 15
    strengths[CANDIDATES_HZ.index(10.0)] = 9.0
    assert 10.0 in proposed(strengths).frequencies_hz
    proposal = proposed(strengths, alpha=Alpha(10.3, 11.0))
    assert 10.0 not in proposal.frequencies_hz
    (ten,) = [c for c in proposal.candidates if c.frequency_hz == 10.0]
    assert "alpha rhythm (10.3 Hz, 11 dB" in ten.why


def test_two_that_answer_to_each_other_are_not_both_chosen():
    strengths = [0.0] * 15
    for k in (0, 2, 4, 6):
        strengths[k] = 6.0
    proposal = proposed(strengths, spill=[(0, 2, 6.0), (2, 0, 6.0)], n=20)
    assert not {CANDIDATES_HZ[0], CANDIDATES_HZ[2]} <= set(proposal.frequencies_hz)


@given(st.integers(0, 1000), st.integers(2, 5))
def test_a_proposal_never_clashes_and_no_admissible_set_is_expected_to_be_better(seed, n_targets):
    rng = np.random.default_rng(seed)
    strengths = rng.uniform(0, 5, 10)
    frequencies = CANDIDATES_HZ[:10]
    apart = separability(*scored(strengths, seed=seed))
    proposal = propose(frequencies, apart, dict.fromkeys(frequencies, ()), NO_ALPHA, n_targets)
    chosen = proposal.frequencies_hz
    assert len(chosen) == n_targets
    assert not any(clash(f, g) for f in chosen for g in chosen if f < g)
    for _ in range(20):
        other = sorted(rng.choice(10, n_targets, replace=False).tolist())
        hz = [frequencies[k] for k in other]
        if not any(clash(f, g) for f in hz for g in hz if f < g):
            assert expected_accuracy(apart, other) <= proposal.expected_accuracy + 1e-12


def test_expected_accuracy_is_what_happens():
    strengths = [3.0, 2.0, 4.0]
    apart = separability(*scored(strengths, n=400))
    scores, labels = scored(strengths, n=4000, seed=9)
    idle = np.random.default_rng(2).normal(size=(len(scores), 3))
    right = [
        (scores[labels == k].argmax(axis=1) == k) & (scores[labels == k, k] > idle[labels == k, k])
        for k in range(3)
    ]
    assert expected_accuracy(apart, [0, 1, 2]) == pytest.approx(np.mean(right), abs=0.05)


def test_a_choice_is_judged_by_trials_that_it_does_not_rest_on():
    nothing = [0.0] * 10
    frequencies = CANDIDATES_HZ[:10]
    apparent, honest = [], []
    for seed in range(8):
        scores, labels = scored(nothing, n=4, seed=seed)
        halves = np.tile([0, 0, 1, 1], 11)
        apart = separability(scores, labels)
        apparent.append(
            propose(
                frequencies, apart, dict.fromkeys(frequencies, ()), NO_ALPHA, 3
            ).expected_accuracy
        )
        honest.append(cross_fit(frequencies, scores, labels, halves, 3))
    assert np.mean(honest) < np.mean(apparent) - 0.1
    strong = [6.0] * 10
    assert cross_fit(frequencies, *scored(strong, n=4), halves, 3) > 0.95
    one_missing = labels != 2
    assert (
        cross_fit(frequencies, scores[one_missing], labels[one_missing], halves[one_missing], 3)
        is None
    )


def test_too_few_candidates_are_said():
    apart = separability(*scored([3.0, 3.0, 3.0]))
    with pytest.raises(CalibrationError, match="no 3 of the 3 candidates are free of clashes"):
        propose((8.0, 16.0, 9.0), apart, {8.0: (), 16.0: (), 9.0: ()}, NO_ALPHA, 3)


def test_a_candidate_nobody_looked_at_is_said():
    scores, labels = scored([3.0, 3.0])
    with pytest.raises(CalibrationError, match="never looked at"):
        separability(scores[labels != 1], labels[labels != 1])

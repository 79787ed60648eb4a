from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bci_app.errors import ConfigurationError
from bci_app.online.sequential import (
    SequentialPolicy,
    SequentialSettings,
    log_odds_of_targets,
    margins,
)

RATE_HZ = 100.0
LENGTHS_S = np.array([0.5, 1.0, 2.0, 4.0])
HOP = 25
SURE = (0.98, 0.01, 0.01)
OTHER = (0.01, 0.98, 0.01)
IDLE = (0.01, 0.01, 0.98)


def logs(*rows):
    return np.log(np.array(rows))


def run(hops, settings=None, start=400, announce=()):
    """Judge hops, each a row of probabilities for all lengths or one row a length."""
    policy = SequentialPolicy(settings or SequentialSettings(threshold=2.0), RATE_HZ, 4.0)
    decided = []
    for k, probabilities in enumerate(hops):
        if k in announce:
            policy.begin_look(start + HOP * (k - 1))
        rows = np.atleast_2d(probabilities)
        rows = np.repeat(rows, len(LENGTHS_S) // len(rows), axis=0)
        end_index = start + HOP * k
        verdict = policy.judge(end_index, LENGTHS_S, np.log(rows))
        if verdict is not None and verdict.is_decision:
            decided.append((end_index, verdict.target))
    return decided


def test_log_odds_are_those_of_each_target_against_all_else():
    np.testing.assert_allclose(
        log_odds_of_targets(logs((0.5, 0.2, 0.3))), [[0.0, np.log(0.25)]], atol=1e-12
    )
    assert np.isfinite(log_odds_of_targets(np.log(np.array([[1.0, 1e-300, 1e-300]])))).all()


def test_a_shorter_window_must_be_surer():
    seen = margins(logs(*[SURE] * 4), LENGTHS_S, 4.0, slope_per_s=1.5)
    np.testing.assert_allclose(np.diff(seen[:, 0]), 1.5 * np.diff(LENGTHS_S))


def test_a_clear_long_window_decides_and_an_unclear_one_does_not():
    assert run([SURE])[0] == (400, 0)
    assert run([(0.6, 0.2, 0.2)] * 40) == []
    assert run([IDLE] * 40) == []


def test_windows_under_the_shortest_do_not_count():
    only_short = [SURE, IDLE, IDLE, IDLE]
    policy = SequentialPolicy(SequentialSettings(threshold=2.0, slope_per_s=0.0), RATE_HZ, 4.0)
    assert not policy.judge(400, LENGTHS_S, logs(*only_short)).is_decision
    eager = SequentialSettings(threshold=2.0, slope_per_s=0.0, shortest_s=0.5)
    assert (
        SequentialPolicy(eager, RATE_HZ, 4.0).judge(400, LENGTHS_S, logs(*only_short)).is_decision
    )


def test_one_look_is_one_command_however_long_it_lasts():
    assert run([SURE] * 200) == [(400, 0)]


def test_a_look_at_the_same_target_after_a_look_away_is_another_command():
    decided = run([SURE] * 20 + [IDLE] * 20 + [SURE] * 40)
    assert [target for _, target in decided] == [0, 0]
    # The release came with the first idle hop: no window may reach back beyond it.
    assert decided[1][0] >= 400 + HOP * 20 + 100


def test_the_next_target_is_answered_while_the_first_is_held():
    decided = run([SURE] * 8 + [OTHER] * 20)
    assert [target for _, target in decided] == [0, 1]


def test_what_the_previous_look_left_in_long_windows_is_not_answered_again():
    # Gaze has moved to target 1: windows under 2 s say so, longer ones still show target 0.
    straddling = [OTHER, OTHER, SURE, SURE]
    decided = run([SURE] * 12 + [straddling] * 10 + [OTHER] * 10)
    assert [target for _, target in decided] == [0, 1]


def test_nothing_is_decided_within_the_refractory_time():
    slow = SequentialSettings(threshold=2.0, refractory_s=3.0)
    decided = run([SURE] + [OTHER] * 40, slow)
    assert decided[1][0] - decided[0][0] >= 300


def test_an_announced_look_has_one_window_and_one_decision():
    known = SequentialSettings(threshold=2.0, shortest_s=0.5, onsets_known=True)
    assert run([SURE] * 40, known) == []
    decided = run([SURE] * 80, known, announce=(1, 41))
    assert [target for _, target in decided] == [0, 0]
    # Nothing is decided once the longest window is over.
    assert run([IDLE] * 20 + [SURE] * 20, known, announce=(1,)) == []


def test_a_restart_lets_no_window_reach_back():
    policy = SequentialPolicy(SequentialSettings(threshold=2.0), RATE_HZ, 4.0)
    policy.restart(1000)
    assert policy.judge(1025, LENGTHS_S, logs(*[SURE] * 4)) is None
    assert policy.judge(1400, LENGTHS_S, logs(*[SURE] * 4)).is_decision


def test_settings_that_cannot_work_are_refused():
    for wrong in ({"slope_per_s": -1.0}, {"refractory_s": -1.0}, {"held_s": 0.0}):
        with pytest.raises(ConfigurationError, match="expected"):
            SequentialSettings(**wrong)


@given(st.lists(st.tuples(*[st.floats(0.001, 1)] * 3), min_size=1, max_size=60))
def test_two_decisions_never_rest_on_the_same_samples(rows):
    hops = [np.array(row) / sum(row) for row in rows]
    eager = SequentialSettings(threshold=-2.0, slope_per_s=0.0, refractory_s=0.0)
    ends = [end for end, _ in run(hops, eager)]
    assert all(later - earlier >= 100 for earlier, later in pairwise(ends))

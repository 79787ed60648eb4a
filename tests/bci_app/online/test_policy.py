from hypothesis import given
from hypothesis import strategies as st

from bci_app.online.policy import AgreementPolicy, PolicySettings

RATE_HZ = 100.0
SETTINGS = PolicySettings(threshold=0.5, margin=0.1, n_agreeing=3, refractory_s=1.0)
CLEAR = (0.2, 0.8, 0.3)


def decisions(windows, settings=SETTINGS):
    policy = AgreementPolicy(settings, RATE_HZ)
    return [policy.decide(10 * (k + 1), scores) for k, scores in enumerate(windows)]


def test_decides_when_the_same_target_leads_clearly_three_times():
    assert decisions([CLEAR] * 3) == [None, None, 1]


def test_abstains_below_the_threshold_and_within_the_margin():
    assert set(decisions([(0.2, 0.49, 0.1)] * 5)) == {None}
    assert set(decisions([(0.75, 0.8, 0.1)] * 5)) == {None}


def test_an_unclear_window_or_another_leader_starts_the_count_anew():
    unclear, other = (0.4, 0.4, 0.4), (0.9, 0.1, 0.1)
    assert decisions([CLEAR, CLEAR, unclear, CLEAR, CLEAR, CLEAR])[:-1] == [None] * 5
    assert decisions([CLEAR, CLEAR, other, other, other]) == [None, None, None, None, 0]


def test_nothing_is_decided_in_the_refractory_time():
    answers = decisions([CLEAR] * 3 + [(0.9, 0.1, 0.1)] * 20)
    assert answers[2] == 1
    # 1 s is ten windows; the window that ends it is the first of three that must agree.
    assert [k for k, answer in enumerate(answers) if answer is not None] == [2, 2 + 12]


def test_one_look_is_one_decision():
    away = (0.2, 0.3, 0.3)
    assert decisions([CLEAR] * 60).count(1) == 1
    assert decisions([CLEAR] * 30 + [away] + [CLEAR] * 30).count(1) == 2


def test_a_restart_forgets_the_agreement_so_far():
    policy = AgreementPolicy(SETTINGS, RATE_HZ)
    assert [policy.decide(10, CLEAR), policy.decide(20, CLEAR)] == [None, None]
    policy.restart()
    assert policy.decide(30, CLEAR) is None


@given(st.lists(st.tuples(*[st.floats(0, 1)] * 3), max_size=60))
def test_a_decision_always_rests_on_windows_that_agree(windows):
    for k, target in enumerate(decisions(windows)):
        if target is not None:
            for scores in windows[k - 2 : k + 1]:
                others = [score for j, score in enumerate(scores) if j != target]
                assert scores[target] >= 0.5
                assert scores[target] - max(others) >= 0.1

import numpy as np
import pytest

from devices.virtual_brain.behaviour import Behaviour, Blink, Clench, Habits, Look, State

RATE_HZ = 250.0


def live(habits, minutes, cues=(), seed=0):
    """Return (seconds, deed) of so many minutes; cues are (seconds, target)."""
    behaviour = Behaviour(habits, RATE_HZ, np.random.default_rng(seed))
    waiting, done, index = list(cues), [], 0
    while index < minutes * 60 * RATE_HZ:
        while waiting and waiting[0][0] * RATE_HZ <= index:
            behaviour.cue(waiting.pop(0)[1], index)
        done += [(index / RATE_HZ, deed) for deed in behaviour.deeds(index)]
        index = min([behaviour.next_index, *(round(s * RATE_HZ) for s, _ in waiting[:1])])
    return done


def of_kind(done, kind):
    return [(at_s, deed) for at_s, deed in done if isinstance(deed, kind)]


def test_the_gaze_follows_a_cue_after_a_reaction_time():
    cues = [(float(k), 13.0 if k % 2 else None) for k in range(1, 400)]
    looks = of_kind(live(Habits(reaction_s=0.3), 7.0, cues), Look)
    assert [deed.target for _, deed in looks[:4]] == [13.0, None, 13.0, None]
    late_s = np.array([at_s % 1.0 for at_s, _ in looks])
    assert np.median(late_s) == pytest.approx(0.3, rel=0.1)
    assert late_s.std() > 0.02
    assert late_s.min() > 0.2


def test_some_cues_are_answered_wrongly():
    targets = [9.0, 13.0, 17.0]
    cues = [(float(k), targets[k % 3]) for k in range(1, 1200)]
    looks = of_kind(live(Habits(reaction_s=0.3, error_rate=0.1), 20.0, cues), Look)
    wrong = np.mean([deed.target != targets[int(at_s) % 3] for at_s, deed in looks])
    assert 0.06 < wrong < 0.14


def test_they_blink_and_clench_and_rest_as_often_as_they_use_to():
    habits = Habits(0.3, blinks_per_min=15.0, clenches_per_min=2.0, rests_per_min=1.0)
    done = live(habits, 20.0)
    assert len(of_kind(done, Blink)) == pytest.approx(300, rel=0.2)
    assert len(of_kind(done, Clench)) == pytest.approx(40, rel=0.5)
    closed = [state for _, state in of_kind(done, State) if state.attention == 0.0]
    assert len(closed) * 0.1 == pytest.approx(20 * 4.0, rel=0.6)  # a rest lasts four seconds
    assert all(state.alpha > 3.0 for state in closed)


def test_the_eyes_leave_the_target_for_a_moment_and_come_back():
    done = live(Habits(0.3, lapses_per_min=6.0), 20.0, [(0.5, 13.0)])
    looks = of_kind(done, Look)[1:]
    assert len(looks) > 60
    assert [deed.target for _, deed in looks[:6]] == [None, 13.0] * 3
    away_s = [b - a for (a, _), (b, _) in zip(looks[::2], looks[1::2], strict=False)]
    assert 0.3 < min(away_s) < max(away_s) < 2.2


def test_at_rest_the_eyes_stray_only_to_what_they_know():
    glancing = Habits(0.3, glances_per_min=6.0)
    assert of_kind(live(glancing, 5.0), Look) == []
    looks = of_kind(live(glancing, 20.0, [(0.5, 13.0), (2.0, None)]), Look)[2:]
    assert len(looks) > 60
    assert {deed.target for _, deed in looks} == {13.0, None}


def test_attention_comes_and_goes_and_tiredness_grows():
    states = of_kind(live(Habits(0.3, attention_spread=0.2), 60.0), State)
    attention = np.array([state.attention for _, state in states])
    assert np.log(attention).std() == pytest.approx(0.2, rel=0.25)
    tiring = of_kind(live(Habits(0.3, tires_after_min=10.0), 60.0), State)
    assert tiring[-1][1].attention < 0.75 < 0.99 < tiring[0][1].attention
    assert tiring[-1][1].alpha > 1.7
    steady = of_kind(live(Habits(0.3), 5.0), State)
    assert all(abs(state.attention - 1.0) < 1e-6 for _, state in steady)


def test_a_gaze_that_is_put_somewhere_forgets_what_was_asked():
    behaviour = Behaviour(Habits(0.3), RATE_HZ, np.random.default_rng(0))
    behaviour.cue(13.0, 0)
    behaviour.settle(None)
    looks = []
    while behaviour.next_index < 500:
        looks += of_kind([(0, deed) for deed in behaviour.deeds(behaviour.next_index)], Look)
    assert looks == []

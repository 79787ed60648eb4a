from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.errors import CalibrationError
from calibration.protocol import (
    Asked,
    BlockEnded,
    Cued,
    Held,
    LookBegan,
    LookEnded,
    Outcome,
    Phase,
    Protocol,
    ProtocolSettings,
)

STEP_S = 0.25

settings_drawn = st.builds(
    ProtocolSettings,
    n_targets=st.integers(2, 6),
    n_blocks=st.integers(1, 3),
    n_repeats=st.integers(1, 3),
    n_idle=st.integers(0, 4),
    cue_s=st.sampled_from([0.0, 0.5, 1.0]),
    look_s=st.sampled_from([0.5, 2.0]),
    rest_s=st.sampled_from([0.0, 0.5]),
    break_s=st.sampled_from([0.0, 3.0]),
    seed=st.integers(0, 5),
)


def run(protocol, now_s=0.0, until=lambda _: False, spoil=lambda _: False):
    """Lead through the protocol; returns all steps with their times."""
    told = [(now_s, step) for step in protocol.begin(now_s)]
    for _ in range(100_000):
        if protocol.phase in (Phase.DONE, Phase.PAUSED) or until(told):
            break
        now_s += STEP_S
        for step in protocol.advance(now_s):
            told.append((now_s, step))
            if isinstance(step, LookEnded) and spoil(step.trial):
                told += [(now_s, held) for held in protocol.reject("noise")]
    return told


def looked(told):
    return [step.trial.target for _, step in told if isinstance(step, LookBegan)]


@given(settings_drawn)
def test_every_block_asks_for_each_target_and_idle_as_often_as_set(settings):
    told = run(Protocol(settings))
    ends = [k for k, (_, step) in enumerate(told) if isinstance(step, BlockEnded)]
    assert len(ends) == settings.n_blocks
    first = 0
    for block, end in enumerate(ends):
        asked = looked(told[first:end])
        assert asked.count(None) == settings.n_idle
        assert all(asked.count(k) == settings.n_repeats for k in range(settings.n_targets))
        assert all(
            step.trial.block == block for _, step in told[first:end] if isinstance(step, Cued)
        )
        first = end


@given(settings_drawn)
def test_each_part_lasts_its_time_and_the_remaining_time_is_kept(settings):
    protocol = Protocol(settings)
    foretold_s = protocol.progress(0.0).remaining_s
    told = run(protocol)
    kinds = [type(step) for _, step in told]
    assert kinds.count(Cued) == kinds.count(LookBegan) == kinds.count(LookEnded)
    for (began_s, step), (ended_s, after) in pairwise(told):
        match step, after:
            case Cued(), LookBegan():
                assert ended_s - began_s == max(settings.cue_s, STEP_S)
            case LookBegan(), LookEnded():
                assert ended_s - began_s == settings.look_s
            case _:
                pass
    late_s = 3 * STEP_S * len(told)  # a part of no length still takes a step
    assert foretold_s - 1e-9 <= told[-1][0] + 1e-9 <= foretold_s + late_s
    assert protocol.progress(told[-1][0]).remaining_s == 0


@given(settings_drawn, st.integers(0, 2**32 - 1))
def test_spoiled_trials_are_done_again_within_their_block(settings, seed):
    rng = np.random.default_rng(seed)
    protocol = Protocol(settings)
    told = run(protocol, spoil=lambda _: bool(rng.random() < 0.3))
    while protocol.phase is Phase.PAUSED:
        told += run(protocol, told[-1][0], spoil=lambda _: bool(rng.random() < 0.3))
    kept = [outcome.target for outcome in protocol.outcomes if outcome.kept]
    progress = protocol.progress(told[-1][0])
    assert len(kept) == progress.n_kept == progress.n_planned
    for k in range(settings.n_targets):
        assert kept.count(k) == settings.n_repeats * settings.n_blocks
    assert len(protocol.outcomes) == len(looked(told))


@given(settings_drawn, st.integers(0, 60), st.integers(0, 9))
def test_what_was_left_is_gone_on_with(settings, n_before, spoiled_every):
    def spoil(protocol):
        return lambda _: bool(spoiled_every) and len(protocol.outcomes) % (spoiled_every + 2) == 1

    whole = Protocol(settings)
    all_asked = looked(run(whole, spoil=spoil(whole)))
    left = Protocol(settings)
    run(left, until=lambda _: len(left.outcomes) >= n_before, spoil=spoil(left))
    resumed = Protocol(settings, left.outcomes)
    run(resumed, spoil=spoil(resumed))
    assert [outcome.target for outcome in resumed.outcomes] == all_asked
    assert resumed.outcomes == whole.outcomes


def test_the_order_follows_from_the_seed():
    first, again, other = (
        looked(run(Protocol(ProtocolSettings(5, seed=seed)))) for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_a_pause_breaks_a_trial_off_and_it_is_done_again():
    protocol = Protocol(ProtocolSettings(3, n_blocks=1, n_repeats=1, n_idle=1))
    told = run(protocol, until=lambda told: isinstance(told[-1][1], LookBegan))
    asked = told[-1][1].trial
    assert protocol.trial == asked
    assert protocol.pause() == [LookEnded(asked, whole=False)]
    assert protocol.pause() == protocol.advance(1e9) == []
    assert protocol.trial is None
    assert protocol.outcomes == [Outcome(asked.target, kept=False)]
    later = run(protocol, 100.0)
    assert sorted(map(str, looked(later))) == ["0", "1", "2", "None"]
    assert protocol.phase is Phase.DONE


def test_a_flicker_that_begins_late_lasts_its_time():
    protocol = Protocol(ProtocolSettings(2, cue_s=1.0, look_s=5.0))
    protocol.begin(0.0)
    protocol.advance(1.0)
    protocol.note_flicker(1.5)
    assert protocol.advance(6.25) == []
    (ended,) = protocol.advance(6.5)
    assert ended.whole
    protocol.note_flicker(6.5)
    assert protocol.phase is Phase.REST, "nothing is looked at in a rest"


def test_a_pause_between_trials_spoils_nothing():
    protocol = Protocol(ProtocolSettings(2, n_blocks=1))
    protocol.begin(0.0)
    assert protocol.phase is Phase.CUE
    assert protocol.pause() == []
    assert protocol.outcomes == []
    (cued,) = protocol.begin(5.0)
    assert cued == Cued(Asked(protocol.trial.target, 0))


def test_a_break_can_be_left_early():
    protocol = Protocol(ProtocolSettings(2, n_blocks=2, break_s=1000.0))
    run(protocol, until=lambda _: protocol.phase is Phase.BREAK)
    assert protocol.progress(0.0).block == 1
    assert [type(step) for step in protocol.begin(500.0)] == [Cued]


def test_trials_spoiled_one_after_the_other_hold_the_protocol():
    protocol = Protocol(ProtocolSettings(4))
    told = run(protocol, spoil=lambda _: True)
    assert isinstance(told[-1][1], Held)
    assert "4 trials running were spoiled, the last one: noise" in told[-1][1].reason
    assert protocol.phase is Phase.PAUSED
    assert run(protocol, told[-1][0])[-1][1] == BlockEnded(3)


def test_trials_of_another_protocol_are_refused():
    with pytest.raises(CalibrationError, match="to follow this protocol"):
        Protocol(ProtocolSettings(2), [Outcome(4)])


@pytest.mark.parametrize(
    "wrong", [{"n_blocks": 0}, {"n_repeats": 0}, {"n_idle": -1}, {"look_s": 0}, {"rest_s": -1}]
)
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(CalibrationError, match="expected"):
        ProtocolSettings(3, **wrong)

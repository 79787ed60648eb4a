import copy
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bci_app.online.events import Decided, EyesJudged
from bci_app.online.eyes import EyesWatch, OpenEyes, learn_open_eyes
from bci_app.online.growing import make_growing_decoder
from bci_app.online.path import OnlinePath
from bci_app.online.rehearsal import HOP_S
from bci_app.online.sequential import SequentialPolicy, SequentialSettings
from bci_app.online.settings import PathSettings, Target
from devices.chunk import Chunk
from devices.exoskeleton.command import Command

from .growing_subject import FREQUENCIES_HZ, IDLE, RATE_HZ, fitted, looking, observed


def watched(*log_alphas, spread=0.5, doubt=0.0):
    watch = EyesWatch(OpenEyes(1.0, spread, doubt), 100.0)
    closed = []
    for k, log_alpha in enumerate(log_alphas):
        watch.observe(50 * k, log_alpha)
        closed.append(watch.closed)
    return closed


def test_eyes_that_seem_closed_do_so_until_alpha_was_as_usual_for_two_seconds():
    closed = watched(1.0, 2.7, 2.8, 1.4, 1.6, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
    assert closed == [False, False] + [True] * 7 + [False, False]


def test_however_steady_alpha_was_closed_eyes_mean_several_times_as_much():
    assert watched(1.0, 1.0 + np.log(3.0), spread=0.01) == [False, False]
    assert watched(1.0, 1.0 + np.log(5.0), spread=0.01) == [False, True]


def test_what_is_not_measured_changes_nothing():
    assert watched(3.5, None, None, 1.0, None, 1.0, 1.0, 1.0, 1.0) == [True] * 9


def test_alpha_that_is_large_with_open_eyes_is_learned_and_larger_still_means_closed():
    large = [1.0 + 0.01 * k for k in range(100)] + [2.3] * 40
    usual, closed = [2.3] * 20, [4.5]
    assert watched(*large, *usual, *closed, doubt=0.5)[-1]
    assert not any(watched(*large, *usual, doubt=0.5))
    # From before it is known, or where nothing is learned, as much means closed eyes.
    assert watched(3.6, doubt=0.5) == [True]
    assert watched(*large, 2.8)[-1]
    assert not watched(*large, 2.8, doubt=0.5)[-1]


@given(
    st.lists(st.floats(-3.0, 5.0), min_size=2, max_size=40),
    st.floats(0.0, 2.0),
)
def test_the_centre_that_is_learned_is_the_posterior_mean_over_what_seemed_open(above, doubt):
    watch = EyesWatch(OpenEyes(0.0, 1.0, doubt), 100.0)
    for k, value in enumerate(above):
        watch.observe(200 * k, value)
        assume(not watch.closed)
    seen = above[1:]
    precision = 1 / doubt**2 if doubt > 1e-6 else np.inf
    expected = sum(seen) / (precision + len(seen))
    limit = expected + 3.5 * np.sqrt(1 + 1 / (precision + len(seen)))
    for probe, expected_closed in ((limit - 1e-6, False), (limit + 1e-6, True)):
        trial = copy.deepcopy(watch)
        trial.observe(200 * len(above), probe)
        assert trial.closed == expected_closed


def test_the_subject_says_where_alpha_is_and_others_do_for_a_new_one():
    decoder = make_growing_decoder(FREQUENCIES_HZ, RATE_HZ, 2.5)
    own, other, third = (observed(decoder, seed) for seed in (1, 2, 3))
    large = replace(own, bands_uv=own.bands_uv * 3)
    for sessions, expected in (([large], np.log(9.0) * 18 / 22), ([], 0.0)):
        usual = learn_open_eyes(decoder, [], [[other]], HOP_S)
        found = learn_open_eyes(decoder, sessions, [[other], [third]], HOP_S)
        assert found.centre - usual.centre == pytest.approx(expected, abs=0.25)
        assert 0.1 < found.spread < 1.0
    between = learn_open_eyes(decoder, [], [[other], [large]], HOP_S).doubt
    assert between == pytest.approx(np.log(9.0) / 2, abs=0.25)
    assert learn_open_eyes(decoder, [own], [[other], [large]], HOP_S).doubt < 0.5 * between


def test_with_closed_eyes_nothing_is_decided_and_afterwards_it_is():
    policy = SequentialPolicy(SequentialSettings(threshold=1.0), 100.0, 2.0, OpenEyes(0.0, 1.0))
    lengths_s, sure = np.array([1.0, 2.0]), np.log([[0.998, 0.001, 0.001]] * 2)
    decided = [
        policy.judge(200 + 25 * k, lengths_s, sure, 4.0 if k < 8 else 0.0).is_decision
        for k in range(17)
    ]
    assert decided == [False] * 16 + [True]


def decide(samples_uv, chunk_size):
    targets = tuple(
        Target(f, command)
        for f, command in zip(FREQUENCIES_HZ, (Command.WALK, Command.STAND), strict=True)
    )
    sequential = fitted().settings_for(0.5, onsets_known=False)
    settings = PathSettings(
        targets=targets, band_hz=(5.0, 50.0), mains_hz=None, sequential=sequential
    )
    path = OnlinePath(settings, RATE_HZ, samples_uv.shape[1], fitted())
    return [
        event
        for start in range(0, len(samples_uv), chunk_size)
        for event in path.push(Chunk(samples_uv[start : start + chunk_size], start))
        if isinstance(event, EyesJudged | Decided)
    ]


def test_a_look_through_alpha_waits_until_the_eyes_are_open_however_the_stream_is_cut():
    samples_uv = np.concatenate([looking(IDLE, 4.0, 1), looking(0, 12.0, 2)])
    time_s = np.arange(len(samples_uv)) / RATE_HZ
    alpha = 12.0 * np.sin(2 * np.pi * 10.8 * time_s) * ((time_s > 2.0) & (time_s < 7.0))
    whole = decide(samples_uv + alpha[:, np.newaxis], 2000)
    assert whole == decide(samples_uv + alpha[:, np.newaxis], 37)
    closed, opened, decided = whole
    assert (closed.closed, opened.closed, decided.target) == (True, False, 0)
    assert 2.0 < closed.end_index / RATE_HZ < 4.0
    assert opened.end_index / RATE_HZ > 7.0
    assert decided.end_index >= opened.end_index
    assert decide(samples_uv, 2000)[0].end_index / RATE_HZ < 7.0

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bci_app.errors import ConfigurationError
from bci_app.online.events import Decided, GapFound, Scored
from bci_app.online.path import OnlinePath
from bci_app.online.sequential import SequentialSettings
from bci_app.online.settings import PathSettings, Target
from devices.chunk import Chunk
from devices.exoskeleton.command import Command

from .growing_subject import FREQUENCIES_HZ, IDLE, RATE_HZ, fitted, looking

TARGETS = tuple(map(Target, FREQUENCIES_HZ, (Command.STAND, Command.SIT)))
SETTINGS = PathSettings(targets=TARGETS, band_hz=(5.0, 55.0), mains_hz=None)


def stream(*looks, duration_s=4.0):
    return np.concatenate(
        [looking(target, duration_s, seed=200 + k) for k, target in enumerate(looks)]
    )


def path_for(*, onsets_known=False, max_false_per_min=1.0):
    model = fitted()
    sequential = model.settings_for(max_false_per_min, onsets_known=onsets_known)
    return OnlinePath(replace(SETTINGS, sequential=sequential), RATE_HZ, 3, model)


def of(kind, events):
    return [event for event in events if isinstance(event, kind)]


def test_gaze_that_moves_when_it_likes_is_answered_in_order():
    looks = (IDLE, 0, 1, IDLE, 1, 0)
    decided = of(Decided, path_for().push(Chunk(stream(*looks), 0)))
    assert [d.target for d in decided] == [0, 1, 1, 0]
    for d, k in zip(decided, (1, 2, 4, 5), strict=True):
        assert 4.0 * k < d.end_index / RATE_HZ <= 4.0 * (k + 1)


def test_a_decision_shows_why():
    decided = of(Decided, path_for().push(Chunk(stream(IDLE, 1), 0)))[0]
    assert sum(decided.probabilities) == pytest.approx(1.0)
    assert len(decided.probabilities) == len(TARGETS) + 1
    assert decided.score == decided.probabilities[decided.target] == max(decided.probabilities)
    assert decided.evidence[decided.target] == max(decided.evidence)
    assert decided.n_window in [round(length * RATE_HZ) for length in fitted().decoder.lengths_s]


def test_the_best_of_many_windows_is_not_taken_at_its_word():
    decided = of(Decided, path_for().push(Chunk(stream(IDLE, 1), 0)))[0]
    assert decided.score < 1 / (1 + np.exp(-decided.evidence[decided.target]))


def test_the_window_of_an_announced_look_is_taken_at_its_word():
    path, samples = path_for(onsets_known=True), stream(IDLE, 1)
    path.push(Chunk(samples[:512], 0))
    path.begin_look()
    decided = of(Decided, path.push(Chunk(samples[512:], 512)))[0]
    odds = decided.score / (1 - decided.score)
    assert decided.evidence[decided.target] == pytest.approx(np.log(odds), rel=1e-3)


def test_idle_alone_decides_hardly_ever():
    idle = looking(IDLE, 60.0, seed=7)
    strict = of(Decided, path_for(max_false_per_min=0.1).push(Chunk(idle, 0)))
    assert len(strict) <= 1
    eager = replace(SETTINGS, sequential=SequentialSettings(threshold=-6.0))
    path = OnlinePath(eager, RATE_HZ, 3, fitted())
    assert len(of(Decided, path.push(Chunk(idle, 0)))) > 5


@settings(max_examples=5, deadline=None)
@given(cuts=st.lists(st.integers(0, 1500), max_size=12), gap=st.integers(0, 40))
def test_the_same_stream_cut_otherwise_gives_the_same_events(cuts, gap):
    before, after = stream(0, 1, IDLE), stream(1, 0)
    resumed = len(before) + gap

    def run(cuts):
        path, events = path_for(), []
        for samples, first in ((before, 0), (after, resumed)):
            edges = [0, *sorted(c for c in cuts if c < len(samples)), len(samples)]
            for start, stop in pairwise(edges):
                events += path.push(Chunk(samples[start:stop], first + start))
        return events

    whole = run([])
    assert len(of(Decided, whole)) >= 3
    assert run(cuts) == whole


def test_one_sample_at_a_time_gives_the_same_events():
    samples = stream(0, 1)
    path = path_for()
    single = [e for k in range(len(samples)) for e in path.push(Chunk(samples[k : k + 1], k))]
    assert single == path_for().push(Chunk(samples, 0))


def test_no_window_contains_a_gap():
    samples = stream(0)
    path = path_for()
    events = path.push(Chunk(samples, 0)) + path.push(Chunk(samples, len(samples) + 9))
    assert of(GapFound, events) == [GapFound(len(samples), 9)]
    after = [e.end_index for e in of(Scored, events) if e.end_index > len(samples)]
    assert min(after) >= len(samples) + 9 + 0.25 * RATE_HZ + RATE_HZ
    fresh = [e.scores for e in of(Scored, path_for().push(Chunk(samples, 0)))]
    assert [e.scores for e in of(Scored, events) if e.end_index > len(samples)] == fresh


def test_announced_looks_are_answered_once_and_nothing_else_is():
    samples = stream(0, 1, IDLE, 0)
    path = path_for(onsets_known=True)
    events = path.push(Chunk(samples[:512], 0))
    assert of(Decided, events) == []
    for k in (1, 2, 3):
        path.begin_look()
        events += path.push(Chunk(samples[512 * k : 512 * (k + 1)], 512 * k))
    assert [(d.target, d.end_index // 512) for d in of(Decided, events)] == [(1, 1), (0, 3)]


def test_a_look_announced_to_a_path_that_cannot_use_it_is_refused():
    for path in (path_for(), OnlinePath(SETTINGS, RATE_HZ, 3)):
        with pytest.raises(ConfigurationError, match="announced"):
            path.begin_look()


def test_a_model_of_other_targets_is_refused():
    other = replace(SETTINGS, targets=(TARGETS[0], Target(15.0, Command.SIT)))
    with pytest.raises(ConfigurationError, match="a model of targets"):
        OnlinePath(other, RATE_HZ, 3, fitted())
    with pytest.raises(ConfigurationError, match="a model of targets"):
        OnlinePath(SETTINGS, 250.0, 3, fitted())

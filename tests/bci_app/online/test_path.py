from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bci_app.errors import ConfigurationError
from bci_app.online.events import Commanded, Decided, GapFound, Scored
from bci_app.online.path import OnlinePath
from bci_app.online.settings import REFERENCE_TARGETS, PathSettings, Target
from devices.chunk import Chunk
from devices.exoskeleton.command import Command
from devices.exoskeleton.postures import Fault, Posture

RATE_HZ = 250.0
SETTINGS = PathSettings(window_s=1.0)
N_WINDOW = 250


def gaze(frequency_hz, duration_s=6.0, seed=0, n_channels=4):
    """EEG-like noise with a response to a flicker, (n_times, n_channels) µV."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    response = 4 * np.sin(2 * np.pi * frequency_hz * time_s + rng.uniform(0, 2 * np.pi))
    return response[:, np.newaxis] + rng.normal(scale=6, size=(len(time_s), n_channels))


def run(chunks, settings=SETTINGS):
    path = standing(OnlinePath(settings, RATE_HZ, n_channels=4))
    return [event for chunk in chunks for event in path.push(chunk)]


def standing(path):
    path.gate.observe_posture(Posture.STANDING, Fault.NONE)
    return path


def of(kind, events):
    return [event for event in events if isinstance(event, kind)]


def cut(samples, cuts, first_index=0):
    edges = [0, *sorted(cuts), len(samples)]
    return [Chunk(samples[start:stop], first_index + start) for start, stop in pairwise(edges)]


@pytest.mark.parametrize("target", range(5))
def test_looking_at_a_target_sends_its_command(target):
    events = run([Chunk(gaze(REFERENCE_TARGETS[target].frequency_hz), 0)])
    assert {decided.target for decided in of(Decided, events)} == {target}
    assert {sent.command for sent in of(Commanded, events)} == {REFERENCE_TARGETS[target].command}


def test_noise_alone_decides_nothing():
    noise = np.random.default_rng(1).normal(scale=6, size=(round(120 * RATE_HZ), 4))
    assert of(Decided, run([Chunk(noise, 0)])) == []


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(0, 1500), max_size=12), gap=st.integers(0, 40))
def test_the_same_stream_cut_otherwise_gives_the_same_events(cuts, gap):
    before, after = gaze(13, seed=2), gaze(11, duration_s=4, seed=3)
    resumed = len(before) + gap
    whole = run([Chunk(before, 0), Chunk(after, resumed)])
    assert len(of(Decided, whole)) >= 2
    pieces = cut(before, cuts) + cut(after, [c for c in cuts if c < len(after)], resumed)
    assert run(pieces) == whole


def test_one_sample_at_a_time_gives_the_same_events():
    samples = gaze(15)
    assert run(cut(samples, range(1, len(samples)))) == run([Chunk(samples, 0)])


def test_no_window_contains_a_gap():
    samples = gaze(13, duration_s=4)
    resumed = len(samples) + 7
    events = run([Chunk(samples, 0), Chunk(samples, resumed)])
    assert of(GapFound, events) == [GapFound(first_index=1000, n_lost=7)]
    ends = [scored.end_index for scored in of(Scored, events)]
    assert all(end <= 1000 or end - N_WINDOW >= resumed for end in ends)
    assert any(end > resumed for end in ends)


def test_after_a_gap_the_path_answers_as_if_freshly_started():
    before, after = gaze(9, duration_s=3), gaze(17, seed=5)
    resumed = 100_000  # a whole number of hops, so that the fresh path hops at the same samples
    with_gap = run([Chunk(before, 0), Chunk(after, resumed)])
    fresh = run([Chunk(after, 0)])
    assert [
        (scored.end_index - resumed, scored.scores)
        for scored in of(Scored, with_gap)
        if scored.end_index > resumed
    ] == [(scored.end_index, scored.scores) for scored in of(Scored, fresh)]


def test_samples_that_are_not_numbers_are_a_gap():
    samples = gaze(13)
    samples[700:720, 2] = np.nan
    samples[900] = np.inf
    with_nan = run([Chunk(samples.copy(), 0)])
    assert of(GapFound, with_nan) == [GapFound(700, 20), GapFound(900, 1)]
    assert with_nan == run(
        [Chunk(samples[:700], 0), Chunk(samples[720:900], 720), Chunk(samples[901:], 901)]
    )


def test_a_dead_headset_scores_zero():
    events = run([Chunk(np.zeros((2000, 4)), 0)])
    assert {scored.scores for scored in of(Scored, events)} == {(0.0,) * 5}


def test_misuse_is_refused():
    path = OnlinePath(SETTINGS, RATE_HZ, n_channels=4)
    path.push(Chunk(np.zeros((10, 4)), 0))
    with pytest.raises(ValueError, match="expected 4"):
        path.push(Chunk(np.zeros((10, 5)), 10))
    with pytest.raises(ValueError, match="already at 10"):
        path.push(Chunk(np.zeros((10, 4)), 5))


def test_impossible_settings_are_refused():
    for frequency_hz in (125.0, 200.0, 0.0, -9.0):
        targets = (Target(13.0, Command.STAND), Target(frequency_hz, Command.SIT))
        with pytest.raises(ConfigurationError, match="between 0 and 125 Hz"):
            OnlinePath(replace(SETTINGS, targets=targets), RATE_HZ, 4)
    close = (Target(13.0, Command.STAND), Target(13.05, Command.SIT))
    with pytest.raises(ConfigurationError, match="cannot be told apart in 1 s"):
        OnlinePath(replace(SETTINGS, targets=close), RATE_HZ, 4)
    with pytest.raises(ConfigurationError, match="at least 2"):
        PathSettings(targets=close[:1])
    with pytest.raises(ConfigurationError, match="positive hop"):
        PathSettings(window_s=1.0, hop_s=2.0)

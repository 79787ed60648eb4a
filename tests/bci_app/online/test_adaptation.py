from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bci_app.errors import ConfigurationError
from bci_app.online.adaptation import AdaptationSettings, ThresholdAdaptation, adaptation_for
from bci_app.online.events import Adapted, Decided
from bci_app.online.false_rate import IdleMaxima, fit_false_rate
from bci_app.online.path import OnlinePath
from bci_app.online.sequential import SequentialPolicy, SequentialSettings
from bci_app.online.settings import PathSettings, Target
from devices.chunk import Chunk
from devices.exoskeleton.command import Command

from .growing_subject import FREQUENCIES_HZ, IDLE, RATE_HZ, fitted, looking

SETTINGS = AdaptationSettings(level=0.0, usual_share=0.4, stretch_s=1.0)
HOP_HZ = 8.0


def idle_for(adaptation, n_stretches, seed, shift=0.0):
    """Stretches whose highest margin exceeds 0 with probability 0.4 where nothing has shifted."""
    rng = np.random.default_rng(seed)
    per_stretch = round(HOP_HZ) + 1
    offsets = []
    for k in range(n_stretches):
        for j in range(per_stretch):
            margin = -9.0 if j else rng.normal(-0.253, 1.0) + shift
            if adaptation.observe(k * per_stretch + j, margin):
                offsets.append(adaptation.offset)
    return np.array(offsets)


def test_where_idle_is_as_ever_the_threshold_stays_about_where_it_was():
    offsets = idle_for(ThresholdAdaptation(SETTINGS, HOP_HZ), 2000, seed=1)
    assert abs(offsets[500:].mean()) < 0.1


@pytest.mark.parametrize("shift", [1.0, -0.4])
def test_a_shift_of_idle_is_followed(shift):
    offsets = idle_for(ThresholdAdaptation(SETTINGS, HOP_HZ), 1000, seed=2, shift=shift)
    assert offsets[300:].mean() == pytest.approx(shift, abs=0.15)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=300))
def test_whatever_comes_the_offset_stays_within_its_bounds(found):
    adaptation = ThresholdAdaptation(SETTINGS, HOP_HZ)
    for k, margin in enumerate(found):
        before = adaptation.offset
        moved = adaptation.observe(4 * k, margin)
        assert moved == (adaptation.offset != before)
        assert abs(adaptation.offset - before) <= SETTINGS.step
        assert -SETTINGS.most_down <= adaptation.offset <= SETTINGS.most_up


def test_the_usual_share_is_that_of_the_law():
    rng = np.random.default_rng(3)
    people = [IdleMaxima(rng.normal(size=300), 4.5) for _ in range(4)]
    rate = fit_false_rate(None, people)
    settings = adaptation_for(rate)
    share = np.mean(np.concatenate([p.maxima for p in people]) > settings.level)
    assert settings.usual_share == pytest.approx(share, abs=0.1)


def test_a_policy_learns_nothing_from_what_it_decided():
    """Sure hops decide and are held; only idle ones move the threshold."""
    settings = SequentialSettings(threshold=2.0, adaptation=replace(SETTINGS, level=-20.0))
    policy = SequentialPolicy(settings, 100.0, 4.0)
    lengths_s = np.array([1.0, 2.0, 4.0])
    sure, idle = (np.log(np.array([row] * 3)) for row in ((0.98, 0.01, 0.01), (0.01, 0.01, 0.98)))
    looked = [policy.judge(400 + 25 * k, lengths_s, sure) for k in range(80)]
    assert looked[0].is_decision
    assert all(v is None or v.offset is None for v in looked)
    rested = [policy.judge(2400 + 25 * k, lengths_s, idle) for k in range(80)]
    steps = [v.offset for v in rested if v is not None and v.offset is not None]
    assert steps == sorted(steps)
    assert steps[0] == pytest.approx(0.1 * 0.6)


def test_the_path_tells_each_step_however_the_stream_is_cut():
    model = fitted()
    sequential = replace(
        model.settings_for(2.0, onsets_known=False),
        adaptation=replace(adaptation_for(model.unannounced), stretch_s=1.0),
    )
    targets = tuple(Target(f, Command.STAND) for f in FREQUENCIES_HZ)
    settings = PathSettings(
        targets=targets, band_hz=(5.0, 55.0), mains_hz=None, sequential=sequential
    )
    samples_uv = np.concatenate([looking(label, 4.0, k) for k, label in enumerate((IDLE, 0, IDLE))])
    told = []
    for n_chunk in (len(samples_uv), 17):
        path = OnlinePath(settings, RATE_HZ, samples_uv.shape[1], model)
        events = []
        for start in range(0, len(samples_uv), n_chunk):
            events += path.push(Chunk(samples_uv[start : start + n_chunk], start))
        told.append(events)
    assert told[0] == told[1]
    assert any(isinstance(event, Adapted) for event in told[0])
    assert any(isinstance(event, Decided) for event in told[0])


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(ConfigurationError, match="share between 0 and 1"):
        replace(SETTINGS, usual_share=1.0)
    with pytest.raises(ConfigurationError, match="no negative bound"):
        replace(SETTINGS, most_up=-1.0)
    with pytest.raises(ConfigurationError, match="unknown onsets"):
        SequentialSettings(onsets_known=True, adaptation=SETTINGS)

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from bci_app.evaluation.decoded_run import decode_run
from bci_app.evaluation.operating_curve import operating_curve
from bci_app.evaluation.session_result import TrialTruth
from bci_app.online.events import Decided
from bci_app.online.path import OnlinePath
from bci_app.online.settings import PathSettings, Target
from calibration.errors import CalibrationError
from devices.chunk import Chunk
from devices.exoskeleton.command import Command

from ..online.growing_subject import FREQUENCIES_HZ, IDLE, RATE_HZ, TRIAL_S, fitted, looking

SETTINGS = PathSettings(
    targets=tuple(Target(f, Command.STAND) for f in FREQUENCIES_HZ), mains_hz=None, band_hz=(6, 60)
)


def session(labels=(0, IDLE, 1, IDLE, 0, 1), amplitude_uv=2.5, seed=9):
    pieces = [looking(IDLE, 2.0, seed)]
    onsets = []
    for k, label in enumerate(labels):
        onsets.append(sum(map(len, pieces)))
        pieces += [
            looking(IDLE, 0.5, 50 * seed + k),
            looking(label, TRIAL_S - 0.5, 70 * seed + k, amplitude_uv),
        ]
    samples_uv = np.concatenate(pieces)
    truth = TrialTruth.of_trials(
        np.array(onsets),
        np.array(labels),
        IDLE,
        n_samples=len(samples_uv),
        trial_s=TRIAL_S,
        sampling_rate_hz=RATE_HZ,
    )
    return samples_uv, truth


@pytest.fixture(scope="module")
def runs():
    found = []
    for seed in (9, 10):
        samples_uv, truth = session(seed=seed)
        found.append(decode_run(samples_uv, fitted(), SETTINGS, truth))
    return found


def test_more_false_commands_buy_hits_and_time(runs):
    curve = operating_curve(runs, (0.1, 4.0, 1.0))
    assert [p.accepted_false_per_min for p in curve.points] == [4.0, 1.0, 0.1]
    assert (curve.n_runs, curve.n_trials) == (2, 8)
    assert curve.idle_min == pytest.approx(4 * 2.0 / 60, rel=0.02)
    thresholds = [p.threshold for p in curve.points]
    assert thresholds == sorted(thresholds)
    hits = [p.hit_rate for p in curve.points]
    assert hits == sorted(hits, reverse=True)
    assert hits[0] > 0.5
    for point in curve.points:
        low, high = point.hit_rate_ci95
        assert low <= point.hit_rate <= high
        assert point.hit_rate + point.wrong_rate <= 1.0
        assert point.false_per_min_ci95[0] <= point.false_per_min <= point.false_per_min_ci95[1]
        if point.response_s is not None:
            assert 0.5 < point.response_s <= TRIAL_S
    assert operating_curve(runs, (0.1, 4.0, 1.0)) == curve


@pytest.mark.parametrize("onsets_known", [True, False])
@pytest.mark.parametrize("has_gap", [True, False])
def test_a_point_is_what_the_online_path_does(onsets_known, has_gap):
    samples_uv, truth = session((0, 1, 0, 1))
    if has_gap:
        samples_uv[700:720] = np.nan
    accepted = 6.0
    run = decode_run(samples_uv, fitted(), SETTINGS, truth, onsets_known=onsets_known)
    sequential = fitted().settings_for(accepted, onsets_known=onsets_known)
    path = OnlinePath(replace(SETTINGS, sequential=sequential), RATE_HZ, 3, fitted())
    events = []
    for start, stop in pairwise(sorted({*range(0, len(samples_uv), 50), *truth.onsets.tolist()})):
        if onsets_known and start in truth.onsets:
            path.begin_look()
        events += path.push(Chunk(samples_uv[start:stop], start))
    by_trial = [
        [e.target for e in events if isinstance(e, Decided) and begin < e.end_index <= end]
        for begin, end in zip(truth.begins, truth.ends, strict=True)
    ]
    right = [bool(d) and d[0] == label for d, label in zip(by_trial, truth.labels, strict=True)]
    (point,) = operating_curve([run], (accepted,)).points
    assert point.hit_rate == np.mean(right)
    assert any(right)


def test_idle_alone_draws_no_curve():
    samples_uv, truth = session((IDLE, IDLE))
    with pytest.raises(CalibrationError, match="no trial with a target"):
        operating_curve([decode_run(samples_uv, fitted(), SETTINGS, truth)])


def test_without_idle_there_is_no_rate():
    samples_uv, truth = session((0, 1))
    (point,) = operating_curve([decode_run(samples_uv, fitted(), SETTINGS, truth)], (1.0,)).points
    assert point.false_per_min is None
    assert point.false_per_min_ci95 is None

import numpy as np
import pytest

from bci_app.evaluation.fixed_operation import (
    ScoredFold,
    false_rate_of_leads,
    policy_for,
    run_policy,
)
from bci_app.evaluation.operation import operate_fixed
from bci_app.evaluation.own_sessions import labels_of
from bci_app.evaluation.session_result import TrialTruth
from bci_app.online.events import Scored
from bci_app.online.policy import PolicySettings
from bci_app.online.settings import PathSettings
from bci_app.runtime.gathering import gather
from calibration.fitting import assign_folds

from ..runtime.calibrated_subject import REQUEST, TARGETS, labelled

RATE_HZ = 100.0
IDLE = 2


def fold(leads, labels, hop=10, n_trial=400):
    """A stream in whose trials the first target leads by so much, from half a second on."""
    onsets = n_trial * np.arange(len(labels))
    truth = TrialTruth.of_trials(
        onsets,
        np.array(labels),
        IDLE,
        n_samples=n_trial * len(labels),
        trial_s=n_trial / RATE_HZ,
        sampling_rate_hz=RATE_HZ,
    )
    scored = [
        Scored(onset + k, (0.3 + lead * (k > 50), 0.3))
        for onset, lead in zip(onsets.tolist(), leads, strict=True)
        for k in range(hop, n_trial + 1, hop)
    ]
    return ScoredFold(((tuple(scored), truth),))


def test_the_lead_that_is_asked_for_grows_as_fewer_false_commands_are_accepted():
    rng = np.random.default_rng(0)
    leads = rng.exponential(0.05, 40)
    rate = false_rate_of_leads([fold(leads, [IDLE] * 40)], PolicySettings(), within_session=False)
    margins = [policy_for(rate, accepted, PolicySettings()).margin for accepted in (4, 1, 0.25)]
    assert margins == sorted(margins)
    at_one = margins[1]
    minutes = 40 * 3.5 / 60
    assert (leads > at_one).sum() / minutes == pytest.approx(1.0, abs=1.5)
    careful = false_rate_of_leads([fold(leads, [IDLE] * 40)], PolicySettings(), within_session=True)
    assert careful.expected_per_min(at_one) == pytest.approx(4 * rate.expected_per_min(at_one))


def test_the_policy_decides_where_the_lead_suffices():
    (result,) = run_policy(
        fold([0.4, 0.0, 0.1, 0.4], [0, IDLE, 0, IDLE]), PolicySettings(threshold=0.0, margin=0.2)
    )
    assert (result.n_target_trials, result.n_right, result.n_wrong) == (2, 1, 0)
    assert result.n_false == 1


def test_a_subject_is_operated_without_a_model():
    gathered = gather([labelled(1, amplitude_uv=4.0)], [], REQUEST)
    labels, sessions = labels_of(gathered.own)
    settings = PathSettings(targets=TARGETS, band_hz=(6.0, 55.0), window_s=1.0, n_harmonics=2)
    operation = operate_fixed(
        gathered.own,
        assign_folds(labels, sessions),
        gathered.plan,
        settings,
        max_false_per_min=1.0,
        seed=0,
    )
    assert operation.policy["margin"] == operation.threshold > 0
    assert operation.decoder_settings == {"window_s": 1.0, "hop_s": 0.1, "n_harmonics": 2}
    assert 0 < operation.point.threshold <= operation.curve[-1].threshold
    assert operation.curve[0].hit_rate >= operation.curve[-1].hit_rate
    assert operation.false_interval[0] < operation.false_per_min < operation.false_interval[1]
    accepted = [point.accepted_per_min for point in operation.curve]
    assert accepted == sorted(accepted, reverse=True)

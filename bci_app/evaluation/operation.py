"""The operating point of a calibrated subject, and what it will do, for either kind of window."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from bci_app.decoders.estimator import IntArray
from bci_app.evaluation.fixed_operation import (
    false_rate_of_leads,
    policy_for,
    run_policy,
    score_folds,
)
from bci_app.evaluation.fold_models import FoldModels
from bci_app.evaluation.operating_curve import ACCEPTED_PER_MIN, operating_curve
from bci_app.evaluation.own_sessions import OwnSession, TrialPlan, decode_held_out
from bci_app.evaluation.rate_test import poisson_interval
from bci_app.online.false_rate import FalseRate
from bci_app.online.settings import PathSettings
from calibration.expectation import widen_rate
from calibration.findings import CurvePoint
from calibration.metrics import wilson_interval

# The share of idle stretches that the law of false commands is fitted to.
_EXCEEDING = 0.4


@dataclass(frozen=True, slots=True)
class Operation:
    """How a subject's decoder is operated.

    Parameters
    ----------
    policy : mapping
        Settings of the decision policy, by name.
    decoder_settings : mapping
        Settings of the path for this decoder, by name.
    threshold : float
        Which of them follows from the accepted rate.
    false_per_min : float
        Expected.
    false_interval : tuple of float
        90 %.
    point : CurvePoint
        What happened at the accepted rate in trials that were not learned from.
    curve : tuple of CurvePoint
        The same for other accepted rates.
    """

    policy: Mapping[str, object]
    decoder_settings: Mapping[str, object]
    threshold: float
    false_per_min: float
    false_interval: tuple[float, float]
    point: CurvePoint
    curve: tuple[CurvePoint, ...]


def operate_growing(
    own: Sequence[OwnSession],
    folds: IntArray,
    models: FoldModels,
    plan: TrialPlan,
    settings: PathSettings,
    *,
    max_false_per_min: float,
    n_others_idle: int,
    seed: int,
) -> Operation:
    """Set the operating point of windows that grow.

    Parameters
    ----------
    own : sequence of OwnSession
    folds : ndarray of int, shape (n_trials,)
    models : FoldModels
    plan : TrialPlan
    settings : PathSettings
    max_false_per_min : float
    n_others_idle : int
        Idle trials of other people that the law was fitted to, too.
    seed : int
        Of the order of the trials, and of the bootstrap.
    """
    edges = np.cumsum([len(session.labels) for session in own])[:-1]
    runs = [
        decode_held_out(session, of_session == fold, model, settings, plan, seed)
        for fold, model in enumerate(models.by_fold)
        for session, of_session in zip(own, np.split(folds, edges), strict=True)
        if (of_session == fold).any()
    ]
    accepted = sorted({*ACCEPTED_PER_MIN, max_false_per_min}, reverse=True)
    drawn = operating_curve(runs, accepted, seed=seed)
    curve = tuple(
        CurvePoint(
            each.accepted_false_per_min,
            each.threshold,
            each.n_false,
            each.false_per_min or 0.0,
            each.false_per_min_ci95 or (0.0, 0.0),
            each.hit_rate,
            wilson_interval(round(each.hit_rate * drawn.n_trials), drawn.n_trials),
            each.wrong_rate,
            each.response_s,
        )
        for each in drawn.points
    )
    sequential = models.final.settings_for(max_false_per_min, onsets_known=False)
    rate = models.final.false_rate(onsets_known=False)
    n_idle = n_others_idle + sum(int((s.labels == plan.idle).sum()) for s in own)
    return _operation(
        msgspec.to_builtins(sequential),
        {},
        sequential.threshold,
        rate,
        n_idle,
        max_false_per_min,
        curve,
    )


def operate_fixed(
    own: Sequence[OwnSession],
    folds: IntArray,
    plan: TrialPlan,
    settings: PathSettings,
    *,
    max_false_per_min: float,
    seed: int,
) -> Operation:
    """Set the operating point of windows of a fixed length.

    Parameters
    ----------
    own, folds, plan, settings, max_false_per_min, seed
        As :func:`operate_growing`.

    Raises
    ------
    CalibrationError
        When there is no idle trial.
    """
    scored = score_folds(own, folds, plan, settings, seed)
    of_one = len(own) == 1
    accepted = sorted({*ACCEPTED_PER_MIN, max_false_per_min}, reverse=True)
    curve = []
    without = [
        false_rate_of_leads(
            [*scored[:k], *scored[k + 1 :]],
            settings.policy,
            within_session=of_one or len(scored) <= 2,
        )
        for k in range(len(scored))
    ]
    rate = false_rate_of_leads(scored, settings.policy, within_session=of_one)
    for rate_per_min in accepted:
        # Nothing is foretold for a policy that is less careful than the one that will be used.
        policies = [
            max(
                policy_for(rate, rate_per_min, settings.policy),
                policy_for(without_it, rate_per_min, settings.policy),
                key=lambda policy: policy.margin,
            )
            for without_it in without
        ]
        results = [
            result
            for fold, policy in zip(scored, policies, strict=True)
            for result in run_policy(fold, policy)
        ]
        n_trials = sum(result.n_target_trials for result in results)
        n_right = sum(result.n_right for result in results)
        n_false, idle_min = sum(r.n_false for r in results), sum(r.idle_min for r in results)
        times_s = [time_s for result in results for time_s in result.latencies_s]
        curve.append(
            CurvePoint(
                rate_per_min,
                float(np.mean([policy.margin for policy in policies])),
                n_false,
                n_false / idle_min,
                poisson_interval(n_false, idle_min),
                n_right / n_trials,
                wilson_interval(n_right, n_trials),
                sum(result.n_wrong for result in results) / n_trials,
                float(np.mean(times_s)) if times_s else None,
            )
        )
    policy = policy_for(rate, max_false_per_min, settings.policy)
    n_idle = sum(int((s.labels == plan.idle).sum()) for s in own)
    window = {
        "window_s": settings.window_s,
        "hop_s": settings.hop_s,
        "n_harmonics": settings.n_harmonics,
    }
    return _operation(
        msgspec.to_builtins(policy),
        window,
        policy.margin,
        rate,
        n_idle,
        max_false_per_min,
        tuple(curve),
    )


def _operation(
    policy: Mapping[str, object],
    decoder_settings: Mapping[str, object],
    threshold: float,
    rate: FalseRate,
    n_idle: int,
    max_false_per_min: float,
    curve: tuple[CurvePoint, ...],
) -> Operation:
    n_scales = max(0.0, threshold - rate.level) / rate.scale
    interval = widen_rate(rate.interval_per_min(threshold), n_scales, round(_EXCEEDING * n_idle))
    return Operation(
        policy,
        decoder_settings,
        threshold,
        rate.expected_per_min(threshold),
        interval,
        next(point for point in curve if point.accepted_per_min == max_false_per_min),
        curve,
    )

"""How sure windows of a fixed length must be: a threshold for the training-free path.

Its policy decides when the same target leads in several windows in a row. By how much it must lead
follows from how much some target leads in idle trials, as for windows that grow.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bci_app.decoders.estimator import IntArray
from bci_app.evaluation.fold_models import weaken
from bci_app.evaluation.own_sessions import OwnSession, TrialPlan, splice
from bci_app.evaluation.session_result import SessionResult, TrialTruth, score_session
from bci_app.online.events import Decided, PathEvent, Scored
from bci_app.online.false_rate import FalseRate, IdleMaxima, fit_false_rate
from bci_app.online.path import OnlinePath
from bci_app.online.policy import AgreementPolicy, PolicySettings
from bci_app.online.settings import PathSettings
from calibration.fitting import lead


@dataclass(frozen=True, slots=True)
class ScoredFold:
    """The trials of a fold as the path scored them, one stream for each session they are from.

    Parameters
    ----------
    streams : tuple of (tuple of Scored, TrialTruth)
    """

    streams: tuple[tuple[tuple[Scored, ...], TrialTruth], ...]


def score_folds(
    own: Sequence[OwnSession],
    folds: IntArray,
    plan: TrialPlan,
    settings: PathSettings,
    seed: int,
) -> list[ScoredFold]:
    """Send the trials of each fold through the online path.

    Parameters
    ----------
    own : sequence of OwnSession
    folds : ndarray of int, shape (n_trials,)
    plan : TrialPlan
    settings : PathSettings
        Its policy is not asked.
    seed : int
        Of the order of the trials.
    """
    edges = np.cumsum([len(session.labels) for session in own])[:-1]
    scored = []
    for fold in range(int(folds.max()) + 1):
        streams = []
        for session, of_session in zip(own, np.split(folds, edges), strict=True):
            if not (of_session == fold).any():
                continue
            recording, truth = splice(session, of_session == fold, plan, seed)
            rate_hz = recording.sampling_rate_hz
            path = OnlinePath(settings, rate_hz, len(recording.channel_names))
            events = [event for chunk in recording.chunks(10.0) for event in path.push(chunk)]
            streams.append((tuple(e for e in events if isinstance(e, Scored)), truth))
        scored.append(ScoredFold(tuple(streams)))
    return scored


def false_rate_of_leads(
    folds: Sequence[ScoredFold], settings: PolicySettings, *, within_session: bool
) -> FalseRate:
    """Rate of false commands by the lead that is asked for.

    Parameters
    ----------
    folds : sequence of ScoredFold
    settings : PolicySettings
        How many windows must agree.
    within_session : bool
        Whether all is from one session: then the next is expected to be worse.

    Raises
    ------
    CalibrationError
        When there is no idle trial.
    """
    maxima: list[float] = []
    minutes = 0.0
    for fold in folds:
        for scored, truth in fold.streams:
            idle = truth.labels == truth.n_targets
            minutes += truth.minutes(idle)
            ends, leads = _agreed_leads(scored, settings.n_agreeing)
            for begin, end in zip(truth.begins[idle], truth.ends[idle], strict=True):
                within = leads[(ends > begin) & (ends <= end)]
                maxima.append(float(within.max(initial=0.0)))
    stretch_s = minutes * 60 / max(1, len(maxima))
    rate = fit_false_rate(IdleMaxima(np.array(maxima), stretch_s), [])
    return weaken(rate) if within_session else rate


def _agreed_leads(scored: Sequence[Scored], n_agreeing: int) -> tuple[IntArray, np.ndarray]:
    """Least lead in the windows that must agree, for each window; 0 where they do not."""
    ends = np.array([each.end_index for each in scored], dtype=np.intp)
    scores = np.array([each.scores for each in scored])
    leads, best = lead(scores), scores.argmax(axis=1)
    agreed = leads.copy()
    for back in range(1, n_agreeing):
        same = np.concatenate([np.zeros(back, dtype=np.bool_), best[back:] == best[:-back]])
        earlier = np.concatenate([np.zeros(back), leads[:-back]])
        agreed = np.where(same, np.minimum(agreed, earlier), 0.0)
    return ends, agreed


def policy_for(
    rate: FalseRate, max_false_per_min: float, settings: PolicySettings
) -> PolicySettings:
    """Return the policy with which this rate of false commands is expected."""
    margin = min(1.0, max(0.0, rate.threshold_for(max_false_per_min)))
    return replace(settings, threshold=0.0, margin=margin)


def run_policy(fold: ScoredFold, settings: PolicySettings) -> list[SessionResult]:
    """Let the policy decide in the trials of a fold."""
    results = []
    for scored, truth in fold.streams:
        policy = AgreementPolicy(settings, truth.sampling_rate_hz)
        decided: list[PathEvent] = []
        for each in scored:
            target = policy.decide(each.end_index, each.scores)
            if target is not None:
                decided.append(Decided(each.end_index, target, each.scores[target]))
        results.append(score_session("", "", decided, truth, None))
    return results

"""Growing models of a subject: one for each fold that is left out, and one of everything."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from bci_app.decoders.estimator import IntArray
from bci_app.decoders.observations import join_observed
from bci_app.evaluation.own_sessions import OwnSession, TrialPlan
from bci_app.online.false_rate import FalseRate
from bci_app.online.growing import (
    GrowingDecoder,
    GrowingModel,
    Observed,
    fit_growing_model,
    idle_of_people,
    make_growing_decoder,
)
from calibration.fitting import deal

_N_PARTS = 4
# Idle trials held out within a session look too good: on the exoskeleton recordings false commands
# came three times as often as accepted (5 in 3.6 minutes) when twice of what was seen within was
# expected of the next session. So few of them are weak evidence, too.
_NEXT_SESSION_IS_WORSE = 4.0
_WITHIN_SESSION_COUNTS = 0.25


@dataclass(frozen=True, slots=True)
class FoldModels:
    """Models for cross-validation and for use.

    Parameters
    ----------
    by_fold : tuple of GrowingModel
        Model k has seen nothing of the trials in fold k.
    final : GrowingModel
        Has learned from all trials.
    """

    by_fold: tuple[GrowingModel, ...] = field(repr=False)
    final: GrowingModel = field(repr=False)


def fit_fold_models(
    own: Sequence[OwnSession],
    folds: IntArray,
    others: Sequence[Sequence[Observed]],
    plan: TrialPlan,
    tell: Callable[[int, int], None],
) -> FoldModels:
    """Fit a model without each fold, and one with all.

    How high the decoder goes in idle is learned from sessions left out. Where there is one session
    and nobody else's, trials are left out within it, and four times the rate seen there is
    expected.

    Parameters
    ----------
    own : sequence of OwnSession
    folds : ndarray of int, shape (n_trials,)
        Over the trials of all sessions.
    others : sequence of sequence of mapping
        Sessions of each other person.
    plan : TrialPlan
    tell : callable
        Called with the number of models that are fitted, and of all.

    Raises
    ------
    CalibrationError
        When there is too little to learn from.
    """
    pieces = split_by_fold(own, folds)
    n_models = len(pieces) + 1
    tell(0, n_models)
    others_idle = idle_of_people(_decoder(own[0], plan), others)

    def fit(learned: list[Observed]) -> GrowingModel:
        sessions = learned if len(own) > 1 else [join_observed(learned)]
        within_session = len(sessions) == 1 and not others_idle
        if within_session:
            sessions = _split_within(sessions[0])
        model = fit_growing_model(_decoder(own[0], plan), sessions, others, others_idle)
        return _be_honest(model) if within_session else model

    models = []
    for fold in range(n_models):
        models.append(fit([piece for k, piece in enumerate(pieces) if k != fold]))
        tell(fold + 1, n_models)
    return FoldModels(tuple(models[:-1]), models[-1])


def _split_within(session: Observed) -> list[Observed]:
    folds = deal(session.labels, min(_N_PARTS, int(np.bincount(session.labels).min())))
    return [session.select(folds == fold) for fold in range(int(folds.max()) + 1)]


def split_by_fold(own: Sequence[OwnSession], folds: IntArray) -> list[Observed]:
    """Return what was observed in each fold, across sessions."""
    pieces: list[Observed] = []
    edges = np.cumsum([len(session.labels) for session in own])[:-1]
    by_session = np.split(folds, edges)
    for fold in range(int(folds.max()) + 1):
        parts = [
            session.observed.select(of_session == fold)
            for session, of_session in zip(own, by_session, strict=True)
            if (of_session == fold).any()
        ]
        pieces.append(join_observed(parts))
    return pieces


def _decoder(session: OwnSession, plan: TrialPlan) -> GrowingDecoder:
    return make_growing_decoder(
        plan.frequencies_hz, session.recording.sampling_rate_hz, plan.trial_s
    )


def _be_honest(model: GrowingModel) -> GrowingModel:
    return replace(
        model,
        announced=weaken(model.announced),
        unannounced=weaken(model.unannounced),
    )


def weaken(rate: FalseRate) -> FalseRate:
    """Expect more than the rate that was seen within a session, and be less sure of it."""
    shape = rate.shape * _WITHIN_SESSION_COUNTS
    minutes = rate.minutes * _WITHIN_SESSION_COUNTS / _NEXT_SESSION_IS_WORSE
    return replace(rate, shape=shape, minutes=minutes)

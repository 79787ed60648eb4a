"""Accuracy of the evidence decoder with fewer trials to learn from: points of a learning curve."""

from collections.abc import Sequence

import numpy as np

from bci_app.decoders.estimator import IntArray
from bci_app.decoders.observations import join_observed
from bci_app.evaluation.fold_models import split_by_fold
from bci_app.evaluation.own_sessions import GROWING, OwnSession, TrialPlan, labels_of, windows_of
from bci_app.online.growing import Observed, make_growing_decoder
from calibration.fitting import BoolArray
from calibration.learning_curve import LearningPoint

_SIZES = (2, 3, 4, 6, 8, 12, 16, 24, 32)


def learning_points(
    own: Sequence[OwnSession],
    folds: IntArray,
    others: Sequence[Sequence[Observed]],
    plan: TrialPlan,
    window_s: float,
) -> list[LearningPoint]:
    """Test each fold after learning from the first few trials of each class in the others.

    Parameters
    ----------
    own : sequence of OwnSession
    folds : ndarray of int, shape (n_trials,)
    others : sequence of sequence of mapping
        Sessions of each other person.
    plan : TrialPlan
    window_s : float
        Length of the windows from the trials' beginning.
    """
    rate_hz = own[0].recording.sampling_rate_hz
    n_times = round(window_s * rate_hz)
    decoder = make_growing_decoder(plan.frequencies_hz, rate_hz, plan.trial_s)
    decoder.set_params(lengths_s=(window_s,))
    pieces = split_by_fold(own, folds)
    windows_uv = windows_of(own, GROWING, n_times)
    labels, _ = labels_of(own)
    rest = [join_observed([p for j, p in enumerate(pieces) if j != k]) for k in range(len(pieces))]
    available = min(int(np.bincount(seen.labels).min()) for seen in rest)
    points = []
    for n_each in sorted({*(n for n in _SIZES if n < available), available}):
        n_right = 0
        for fold, learned in enumerate(rest):
            chosen = _first_of_each(learned.labels, n_each)
            decoder.learn([learned.select(chosen)], others)
            answers = decoder.predict(windows_uv[folds == fold])
            n_right += int((answers == labels[folds == fold]).sum())
        points.append(LearningPoint(n_each, n_right, len(labels)))
    return points


def _first_of_each(labels: IntArray, n_each: int) -> BoolArray:
    chosen = np.zeros(len(labels), dtype=np.bool_)
    for label in np.unique(labels):
        chosen[np.flatnonzero(labels == label)[:n_each]] = True
    return chosen

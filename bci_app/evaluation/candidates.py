"""The decoders that are compared for a subject, the simplest first."""

from collections.abc import Sequence

import numpy as np

from bci_app.decoders import make_decoder
from bci_app.decoders.estimator import Decoder, IntArray
from bci_app.decoders.references import FloatArray
from bci_app.evaluation.own_sessions import (
    COMPARED,
    FIXED_WINDOW,
    GROWING,
    OwnSession,
    TrialPlan,
    labels_of,
    windows_of,
)
from bci_app.online.growing import GrowingModel
from calibration.fitting import Answer, BoolArray, Candidate, with_idle


def make_candidates(
    own: Sequence[OwnSession],
    models: Sequence[GrowingModel],
    folds: IntArray,
    plan: TrialPlan,
    window_s: float,
) -> list[Candidate]:
    """Make each decoder answer for windows of one length from the trials' beginning.

    All answer for idle, too: the training-free ones where no target leads clearly.

    Parameters
    ----------
    own : sequence of OwnSession
    models : sequence of GrowingModel
        Model k has not seen fold k.
    folds : ndarray of int, shape (n_trials,)
    plan : TrialPlan
    window_s : float
    """
    rate_hz = own[0].recording.sampling_rate_hz
    n_times = round(window_s * rate_hz)
    labels, _ = labels_of(own)
    candidates = []
    for name in COMPARED:
        windows_uv = windows_of(own, name, n_times)
        decoder = make_decoder(name, plan.frequencies_hz, rate_hz)
        if name == GROWING:
            answer = _growing(windows_uv, models, folds)
        elif decoder.needs_calibration:
            answer = _learning(decoder, windows_uv, labels)
        else:
            answer = _training_free(decoder.score_windows(windows_uv), labels, plan.idle)
        candidates.append(Candidate(name, answer, name in (FIXED_WINDOW, GROWING)))
    return candidates


def _training_free(scores: FloatArray, labels: IntArray, n_targets: int) -> Answer:
    def answer(learned: BoolArray, held: BoolArray) -> IntArray:
        return with_idle(scores[learned], labels[learned], scores[held], n_targets)

    return answer


def _learning(decoder: Decoder, windows_uv: FloatArray, labels: IntArray) -> Answer:
    def answer(learned: BoolArray, held: BoolArray) -> IntArray:
        return decoder.fit(windows_uv[learned], labels[learned]).predict(windows_uv[held])

    return answer


def _growing(windows_uv: FloatArray, models: Sequence[GrowingModel], folds: IntArray) -> Answer:
    def answer(_learned: BoolArray, held: BoolArray) -> IntArray:
        (fold,) = np.unique(folds[held]).tolist()
        decoder: Decoder = models[fold].decoder
        return decoder.predict(windows_uv[held])

    return answer

"""The decoders that are compared for a subject, the simplest first."""

from collections.abc import Sequence

import numpy as np

from bci_app.decoders import make_decoder
from bci_app.decoders.estimator import Decoder, IntArray
from bci_app.decoders.references import FloatArray
from bci_app.evaluation.own_sessions import OwnSession, TrialPlan
from bci_app.online.growing import GrowingModel
from calibration.fitting import Answer, BoolArray, Candidate, with_idle

_TRAINING_FREE = ("cca", "fbcca", "fbwilks")
_N_BANDS = 3  # those of the evidence decoder's bank, so that trials are filtered once
FIXED_WINDOW = "cca"
"""The decoder of windows of a fixed length, as a session runs it."""
GROWING = "evidence"
"""The decoder of windows that grow."""


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
    labels = np.concatenate([session.labels for session in own])
    plain_uv = np.concatenate([session.plain_uv[..., :n_times] for session in own])
    banked_uv = np.concatenate([session.banked_uv[..., :n_times] for session in own])
    candidates = []
    for name in _TRAINING_FREE:
        decoder = make_decoder(name, plan.frequencies_hz, rate_hz, n_bands=_N_BANDS)
        windows_uv = banked_uv if decoder.filter_bank() else plain_uv
        answer = _training_free(decoder.score_windows(windows_uv), labels, plan.idle)
        candidates.append(Candidate(name, answer, name == FIXED_WINDOW))
    candidates.append(Candidate("cca-knn", _neighbours(plain_uv, labels, plan, rate_hz), False))
    candidates.append(Candidate(GROWING, _growing(banked_uv, models, folds), True))
    return candidates


def _training_free(scores: FloatArray, labels: IntArray, n_targets: int) -> Answer:
    def answer(learned: BoolArray, held: BoolArray) -> IntArray:
        return with_idle(scores[learned], labels[learned], scores[held], n_targets)

    return answer


def _neighbours(
    windows_uv: FloatArray, labels: IntArray, plan: TrialPlan, rate_hz: float
) -> Answer:
    def answer(learned: BoolArray, held: BoolArray) -> IntArray:
        decoder = make_decoder("cca-knn", plan.frequencies_hz, rate_hz)
        return decoder.fit(windows_uv[learned], labels[learned]).predict(windows_uv[held])

    return answer


def _growing(windows_uv: FloatArray, models: Sequence[GrowingModel], folds: IntArray) -> Answer:
    def answer(_learned: BoolArray, held: BoolArray) -> IntArray:
        (fold,) = np.unique(folds[held]).tolist()
        decoder: Decoder = models[fold].decoder
        return decoder.predict(windows_uv[held])

    return answer

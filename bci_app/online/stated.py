"""The probability that is stated in a running stream.

With unknown onsets the policy believes the best of many windows, and a best of many boasts: it is
chosen for being high, and may straddle a move of the gaze. What its probability is worth is learned
where the truth is known, in rehearsals. Two windows are pooled in logarithms (Genest & Zidek 1986,
Stat. Sci. 1:114): the one that is believed, and the newest, which speaks of now. With a probability
λ neither says anything, as when the gaze has just moved: a lapse, as in a psychometric function
(Wichmann & Hill 2001, Percept. Psychophys. 63:1293). λ is another one while a target that was
decided is taken for looked at still:

    p(k) = (1 - λ) softmax_k(b log p_best(k) + n log p_newest(k) + i [k is idle]) + λ / n_classes
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy import optimize

from bci_app.decoders.choice_model import log_probabilities
from bci_app.decoders.estimator import IntArray

FloatArray = npt.NDArray[np.float64]

# Where the search begins, and where few data leave it: logarithms of b and n, i, logits of λ.
_PRIOR = np.array([-0.7, -0.7, 0.0, -2.0, -2.0])
_PRIOR_DEVIATION = 1.5
# Hops overlap: so many of them are worth an independent one.
_HOPS_IN_ONE = 8.0


@dataclass(frozen=True, slots=True)
class Answers:
    """What was answered at each hop of a rehearsal, and what was true.

    Parameters
    ----------
    best, newest : ndarray of float64, shape (n_hops, n_classes)
        Log-probabilities in the window that the policy believed and in the newest one.
    held : ndarray of bool, shape (n_hops,)
        Whether a decided target was taken for looked at still.
    labels : ndarray of int, shape (n_hops,)
    """

    best: FloatArray
    newest: FloatArray
    held: npt.NDArray[np.bool_]
    labels: IntArray

    def join(self, other: Self) -> Self:
        """Return these answers and those."""
        return type(self)(
            np.concatenate([self.best, other.best]),
            np.concatenate([self.newest, other.newest]),
            np.concatenate([self.held, other.held]),
            np.concatenate([self.labels, other.labels]),
        )


@dataclass(frozen=True, slots=True)
class StatedProbability:
    """How the probabilities in two windows become the stated one.

    Parameters
    ----------
    best, newest : float
        Weights b and n.
    idle : float
        Log-odds i that idle gets beyond what the windows say.
    lapse_waiting, lapse_held : float
        λ while no target is held, and while one is.
    """

    best: float
    newest: float
    idle: float
    lapse_waiting: float
    lapse_held: float

    def probabilities(
        self, best: FloatArray, newest: FloatArray, held: npt.NDArray[np.bool_] | bool
    ) -> FloatArray:
        """Probability of each class, shape (..., n_classes) as the log-probabilities given."""
        log_odds = self.best * best + self.newest * newest
        log_odds[..., -1] += self.idle
        lapse = np.where(held, self.lapse_held, self.lapse_waiting)[..., np.newaxis]
        pooled = np.exp(log_probabilities(log_odds))
        return np.asarray((1 - lapse) * pooled + lapse / best.shape[-1])


def fit_stated(people: Sequence[tuple[Answers, float]]) -> StatedProbability:
    """Fit by penalised maximum likelihood.

    Parameters
    ----------
    people : sequence of (Answers, float)
        Of each person, and the weight of one of their answers.
    """

    def loss(parameters: FloatArray) -> float:
        stated = _unpack(parameters)
        total = 0.5 * (((parameters - _PRIOR) / _PRIOR_DEVIATION) ** 2).sum()
        for answers, weight in people:
            stated_for = stated.probabilities(answers.best, answers.newest, answers.held)
            true = np.take_along_axis(stated_for, answers.labels[:, np.newaxis], axis=1)
            total -= weight / _HOPS_IN_ONE * np.log(true).sum()
        return float(total)

    found = optimize.minimize(loss, _PRIOR, method="L-BFGS-B", bounds=[(-6.0, 6.0)] * len(_PRIOR))
    return _unpack(np.asarray(found.x))


def _unpack(parameters: FloatArray) -> StatedProbability:
    best, newest = np.exp(parameters[:2]).tolist()
    lapses = (1 / (1 + np.exp(-parameters[3:]))).tolist()
    return StatedProbability(best, newest, float(parameters[2]), *lapses)

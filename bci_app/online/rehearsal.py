"""A stream that a model has not seen: trials left out, in random order and without pauses.

What a policy does in a running stream is not what it does in trials cut out of one: every hop is a
look, windows straddle the moves of the gaze, a look that went unanswered may be answered late. So
trials are put in a row, decoded hop by hop as live, and the policy runs over them. In the order in
which they were recorded they would teach the order.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bci_app.decoders.estimator import IntArray
from bci_app.decoders.evidence import EvidenceDecoder
from bci_app.decoders.observations import Observed
from bci_app.decoders.streaming import StreamingDecoder, StreamScores
from bci_app.online.eyes import OpenEyes
from bci_app.online.false_rate import IdleMaxima
from bci_app.online.sequential import SequentialPolicy, SequentialSettings, Verdict
from bci_app.online.stated import Answers

FloatArray = npt.NDArray[np.float64]

HOP_S = 0.125
"""Time from one answer of a growing decoder to the next."""

_ATTEMPTS = 200


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a decoder says, hop by hop, in a row of trials of equal length.

    Parameters
    ----------
    hops : tuple of StreamScores
    labels : ndarray of int, shape (n_trials,)
        Target of each trial in the order in which they come; the number of targets for idle.
    n_trial : int
        Samples in a trial.
    n_targets : int
    sampling_rate_hz : float
    """

    hops: tuple[StreamScores, ...]
    labels: IntArray
    n_trial: int
    n_targets: int
    sampling_rate_hz: float

    def play(
        self, settings: SequentialSettings, open_eyes: OpenEyes | None = None
    ) -> Iterator[tuple[int, StreamScores, Verdict]]:
        """Let the policy judge each hop; yield the number of the trial, the hop and the verdict."""
        longest_s = max(hop.lengths_s[-1] for hop in self.hops)
        policy = SequentialPolicy(settings, self.sampling_rate_hz, longest_s, open_eyes)
        begun = -1
        for hop in self.hops:
            trial = (hop.end_index - 1) // self.n_trial
            if settings.onsets_known and trial > begun:
                policy.begin_look(trial * self.n_trial)
                begun = trial
            verdict = policy.judge(
                hop.end_index, np.array(hop.lengths_s), hop.scores, hop.log_alpha
            )
            if verdict is not None:
                yield trial, hop, verdict

    def idle_maxima(self, settings: SequentialSettings) -> IdleMaxima:
        """Highest margin in each idle trial."""
        highest = np.full(len(self.labels), -np.inf)
        for trial, _, verdict in self.play(settings):
            highest[trial] = max(highest[trial], verdict.margin)
        idle = self.labels == self.n_targets
        return IdleMaxima(highest[idle], self.n_trial / self.sampling_rate_hz)

    def answers(self, settings: SequentialSettings) -> Answers:
        """Collect what was answered at each hop, and what was true."""
        best, newest, held, labels = [], [], [], []
        for trial, hop, verdict in self.play(settings):
            best.append(hop.scores[verdict.window])
            newest.append(hop.scores[verdict.newest])
            held.append(verdict.held)
            labels.append(self.labels[trial])
        n_classes = self.n_targets + 1
        return Answers(
            np.array(best).reshape(-1, n_classes),
            np.array(newest).reshape(-1, n_classes),
            np.array(held, dtype=np.bool_),
            np.array(labels, dtype=np.intp),
        )


def rehearse(decoder: EvidenceDecoder, session: Observed, seed: int = 0) -> Rehearsal:
    """Decode a session's trials in random order, without pauses.

    Parameters
    ----------
    decoder : EvidenceDecoder
        Fitted to other trials.
    session : Observed
    seed : int
        Of the order.
    """
    n_targets = len(decoder.frequencies_hz)
    order = _random_order(session.labels, n_targets, np.random.default_rng(seed))
    _, _, n_channels, n_trial = session.bands_uv.shape
    streaming = StreamingDecoder(decoder, n_channels, decoder.lengths_s, HOP_S)
    hops: list[StreamScores] = []
    for trial in order:
        banded = session.bands_uv[trial].transpose(2, 0, 1).astype(np.float64)
        hops += streaming.push_bands(banded)
    return Rehearsal(
        tuple(hops), session.labels[order], n_trial, n_targets, decoder.sampling_rate_hz
    )


def _random_order(labels: IntArray, idle: int, rng: np.random.Generator) -> IntArray:
    """Random order; where possible no target follows itself, which would be one long look."""
    for _ in range(_ATTEMPTS):
        left = rng.permutation(len(labels)).tolist()
        order: list[int] = []
        while left:
            previous = labels[order[-1]] if order else idle
            allowed = [k for k in left if labels[k] == idle or labels[k] != previous]
            if not allowed:
                break
            order.append(allowed[0])
            left.remove(allowed[0])
        if not left:
            return np.array(order, dtype=np.intp)
    return rng.permutation(len(labels))

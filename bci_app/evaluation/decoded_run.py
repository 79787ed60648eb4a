"""A recording decoded hop by hop, over which policies can then run at no cost."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from bci_app.decoders.streaming import StreamingDecoder
from bci_app.evaluation.session_result import TrialTruth
from bci_app.online.filters import CausalFilter, design_filter
from bci_app.online.growing import GrowingModel, policy_settings
from bci_app.online.sequential import SequentialPolicy, SequentialSettings
from bci_app.online.settings import PathSettings

FloatArray = npt.NDArray[np.float64]

_HOP_S = 0.125
_SETTLING_S = 0.25
_CHUNK_S = 10.0


@dataclass(frozen=True, slots=True)
class Hop:
    """What the decoder said at one sample.

    Parameters
    ----------
    end_index : int
    lengths_s : ndarray of float64, shape (n_lengths,)
        Of the windows that end there, ascending.
    log_probabilities : ndarray of float64, shape (n_lengths, n_targets + 1)
    log_alpha : float or None
        How large alpha is.
    """

    end_index: int
    lengths_s: FloatArray
    log_probabilities: FloatArray
    log_alpha: float | None = None


@dataclass(frozen=True, slots=True)
class DecodedRun:
    """A recording as a model decodes it that never saw its trials.

    Parameters
    ----------
    hops : tuple of Hop
    resumed : tuple of int
        First sample of each uninterrupted stretch.
    truth : TrialTruth
        The trials that count: with cross-validation within a recording, those left out.
    model : GrowingModel
        Whose law of false commands gives the threshold.
    onsets_known : bool
        Whether each trial was announced.
    """

    hops: tuple[Hop, ...]
    resumed: tuple[int, ...]
    truth: TrialTruth
    model: GrowingModel
    onsets_known: bool


def decode_run(
    samples_uv: FloatArray,
    model: GrowingModel,
    settings: PathSettings,
    truth: TrialTruth,
    *,
    onsets_known: bool = False,
    shortest_s: float | None = None,
) -> DecodedRun:
    """Decode a recording hop by hop, as the online path does.

    Parameters
    ----------
    samples_uv : ndarray of float64, shape (n_times, n_channels)
        As recorded, in µV; samples that are not numbers are a gap.
    model : GrowingModel
        One that was fitted without the trials of `truth`.
    settings : PathSettings
        Whose filter is used.
    truth : TrialTruth
    onsets_known : bool
        Whether each trial is announced; else the stream just runs.
    shortest_s : float or None
        Shortest window that is decoded; None for the shortest that the policy weighs.
    """
    if shortest_s is None:
        shortest_s = policy_settings(onsets_known=onsets_known).shortest_s
    lengths_s = tuple(s for s in model.decoder.lengths_s if s >= shortest_s)
    begins = truth.begins.tolist() if onsets_known else []
    finite = np.isfinite(samples_uv).all(axis=1)
    edges = np.flatnonzero(np.diff(finite, prepend=False, append=False)).tolist()
    stretches = list(zip(edges[::2], edges[1::2], strict=True))
    hops = tuple(_decode(samples_uv, stretches, model, lengths_s, settings, begins))
    return DecodedRun(hops, tuple(first for first, _ in stretches), truth, model, onsets_known)


def decide(run: DecodedRun, settings: SequentialSettings) -> Iterator[tuple[int, int]]:
    """Run the policy over a decoded recording; yield sample and target of each decision."""
    longest_s = max(run.model.decoder.lengths_s)
    policy = SequentialPolicy(settings, run.truth.sampling_rate_hz, longest_s, run.model.open_eyes)
    announced = run.truth.begins.tolist() if run.onsets_known else []
    resumed = list(run.resumed)
    for hop in run.hops:
        while resumed and resumed[0] < hop.end_index:
            policy.restart(resumed.pop(0))
        while announced and announced[0] < hop.end_index:
            policy.begin_look(announced.pop(0))
        verdict = policy.judge(hop.end_index, hop.lengths_s, hop.log_probabilities, hop.log_alpha)
        if verdict is not None and verdict.is_decision:
            yield hop.end_index, verdict.target


def _decode(
    samples_uv: FloatArray,
    stretches: Sequence[tuple[int, int]],
    model: GrowingModel,
    lengths_s: tuple[float, ...],
    settings: PathSettings,
    begins: Sequence[int],
) -> Iterator[Hop]:
    decoder = model.decoder
    rate_hz = decoder.sampling_rate_hz
    causal = CausalFilter(design_filter(rate_hz, settings.band_hz, settings.mains_hz))
    streaming = StreamingDecoder(decoder, samples_uv.shape[1], lengths_s, _HOP_S)
    n_chunk, n_settling = round(_CHUNK_S * rate_hz), round(_SETTLING_S * rate_hz)
    for first, last in stretches:
        causal.restart()
        streaming.restart()
        cleared = {first + n_settling, *(begin for begin in begins if first < begin < last)}
        cuts = sorted({*range(first, last, n_chunk), *(c for c in cleared if c < last), last})
        for start, stop in pairwise(cuts):
            if start in cleared:
                streaming.begin_window()
            for scored in streaming.push(causal.process(samples_uv[start:stop])):
                yield Hop(
                    first + scored.end_index,
                    np.array(scored.lengths_s),
                    scored.scores,
                    scored.log_alpha,
                )

"""The streaming form of a decoder: each hop answers for several window lengths at once."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bci_app.decoders.alpha import AlphaMeter
from bci_app.decoders.correlation_decoder import CorrelationDecoder
from bci_app.decoders.estimator import IntArray
from bci_app.decoders.evidence import EvidenceDecoder
from bci_app.decoders.references import FloatArray
from bci_app.decoders.sums import StreamingSums
from bci_app.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class StreamScores:
    """Scores of the windows that end at one sample.

    Parameters
    ----------
    end_index : int
        Samples pushed since the stream began, up to the end of the windows.
    lengths_s : tuple of float
        Length of each window, shortest first: those that have fitted into the stream so far.
    scores : ndarray of float64, shape (n_lengths, n_classes)
        Scores of each; of :class:`~bci_app.decoders.evidence.EvidenceDecoder` log-probabilities,
        the last of idle.
    log_alpha : float or None
        From :class:`~bci_app.decoders.alpha.AlphaMeter`: how large alpha is.
    """

    end_index: int
    lengths_s: tuple[float, ...]
    scores: FloatArray
    log_alpha: float | None = None


class StreamingDecoder:
    """Scores growing windows of a stream, hop after hop.

    Filters run once per sample, sums once per hop (:class:`~bci_app.decoders.sums.StreamingSums`);
    a window costs a few additions and the decoder's small eigenproblems. Answers are the same, bit
    for bit, however the stream is cut, and memory stays what it was at the start.

    Parameters
    ----------
    decoder : CorrelationDecoder or EvidenceDecoder
        Fitted, where it learns.
    n_channels : int
    lengths_s : tuple of float
        Window lengths, each rounded to whole hops.
    hop_s : float
        Time from one answer to the next, rounded to whole samples.

    Raises
    ------
    ConfigurationError
        When a length is shorter than a hop.
    """

    def __init__(
        self,
        decoder: CorrelationDecoder | EvidenceDecoder,
        n_channels: int,
        lengths_s: tuple[float, ...],
        hop_s: float,
    ) -> None:
        rate_hz = decoder.sampling_rate_hz
        self._decoder = decoder
        self._n_hop = max(1, round(hop_s * rate_hz))
        self._lengths = sorted({round(length_s * rate_hz / self._n_hop) for length_s in lengths_s})
        if not self._lengths or self._lengths[0] < 1:
            raise ConfigurationError(
                f"windows of {lengths_s} s, a hop of {hop_s:g} s: expected at least one window, "
                "and none shorter than a hop."
            )
        # Later parts of one window are of the length of another: each length is summed up once.
        nested = [
            [max(1, round(share * length)) for length in self._lengths] for share in decoder.shares
        ]
        self._windows: list[tuple[list[int], IntArray]] = []
        for n_ready in range(1, len(self._lengths) + 1):
            parts = np.array([part[:n_ready] for part in nested])
            distinct, which = np.unique(parts, return_inverse=True)
            self._windows.append((distinct.tolist(), which.reshape(parts.shape)))
        self._lengths_s = tuple(length * self._n_hop / rate_hz for length in self._lengths)
        self._sums = StreamingSums(
            n_channels,
            decoder.filter_bank(),
            decoder.sum_frequencies_hz(),
            rate_hz,
            self._n_hop,
            self._lengths[-1],
        )
        self._alpha = AlphaMeter(
            decoder.sum_frequencies_hz(), rate_hz, n_channels, self._n_hop, self._lengths_s[-1]
        )
        self._end_index = 0

    def restart(self) -> None:
        """Forget the past: the next sample is the first of an uninterrupted stretch, index 0."""
        self._sums.restart()
        self._alpha.restart()
        self._end_index = 0

    def begin_window(self) -> None:
        """Let no window reach further back than now; the filters go on.

        For a policy that knows, or has found, when the gaze moved.
        """
        self._sums.forget_blocks()
        self._alpha.restart()

    def push(self, samples_uv: FloatArray) -> Iterator[StreamScores]:
        """Take the next samples; yield the scores of each hop that they complete.

        Parameters
        ----------
        samples_uv : ndarray of float64, shape (n_times, n_channels)
            Band-passed samples, without gaps.
        """
        self._end_index += len(samples_uv)
        yield from self._answers(self._sums.push(samples_uv))

    def push_bands(self, banded: FloatArray) -> Iterator[StreamScores]:
        """Take the next samples as they come out of the bank, (n_times, n_bands, n_channels)."""
        self._end_index += len(banded)
        yield from self._answers(self._sums.push_bands(banded))

    def _answers(self, blocks: Iterator[int]) -> Iterator[StreamScores]:
        for n_left in blocks:
            log_alpha = self._alpha.push(self._sums.newest_block[0])
            n_ready = sum(length <= self._sums.n_held for length in self._lengths)
            if n_ready:
                yield StreamScores(
                    self._end_index - n_left,
                    self._lengths_s[:n_ready],
                    self._score(n_ready),
                    log_alpha,
                )

    def _score(self, n_ready: int) -> FloatArray:
        lengths, nested = self._windows[n_ready - 1]
        return self._decoder.score_sums(self._sums.windows(lengths), nested)

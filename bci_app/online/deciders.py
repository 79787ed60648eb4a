"""From filtered samples to decisions: two ways, which the online path drives alike."""

from collections.abc import Iterator
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from bci_app.decoders.cca import StandardCCA
from bci_app.decoders.streaming import StreamingDecoder, StreamScores
from bci_app.errors import ConfigurationError
from bci_app.online.events import Adapted, Decided, EyesJudged, Scored
from bci_app.online.growing import DELAY_S, GrowingModel
from bci_app.online.policy import AgreementPolicy
from bci_app.online.rehearsal import HOP_S
from bci_app.online.ring_buffer import RingBuffer
from bci_app.online.sequential import SequentialPolicy, SequentialSettings, log_odds_of_targets
from bci_app.online.settings import PathSettings

FloatArray = npt.NDArray[np.float64]

DeciderEvent: TypeAlias = Scored | Decided | Adapted | EyesJudged

# The notch rings for about 0.2 s after the filter starts; windows begin after that.
_SETTLING_S = 0.25


class Decider(Protocol):
    """Takes filtered samples, tells what it scored and what it decided."""

    def restart(self, index: int) -> None:
        """Begin a new stretch whose first sample will have this absolute index."""

    def begin_look(self) -> None:
        """Take note that the subject is asked to look from the next sample on."""

    def process(self, filtered_uv: FloatArray) -> Iterator[DeciderEvent]:
        """Take the next samples, shape (n_times, n_channels)."""


class FixedWindowDecider:
    """Training-free: canonical correlation in a window of one length, and agreement of windows.

    Parameters
    ----------
    settings : PathSettings
    sampling_rate_hz : float
    n_channels : int
    """

    def __init__(self, settings: PathSettings, sampling_rate_hz: float, n_channels: int) -> None:
        self._n_window = round(settings.window_s * sampling_rate_hz)
        self._n_hop = max(1, round(settings.hop_s * sampling_rate_hz))
        self._n_settling = round(_SETTLING_S * sampling_rate_hz)
        self._buffer = RingBuffer(self._n_window + self._n_hop, n_channels)
        self._decoder = StandardCCA(settings.frequencies_hz, sampling_rate_hz, settings.n_harmonics)
        self._policy = AgreementPolicy(settings.policy, sampling_rate_hz)

    def restart(self, index: int) -> None:
        """Begin a new stretch whose first sample will have this absolute index."""
        self._policy.restart()
        self._buffer.restart(index)

    def begin_look(self) -> None:
        """Refuse: windows of a fixed length cannot wait for a look."""
        raise ConfigurationError(
            "a look was announced to a path whose windows have a fixed length: expected a path "
            "with a fitted model and known onsets."
        )

    def process(self, filtered_uv: FloatArray) -> Iterator[DeciderEvent]:
        """Take the next samples, shape (n_times, n_channels)."""
        ends, windows = [], []
        while len(filtered_uv):
            n_to_hop = self._n_hop - self._buffer.end_index % self._n_hop
            self._buffer.append(filtered_uv[:n_to_hop])
            filtered_uv = filtered_uv[n_to_hop:]
            end_index = self._buffer.end_index
            n_before = end_index - self._buffer.start_index
            if end_index % self._n_hop == 0 and n_before >= self._n_window + self._n_settling:
                ends.append(end_index)
                windows.append(self._buffer.window(end_index, self._n_window).T.copy(order="C"))
        if windows:  # all at once: a replay at full speed brings many
            scored = self._decoder.score_windows(np.stack(windows)).tolist()
            for end_index, scores in zip(ends, scored, strict=True):
                yield from self._judge(end_index, tuple(scores))

    def _judge(self, end_index: int, scores: tuple[float, ...]) -> Iterator[DeciderEvent]:
        yield Scored(end_index, scores)
        target = self._policy.decide(end_index, scores)
        if target is not None:
            yield Decided(
                end_index, target, scores[target], n_window=self._n_window, evidence=scores
            )


class GrowingWindowDecider:
    """Calibrated: probabilities in windows of many lengths, and the sequential policy.

    Parameters
    ----------
    model : GrowingModel
    settings : SequentialSettings
    n_channels : int
    """

    def __init__(self, model: GrowingModel, settings: SequentialSettings, n_channels: int) -> None:
        rate_hz = model.decoder.sampling_rate_hz
        self._n_delay = round(DELAY_S * rate_hz)
        self._n_settling = round(_SETTLING_S * rate_hz)
        self._rate_hz = rate_hz
        longest_s = max(model.decoder.lengths_s)
        weighed_s = tuple(s for s in model.decoder.lengths_s if s >= settings.shortest_s)
        self._streaming = StreamingDecoder(model.decoder, n_channels, weighed_s, HOP_S)
        self._policy = SequentialPolicy(settings, rate_hz, longest_s, model.open_eyes)
        self._onsets_known = settings.onsets_known
        self._stated = model.stated
        self._start_index = 0
        self._end_index = 0
        self._window_begins: int | None = self._n_settling
        self._announced = False

    def restart(self, index: int) -> None:
        """Begin a new stretch whose first sample will have this absolute index."""
        self._streaming.restart()
        self._policy.restart(index)
        self._start_index = self._end_index = index
        self._window_begins = index + self._n_settling
        self._announced = False

    def begin_look(self) -> None:
        """Take note that the subject is asked to look from the next sample on.

        Raises
        ------
        ConfigurationError
            When the settings say that onsets are unknown.
        """
        if not self._onsets_known:
            raise ConfigurationError(
                "a look was announced to a policy for unknown onsets: expected onsets_known."
            )
        self._window_begins = self._end_index + self._n_delay
        self._announced = True

    def process(self, filtered_uv: FloatArray) -> Iterator[DeciderEvent]:
        """Take the next samples, shape (n_times, n_channels)."""
        begins = self._window_begins
        if begins is None or begins >= self._end_index + len(filtered_uv):
            yield from self._push(filtered_uv)
            return
        n_before = begins - self._end_index
        yield from self._push(filtered_uv[:n_before])
        self._window_begins = None
        self._streaming.begin_window()
        if self._announced:
            self._policy.begin_look(begins)
        yield from self._push(filtered_uv[n_before:])

    def _push(self, filtered_uv: FloatArray) -> Iterator[DeciderEvent]:
        self._end_index += len(filtered_uv)
        for scores in self._streaming.push(filtered_uv):
            yield from self._judge(scores)

    def _judge(self, hop: StreamScores) -> Iterator[DeciderEvent]:
        end_index = self._start_index + hop.end_index
        lengths_s = np.array(hop.lengths_s)
        were_closed = self._policy.eyes_closed
        verdict = self._policy.judge(end_index, lengths_s, hop.scores, hop.log_alpha)
        if self._policy.eyes_closed != were_closed:
            yield EyesJudged(end_index, not were_closed)
        if verdict is None:
            return
        log_probabilities = hop.scores[verdict.window]
        # A window that begins with an announced look is not chosen for being high.
        stated = (
            np.exp(log_probabilities)
            if self._onsets_known
            else self._stated.probabilities(
                log_probabilities, hop.scores[verdict.newest], verdict.held
            )
        )
        probabilities = tuple(stated.tolist())
        yield Scored(end_index, probabilities[:-1])
        if verdict.offset is not None:
            yield Adapted(end_index, verdict.offset)
        if verdict.is_decision:
            yield Decided(
                end_index,
                verdict.target,
                probabilities[verdict.target],
                probabilities,
                round(float(lengths_s[verdict.window]) * self._rate_hz),
                tuple(log_odds_of_targets(log_probabilities).tolist()),
            )

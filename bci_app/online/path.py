"""The online path: samples in, events out.

Live acquisition, replay and evaluation push their samples through this one object. It counts
samples and never looks at a clock, so however a stream is cut into chunks, its events are the same,
bit for bit.
"""

from collections.abc import Iterator

import numpy as np

from bci_app.decoders.cca import StandardCCA
from bci_app.decoders.references import check_targets
from bci_app.online.events import Decided, GapFound, PathEvent, Scored
from bci_app.online.filters import CausalFilter, design_filter
from bci_app.online.gate import CommandGate
from bci_app.online.policy import AgreementPolicy
from bci_app.online.ring_buffer import RingBuffer
from bci_app.online.settings import PathSettings
from devices.chunk import Chunk

# The notch rings for about 0.2 s after the filter starts; windows begin after that.
_SETTLING_S = 0.25


class OnlinePath:
    """Filter, buffer, decoder, policy and gate of one stream.

    Parameters
    ----------
    settings : PathSettings
    sampling_rate_hz : float
        Sampling rate of the chunks that will be pushed.
    n_channels : int
        Their number of channels.

    Raises
    ------
    ConfigurationError
        When the settings cannot work at this sampling rate.
    """

    def __init__(self, settings: PathSettings, sampling_rate_hz: float, n_channels: int) -> None:
        check_targets(
            settings.frequencies_hz, sampling_rate_hz, settings.window_s, settings.n_harmonics
        )
        self._n_channels = n_channels
        self._n_window = round(settings.window_s * sampling_rate_hz)
        self._n_hop = max(1, round(settings.hop_s * sampling_rate_hz))
        self._n_settling = round(_SETTLING_S * sampling_rate_hz)
        self._filter = CausalFilter(
            design_filter(sampling_rate_hz, settings.band_hz, settings.mains_hz)
        )
        self._buffer = RingBuffer(self._n_window + self._n_hop, n_channels)
        self._decoder = StandardCCA(settings.frequencies_hz, sampling_rate_hz, settings.n_harmonics)
        self._policy = AgreementPolicy(settings.policy, sampling_rate_hz)
        self.gate = CommandGate(settings.commands, settings.gate, sampling_rate_hz)

    def push(self, chunk: Chunk) -> list[PathEvent]:
        """Take the next samples and return what follows from them, in order.

        A jump in the sample index is a gap, and so is a stretch of samples that are not numbers:
        no window contains one, and the filter starts anew after it.

        Parameters
        ----------
        chunk : Chunk
            Samples later than all those pushed before.

        Returns
        -------
        list of PathEvent

        Raises
        ------
        ValueError
            When the chunk has another number of channels or goes back in time.
        """
        if chunk.samples_uv.shape[1] != self._n_channels:
            raise ValueError(
                f"a chunk of {chunk.samples_uv.shape[1]} channels, expected {self._n_channels}"
            )
        if chunk.first_index < self._buffer.end_index:
            raise ValueError(
                f"a chunk from sample {chunk.first_index}, but the stream is already at "
                f"{self._buffer.end_index}"
            )
        events: list[PathEvent] = []
        for stretch in _finite_stretches(chunk):
            if stretch.first_index > self._buffer.end_index:
                events.append(self._note_gap(stretch.first_index))
            events.extend(self._process(stretch))
        return events

    def _note_gap(self, resumed_index: int) -> GapFound:
        lost_index = self._buffer.end_index
        self._filter.restart()
        self._policy.restart()
        self._buffer.restart(resumed_index)
        return GapFound(lost_index, resumed_index - lost_index)

    def _process(self, stretch: Chunk) -> Iterator[PathEvent]:
        filtered = self._filter.process(stretch.samples_uv)
        while len(filtered):
            end_index = self._buffer.end_index
            n_to_hop = self._n_hop - end_index % self._n_hop
            self._buffer.append(filtered[:n_to_hop])
            filtered = filtered[n_to_hop:]
            if self._buffer.end_index % self._n_hop == 0:
                yield from self._decode(self._buffer.end_index)

    def _decode(self, end_index: int) -> Iterator[PathEvent]:
        if end_index - self._buffer.start_index < self._n_window + self._n_settling:
            return
        window = self._buffer.window(end_index, self._n_window)
        scores = tuple(self._decoder.score_windows(window.T[np.newaxis])[0].tolist())
        yield Scored(end_index, scores)
        target = self._policy.decide(end_index, scores)
        if target is not None:
            decision = Decided(end_index, target, scores[target])
            yield decision
            yield self.gate.admit(decision)


def _finite_stretches(chunk: Chunk) -> Iterator[Chunk]:
    finite = np.isfinite(chunk.samples_uv).all(axis=1)
    if finite.all():
        if len(chunk):
            yield chunk
        return
    edges = np.flatnonzero(np.diff(finite, prepend=False, append=False))
    for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        yield Chunk(chunk.samples_uv[start:stop], chunk.first_index + start)

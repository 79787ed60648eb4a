"""The online path: samples in, events out.

Live acquisition, replay and evaluation push their samples through this one object. It counts
samples and never looks at a clock, so however a stream is cut into chunks, its events are the same,
bit for bit.
"""

from collections.abc import Iterator

import numpy as np

from bci_app.decoders.references import check_targets
from bci_app.errors import ConfigurationError
from bci_app.online.deciders import Decider, FixedWindowDecider, GrowingWindowDecider
from bci_app.online.events import Decided, GapFound, PathEvent
from bci_app.online.filters import CausalFilter, design_filter
from bci_app.online.gate import CommandGate
from bci_app.online.growing import GrowingModel
from bci_app.online.settings import PathSettings
from devices.chunk import Chunk


class OnlinePath:
    """Filter, decoder, policy and gate of one stream.

    Without a model it decides by canonical correlation in windows of a fixed length, careful by
    construction; with one, by the subject's own response in windows that grow.

    Parameters
    ----------
    settings : PathSettings
    sampling_rate_hz : float
        Sampling rate of the chunks that will be pushed.
    n_channels : int
        Their number of channels.
    model : GrowingModel, optional
        Fitted to these targets at this sampling rate; `settings.sequential` is its policy's.

    Raises
    ------
    ConfigurationError
        When the settings cannot work at this sampling rate, or with this model.
    """

    def __init__(
        self,
        settings: PathSettings,
        sampling_rate_hz: float,
        n_channels: int,
        model: GrowingModel | None = None,
    ) -> None:
        check_targets(
            settings.frequencies_hz, sampling_rate_hz, settings.window_s, settings.n_harmonics
        )
        self._n_channels = n_channels
        self._end_index = 0
        self._filter = CausalFilter(
            design_filter(sampling_rate_hz, settings.band_hz, settings.mains_hz)
        )
        self._decider: Decider
        if model is None:
            self._decider = FixedWindowDecider(settings, sampling_rate_hz, n_channels)
        else:
            _check_model(model, settings, sampling_rate_hz)
            self._decider = GrowingWindowDecider(model, settings.sequential, n_channels)
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
        if chunk.first_index < self._end_index:
            raise ValueError(
                f"a chunk from sample {chunk.first_index}, but the stream is already at "
                f"{self._end_index}"
            )
        events: list[PathEvent] = []
        for stretch in finite_stretches(chunk):
            if stretch.first_index > self._end_index:
                events.append(self._note_gap(stretch.first_index))
            events.extend(self._process(stretch))
        return events

    def _note_gap(self, resumed_index: int) -> GapFound:
        lost_index = self._end_index
        self._filter.restart()
        self._decider.restart(resumed_index)
        self._end_index = resumed_index
        return GapFound(lost_index, resumed_index - lost_index)

    def begin_look(self) -> None:
        """Take note that the subject is asked to look from the next sample on.

        Raises
        ------
        ConfigurationError
            When the path is not one for known onsets.
        """
        self._decider.begin_look()

    def _process(self, stretch: Chunk) -> Iterator[PathEvent]:
        self._end_index = stretch.end_index
        for event in self._decider.process(self._filter.process(stretch.samples_uv)):
            yield event
            if isinstance(event, Decided):
                yield self.gate.admit(event)


def _check_model(model: GrowingModel, settings: PathSettings, sampling_rate_hz: float) -> None:
    decoder = model.decoder
    if (decoder.frequencies_hz, decoder.sampling_rate_hz) != (
        settings.frequencies_hz,
        sampling_rate_hz,
    ):
        raise ConfigurationError(
            f"a model of targets at {decoder.frequencies_hz} Hz and {decoder.sampling_rate_hz:g} "
            f"samples a second: expected {settings.frequencies_hz} Hz and {sampling_rate_hz:g}."
        )


def finite_stretches(chunk: Chunk) -> Iterator[Chunk]:
    """Yield the stretches of a chunk in which every sample of every channel is a number."""
    finite = np.isfinite(chunk.samples_uv).all(axis=1)
    if finite.all():
        if len(chunk):
            yield chunk
        return
    edges = np.flatnonzero(np.diff(finite, prepend=False, append=False))
    for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        yield Chunk(chunk.samples_uv[start:stop], chunk.first_index + start)

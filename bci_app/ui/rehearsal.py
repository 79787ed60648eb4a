"""A session in virtual time, for pictures: a virtual subject walks the reference course."""

from collections.abc import Iterator

from bci_app.online.path import OnlinePath
from bci_app.online.settings import PathSettings
from bci_app.runtime.conductor import Conductor
from bci_app.runtime.course import Course
from bci_app.runtime.quality import SignalWatch
from bci_app.runtime.session import Session, SessionEvent
from bci_app.ui.session_values import SessionInfo
from devices.chunk import Chunk
from devices.exoskeleton.virtual_link import VirtualLink
from devices.virtual_brain import VirtualSubject
from devices.virtual_brain.electrodes import Electrodes

_CHUNK_S = 0.04


class Rehearsal:
    """The whole loop without device, thread or clock.

    Parameters
    ----------
    seed : int
        Which virtual subject.
    settings : PathSettings or None
        None for the reference targets.

    Attributes
    ----------
    info : SessionInfo
    """

    def __init__(self, seed: int = 0, settings: PathSettings | None = None) -> None:
        self._settings = settings or PathSettings()
        self._subject = VirtualSubject(seed)
        self._conductor = Conductor(
            Course(duration_s=3600.0), self._settings, self._subject.look_at
        )
        self._stop_asked = ""
        self.info = SessionInfo(
            title="virtual subject, simulated exoskeleton",
            channel_names=self._subject.channel_names,
            sampling_rate_hz=self._subject.sampling_rate_hz,
            settings=self._settings,
        )

    @property
    def electrodes(self) -> Electrodes:
        """What the subject wears, and what can happen to it."""
        return self._subject.electrodes

    def stop(self, reason: str) -> None:
        """Stop the exoskeleton; between two events of `run`."""
        self._stop_asked = reason

    def run(self, duration_s: float) -> Iterator[tuple[SessionEvent, float]]:
        """Yield each event with its time, as they would happen live."""
        rate_hz = self.info.sampling_rate_hz
        events: list[SessionEvent] = []
        with VirtualLink() as exoskeleton:
            path = OnlinePath(self._settings, rate_hz, len(self.info.channel_names))
            watch = SignalWatch(self.info.channel_names, rate_hz)
            session = Session(path, exoskeleton, [events.append, self._conductor], watch)
            n_times, end_index = round(_CHUNK_S * rate_hz), 0
            while end_index < duration_s * rate_hz:
                now_s = (end_index + n_times) / rate_hz
                chunk = Chunk(self._subject.draw(n_times), end_index, arrival_s=now_s)
                end_index = chunk.end_index
                exoskeleton.advance(now_s)
                if self._stop_asked:
                    session.stop(self._stop_asked)
                    self._stop_asked = ""
                session.feed(chunk)
                exoskeleton.advance(now_s)
                session.poll()
                for event in events:
                    yield event, now_s
                events.clear()
                for prompt in self._conductor.advance(now_s):
                    yield prompt, now_s

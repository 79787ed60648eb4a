"""A session that is over: its events by sample index, its mistakes, and any moment of it again."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from bci_app.evaluation.answers import Asked, Prompt
from bci_app.online.events import Decided
from bci_app.runtime.quality import SignalJudged
from bci_app.runtime.session import SessionEvent, StopReleased, StopRequested
from bci_app.stimulus import messages as stimulus
from bci_app.ui.session_values import SessionInfo
from bci_app.ui.session_view import KEPT_S, SessionView
from devices.chunk import Chunk
from devices.exoskeleton.events import LinkDown, LinkUp, TelemetryReceived

# Of these only the last one before a moment matters at it.
_LASTING: tuple[tuple[type, ...], ...] = (
    (Prompt,),
    (StopRequested, StopReleased),
    (LinkUp, LinkDown),
    (stimulus.Ready,),
    (stimulus.Began, stimulus.Paused, stimulus.Blanked),
    (TelemetryReceived,),
    (SignalJudged,),
)
_TRACK_STEP = 10


@dataclass(frozen=True, slots=True)
class Asking:
    """A stretch in which the same was asked; the target is None for looking at none."""

    begin: int
    end: int
    target: int | None


@dataclass(frozen=True, slots=True)
class Mistake:
    """Where a session went wrong, and how."""

    index: int
    text: str


class RecordedSession:
    """All events of a session, to be seen again from any moment.

    Parameters
    ----------
    info : SessionInfo
    events : iterable of SessionEvent
        In the order in which a listener heard them.

    Attributes
    ----------
    first_index, end_index : int
        The samples that there are.
    askings : list of Asking
    decisions : list of Decided
    mistakes : list of Mistake
        In order of time.
    """

    def __init__(self, info: SessionInfo, events: Iterable[SessionEvent]) -> None:
        self.info = info
        self._events: list[SessionEvent] = []
        self._indices: list[int] = []
        self._track: list[tuple[int, tuple[float, float]]] = []
        self.first_index: int | None = None
        self.end_index = 0
        self.decisions: list[Decided] = []
        prompts: list[Prompt] = []
        self._lasting: list[list[tuple[int, SessionEvent]]] = [[] for _ in _LASTING]
        n_telemetry = 0
        for event in events:
            if isinstance(event, Chunk):
                if self.first_index is None:
                    self.first_index = event.first_index
                self.end_index = event.end_index
            elif isinstance(event, Decided):
                self.decisions.append(event)
            elif isinstance(event, Prompt):
                prompts.append(event)
            elif isinstance(event, TelemetryReceived):
                if n_telemetry % _TRACK_STEP == 0:
                    place = (event.telemetry.x_m, event.telemetry.y_m)
                    self._track.append((self.end_index, place))
                n_telemetry += 1
            for kinds, found in zip(_LASTING, self._lasting, strict=True):
                if isinstance(event, kinds):
                    found.append((self.end_index, event))
            self._events.append(event)
            self._indices.append(self.end_index)
        self.askings = _askings(prompts, self.end_index)
        self.mistakes = self._find_mistakes()

    def show(self, view: SessionView, index: int) -> None:
        """Let a view see the session up to a sample, as if it had been there."""
        rate_hz = self.info.sampling_rate_hz
        start = max(self.first_index or 0, index - round(KEPT_S * rate_hz))
        view.restart(start)
        first = bisect_right(self._indices, start)
        for found in self._lasting:
            position = bisect_right(found, start, key=lambda item: item[0])
            if position:
                view.take(found[position - 1][1], start / rate_hz)
        view.log.clear()
        view.n_logged = 0
        n_track = bisect_right(self._track, start, key=lambda item: item[0])
        view.track.clear()
        view.track.extend(place for _, place in self._track[:n_track])
        self._feed(view, first, index)

    def go_on(self, view: SessionView, index: int) -> None:
        """Let a view that is at an earlier sample see what follows, up to another."""
        self._feed(view, bisect_right(self._indices, view.now_index), index)

    def next_mistake(self, index: int) -> Mistake | None:
        """Return the first mistake after a sample, None when no other follows."""
        position = bisect_right(self.mistakes, index, key=lambda mistake: mistake.index)
        return self.mistakes[position] if position < len(self.mistakes) else None

    def previous_mistake(self, index: int) -> Mistake | None:
        """Return the last mistake before a sample, None when there is none."""
        position = bisect_left(self.mistakes, index, key=lambda mistake: mistake.index)
        return self.mistakes[position - 1] if position else None

    def is_right(self, decision: Decided) -> bool | None:
        """Whether a decision was what was asked; None where nothing in particular was."""
        for asking in self.askings:
            # A decision at the prompt's own sample was made before the prompt could be seen.
            if asking.begin < decision.end_index <= asking.end:
                return decision.target == asking.target
        return None

    def _feed(self, view: SessionView, first: int, index: int) -> None:
        rate_hz = self.info.sampling_rate_hz
        for position in range(first, bisect_right(self._indices, index)):
            view.take(self._events[position], self._indices[position] / rate_hz)

    def _find_mistakes(self) -> list[Mistake]:
        name = [target.command.words for target in self.info.targets]
        mistakes = []
        for asking in self.askings:
            within = [d for d in self.decisions if asking.begin < d.end_index <= asking.end]
            for decision in within:
                if decision.target != asking.target:
                    wanted = "nothing" if asking.target is None else name[asking.target]
                    mistakes.append(
                        Mistake(decision.end_index, f"{name[decision.target]} for {wanted}")
                    )
            if asking.target is not None and not within and asking.end < self.end_index:
                mistakes.append(Mistake(asking.end, f"{name[asking.target]} missed"))
        return sorted(mistakes, key=lambda mistake: mistake.index)


def _askings(prompts: list[Prompt], end_index: int) -> list[Asking]:
    ends = [*(prompt.index for prompt in prompts[1:]), end_index][: len(prompts)]
    return [
        Asking(prompt.index, end, prompt.target)
        for prompt, end in zip(prompts, ends, strict=True)
        if prompt.asked is not Asked.NOTHING and end > prompt.index
    ]

"""The decisions of a session as a table: what was asked, decided, and came of it."""

from collections.abc import Callable
from dataclasses import dataclass

from bci_app.evaluation.answers import Asked, Prompt
from bci_app.online.events import Decided, Withheld
from bci_app.online.settings import PathSettings
from bci_app.runtime.session import CommandSent, SessionEvent
from devices.exoskeleton.events import Acknowledged, Refused, Unanswered


@dataclass(slots=True)
class Decision:
    """A row of the table.

    Parameters
    ----------
    time_s : float
        Time of the last sample that it used, from the first sample of the stream.
    sample : int
        Absolute index just after that sample.
    target_hz, score : float
        The target and its score.
    asked_hz : float or None
        The target that the subject was asked to look at, None when there was none.
    verdict : str
        `right` or `wrong` when a target was asked for, `false` when none was to be looked at, `not
        asked` when nothing was asked.
    command : str
    outcome : str
        `acknowledged`, `refused: …`, `withheld: …`, `unanswered: …` or `pending`.
    """

    time_s: float
    sample: int
    target_hz: float
    score: float
    asked_hz: float | None
    verdict: str
    command: str
    outcome: str = "pending"


class DecisionTable:
    """A listener that follows each decision to its outcome.

    Parameters
    ----------
    settings : PathSettings
    sampling_rate_hz : float
    settled : callable
        Told each decision once its outcome is known.

    Attributes
    ----------
    rows : list of Decision
        `pandas.DataFrame(rows)` makes a data frame of it.
    """

    def __init__(
        self,
        settings: PathSettings,
        sampling_rate_hz: float,
        settled: Callable[[Decision], None] = lambda _: None,
    ) -> None:
        self.rows: list[Decision] = []
        self._targets = settings.targets
        self._rate_hz = sampling_rate_hz
        self._settled = settled
        self._asked: Prompt | None = None
        self._sent: dict[int, Decision] = {}

    def __call__(self, event: SessionEvent) -> None:
        """Take in an event."""
        match event:
            case Prompt():
                self._asked = event
            case Decided():
                self._add(event)
            case Withheld():
                self._settle(self.rows[-1], f"withheld: {event.reason}")
            case CommandSent(end_index=int()):
                self._sent[event.sequence] = self.rows[-1]
            case Acknowledged() if event.sequence in self._sent:
                self._settle(self._sent.pop(event.sequence), "acknowledged")
            case Refused() if event.sequence in self._sent:
                self._settle(self._sent.pop(event.sequence), f"refused: {event.reason.words}")
            case Unanswered() if event.sequence in self._sent:
                self._settle(self._sent.pop(event.sequence), f"unanswered: {event.cause.value}")
            case _:
                pass

    def finish(self) -> None:
        """Settle what is still without an outcome: the session is over."""
        for row in self._sent.values():
            self._settle(row, "unanswered: the session ended")
        self._sent.clear()

    def _add(self, decision: Decided) -> None:
        target = self._targets[decision.target]
        asked_for = None if self._asked is None else self._asked.target
        self.rows.append(
            Decision(
                time_s=decision.end_index / self._rate_hz,
                sample=decision.end_index,
                target_hz=target.frequency_hz,
                score=decision.score,
                asked_hz=None if asked_for is None else self._targets[asked_for].frequency_hz,
                verdict=self._judge(decision),
                command=target.command.words,
            )
        )

    def _judge(self, decision: Decided) -> str:
        if self._asked is None or self._asked.asked is Asked.NOTHING:
            return "not asked"
        if self._asked.asked is Asked.IDLE:
            return "false"
        return "right" if decision.target == self._asked.target else "wrong"

    def _settle(self, row: Decision, outcome: str) -> None:
        row.outcome = outcome
        self._settled(row)

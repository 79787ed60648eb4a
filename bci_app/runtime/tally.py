"""A listener that counts what happens in a session."""

from dataclasses import asdict, dataclass, field, fields

import numpy as np

from bci_app.evaluation.answers import Answers, Prompt, count_answers
from bci_app.evaluation.rate_test import RateSeen
from bci_app.online.events import Decided, GapFound, Withheld
from bci_app.runtime.session import CommandSent, SessionEvent
from devices.chunk import Chunk
from devices.exoskeleton.events import (
    Acknowledged,
    FrameWritten,
    Refused,
    TelemetryReceived,
    Unanswered,
)


@dataclass(frozen=True, slots=True)
class SessionFigures:
    """What a session sent and lost.

    Parameters
    ----------
    commands_sent, commands_acknowledged, commands_refused, commands_unanswered : int
        Commands that a decision asked for, and what became of them.
    commands_withheld : int
        Decisions that the gate let nothing through for.
    decision_latency_ms : dict
        `p50` and `p99` from the arrival of the last sample that a decision needed to its frame
        written; None when nothing was sent, or samples have no arrival (a replay at full speed).
    lost_samples : int
    """

    commands_sent: int
    commands_acknowledged: int
    commands_refused: int
    commands_unanswered: int
    commands_withheld: int
    decision_latency_ms: dict[str, float | None]
    lost_samples: int


@dataclass
class Tally:
    """What was asked, decided, sent and answered, how far it went, and what was lost on the way.

    Commands that no decision asked for (a stop after a fault) are not counted.
    """

    prompts: list[Prompt] = field(default_factory=list)
    decisions: list[Decided] = field(default_factory=list)
    n_sent: int = 0
    n_acknowledged: int = 0
    n_refused: int = 0
    n_unanswered: int = 0
    n_withheld: int = 0
    n_gaps: int = 0
    lost_samples: int = 0
    end_index: int = 0
    distance_m: float = 0.0
    _arrivals_s: dict[int, float | None] = field(default_factory=dict)
    _latencies_s: list[float] = field(default_factory=list)

    def __call__(self, event: SessionEvent) -> None:
        """Take in an event."""
        match event:
            case Chunk():
                self.end_index = event.end_index
            case Prompt():
                self.prompts.append(event)
            case TelemetryReceived():
                self.distance_m = event.telemetry.distance_m
            case Decided():
                self.decisions.append(event)
            case Withheld():
                self.n_withheld += 1
            case GapFound():
                self.n_gaps += 1
                self.lost_samples += event.n_lost
            case CommandSent(end_index=int()):
                self.n_sent += 1
                self._arrivals_s[event.sequence] = event.arrival_s
            case FrameWritten() if (arrival_s := self._arrivals_s.get(event.sequence)) is not None:
                self._latencies_s.append(event.written_at_s - arrival_s)
            case Acknowledged() if event.sequence in self._arrivals_s:
                self.n_acknowledged += 1
            case Refused() if event.sequence in self._arrivals_s:
                self.n_refused += 1
            case Unanswered() if event.sequence in self._arrivals_s:
                self.n_unanswered += 1
            case _:
                pass

    @property
    def n_pending(self) -> int:
        """Commands sent whose outcome is not known yet."""
        return self.n_sent - self.n_acknowledged - self.n_refused - self.n_unanswered

    def answers(self, sampling_rate_hz: float, n_targets: int) -> Answers:
        """Hold the decisions against the prompts."""
        return count_answers(
            self.prompts, self.decisions, self.end_index, sampling_rate_hz, n_targets
        )

    def figures(self) -> SessionFigures:
        """Return what was sent and lost."""
        return SessionFigures(
            commands_sent=self.n_sent,
            commands_acknowledged=self.n_acknowledged,
            commands_refused=self.n_refused,
            commands_unanswered=self.n_unanswered,
            commands_withheld=self.n_withheld,
            decision_latency_ms=self._latency_ms(),
            lost_samples=self.lost_samples,
        )

    def _latency_ms(self) -> dict[str, float | None]:
        if not self._latencies_s:
            return {"p50": None, "p99": None}
        p50, p99 = np.percentile(self._latencies_s, [50, 99]) * 1e3
        return {"p50": float(p50), "p99": float(p99)}


def flatten(result: object) -> dict[str, object]:
    """Return the fields of a result, those of its parts `session` and `answers` among them."""
    figures: dict[str, object] = {}
    for entry in fields(result):  # type: ignore[arg-type]  # any dataclass
        value = getattr(result, entry.name)
        if isinstance(value, SessionFigures | Answers):
            figures |= asdict(value)
        elif isinstance(value, RateSeen):
            figures[entry.name] = {
                **asdict(value),
                "per_min": value.per_min,
                "interval_per_min": value.interval_per_min,
            }
        else:
            figures[entry.name] = value
    return figures

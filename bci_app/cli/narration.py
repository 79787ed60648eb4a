"""Tells a session as it goes: one line for each decision, once its outcome is known."""

from collections.abc import Callable
from dataclasses import dataclass

from bci_app.evaluation.answers import Asked, Prompt
from bci_app.evaluation.rate_test import RateSeen, rate_in_words
from bci_app.online.events import Decided, EyesJudged, GapFound, Withheld
from bci_app.online.settings import PathSettings
from bci_app.runtime.session import (
    CommandSent,
    Hindered,
    SessionEvent,
    StopRequested,
    Unhindered,
)
from devices.exoskeleton.events import Acknowledged, LinkDown, Refused, Unanswered
from devices.headset.acquisition import DeviceFailed, StreamResumed, StreamSilent

# Causes that tell themselves, or are no news.
_UNTOLD = ("stream", "start")


@dataclass(slots=True)
class DecisionRecord:
    """A decision and what became of it; an entry of `decisions` in a JSON result.

    Parameters
    ----------
    time_s : float
        Time of the decision's last sample, from the first sample of the stream.
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


class Narrator:
    """A listener that follows each decision to its outcome, and says so.

    Parameters
    ----------
    settings : PathSettings
    sampling_rate_hz : float
    say : callable
        Takes a line of text, with rich's markup.
    """

    def __init__(
        self, settings: PathSettings, sampling_rate_hz: float, say: Callable[[str], None]
    ) -> None:
        self.decisions: list[DecisionRecord] = []
        self._targets = settings.targets
        self._rate_hz = sampling_rate_hz
        self._say = say
        self._asked: Prompt | None = None
        self._sent: dict[int, DecisionRecord] = {}
        self._warned = False

    def __call__(self, event: SessionEvent) -> None:
        """Take in an event."""
        match event:
            case Prompt():
                self._asked = event
            case Decided():
                self._note(event)
            case Withheld():
                self._settle(self.decisions[-1], f"withheld: {event.reason}")
            case CommandSent(end_index=int()):
                self._sent[event.sequence] = self.decisions[-1]
            case Acknowledged() if event.sequence in self._sent:
                self._settle(self._sent.pop(event.sequence), "acknowledged")
            case Refused() if event.sequence in self._sent:
                self._settle(self._sent.pop(event.sequence), f"refused: {event.reason.words}")
            case Unanswered() if event.sequence in self._sent:
                self._settle(self._sent.pop(event.sequence), f"unanswered: {event.cause.value}")
            case GapFound():
                self._say(f"          [yellow]{event.n_lost} samples lost[/]")
            case EyesJudged(closed=True):
                self._say("          [yellow]eyes closed? alpha is large: nothing is decided[/]")
            case EyesJudged():
                self._say("          alpha is as usual again: decisions go on")
            case StreamSilent():
                self._say("          [red]the headset is silent: stopping[/]")
            case StreamResumed():
                self._say("          the headset is back")
            case DeviceFailed():
                self._say(f"          [red]the headset failed: {event.error}[/]")
            case Hindered() if event.cause not in _UNTOLD:
                self._say(f"          [red]no command passes: {event.reason}[/]")
            case Unhindered() if event.cause not in _UNTOLD:
                self._say("          commands pass again")
            case LinkDown():
                self._say(f"          [red]no link: {event.message}[/]")
            case RateSeen(contradicted=True) if not self._warned:
                self._warned = True
                self._say(f"          [red]more than accepted: {rate_in_words(event)}[/]")
            case StopRequested():
                self._say(f"          [red bold]emergency stop: {event.reason}[/]")
            case _:
                pass

    def finish(self) -> None:
        """Say what is still without an outcome: the session is over."""
        for record in self._sent.values():
            self._settle(record, "unanswered: the session ended")
        self._sent.clear()

    def _note(self, decision: Decided) -> None:
        target = self._targets[decision.target]
        asked = self._asked
        self.decisions.append(
            DecisionRecord(
                time_s=decision.end_index / self._rate_hz,
                sample=decision.end_index,
                target_hz=target.frequency_hz,
                score=decision.score,
                asked_hz=(
                    None
                    if asked is None or asked.target is None
                    else self._targets[asked.target].frequency_hz
                ),
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

    def _settle(self, record: DecisionRecord, outcome: str) -> None:
        record.outcome = outcome
        colour = {"right": "green", "wrong": "red", "false": "red"}.get(record.verdict, "dim")
        self._say(
            f"{record.time_s:7.2f} s  {record.target_hz:4.4g} Hz  {record.score:.2f}  "
            f"{record.command:<10}  [{colour}]{record.verdict:<9}[/]  {outcome}"
        )

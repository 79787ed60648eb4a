"""Tells a session as it goes: one line for each decision, once its outcome is known."""

from collections.abc import Callable

from bci_app.evaluation.rate_test import RateSeen, rate_in_words
from bci_app.online.events import EyesJudged, GapFound
from bci_app.online.settings import PathSettings
from bci_app.runtime.decision_table import Decision, DecisionTable
from bci_app.runtime.session import (
    Hindered,
    SessionEvent,
    StopRequested,
    Unhindered,
)
from devices.exoskeleton.events import LinkDown
from devices.headset.acquisition import DeviceFailed, StreamResumed, StreamSilent

# Causes that tell themselves, or are no news.
_UNTOLD = ("stream", "start")


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
        self._table = DecisionTable(settings, sampling_rate_hz, self._tell)
        self._say = say
        self._warned = False

    @property
    def decisions(self) -> list[Decision]:
        """Each decision so far, an entry of `decisions` in a JSON result."""
        return self._table.rows

    def __call__(self, event: SessionEvent) -> None:
        """Take in an event."""
        self._table(event)
        match event:
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
        self._table.finish()

    def _tell(self, decision: Decision) -> None:
        colour = {"right": "green", "wrong": "red", "false": "red"}.get(decision.verdict, "dim")
        self._say(
            f"{decision.time_s:7.2f} s  {decision.target_hz:4.4g} Hz  {decision.score:.2f}  "
            f"{decision.command:<10}  [{colour}]{decision.verdict:<9}[/]  {decision.outcome}"
        )

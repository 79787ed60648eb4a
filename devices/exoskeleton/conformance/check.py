"""What a check is, and the checks' common ground."""

from collections.abc import Callable
from dataclasses import dataclass

from devices.exoskeleton.command import Command
from devices.exoskeleton.conformance.probe import Probe, demand
from devices.exoskeleton.messages import HostMessage, Refusal
from devices.exoskeleton.postures import TRANSITIONS, Posture, Reason


@dataclass(frozen=True, slots=True)
class Check:
    """A demand of the document, and how it is asked of a controller.

    Parameters
    ----------
    title : str
        What is demanded, as a sentence.
    ask : callable
        Raises `NotConformingError` when the controller does otherwise.
    """

    title: str
    ask: Callable[[Probe], None]


def demanding(checks: list[Check], title: str) -> Callable[[Callable[[Probe], None]], None]:
    """Add the function below to `checks`."""

    def add(ask: Callable[[Probe], None]) -> None:
        checks.append(Check(title, ask))

    return add


def refused(probe: Probe, request: HostMessage, reason: Reason) -> None:
    """Demand that a request is refused for a reason."""
    answer = probe.answer(Refusal, request)
    demand(answer.reason is reason, f"{request} was refused with {answer.reason.name}")


def row_holds(probe: Probe, posture: Posture) -> None:
    """Demand that everything is refused as the table says, or changes nothing."""
    for command in Command:
        outcome = TRANSITIONS[posture][command]
        if isinstance(outcome, Reason):
            refused(probe, probe.request(command), outcome)
        elif outcome is posture:
            probe.ask(command)
    demand(
        probe.latest.posture is posture,
        f"{posture.name} became {probe.latest.posture.name} by what should change nothing",
    )

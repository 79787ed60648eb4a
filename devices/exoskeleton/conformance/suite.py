"""The conformance suite: everything ``docs/protocol.md`` demands, asked of a controller."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from devices.exoskeleton.conformance.bad_lines import BAD_LINE_CHECKS
from devices.exoskeleton.conformance.check import Check
from devices.exoskeleton.conformance.movements import MOVEMENT_CHECKS
from devices.exoskeleton.conformance.probe import Channel, NotConformingError, Probe
from devices.exoskeleton.conformance.sessions import SESSION_CHECKS
from devices.serial_port import SerialPort

CHECKS: tuple[Check, ...] = (*SESSION_CHECKS, *MOVEMENT_CHECKS, *BAD_LINE_CHECKS)
"""All of them, in the order in which they are made."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one check.

    Parameters
    ----------
    title : str
        What was demanded.
    failure : str
        What the controller did instead; empty when it passed.
    duration_s : float
        How long the check took.
    """

    title: str
    failure: str
    duration_s: float


def check_port(
    url: str,
    on_result: Callable[[Result], None] = lambda _: None,
    checks: Sequence[Check] = CHECKS,
) -> list[Result]:
    """Ask everything of the controller at a port.

    It moves the legs: nobody may wear them, or stand near. It begins seated or standing, and
    takes about a minute.

    Parameters
    ----------
    url : str
        A device or any URL of pyserial.
    on_result : callable
        Called with each result as it comes.
    checks : sequence of Check
        Which demands to make, all unless told otherwise.

    Raises
    ------
    DeviceError
        When the port cannot be opened, or is lost.
    """
    with SerialPort(url) as port:
        return check_channel(_PortChannel(port), random.Random(), on_result, checks)


def check_channel(
    channel: Channel,
    rng: random.Random,
    on_result: Callable[[Result], None] = lambda _: None,
    checks: Sequence[Check] = CHECKS,
) -> list[Result]:
    """Make checks over any channel, in its own time."""
    results = []
    for check in checks:
        begun_s, failure = channel.now_s(), ""
        try:
            check.ask(Probe(channel, rng))
        except NotConformingError as error:
            failure = str(error)
        results.append(Result(check.title, failure, channel.now_s() - begun_s))
        on_result(results[-1])
    return results


class _PortChannel:
    """A port in real time."""

    def __init__(self, port: SerialPort) -> None:
        self.write = port.write
        self.read = port.read
        self.now_s = time.monotonic

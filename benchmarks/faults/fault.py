"""A fault by its name: how it strikes, how it ends, and what has to come of it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from faults.system import System


class Outcome(IntEnum):
    """What has to come of a fault; of two at once, the graver."""

    GOES_ON = 0
    """The legs may walk on; what is looked for afterwards is done."""
    RECOVERS = 1
    """The legs come to rest; once the fault is over the program obeys again by itself."""
    STAYS = 2
    """The legs come to rest, and nothing moves them any more without a deliberate act."""
    REFUSED = 3
    """It is refused before anything moves, with the reason."""


def nothing(_: System) -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong.

    Parameters
    ----------
    name, what : str
        In a word or two, and in a sentence.
    layer : str
        Which part it strikes.
    outcome : Outcome
    strike : callable
        Brings it about.
    undo : callable
        Ends it, `hold_s` later.
    hold_s : float
    prepare : callable
        Called before anything is started.
    detected_by : tuple of str
        What the program says of it: beginnings of its events with their causes; `end` when it ends.
    detected_within_s, safe_within_s : float
        From the strike.
    takes_s : float or None
        How many seconds of samples the fault itself takes; None for as long as it is held.
    exit_code : tuple of int
        With which of these the program may end; negative for a signal.
    says : str
        What a refusal has to name.
    """

    name: str
    what: str
    layer: str
    outcome: Outcome
    strike: Callable[[System], None] = nothing
    undo: Callable[[System], None] = nothing
    hold_s: float = 3.0
    prepare: Callable[[System], None] = nothing
    detected_by: tuple[str, ...] = ()
    detected_within_s: float = 1.0
    safe_within_s: float = 3.0
    takes_s: float | None = 0.0
    exit_code: tuple[int, ...] = (0,)
    says: str = ""

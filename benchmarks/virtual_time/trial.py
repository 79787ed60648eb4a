"""One fault in one run: how it strikes, and what is counted."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from devices.exoskeleton.command import Command
from virtual_time.world import World

OLDEST_S = 2.0
"""A command waits a second at most in the queue and lives a second on the line."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one run."""

    until_safe_s: float
    executed: int
    executed_twice: int
    not_asked: int
    after_giving_up: int


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong, and how it is brought about.

    Parameters
    ----------
    name, what : str
        In a word, and in a sentence.
    strike : callable
        Brings it about in a world where somebody walks.
    by_itself : bool
        Whether the legs come to rest by themselves; a stop is called under it if not.
    powered_for_s : float
        How long the controller has been running.
    """

    name: str
    what: str
    strike: Callable[[World], None]
    by_itself: bool
    powered_for_s: float = 0.0


Strike = Callable[[World], None]


class Faults(list[Fault]):
    """Faults in the order of their table."""

    def add(self, name: str, what: str, *, by_itself: bool) -> Callable[[Strike], Strike]:
        """Add the function below to the table."""

        def add(strike: Strike) -> Strike:
            self.append(Fault(name, what, strike, by_itself))
            return strike

        return add


def run(row: Fault, seed: int) -> Outcome:
    """Let one fault strike once."""
    world = World(seed, row.powered_for_s)
    world.start()
    row.strike(world)
    if row.by_itself:
        until_safe_s = world.until_safe()
    else:
        make_it_walk(world)
        world.stop()
        until_safe_s = world.until_safe()
    stopped = math.isfinite(world.stopped_at_s)
    moved_again = not world.keeps_still(10.0) and stopped  # whatever may come afterwards
    return _outcome(world, until_safe_s, moved_again=moved_again)


def make_it_walk(world: World) -> None:
    """Have the legs move when the stop is called, as far as the fault allows."""
    world.stop_moving_about()
    deadline_s = world.now_s + 12.0
    while world.safe and world.now_s < deadline_s:
        world.send(Command.WALK)
        world.run(world.rng.uniform(1.2, 2.0))


def _outcome(world: World, until_safe_s: float, *, moved_again: bool) -> Outcome:
    counts: dict[tuple[int, int], int] = {}
    not_asked = world.unasked_movements + moved_again
    after_giving_up = 0
    for event in world.executed:
        key = event.session, event.sequence
        counts[key] = counts.get(key, 0) + 1
        not_asked += not any(
            event.command is command and 0 <= event.at_s - asked_at_s <= OLDEST_S + 1e-6
            for command, asked_at_s in world.asked.get(event.sequence, [])
        )
        after_giving_up += world.given_up.get(event.sequence, math.inf) < event.at_s - 1e-9
    return Outcome(
        until_safe_s=until_safe_s,
        executed=len(world.executed),
        executed_twice=sum(count - 1 for count in counts.values()),
        not_asked=not_asked,
        after_giving_up=after_giving_up,
    )

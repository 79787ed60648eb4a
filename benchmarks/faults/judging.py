"""Commands that nobody asked for, and samples that are missing, from what was seen."""

import math

from bci_app.errors import BciAppError
from bci_app.recordings.session_file import read_session
from devices.exoskeleton.command import Command
from devices.exoskeleton.postures import Posture
from faults.system import Seen, System

ASKED_WITHIN_S = 2.5
"""A command may be executed so long after the look ended: a window's length is decided on."""

_CAUSE_WITHIN_S = 0.05
_MOVEMENTS = frozenset(
    {Posture.WALKING, Posture.TURNING, Posture.STANDING_UP, Posture.SITTING_DOWN}
)


def unasked(system: System) -> list[str]:
    """Return what the controller executed that nobody had asked for.

    Asked for is: a stop; the command of a target that the subject looks at, or looked at up to
    `ASKED_WITHIN_S` ago, once a look. Not asked for is every other command, a command executed a
    second time (same session, same number), and a movement that no command began.
    """
    done = sorted(
        (seen for seen in list(system.seen) if seen.who == "controller"),
        key=lambda seen: seen.at_s,
    )
    found: list[str] = []
    numbers: set[tuple[int, int]] = set()
    spent: set[int] = set()
    for seen in done:
        if seen.event == "Executed":
            number = seen.fields["session"], seen.fields["sequence"]
            if number in numbers:
                found.append(f"{_words(seen)} twice")
            numbers.add(number)
            _spend_look(system, seen, spent, found)
        elif seen.event == "PostureChanged" and Posture(seen.fields["posture"]) in _MOVEMENTS:
            causes = ("Executed", "StopLifted")
            if not any(
                one.event in causes and abs(seen.at_s - one.at_s) < _CAUSE_WITHIN_S for one in done
            ):
                found.append(f"{Posture(seen.fields['posture']).name} without a command")
    return found


def _spend_look(system: System, seen: Seen, spent: set[int], found: list[str]) -> None:
    command = Command(seen.fields["command"])
    if command is Command.STOP:
        return
    for k, look in enumerate(system.looks):
        in_time = look.from_s <= seen.at_s <= look.until_s + ASKED_WITHIN_S
        if k not in spent and look.command is command and in_time:
            spent.add(k)
            return
    found.append(_words(seen))


def _words(seen: Seen) -> str:
    return Command(seen.fields["command"]).name.lower().replace("_", " ")


def data_lost_s(
    system: System, struck_s: float, taken_s: float, ended_by_itself: bool
) -> float | None:
    """Return how many seconds of samples are missing beyond what the faults themselves took.

    Missing are the holes in the recording and, where the program did not end in order, what came
    between the last recorded sample and the strike. None without a recording.
    """
    if math.isinf(taken_s):
        return None
    path = system.recording
    if path is None:
        return None
    try:
        session = read_session(path)
    except BciAppError:
        return None
    lost_s = session.n_lost / session.headset.sampling_rate_hz - taken_s
    if ended_by_itself and len(session.sample_times_s):
        lost_s += max(struck_s - float(session.sample_times_s[-1]), 0.0)
    return round(max(lost_s, 0.0), 3)

"""One trial: the system is set out, faults strike, and what came of it is judged."""

import random
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from devices.exoskeleton.command import Command
from devices.exoskeleton.postures import Posture
from faults.fault import Fault, Outcome
from faults.judging import data_lost_s, unasked
from faults.system import LOOK_AWAY_S, NotReadyError, System

REFUSED_WITHIN_S = 40.0
END_WITHIN_S = 20.0
OBEYS_WITHIN_S = 25.0
STAYS_FOR_S = 6.0
ATTEMPTS = 3
_DETECTED_LATE_BY_S = 10.0
_NOT_RUN = "not run: "


@dataclass(slots=True)
class Row:
    """What came of one trial; times in seconds from the (last) strike, None for never.

    Parameters
    ----------
    name : str
        Of the fault, or of two with a `+` between.
    seed : int
    outcome : str
        What has to come of it.
    detected_s, detected_by
        When the program said something of it, and what; not asked for where it need not notice.
    safe_s
        When the legs stood still; None where they went on.
    obeyed_s
        From the end of the fault until a look moved the legs again, the look included.
    lost_s
        Seconds of samples that are missing beyond what the fault itself took.
    unasked
        What the controller executed that nobody had looked for, in words.
    left
        Processes of the program that outlived it.
    exit_code
        None when it did not end by itself and had to be killed.
    problems
        What is not as it has to be.
    """

    name: str
    seed: int
    outcome: str
    looking: bool = False
    detected_s: float | None = None
    detected_by: str = ""
    safe_s: float | None = None
    obeyed_s: float | None = None
    lost_s: float | None = None
    unasked: list[str] = field(default_factory=list)
    left: int = 0
    exit_code: int | None = None
    problems: list[str] = field(default_factory=list)


def run(faults: Sequence[Fault], seed: int) -> Row:
    """Let faults strike once: in an instance of the system of their own.

    On a machine so busy that the legs do not walk when a fault is to strike, it is tried again.
    """
    for _ in range(ATTEMPTS):
        row = _try(faults, seed)
        if not any(problem.startswith(_NOT_RUN) for problem in row.problems):
            break
    return row


def _try(faults: Sequence[Fault], seed: int) -> Row:
    outcome = max(fault.outcome for fault in faults)
    row = Row("+".join(fault.name for fault in faults), seed, outcome.name.lower())
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        system = System(Path(folder), seed)
        with system:
            try:
                if outcome is Outcome.REFUSED:
                    _be_refused(system, faults[0], row)
                else:
                    _strike(system, faults, outcome, row)
            except (NotReadyError, OSError, subprocess.SubprocessError) as error:
                row.problems.append(f"{_NOT_RUN}{error}; said: {system.said[-1500:]}")
    return row


def _be_refused(system: System, fault: Fault, row: Row) -> None:
    fault.prepare(system)
    begun_s = time.monotonic()
    system.start_app(watched=False)
    if system.wait(lambda: system.ended, REFUSED_WITHIN_S):
        row.detected_s = round(time.monotonic() - begun_s, 3)
        system.wait(lambda: "Error" in system.said, 1.0)
        row.detected_by = "a message"
    row.exit_code, left = system.end(END_WITHIN_S)
    row.left = len(left)
    row.unasked = unasked(system)
    words = " ".join(system.said.split())
    _demand(row, row.exit_code in fault.exit_code, f"exit code {row.exit_code}")
    _demand(row, "Traceback" not in words, "a traceback")
    _demand(row, fault.says in words, f"the message does not name {fault.says!r}: {words[-300:]}")
    _judge_all(row)


def _strike(system: System, faults: Sequence[Fault], outcome: Outcome, row: Row) -> None:
    rng = random.Random(seed_of(row))
    for fault in faults:
        fault.prepare(system)
    system.set_out()
    time.sleep(rng.uniform(0.5, 1.5))  # away from all targets, walking
    if system.safe:  # a machine so busy that something was late
        system.wait(lambda: system.posture is Posture.STANDING, 3.0)
        system.walk()
    row.looking = rng.random() < 0.5
    if row.looking:  # a decision is on its way
        system.look(Command.TURN_LEFT)
        time.sleep(rng.uniform(0.3, 2.0))
    if system.safe:
        raise NotReadyError("the legs had come to rest before")
    struck_s = [time.monotonic()]
    faults[0].strike(system)
    for fault in faults[1:]:
        time.sleep(rng.uniform(0.0, 0.8))
        struck_s.append(time.monotonic())
        fault.strike(system)
    if row.looking:
        system.wait(lambda: system.ended, rng.uniform(0.0, 0.5))
        system.look(None)
    taken_s = _let_it_last(system, faults, struck_s)
    over_s = time.monotonic()
    if outcome is not Outcome.GOES_ON:
        longest_s = max(fault.safe_within_s for fault in faults)
        system.wait(lambda: system.safe, struck_s[-1] + longest_s + _DETECTED_LATE_BY_S - over_s)
    _note_safety(system, struck_s, row)
    if outcome is Outcome.STAYS:
        _try_to_move(system, row)
    else:
        _obey_again(system, over_s, row)
    ended_before_s = system.ended_s
    _note_detection(system, faults, struck_s, row)
    row.exit_code, left = system.end(END_WITHIN_S)
    row.left = len(left)
    row.unasked = unasked(system)
    row.lost_s = data_lost_s(system, struck_s[0], taken_s, ended_before_s is not None)
    _judge(row, faults, outcome, struck_s)
    if not row.problems:
        return
    row.problems.append(f"said: {' '.join(system.said.split())[-600:]}")


def seed_of(row: Row) -> str:
    """Return what is random about a row: the same each time for one name and seed."""
    return f"{row.name} {row.seed}"


def _let_it_last(system: System, faults: Sequence[Fault], struck_s: list[float]) -> float:
    """Undo each fault when its time is over; return how many seconds of samples they take."""
    taken_s = 0.0
    ends = sorted(zip(struck_s, faults, strict=True), key=lambda pair: pair[0] + pair[1].hold_s)
    for at_s, fault in ends:
        time.sleep(max(at_s + fault.hold_s - time.monotonic(), 0.0))
        fault.undo(system)
        lasted_s = time.monotonic() - at_s
        taken_s += lasted_s if fault.takes_s is None else fault.takes_s
    return taken_s


def _note_detection(
    system: System, faults: Sequence[Fault], struck_s: list[float], row: Row
) -> None:
    found = []
    for fault, at_s in zip(faults, struck_s, strict=True):
        if not fault.detected_by:
            continue
        seen = system.found(fault.detected_by, at_s, "app")
        if seen is not None:
            found.append((seen.at_s - at_s, seen.text))
        elif "end" in fault.detected_by and system.ended_s is not None:
            found.append((system.ended_s - at_s, "end"))
    if found:
        detected_s, row.detected_by = min(found)
        row.detected_s = round(detected_s, 3)


def _note_safety(system: System, struck_s: list[float], row: Row) -> None:
    """Note when the legs came to rest after the first strike."""
    for seen in list(system.seen):
        if seen.event == "Legs" and seen.fields["safe"] and seen.at_s >= struck_s[0]:
            row.safe_s = round(seen.at_s - struck_s[0], 3)
            return


def _try_to_move(system: System, row: Row) -> None:
    """Look at a target for a while: nothing must come of it."""
    since_s = time.monotonic()
    system.look(Command.WALK)
    system.wait(lambda: not system.safe, STAYS_FOR_S)
    system.look(None)
    if not system.safe or system.executed(Command.WALK, since_s):
        row.problems.append("a look moved the legs, which must stay at rest")


def _obey_again(system: System, over_s: float, row: Row) -> None:
    """Look at what the posture allows until the legs do it."""
    deadline_s = time.monotonic() + OBEYS_WITHIN_S
    while time.monotonic() < system.looks[-1].until_s + LOOK_AWAY_S:
        time.sleep(0.05)  # what was looked for before is no answer to this look
    while time.monotonic() < deadline_s and not system.ended:
        if system.posture not in (Posture.STANDING, Posture.WALKING):
            time.sleep(0.05)
            continue
        command = Command.WALK if system.posture is Posture.STANDING else Command.TURN_LEFT
        done_s = system.look_until_executed(command, deadline_s - time.monotonic())
        if done_s is not None:
            row.obeyed_s = round(done_s - over_s, 3)
        return


def _demand(row: Row, is_so: bool, otherwise: str) -> None:
    if not is_so:
        row.problems.append(otherwise)


def _judge(row: Row, faults: Sequence[Fault], outcome: Outcome, struck_s: list[float]) -> None:
    alone = len(faults) == 1
    if any(fault.detected_by for fault in faults):
        within_s = max(fault.detected_within_s for fault in faults)
        if row.detected_s is None:
            _demand(row, not alone and outcome is Outcome.STAYS, "not detected")
        else:
            _demand(row, row.detected_s <= within_s, f"detected only after {row.detected_s} s")
    if outcome is not Outcome.GOES_ON:
        within_s = max(f.safe_within_s for f in faults) + struck_s[-1] - struck_s[0]
        if row.safe_s is None:
            row.problems.append("the legs did not come to rest")
        else:
            _demand(row, row.safe_s <= within_s, f"legs at rest only after {row.safe_s} s")
    if outcome is not Outcome.STAYS:
        _demand(row, row.obeyed_s is not None, f"no look moved the legs in {OBEYS_WITHIN_S:g} s")
    allowed = {code for fault in faults for code in fault.exit_code}
    _demand(row, row.exit_code in allowed, f"exit code {row.exit_code}")
    _judge_all(row)


def _judge_all(row: Row) -> None:
    _demand(row, not row.unasked, f"not asked for: {'; '.join(row.unasked)}")
    _demand(row, not row.left, f"{row.left} processes left")

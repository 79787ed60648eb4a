"""What happens to the program and its threads, its processor and its clocks."""

import threading
from collections.abc import Callable
from functools import partial
from signal import SIGCONT, SIGHUP, SIGINT, SIGKILL, SIGSEGV, SIGSTOP, SIGTERM

from faults.clock import fake_clock, leap
from faults.fault import Fault, Outcome, nothing
from faults.starving import starve
from faults.system import System

_DIED = ("WindowSays", "end")
_LATE = ("Hindered", "LinkDown", "StreamSilent")


def _tell(line: str) -> Callable[[System], None]:
    return lambda system: system.tell_app(line)


def _signal(number: int) -> Callable[[System], None]:
    return lambda system: system.signal(number)


def _suspend(system: System) -> None:
    system.signal(SIGSTOP, *_everything(system))


def _resume(system: System) -> None:
    system.signal(SIGCONT, *_everything(system))


def _everything(system: System) -> list[int]:
    return [*system.process_ids(), system.controller.pid, system.headset.pid]


def _slow_down(system: System, share: float) -> None:
    ended = threading.Event()
    system.starving_over = ended
    thread = threading.Thread(target=starve, args=(system.process_ids(), share, ended))
    thread.start()
    system.stack.callback(thread.join)
    system.stack.callback(ended.set)


def _speed_up(system: System) -> None:
    system.starving_over.set()


def _mistake(name: str, what: str, line: str, detected_by: tuple[str, ...] = _DIED) -> Fault:
    """Return a mistake in one thread, after which the program says so and ends."""
    return Fault(
        *(name, what, "threads", Outcome.STAYS, _tell(line)),
        detected_by=detected_by,
        exit_code=(1,),
    )


def _killed(name: str, what: str, strike: Callable[[System], None], number: int) -> Fault:
    return Fault(
        *(name, what, "process", Outcome.STAYS, strike),
        detected_by=("end",),
        exit_code=(-number,),
    )


def _asked_to_end(name: str, what: str, number: int) -> Fault:
    return Fault(
        *(name, what, "process", Outcome.STAYS, _signal(number)),
        detected_by=("StopRequested",),
        safe_within_s=1.0,
    )


def _suspended(hold_s: float) -> Fault:
    return Fault(
        f"suspended {hold_s:g} s",
        "the program alone is suspended (SIGSTOP, SIGCONT)",
        "process",
        Outcome.RECOVERS,
        _signal(SIGSTOP),
        _signal(SIGCONT),
        hold_s=hold_s,
        detected_by=_LATE,
        detected_within_s=hold_s + 1.0,
        takes_s=None,
    )


PROGRAM_FAULTS = (
    Fault("none", "nothing happens: what the others are held against", "none", Outcome.GOES_ON),
    _mistake(
        "acquisition thread dies", "a mistake in the thread that reads the headset", "raise headset"
    ),
    _mistake(
        "link thread dies",
        "a mistake in the thread that serves the exoskeleton's line",
        "raise exoskeleton",
    ),
    _mistake(
        "recorder thread dies",
        "a mistake in the thread that writes the recording",
        "raise recorder",
    ),
    _mistake(
        "stimulus reader dies",
        "a mistake in the thread that hears the subject window",
        "raise stimulus",
        detected_by=("StopRequested", *_DIED),
    ),
    _mistake(
        "exception in a listener",
        "whoever hears the session's events has a mistake",
        "fail-listener",
    ),
    Fault(
        "session thread hangs",
        "the session's thread stands still for 3 s; the others run",
        "threads",
        Outcome.RECOVERS,
        _tell("hang 3"),
        detected_by=("Hindered timing", "LinkDown"),
        detected_within_s=3.5,
        safe_within_s=3.5,
    ),
    Fault(
        "garbage collected",
        "the collector finds two million dead objects, in the session's thread",
        "threads",
        Outcome.GOES_ON,
        _tell("collect 2000000"),
    ),
    Fault(
        "interpreter held 0.3 s",
        "a library does not let go of the interpreter for 0.3 s",
        "threads",
        Outcome.GOES_ON,
        _tell("hold 0.3"),
        hold_s=0.3,
    ),
    Fault(
        "interpreter held 3 s",
        "a library does not let go of the interpreter for 3 s",
        "threads",
        Outcome.RECOVERS,
        _tell("hold 3"),
        detected_by=("Hindered timing", "LinkDown"),
        detected_within_s=3.5,
        safe_within_s=2.5,
    ),
    _killed("crash", "a native library crashes (segmentation fault)", _tell("crash"), SIGSEGV),
    _killed("kill -9", "the program is killed", _signal(SIGKILL), SIGKILL),
    _asked_to_end("SIGTERM", "the program is asked to end", SIGTERM),
    _asked_to_end("SIGINT", "the researcher interrupts it (Ctrl+C)", SIGINT),
    _asked_to_end("terminal closed", "the terminal in which it runs is closed (SIGHUP)", SIGHUP),
    _suspended(1.0),
    _suspended(5.0),
    Fault(
        "all suspended 5 s",
        "program, windows, headset and controller are suspended at once",
        "process",
        Outcome.RECOVERS,
        _suspend,
        _resume,
        hold_s=5.0,
        detected_by=_LATE,
        detected_within_s=6.0,
        safe_within_s=7.5,
        takes_s=None,
    ),
    Fault(
        "a tenth of a processor",
        "program and windows share a tenth of a processor for 6 s: enough to decode in time",
        "process",
        Outcome.GOES_ON,
        partial(_slow_down, share=0.1),
        _speed_up,
        hold_s=6.0,
    ),
    Fault(
        "processor starved",
        "program and windows share a fiftieth of a processor for 6 s",
        "process",
        Outcome.RECOVERS,
        partial(_slow_down, share=0.02),
        _speed_up,
        hold_s=6.0,
        detected_by=_LATE,
        detected_within_s=6.0,
        safe_within_s=8.0,
        takes_s=None,
    ),
    Fault(
        "clock leaps ahead",
        "the wall clock leaps an hour ahead",
        "clock",
        Outcome.GOES_ON,
        partial(leap, seconds=3600),
        nothing,
        prepare=fake_clock,
    ),
    Fault(
        "clock leaps back",
        "the wall clock leaps an hour back",
        "clock",
        Outcome.GOES_ON,
        partial(leap, seconds=-3600),
        nothing,
        prepare=fake_clock,
    ),
)

"""What happens to the program and its threads, its processor and its clocks."""

import signal
import threading
from collections.abc import Callable
from functools import partial

from faults.clock import fake_clock, leap
from faults.fault import Fault, Outcome, nothing
from faults.starving import starve
from faults.system import System

_DIED = ("WindowSays", "end")
_GONE = ("end",)


def _tell(line: str) -> Callable[[System], None]:
    return lambda system: system.tell_app(line)


def _signal(number: int) -> Callable[[System], None]:
    return lambda system: system.signal(number)


def _suspend(system: System) -> None:
    system.signal(signal.SIGSTOP, *_everything(system))


def _resume(system: System) -> None:
    system.signal(signal.SIGCONT, *_everything(system))


def _everything(system: System) -> list[int]:
    return [*system.process_ids(), system.controller.pid, system.headset.pid]


def _slow_down(system: System) -> None:
    ended = threading.Event()
    system.starving_over = ended
    thread = threading.Thread(target=starve, args=(system.process_ids(), 0.1, ended))
    thread.start()
    system.stack.callback(thread.join)
    system.stack.callback(ended.set)


def _speed_up(system: System) -> None:
    system.starving_over.set()


PROGRAM_FAULTS = (
    Fault("none", "nothing happens: what the others are held against", "none", Outcome.GOES_ON),
    Fault(
        "acquisition thread dies",
        "a mistake in the thread that reads the headset",
        "threads",
        Outcome.STAYS,
        _tell("raise headset"),
        detected_by=_DIED,
        exit_code=(1,),
    ),
    Fault(
        "link thread dies",
        "a mistake in the thread that serves the exoskeleton's line",
        "threads",
        Outcome.STAYS,
        _tell("raise exoskeleton"),
        detected_by=_DIED,
        exit_code=(1,),
    ),
    Fault(
        "recorder thread dies",
        "a mistake in the thread that writes the recording",
        "threads",
        Outcome.STAYS,
        _tell("raise recorder"),
        detected_by=_DIED,
        exit_code=(1,),
    ),
    Fault(
        "stimulus reader dies",
        "a mistake in the thread that hears the subject window",
        "threads",
        Outcome.STAYS,
        _tell("raise stimulus"),
        detected_by=("StopRequested", *_DIED),
        exit_code=(1,),
    ),
    Fault(
        "exception in a listener",
        "whoever hears the session's events has a mistake",
        "threads",
        Outcome.STAYS,
        _tell("fail-listener"),
        detected_by=_DIED,
        exit_code=(1,),
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
    Fault(
        "crash",
        "a native library crashes (segmentation fault)",
        "process",
        Outcome.STAYS,
        _tell("crash"),
        detected_by=_GONE,
        exit_code=(-signal.SIGSEGV,),
    ),
    Fault(
        "kill -9",
        "the program is killed",
        "process",
        Outcome.STAYS,
        _signal(signal.SIGKILL),
        detected_by=_GONE,
        exit_code=(-signal.SIGKILL,),
    ),
    Fault(
        "SIGTERM",
        "the program is asked to end",
        "process",
        Outcome.STAYS,
        _signal(signal.SIGTERM),
        detected_by=("StopRequested",),
        safe_within_s=1.0,
    ),
    Fault(
        "SIGINT",
        "the researcher interrupts it (Ctrl+C)",
        "process",
        Outcome.STAYS,
        _signal(signal.SIGINT),
        detected_by=("StopRequested",),
        safe_within_s=1.0,
    ),
    Fault(
        "terminal closed",
        "the terminal in which it runs is closed (SIGHUP)",
        "process",
        Outcome.STAYS,
        _signal(signal.SIGHUP),
        detected_by=("StopRequested",),
        safe_within_s=1.0,
    ),
    Fault(
        "suspended 1 s",
        "the program alone is suspended (SIGSTOP, SIGCONT)",
        "process",
        Outcome.RECOVERS,
        _signal(signal.SIGSTOP),
        _signal(signal.SIGCONT),
        hold_s=1.0,
        detected_by=("Hindered", "LinkDown", "StreamSilent"),
        detected_within_s=2.0,
        takes_s=None,
    ),
    Fault(
        "suspended 5 s",
        "the program alone is suspended (SIGSTOP, SIGCONT)",
        "process",
        Outcome.RECOVERS,
        _signal(signal.SIGSTOP),
        _signal(signal.SIGCONT),
        hold_s=5.0,
        detected_by=("Hindered", "LinkDown", "StreamSilent"),
        detected_within_s=6.0,
        takes_s=None,
    ),
    Fault(
        "all suspended 5 s",
        "program, windows, headset and controller are suspended at once",
        "process",
        Outcome.RECOVERS,
        _suspend,
        _resume,
        hold_s=5.0,
        detected_by=("Hindered", "LinkDown", "StreamSilent"),
        detected_within_s=6.0,
        safe_within_s=7.5,
        takes_s=None,
    ),
    Fault(
        "processor starved",
        "program and windows get a tenth of a processor for 6 s",
        "process",
        Outcome.RECOVERS,
        _slow_down,
        _speed_up,
        hold_s=6.0,
        detected_by=("Hindered", "LinkDown", "StreamSilent"),
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

"""What happens to the windows, and to the display under them."""

import signal

from faults.fault import Fault, Outcome, nothing
from faults.system import System

_STOPPED = ("StopRequested",)
_SUBJECT, _OPERATOR = "bci-app: subject", "bci-app: session"


def _close_operator(system: System) -> None:
    system.display.press(_OPERATOR, "ctrl+q")


def _close_subject(system: System) -> None:
    system.display.close(_SUBJECT)


def _press_key(system: System) -> None:
    system.display.press(_SUBJECT, "x")


def _kill_operator(system: System) -> None:
    system.display.kill(_OPERATOR)


WINDOW_FAULTS = (
    Fault(
        "key in the subject window",
        "the subject presses a key: stop",
        "windows",
        Outcome.STAYS,
        _press_key,
        detected_by=_STOPPED,
        safe_within_s=1.5,
    ),
    Fault(
        "subject window closed",
        "somebody closes the subject window",
        "windows",
        Outcome.STAYS,
        _close_subject,
        detected_by=_STOPPED,
        safe_within_s=1.5,
    ),
    Fault(
        "subject window killed",
        "the subject window's process is killed",
        "windows",
        Outcome.STAYS,
        lambda system: system.signal(signal.SIGKILL, system.stimulus_pid()),
        detected_by=_STOPPED,
        safe_within_s=1.5,
        exit_code=(1,),
    ),
    Fault(
        "subject window frozen",
        "the subject window's process hangs: no flicker, and no key is heard",
        "windows",
        Outcome.STAYS,
        lambda system: system.signal(signal.SIGSTOP, system.stimulus_pid()),
        nothing,
        hold_s=6.0,
        detected_by=_STOPPED,
        detected_within_s=4.0,
        safe_within_s=5.0,
        exit_code=(1,),
    ),
    Fault(
        "operator window closed",
        "the researcher closes the operator window",
        "windows",
        Outcome.STAYS,
        _close_operator,
        detected_by=_STOPPED,
        safe_within_s=1.5,
    ),
    Fault(
        "operator window killed",
        "the display server cuts the operator window off",
        "windows",
        Outcome.STAYS,
        _kill_operator,
        detected_by=("StopRequested",),
        safe_within_s=1.5,
        exit_code=(1,),
    ),
    Fault(
        "display dies",
        "the display server is killed, with both windows",
        "windows",
        Outcome.STAYS,
        lambda system: system.signal(signal.SIGKILL, system.display.pid),
        detected_by=("StopRequested",),
        safe_within_s=1.5,
        exit_code=(1,),
    ),
)

"""What happens to the windows, and to the display under them."""

import signal
from collections.abc import Callable

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


def _kill_subject(system: System) -> None:
    system.signal(signal.SIGKILL, system.stimulus_pid())


def _kill_display(system: System) -> None:
    system.signal(signal.SIGKILL, system.display.pid)


def _stop(name: str, what: str, strike: Callable[[System], None], exit_code: int = 0) -> Fault:
    """Return what has to stop the legs at once."""
    return Fault(
        *(name, what, "windows", Outcome.STAYS, strike),
        detected_by=_STOPPED,
        safe_within_s=1.5,
        exit_code=(exit_code,),
    )


WINDOW_FAULTS = (
    _stop("key in the subject window", "the subject presses a key: stop", _press_key),
    _stop("subject window closed", "somebody closes the subject window", _close_subject),
    _stop("subject window killed", "the subject window's process is killed", _kill_subject, 1),
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
    _stop("operator window closed", "the researcher closes the operator window", _close_operator),
    _stop(
        "operator window killed",
        "the display server cuts the operator window off",
        _kill_operator,
        1,
    ),
    _stop("display dies", "the display server is killed, with both windows", _kill_display, 1),
)

"""What happens to the serial line and to the controller at its end."""

import signal
from collections.abc import Callable

from faults.fault import Fault, Outcome, nothing
from faults.system import System

_DOWN = ("LinkDown", "Hindered link")


def _unplug(system: System) -> None:
    system.cable.unplug()


def _plug(system: System) -> None:
    system.cable.unplug()
    system.cable.plug()


def _set(**attributes: object) -> Callable[[System], None]:
    def change(system: System) -> None:
        for name, value in attributes.items():
            setattr(system.cable, name, value)

    return change


def _tell(line: str) -> Callable[[System], None]:
    return lambda system: system.tell_controller(line)


def _kill(system: System) -> None:
    system.signal(signal.SIGKILL, system.controller.pid)
    system.controller.wait()
    system.note_power_lost()


def _start_anew(system: System) -> None:
    system.start_controller()


LINE_FAULTS = (
    Fault(
        "cable unplugged, plugged in",
        "the cable to the controller is pulled out for 3 s",
        "line",
        Outcome.RECOVERS,
        _unplug,
        _plug,
        detected_by=_DOWN,
    ),
    Fault(
        "cable unplugged",
        "the cable to the controller is pulled out and stays out",
        "line",
        Outcome.STAYS,
        _unplug,
        detected_by=_DOWN,
    ),
    Fault(
        "line stalls 0.3 s",
        "nothing passes on the line for 0.3 s, then all of it",
        "line",
        Outcome.GOES_ON,
        lambda system: system.cable.stall(0.3),
        hold_s=0.3,
    ),
    Fault(
        "line stalls 3 s",
        "nothing passes on the line for 3 s, then all of it",
        "line",
        Outcome.RECOVERS,
        lambda system: system.cable.stall(3.0),
        detected_by=_DOWN,
    ),
    Fault(
        "noise on the line",
        "one bit in 1,000 is flipped for 4 s",
        "line",
        Outcome.GOES_ON,
        _tell("noise 0.001"),
        _tell("mend"),
        hold_s=4.0,
    ),
    Fault(
        "junk on the line",
        "5 kB/s of random bytes between the frames, both ways, for 4 s",
        "line",
        Outcome.GOES_ON,
        _set(junk_per_s=5000.0),
        _set(junk_per_s=0.0),
        hold_s=4.0,
    ),
    Fault(
        "frames lost",
        "three frames in ten are lost for 4 s",
        "line",
        Outcome.GOES_ON,
        _tell("lose-frames 0.3"),
        _tell("mend"),
        hold_s=4.0,
    ),
    Fault(
        "line late",
        "every frame is 0.35 s late for 4 s",
        "line",
        Outcome.RECOVERS,
        _tell("delay 0.35"),
        _tell("mend"),
        hold_s=4.0,
        detected_by=_DOWN,
        detected_within_s=1.5,
    ),
    Fault(
        "controller deaf",
        "what the program writes is lost for 3 s",
        "line",
        Outcome.RECOVERS,
        _set(deaf_controller=True),
        _set(deaf_controller=False),
        detected_by=_DOWN,
    ),
    Fault(
        "program deaf",
        "what the controller writes is lost for 3 s",
        "line",
        Outcome.RECOVERS,
        _set(deaf_host=True),
        _set(deaf_host=False),
        detected_by=_DOWN,
    ),
    Fault(
        "nobody reads the line",
        "for 3 s nothing is taken of what the program writes",
        "line",
        Outcome.RECOVERS,
        _set(unread=True),
        _set(unread=False),
        detected_by=_DOWN,
    ),
    Fault(
        "another device for the controller",
        "a GPS receiver has the controller's port for 3 s",
        "line",
        Outcome.RECOVERS,
        lambda system: system.cable.plug_in_gps(),
        _plug,
        detected_by=_DOWN,
    ),
    Fault(
        "controller killed",
        "the controller loses its power; a new one starts 3 s later on the legs as they are",
        "controller",
        Outcome.STAYS,
        _kill,
        _start_anew,
        detected_by=_DOWN,
    ),
    Fault(
        "controller restarts",
        "the controller restarts within a second, the legs in mid-stride",
        "controller",
        Outcome.STAYS,
        _tell("reboot"),
        nothing,
        detected_by=_DOWN,
    ),
    Fault(
        "controller frozen",
        "the controller stands still for 3 s (SIGSTOP, SIGCONT)",
        "controller",
        Outcome.RECOVERS,
        lambda system: system.signal(signal.SIGSTOP, system.controller.pid),
        lambda system: system.signal(signal.SIGCONT, system.controller.pid),
        detected_by=_DOWN,
        safe_within_s=5.5,
    ),
    Fault(
        "a joint sticks",
        "a knee stops following",
        "controller",
        Outcome.STAYS,
        _tell("stick left_knee"),
        nothing,
        detected_by=("Posture FAULT",),
        detected_within_s=2.0,
    ),
    Fault(
        "exoskeleton battery low",
        "the exoskeleton's battery falls to a tenth",
        "controller",
        Outcome.STAYS,
        _tell("battery 10"),
        nothing,
        detected_by=("Posture STEPPING", "Posture STANDING"),
    ),
    Fault(
        "button on the exoskeleton",
        "somebody presses the exoskeleton's own stop",
        "controller",
        Outcome.STAYS,
        _tell("button"),
        nothing,
        detected_by=("Posture SAFE_STOP",),
        safe_within_s=1.0,
    ),
)

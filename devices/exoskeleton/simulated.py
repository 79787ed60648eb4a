"""A simulated exoskeleton: controller, body and line, and what can be made to fail of them."""

import math
import random

from devices.errors import DeviceError
from devices.exoskeleton.body import Body
from devices.exoskeleton.controller import Controller, ControllerEvent
from devices.exoskeleton.line import Line
from devices.exoskeleton.messages import JOINTS
from devices.exoskeleton.trajectory import STILL

BOOT_S = 1.0
"""How long a controller takes from power-up to its first frame."""

LINE_FAULTS = {
    "noise": "bit_error_rate",
    "lose-bytes": "byte_loss",
    "lose-frames": "frame_loss",
    "duplicate": "duplication",
    "reorder": "reordering",
    "delay": "delay_s",
}
"""Names of the faults of the line, as a user says them."""

_EXPECTED = (
    f"expected one of {', '.join(LINE_FAULTS)} with a number, stick or free with a joint "
    f"({', '.join(JOINTS)}), battery with a percentage, button, reboot or mend"
)


class SimulatedExoskeleton:
    """An exoskeleton at the end of a line, in the time that the caller tells.

    Parameters
    ----------
    now_s : float
        The time at the beginning, of any monotonic clock.
    seed : int
        Of the accidents of the line.

    Attributes
    ----------
    body : Body
        The legs.
    controller : Controller or None
        Who moves them; None while it has no power or boots.
    incoming, outgoing : Line
        The line to the controller, and the one from it.
    """

    def __init__(self, now_s: float, seed: int = 0) -> None:
        rng = random.Random(seed)
        self.body = Body()
        self.controller: Controller | None = Controller(self.body, now_s)
        self.incoming, self.outgoing = Line(rng), Line(rng)
        self._boots_at_s = math.inf
        self._events: list[ControllerEvent] = []

    @property
    def next_deadline_s(self) -> float:
        """When `transmit` has something to do, if nothing is received before."""
        return min(
            self._boots_at_s if self.controller is None else self.controller.next_deadline_s,
            self.incoming.next_arrival_s,
            self.outgoing.next_arrival_s,
        )

    def receive(self, data: bytes, now_s: float) -> None:
        """Take what a host wrote: a frame, or what came in one piece."""
        if data:
            self.incoming.carry(data, now_s)

    def transmit(self, now_s: float) -> bytes:
        """Let happen what is due, and return what arrives at the host."""
        if now_s >= self._boots_at_s:
            self._boots_at_s = math.inf
            self.controller = Controller(self.body, now_s)
        arrived = self.incoming.arrived(now_s)
        controller = self.controller
        if controller is not None:
            if arrived:
                controller.receive(arrived, now_s)
            if now_s >= controller.next_deadline_s:
                controller.advance(now_s)
            for frame in controller.take_output():
                self.outgoing.carry(frame, now_s)
            self._events += controller.take_events()
        return self.outgoing.arrived(now_s)

    def take_events(self) -> list[ControllerEvent]:
        """Return what the controller did since the last call."""
        events, self._events = self._events, []
        return events

    def reboot(self, now_s: float) -> None:
        """Take the power from the controller for a moment; the brakes hold the joints."""
        if self.controller is not None:
            self.controller.advance(now_s)
            self._events += self.controller.take_events()
        self.controller = None
        self._boots_at_s = now_s + BOOT_S
        self.body.velocities_deg_per_s = STILL

    def command(self, line: str, now_s: float) -> None:
        """Make something fail, as said in a line of text.

        ``noise P`` and ``lose-bytes P``, ``lose-frames P``, ``duplicate P``, ``reorder P`` set a
        probability (a bit, a byte, a frame); ``delay S`` delays all frames; ``stick JOINT`` and
        ``free JOINT``; ``battery PERCENT``; ``button`` is the emergency stop on the exoskeleton;
        ``reboot``; ``mend`` makes the line perfect.

        Raises
        ------
        DeviceError
            When the line says nothing that can fail.
        """
        match line.split():
            case [name, value] if name in LINE_FAULTS:
                number = _number(line, value)
                self.incoming.change(**{LINE_FAULTS[name]: number})
                self.outgoing.change(**{LINE_FAULTS[name]: number})
            case ["battery", value]:
                self.body.battery_percent = min(_number(line, value), 100.0)
            case ["stick", joint] if joint in JOINTS:
                self.body.stuck.add(JOINTS.index(joint))
            case ["free", joint] if joint in JOINTS:
                self.body.stuck.discard(JOINTS.index(joint))
            case ["button"]:
                if self.controller is not None:
                    self.controller.stop_here(now_s)
            case ["reboot"]:
                self.reboot(now_s)
            case ["mend"]:
                self.incoming.mend()
                self.outgoing.mend()
            case _:
                raise DeviceError(f"{line!r} is nothing that can fail: {_EXPECTED}")


def _number(line: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise DeviceError(f"{value!r} in {line!r} is no number from 0 on: {_EXPECTED}")
    return number

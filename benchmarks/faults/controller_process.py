"""The simulated exoskeleton in a process of its own, standing, that says all it does.

Lines on standard input make things fail, as for `bci-app simulate exoskeleton`. Each line on
standard output is an event of the controller, or a change of what the legs do, as JSON.
"""

import json
import select
import sys
import time
from dataclasses import asdict

from devices.exoskeleton.controller import Controller
from devices.exoskeleton.postures import AT_REST, HELD
from devices.exoskeleton.simulated import SimulatedExoskeleton
from devices.exoskeleton.trajectory import STANDING_DEG
from devices.pseudo_terminal import PseudoTerminal

_ANGLES_EVERY_S = 0.1


def say(event: str, at_s: float, **fields: object) -> None:
    """Write one line."""
    print(json.dumps({"event": event, "at_s": at_s, **fields}), flush=True)


def main() -> None:
    """Serve until standard input ends."""
    exoskeleton = SimulatedExoskeleton(time.monotonic(), seed=int(sys.argv[1]))
    angles_deg = json.loads(sys.argv[2]) if len(sys.argv) > 2 else STANDING_DEG
    exoskeleton.body.angles_deg = tuple(angles_deg)
    exoskeleton.controller = Controller(exoskeleton.body, time.monotonic())
    was, told_s = None, 0.0
    with PseudoTerminal() as terminal:
        say("Port", time.monotonic(), port=terminal.port)
        while True:
            data = terminal.read(min(max(exoskeleton.next_deadline_s - time.monotonic(), 0), 0.02))
            now_s = time.monotonic()
            exoskeleton.receive(data, now_s)
            if answer := exoskeleton.transmit(now_s):
                terminal.write(answer)
            for event in exoskeleton.take_events():
                fields = asdict(event)
                say(type(event).__name__, fields.pop("at_s"), **fields)
            controller = exoskeleton.controller
            if controller is not None:
                motion = controller.motion
                safe = motion.posture in AT_REST | HELD and not motion.moving
                if (motion.posture, safe) != was or now_s - told_s > _ANGLES_EVERY_S:
                    was, told_s = (motion.posture, safe), now_s
                    say(
                        "Legs",
                        now_s,
                        posture=motion.posture,
                        safe=safe,
                        angles_deg=exoskeleton.body.angles_deg,
                    )
            elif was is not None:  # without power the brakes hold
                was = None
                say("Legs", now_s, posture=None, safe=True, angles_deg=exoskeleton.body.angles_deg)
            if select.select([sys.stdin], [], [], 0)[0]:
                line = sys.stdin.readline()
                if not line:
                    return
                exoskeleton.command(line, time.monotonic())


if __name__ == "__main__":
    main()

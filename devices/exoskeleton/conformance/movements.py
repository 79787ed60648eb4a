"""Postures, movements and the emergency stop."""

from devices.exoskeleton import messages as m
from devices.exoskeleton.command import Command
from devices.exoskeleton.conformance.check import Check, demanding, refused, row_holds
from devices.exoskeleton.conformance.probe import Probe, demand
from devices.exoskeleton.postures import Posture, Reason

MOVEMENT_CHECKS: list[Check] = []


@demanding(
    MOVEMENT_CHECKS, "Seated, only standing up is done; on the way down and up all else is refused."
)
def _sitting(probe: Probe) -> None:
    probe.settle(Posture.STANDING)
    probe.open()
    row_holds(probe, Posture.STANDING)
    probe.ask(Command.SIT)
    probe.arrive(Posture.SITTING_DOWN)
    row_holds(probe, Posture.SITTING_DOWN)
    probe.arrive(Posture.SITTING)
    row_holds(probe, Posture.SITTING)
    probe.ask(Command.STAND)
    probe.arrive(Posture.STANDING_UP)
    row_holds(probe, Posture.STANDING_UP)
    probe.arrive(Posture.STANDING)


@demanding(
    MOVEMENT_CHECKS,
    "A walk goes on until it is ended, by a closing step; velocities are those of the angles.",
)
def _walking(probe: Probe) -> None:
    probe.settle(Posture.STANDING)
    probe.open()
    probe.ask(Command.WALK)
    probe.arrive(Posture.WALKING)
    probe.listen(1.5)
    row_holds(probe, Posture.WALKING)
    walked = [t for t in probe.seen if t.posture is Posture.WALKING]
    demand(len({t.gait_phase for t in walked}) > len(walked) / 2, "the gait phase stands still")
    for joint, name in enumerate(m.JOINTS):
        angles = [t.angles_deg[joint] for t in walked]
        demand(max(angles) - min(angles) > 1.0, f"the {name} does not move")
    _velocities_fit(walked)
    probe.ask(Command.STOP)
    probe.arrive(Posture.STEPPING)
    row_holds(probe, Posture.STEPPING)
    probe.arrive(Posture.STANDING)
    demand(max(map(abs, probe.latest.angles_deg)) < 3.0, "it does not stand upright")


def _velocities_fit(walked: list[m.Telemetry]) -> None:
    errors = []
    for before, now, after in zip(walked, walked[1:], walked[2:], strict=False):
        span_s = ((after.time_ms - before.time_ms) % (1 << 32)) / 1e3
        for joint in range(6):
            rate = (after.angles_deg[joint] - before.angles_deg[joint]) / span_s
            errors.append(abs(rate - now.velocities_deg_per_s[joint]))
    errors.sort()
    demand(errors[len(errors) // 2] < 10.0, f"half are off by {errors[len(errors) // 2]:.0f} °/s")


@demanding(MOVEMENT_CHECKS, "A turn ends by itself, by a closing step; out of a walk too.")
def _turning(probe: Probe) -> None:
    probe.settle(Posture.STANDING)
    probe.open()
    probe.ask(Command.WALK)
    probe.listen(0.5)
    probe.ask(Command.TURN_RIGHT)
    probe.arrive(Posture.TURNING)
    row_holds(probe, Posture.TURNING)
    probe.arrive(Posture.STEPPING)
    probe.arrive(Posture.STANDING)


@demanding(MOVEMENT_CHECKS, "When the heartbeat stops in mid-walk, the walk ends in a stand.")
def _silence_in_mid_walk(probe: Probe) -> None:
    probe.settle(Posture.STANDING)
    probe.open(200)
    probe.ask(Command.WALK)
    probe.listen(1.0)
    probe.fall_silent()
    probe.until(lambda: probe.latest.posture is Posture.STEPPING, 0.4, "end the walk")
    probe.arrive(Posture.STANDING)
    demand(probe.latest.session == 0, "the session is still open")


@demanding(
    MOVEMENT_CHECKS,
    "An emergency stop needs no session, counts once, and only its own release ends it.",
)
def _emergency_stop(probe: Probe) -> None:
    probe.settle()
    number = probe.rng.randrange(1 << 16)
    count = (probe.latest.stop_count + 1) % (1 << 16)
    for _ in range(3):
        stopped = probe.answer(m.Stopped, m.EmergencyStop(number))
        demand(stopped == m.Stopped(number, count), f"number {number} was answered by {stopped}")
    probe.listen(0.05)
    demand(probe.latest.stop_latched, "the telemetry does not say that it is latched")
    demand(probe.latest.posture is Posture.SAFE_STOP, "it is not SAFE_STOP")
    probe.open()
    row_holds(probe, Posture.SAFE_STOP)
    again = probe.answer(m.Stopped, m.EmergencyStop((number + 1) % (1 << 16)))
    demand(again.stop_count == (count + 1) % (1 << 16), f"a second stop was not counted: {again}")
    refused(probe, probe.release(count), Reason.WRONG_STOP)
    probe.listen(0.05)
    demand(probe.latest.stop_latched, "the release of an earlier stop ended the later one")
    probe.answer(m.Acknowledgement, probe.release(again.stop_count))
    probe.listen(0.05)
    demand(not probe.latest.stop_latched, "the release did not end it")


@demanding(
    MOVEMENT_CHECKS, "A stop in mid-walk holds the legs; after the release they come to stand."
)
def _stop_in_mid_walk(probe: Probe) -> None:
    probe.settle(Posture.STANDING)
    probe.open()
    probe.ask(Command.WALK)
    probe.listen(2.0)
    probe.answer(m.Stopped, m.EmergencyStop(probe.rng.randrange(1 << 16)))
    probe.until(lambda: not any(probe.latest.velocities_deg_per_s), 0.4, "bring the joints to rest")
    held = probe.latest.angles_deg
    probe.listen(0.5)
    moved_deg = max(abs(a - b) for a, b in zip(probe.latest.angles_deg, held, strict=True))
    demand(moved_deg < 1.0, f"a joint moved on by {moved_deg:.1f}°")
    probe.answer(m.Acknowledgement, probe.release())
    probe.listen(0.05)
    demand(probe.latest.posture is Posture.STEPPING, "it does not step to a stand")
    probe.arrive(Posture.STANDING)

"""The controller's machine of postures at work: what a command does to the legs over time."""

import math

from devices.exoskeleton.body import Body
from devices.exoskeleton.command import Command
from devices.exoskeleton.postures import (
    DURATION_S,
    HELD,
    RESUMPTION,
    TRANSITIONS,
    Fault,
    Happening,
    Posture,
    Reason,
    answer,
)
from devices.exoskeleton.trajectory import (
    SITTING_DEG,
    STANDING_DEG,
    STILL,
    STRIDE_M,
    STRIDE_S,
    Blend,
    Pose,
    Ramp,
    halt,
    in_gait,
)

HALT_S = 0.25
"""How fast an emergency stop brings the joints to rest."""

SWELL_S = 1.0
"""How long gait takes to swell and the body to reach its speed."""

TURN_DEG_PER_S = 10.0
TURN_AMPLITUDE = 0.4
WALK_AMPLITUDE = 1.0
LOW_BATTERY_PERCENT = 15.0

TRACKING_ERROR_DEG = 5.0
TRACKING_ERROR_FOR_S = 0.1
"""A joint this far from where it should be, for this long, is stuck."""

CONTROL_PERIOD_S = 0.02
"""How often the legs are moved."""

_ROUNDING_S = 1e-9
_REST_POSES = {Posture.SITTING: SITTING_DEG, Posture.STANDING: STANDING_DEG}
_MOVES_TO = {
    Posture.STANDING_UP: STANDING_DEG,
    Posture.STEPPING: STANDING_DEG,
    Posture.SITTING_DOWN: SITTING_DEG,
}
_IN_GAIT = frozenset({Posture.WALKING, Posture.TURNING})
_NEAR_DEG = 3.0
_NOTHING = Ramp(0.0, 0.0, 0.0, 1.0)


class Motion:
    """Moves a body as the table of postures says.

    The posture after a start of the controller is found from the joints: the one of rest in which
    they are, or a safe stop that waits for its release when they are in none.

    Parameters
    ----------
    body : Body
        What is moved.
    now_s : float
        The time.

    Attributes
    ----------
    posture : Posture
        What the legs are doing.
    """

    def __init__(self, body: Body, now_s: float) -> None:
        self.body = body
        self.posture, self._caught = _found(body)
        self._power_lost = self.posture is Posture.SAFE_STOP
        self._moved_at_s = now_s
        self._until_s = now_s
        self._gait_from_s = now_s
        self._blend = Blend(body.angles_deg, STILL, body.angles_deg, now_s, HALT_S)
        self._amplitude = self._speed_m_per_s = self._yaw_deg_per_s = _NOTHING
        self._astray_since_s = math.inf

    @property
    def moving(self) -> bool:
        """Whether any joint moves."""
        return self._moved_at_s < self._until_s

    @property
    def gait_phase(self) -> float:
        """Fraction of the stride since the left heel struck; 0 when not in gait."""
        if self.posture not in _IN_GAIT:
            return 0.0
        return (self._moved_at_s - self._gait_from_s) / STRIDE_S % 1.0

    @property
    def faults(self) -> Fault:
        """What is wrong with the hardware."""
        faults = Fault.NONE
        if self.body.battery_percent < LOW_BATTERY_PERCENT:
            faults |= Fault.LOW_BATTERY
        if self.posture is Posture.FAULT:
            faults |= Fault.JOINT_STUCK
        if self._power_lost:
            faults |= Fault.POWER_LOST
        return faults

    def advance(self, now_s: float) -> None:
        """Move the legs to where they are at `now_s`, one control period after the other."""
        while self.moving:
            step_s = min(self._moved_at_s + CONTROL_PERIOD_S, self._until_s)
            if step_s > now_s + _ROUNDING_S:
                return
            self._step(step_s)
            if step_s >= self._until_s and self.posture not in HELD:
                self.happen(Happening.DONE, step_s)
        self.body.discharge(now_s - self._moved_at_s, moving=False)
        self._moved_at_s = self._until_s = now_s

    def command(self, command: Command, now_s: float) -> Reason | None:
        """Do what a command asks, or return why not."""
        outcome = answer(self.posture, command, self.faults)
        if isinstance(outcome, Reason):
            return outcome
        self._enter(outcome, now_s, command)
        return None

    def happen(self, happening: Happening, now_s: float) -> None:
        """Do what the table says for something other than a command."""
        outcome = TRANSITIONS[self.posture][happening]
        if isinstance(outcome, Posture):
            self._enter(outcome, now_s)

    def release(self, now_s: float) -> Reason | None:
        """Leave a held posture by the shortest way to rest, or return why not."""
        if self.body.stuck:
            return Reason.FAULT
        if self.posture in HELD:
            self._power_lost = False
            self._enter(RESUMPTION[self._caught], now_s)
        return None

    def _step(self, now_s: float) -> None:
        """Move the body from where it was to where it has to be now."""
        duration_s = now_s - self._moved_at_s
        middle_s = now_s - duration_s / 2
        error_deg = self.body.follow(self._pose_at(now_s))
        self.body.travel(
            self._speed_m_per_s.at(middle_s), self._yaw_deg_per_s.at(middle_s), duration_s
        )
        self.body.discharge(duration_s, moving=True)
        self._moved_at_s = now_s
        self._watch_joints(error_deg, now_s)
        if self.posture in _IN_GAIT and self.body.battery_percent < LOW_BATTERY_PERCENT:
            self.happen(Happening.REST, now_s)

    def _watch_joints(self, error_deg: float, now_s: float) -> None:
        if error_deg < TRACKING_ERROR_DEG:
            self._astray_since_s = math.inf
        else:
            self._astray_since_s = min(self._astray_since_s, now_s)
            if now_s - self._astray_since_s >= TRACKING_ERROR_FOR_S:
                self.happen(Happening.FAULT, now_s)

    def _pose_at(self, now_s: float) -> Pose:
        if self.posture in _IN_GAIT:
            phase = (now_s - self._gait_from_s) / STRIDE_S
            return in_gait(phase, self._amplitude.at(now_s), self._amplitude.slope_at(now_s))
        return self._blend.pose_at(now_s)

    def _enter(self, posture: Posture, now_s: float, command: Command | None = None) -> None:
        if posture is self.posture:
            return
        self.advance(now_s)
        if self.moving and now_s > self._moved_at_s:
            self._step(now_s)
        if posture in HELD and self.posture not in HELD:
            self._caught = self.posture
        was, self.posture = self.posture, posture
        self._astray_since_s = math.inf
        pose = self.body.angles_deg, self.body.velocities_deg_per_s
        if posture in _IN_GAIT:
            self._until_s = now_s + DURATION_S.get(posture, math.inf)
            if was not in _IN_GAIT:
                self._gait_from_s = now_s
            self._set_out(posture, command, now_s)
        elif posture in _MOVES_TO:
            duration_s = DURATION_S[posture]
            self._until_s = now_s + duration_s
            self._blend = Blend(*pose, _MOVES_TO[posture], now_s, duration_s)
            self._slow_down(now_s, duration_s)
        elif posture in HELD:
            self._until_s = now_s + HALT_S
            self._blend = halt(pose, now_s, HALT_S)
            self._slow_down(now_s, HALT_S)
        else:
            self._until_s = now_s

    def _set_out(self, posture: Posture, command: Command | None, now_s: float) -> None:
        walking = posture is Posture.WALKING
        yaw = {Command.TURN_LEFT: TURN_DEG_PER_S, Command.TURN_RIGHT: -TURN_DEG_PER_S}
        amplitude = WALK_AMPLITUDE if walking else TURN_AMPLITUDE
        speed_m_per_s = STRIDE_M / STRIDE_S if walking else 0.0
        self._amplitude = Ramp(self._amplitude.at(now_s), amplitude, now_s, SWELL_S)
        self._speed_m_per_s = Ramp(self._speed_m_per_s.at(now_s), speed_m_per_s, now_s, SWELL_S)
        self._yaw_deg_per_s = Ramp(
            0.0, 0.0 if command is None else yaw.get(command, 0.0), now_s, SWELL_S
        )

    def _slow_down(self, now_s: float, duration_s: float) -> None:
        self._amplitude = _NOTHING
        self._speed_m_per_s = Ramp(self._speed_m_per_s.at(now_s), 0.0, now_s, duration_s)
        self._yaw_deg_per_s = Ramp(self._yaw_deg_per_s.at(now_s), 0.0, now_s, duration_s)


def _found(body: Body) -> tuple[Posture, Posture]:
    """Return the posture in which a body is found, and the one to resume from if it is held."""
    for posture, pose in _REST_POSES.items():
        if all(abs(a - b) < _NEAR_DEG for a, b in zip(body.angles_deg, pose, strict=True)):
            return posture, posture
    hips_deg = (body.angles_deg[0] + body.angles_deg[3]) / 2
    return Posture.SAFE_STOP, Posture.SITTING_DOWN if hips_deg > 45.0 else Posture.STEPPING

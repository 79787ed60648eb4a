"""Joint angles over time: smooth blends between poses, and gait that swells and fades."""

from dataclasses import dataclass

from devices.exoskeleton.gait import leg_in_gait
from devices.exoskeleton.messages import Six

STANDING_DEG: Six = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
SITTING_DEG: Six = (90.0, 90.0, 0.0, 90.0, 90.0, 0.0)
STILL: Six = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
"""No velocity in any joint."""

STRIDE_S = 2.4
"""Duration of a stride: the unhurried gait of an exoskeleton, half a person's cadence."""

STRIDE_M = 1.2

Pose = tuple[Six, Six]
"""Angles in degrees and their velocities in degrees a second."""


@dataclass(frozen=True, slots=True)
class Ramp:
    """A quantity that moves from one value to another without a jerk, then stays there."""

    begin: float
    end: float
    from_s: float
    duration_s: float

    def at(self, now_s: float) -> float:
        """Return the value at a time."""
        u = min(max((now_s - self.from_s) / self.duration_s, 0.0), 1.0)
        return self.begin + (self.end - self.begin) * u * u * u * (10 - 15 * u + 6 * u * u)

    def slope_at(self, now_s: float) -> float:
        """Return the rate of change at a time, per second."""
        u = min(max((now_s - self.from_s) / self.duration_s, 0.0), 1.0)
        return (self.end - self.begin) * 30 * u * u * (1 - u) * (1 - u) / self.duration_s


@dataclass(frozen=True, slots=True)
class Blend:
    """From any pose in motion to a pose at rest: a quintic in each joint.

    Angles and velocities are continuous; acceleration is zero at both ends.
    """

    begin_deg: Six
    begin_deg_per_s: Six
    end_deg: Six
    from_s: float
    duration_s: float

    def pose_at(self, now_s: float) -> Pose:
        """Return angles and velocities at a time."""
        span = self.duration_s
        u = (now_s - self.from_s) / span
        if u >= 1.0:
            return self.end_deg, STILL
        u = max(u, 0.0)
        step = u * u * u * (10 - 15 * u + 6 * u * u)
        step_slope = 30 * u * u * (1 - u) * (1 - u) / span
        carry = span * u * (1 - u * u * (6 - 8 * u + 3 * u * u))
        carry_slope = 1 - u * u * (18 - 32 * u + 15 * u * u)
        legs = [*zip(self.begin_deg, self.begin_deg_per_s, self.end_deg, strict=True)]
        angles = [a + v * carry + (b - a) * step for a, v, b in legs]
        velocities = [v * carry_slope + (b - a) * step_slope for a, v, b in legs]
        return _six(angles), _six(velocities)


def halt(pose: Pose, now_s: float, duration_s: float) -> Blend:
    """Return the blend that brings every joint to rest where its momentum leads, soon."""
    angles, velocities = pose
    end = [a + v * duration_s / 2 for a, v in zip(angles, velocities, strict=True)]
    return Blend(angles, velocities, _six(end), now_s, duration_s)


def in_gait(phase: float, amplitude: float, amplitude_slope_per_s: float) -> Pose:
    """Return both legs at a phase of the stride of the left, the gait scaled by an amplitude."""
    angles: list[float] = []
    velocities: list[float] = []
    for leg_phase in (phase, phase + 0.5):
        leg_deg, slope_deg = leg_in_gait(leg_phase)
        for angle, slope in zip(leg_deg, slope_deg, strict=True):
            angles.append(amplitude * angle)
            velocities.append(amplitude * slope / STRIDE_S + amplitude_slope_per_s * angle)
    return _six(angles), _six(velocities)


def _six(values: list[float]) -> Six:
    a, b, c, d, e, f = values
    return a, b, c, d, e, f

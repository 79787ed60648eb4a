"""The body that the controller moves: joints that follow, or stick; a place; a battery."""

import math
from dataclasses import dataclass, field

from devices.exoskeleton.messages import Six
from devices.exoskeleton.trajectory import SITTING_DEG, STILL, Pose

IDLE_HOURS, WALKING_HOURS = 8.0, 2.0
"""How long a full battery lasts."""


@dataclass(slots=True)
class Body:
    """Legs, their place in the plane and their battery; they outlive a restart of the controller.

    Parameters
    ----------
    angles_deg, velocities_deg_per_s : tuple of 6 float
        Joint angles and velocities, in the order of `JOINTS`.
    x_m, y_m, heading_deg, distance_m : float
        Where the body stands: x forward and y left of its first heading, heading counter-clockwise.
    battery_percent : float
        Charge left.
    stuck : set of int
        Indices of joints that do not move (a fault to be injected).
    """

    angles_deg: Six = SITTING_DEG
    velocities_deg_per_s: Six = STILL
    x_m: float = 0.0
    y_m: float = 0.0
    heading_deg: float = 0.0
    distance_m: float = 0.0
    battery_percent: float = 100.0
    stuck: set[int] = field(default_factory=set)

    def follow(self, pose: Pose) -> float:
        """Move the joints to a commanded pose and return the largest error, in degrees."""
        angles, velocities = pose
        if not self.stuck:
            self.angles_deg, self.velocities_deg_per_s = angles, velocities
            return 0.0
        was = self.angles_deg
        a, b, c, d, e, f = (was[i] if i in self.stuck else angle for i, angle in enumerate(angles))
        self.angles_deg = (a, b, c, d, e, f)
        a, b, c, d, e, f = (0.0 if i in self.stuck else v for i, v in enumerate(velocities))
        self.velocities_deg_per_s = (a, b, c, d, e, f)
        return max(abs(angles[i] - was[i]) for i in self.stuck)

    def travel(self, speed_m_per_s: float, yaw_deg_per_s: float, duration_s: float) -> None:
        """Go along an arc for a short while."""
        way_m, turn_deg = speed_m_per_s * duration_s, yaw_deg_per_s * duration_s
        course = math.radians(self.heading_deg + turn_deg / 2)
        self.x_m += way_m * math.cos(course)
        self.y_m += way_m * math.sin(course)
        self.distance_m += way_m
        self.heading_deg = (self.heading_deg + turn_deg + 180.0) % 360.0 - 180.0

    def discharge(self, duration_s: float, *, moving: bool) -> None:
        """Use up charge for a while."""
        hours = WALKING_HOURS if moving else IDLE_HOURS
        self.battery_percent = max(self.battery_percent - duration_s / (36.0 * hours), 0.0)

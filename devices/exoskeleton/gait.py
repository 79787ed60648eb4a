"""The angles of hip, knee and ankle over one stride of level walking.

The shape is the sagittal joint kinematics at natural cadence of D. A. Winter, *The Biomechanics and
Motor Control of Human Gait* (University of Waterloo Press, 1987; tabulated in his *Biomechanics and
Motor Control of Human Movement*, Wiley). What is kept here is a sum of six harmonics through the
rounded landmarks of those curves (heel strike, loading, mid-stance, push-off, swing), true to them
within a few degrees: enough for a simulated leg, too little for a clinic.

Flexion and dorsiflexion are positive. Phase 0 is the strike of the heel, 1 the next of the same.
"""

import math

JointTriple = tuple[float, float, float]
"""Hip, knee, ankle."""

_MEAN_DEG: JointTriple = (7.42, 23.68, -0.69)
_COSINES_DEG: tuple[JointTriple, ...] = (
    (15.95, -2.78, -0.24),
    (-2.79, -15.05, 0.73),
    (-0.66, -1.11, -2.98),
    (0.05, -0.65, 2.26),
    (-0.05, -0.12, -0.39),
    (0.03, 0.03, 0.52),
)
_SINES_DEG: tuple[JointTriple, ...] = (
    (-1.86, -20.99, 6.88),
    (-1.70, 8.85, -7.28),
    (0.95, 4.65, 1.38),
    (0.07, 1.01, -0.90),
    (0.09, 0.60, -0.87),
    (0.03, 0.21, 0.28),
)


def leg_in_gait(phase: float) -> tuple[JointTriple, JointTriple]:
    """Return the angles of one leg, and their slopes, at a phase of the stride.

    Parameters
    ----------
    phase : float
        Fraction of the stride since the heel of this leg struck; periodic.

    Returns
    -------
    angles_deg : tuple of 3 float
        Hip, knee and ankle.
    slopes_deg : tuple of 3 float
        Their derivatives, in degrees a stride.
    """
    hip, knee, ankle = _MEAN_DEG
    hip_slope = knee_slope = ankle_slope = 0.0
    for order, (cosines, sines) in enumerate(zip(_COSINES_DEG, _SINES_DEG, strict=True), start=1):
        omega = 2 * math.pi * order
        c, s = math.cos(omega * phase), math.sin(omega * phase)
        hip += cosines[0] * c + sines[0] * s
        knee += cosines[1] * c + sines[1] * s
        ankle += cosines[2] * c + sines[2] * s
        hip_slope += omega * (sines[0] * c - cosines[0] * s)
        knee_slope += omega * (sines[1] * c - cosines[1] * s)
        ankle_slope += omega * (sines[2] * c - cosines[2] * s)
    return (hip, knee, ankle), (hip_slope, knee_slope, ankle_slope)

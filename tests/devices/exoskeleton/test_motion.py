import itertools

import numpy as np
import pytest

from devices.exoskeleton.body import Body
from devices.exoskeleton.command import Command
from devices.exoskeleton.gait import leg_in_gait
from devices.exoskeleton.motion import HALT_S, Motion
from devices.exoskeleton.postures import Fault, Happening, Posture, Reason
from devices.exoskeleton.trajectory import SITTING_DEG, STANDING_DEG, STILL

STEP_S = 0.02


def standing() -> Motion:
    return Motion(Body(angles_deg=STANDING_DEG), 0.0)


def run(motion: Motion, from_s: float, to_s: float) -> np.ndarray:
    """Angles at every control period, shape (n_times, 6)."""
    times_s = np.arange(round((to_s - from_s) / STEP_S)) * STEP_S + from_s + STEP_S
    angles = []
    for time_s in times_s:
        motion.advance(float(time_s))
        angles.append(motion.body.angles_deg)
    return np.array(angles)


def test_gait_has_the_landmarks_of_normal_walking():
    phases = np.arange(1000) / 1000
    hip, knee, ankle = np.array([leg_in_gait(float(p))[0] for p in phases]).T
    assert 18 < hip[0] < 22
    assert hip.min() == pytest.approx(-11, abs=2)
    assert 0.48 < phases[hip.argmin()] < 0.58
    assert knee.max() == pytest.approx(64, abs=3)
    assert 0.69 < phases[knee.argmax()] < 0.75
    assert knee[:300].max() == pytest.approx(20, abs=3)  # loading response
    assert ankle.min() == pytest.approx(-19.5, abs=2)
    assert 0.6 < phases[ankle.argmin()] < 0.66
    assert 8 < ankle[:550].max() < 12
    assert 0.40 < phases[ankle[:550].argmax()] < 0.5


def test_the_slopes_of_gait_are_its_derivatives():
    step = 1e-6
    for phase in np.linspace(0, 1, 37):
        ahead, behind = (np.array(leg_in_gait(float(phase) + s)[0]) for s in (step, -step))
        numeric = (ahead - behind) / (2 * step)
        assert leg_in_gait(float(phase))[1] == pytest.approx(numeric, abs=1e-3)


def test_standing_up_and_sitting_down_take_their_time_and_arrive():
    motion = Motion(Body(), 0.0)
    assert motion.posture is Posture.SITTING
    assert motion.command(Command.STAND, 0.0) is None
    run(motion, 0.0, 2.98)
    assert motion.posture is Posture.STANDING_UP
    motion.advance(3.0)
    assert motion.posture is Posture.STANDING
    assert motion.body.angles_deg == STANDING_DEG
    assert motion.command(Command.SIT, 3.0) is None
    run(motion, 3.0, 6.0)
    assert motion.posture is Posture.SITTING
    assert motion.body.angles_deg == SITTING_DEG


@pytest.mark.parametrize("stop_at_s", [0.3, 1.0, 2.2, 3.1, 4.44])
@pytest.mark.parametrize(
    "how",
    [
        lambda motion, now_s: motion.command(Command.STOP, now_s),
        lambda motion, now_s: motion.happen(Happening.REST, now_s),
        lambda motion, now_s: motion.happen(Happening.EMERGENCY_STOP, now_s),
        lambda motion, now_s: motion.command(Command.TURN_LEFT, now_s),
    ],
)
def test_no_joint_ever_jumps(stop_at_s, how):
    motion = standing()
    motion.command(Command.WALK, 0.0)
    walked = run(motion, 0.0, stop_at_s)
    how(motion, stop_at_s)
    ended = run(motion, stop_at_s, stop_at_s + 6.0)
    angles = np.vstack([[STANDING_DEG], walked, ended])
    velocities = np.diff(angles, axis=0) / STEP_S
    assert np.abs(velocities).max() < 400  # natural cadence reaches 400 °/s in the knee
    assert np.abs(np.diff(velocities, axis=0) / STEP_S).max() < 6000
    assert not motion.moving


def test_reported_velocities_are_those_of_the_angles():
    motion = standing()
    motion.command(Command.WALK, 0.0)
    angles, velocities = [], []
    for k in range(1, 400):
        motion.advance(k * STEP_S)
        if k == 200:
            motion.command(Command.STOP, k * STEP_S)
        angles.append(motion.body.angles_deg)
        velocities.append(motion.body.velocities_deg_per_s)
    numeric = (np.array(angles[2:]) - np.array(angles[:-2])) / (2 * STEP_S)
    error = np.abs(numeric - np.array(velocities[1:-1]))
    assert error.max() < 25
    assert np.median(error) < 0.5


def test_walking_covers_ground_straight_ahead_until_told_to_stop():
    motion = standing()
    motion.command(Command.WALK, 0.0)
    motion.advance(10.5)
    assert motion.body.distance_m == pytest.approx(5.0, abs=0.01)  # half a metre a second
    motion.command(Command.STAND, 10.5)
    motion.advance(11.48)
    assert motion.posture is Posture.STEPPING
    motion.advance(11.5)
    assert motion.posture is Posture.STANDING
    assert motion.body.angles_deg == STANDING_DEG
    assert motion.body.distance_m == pytest.approx(5.25, abs=0.01)
    assert (motion.body.x_m, motion.body.y_m) == pytest.approx((5.25, 0.0), abs=0.01)
    motion.advance(100.0)
    assert motion.body.distance_m == pytest.approx(5.25, abs=0.01)


@pytest.mark.parametrize(
    ("turn", "heading_deg"), [(Command.TURN_LEFT, 30), (Command.TURN_RIGHT, -30)]
)
def test_a_turn_turns_by_thirty_degrees_on_the_spot(turn, heading_deg):
    motion = standing()
    motion.command(turn, 0.0)
    motion.advance(10.0)
    assert motion.posture is Posture.STANDING
    assert motion.body.heading_deg == pytest.approx(heading_deg, abs=0.1)
    assert motion.body.distance_m == pytest.approx(0.0, abs=1e-6)


def test_after_a_turn_the_way_leads_elsewhere():
    motion = standing()
    for k in range(3):
        motion.command(Command.TURN_LEFT, 5.0 * k)
        motion.advance(5.0 * k + 4.9)
    motion.command(Command.WALK, 15.0)
    motion.advance(25.5)
    assert motion.body.heading_deg == pytest.approx(90, abs=0.1)
    assert motion.body.y_m == pytest.approx(5.0, abs=0.05)
    assert motion.body.x_m == pytest.approx(0.0, abs=0.05)


def test_twelve_turns_come_full_circle():
    motion = standing()
    for k in range(12):
        assert motion.command(Command.TURN_RIGHT, 5.0 * k) is None
        motion.advance(5.0 * k + 4.9)
        assert -180 <= motion.body.heading_deg < 180
    assert motion.body.heading_deg == pytest.approx(0, abs=1)


def test_the_way_does_not_depend_on_how_often_one_looks():
    one, other = standing(), standing()
    for motion in (one, other):
        motion.command(Command.WALK, 0.0)
    one.advance(7.0)
    for k in range(1, 7001):
        other.advance(k / 1000)
    assert one.body == other.body


def test_an_emergency_stop_holds_the_legs_within_its_time_and_travels_no_further():
    motion = standing()
    motion.command(Command.WALK, 0.0)
    motion.advance(3.3)
    motion.happen(Happening.EMERGENCY_STOP, 3.3)
    motion.advance(3.3 + HALT_S)
    held = motion.body.angles_deg
    distance_m = motion.body.distance_m
    assert motion.posture is Posture.SAFE_STOP
    assert not motion.moving
    assert motion.body.velocities_deg_per_s == STILL
    motion.advance(60.0)
    assert motion.body.angles_deg == held
    assert motion.body.distance_m == distance_m
    assert motion.command(Command.WALK, 60.0) is Reason.STOPPED


@pytest.mark.parametrize(
    ("commands", "after", "rest"),
    [
        ([], Posture.SITTING, Posture.SITTING),
        ([(Command.STAND, 1.0)], Posture.SITTING_DOWN, Posture.SITTING),
        ([(Command.STAND, 4.0)], Posture.STANDING, Posture.STANDING),
        ([(Command.STAND, 4.0), (Command.WALK, 3.3)], Posture.STEPPING, Posture.STANDING),
        ([(Command.STAND, 4.0), (Command.TURN_LEFT, 1.0)], Posture.STEPPING, Posture.STANDING),
        ([(Command.STAND, 4.0), (Command.SIT, 1.0)], Posture.SITTING_DOWN, Posture.SITTING),
    ],
)
def test_a_release_goes_the_shortest_way_to_rest(commands, after, rest):
    motion, now_s = Motion(Body(), 0.0), 0.0
    for command, lasting_s in commands:
        motion.command(command, now_s)
        now_s += lasting_s
        motion.advance(now_s)
    motion.happen(Happening.EMERGENCY_STOP, now_s)
    motion.advance(now_s + 5)
    assert motion.release(now_s + 5) is None
    assert motion.posture is after
    motion.advance(now_s + 10)
    assert motion.posture is rest


def test_a_stuck_joint_becomes_a_fault_that_lasts_until_it_is_freed_and_released():
    motion = standing()
    motion.command(Command.WALK, 0.0)
    motion.advance(2.0)
    motion.body.stuck.add(1)
    motion.advance(2.6)
    assert motion.posture is Posture.FAULT
    assert Fault.JOINT_STUCK in motion.faults
    assert motion.command(Command.WALK, 2.6) is Reason.FAULT
    assert motion.release(3.0) is Reason.FAULT
    motion.body.stuck.clear()
    assert motion.release(3.0) is None
    assert Fault.JOINT_STUCK not in motion.faults
    motion.advance(4.0)
    assert motion.posture is Posture.STANDING
    assert motion.body.angles_deg == STANDING_DEG


def test_a_low_battery_ends_a_walk_and_starts_none():
    motion = standing()
    motion.command(Command.WALK, 0.0)
    motion.advance(5.0)
    motion.body.battery_percent = 10.0
    motion.advance(5.02)
    assert motion.posture is Posture.STEPPING
    motion.advance(7.0)
    assert motion.posture is Posture.STANDING
    assert Fault.LOW_BATTERY in motion.faults
    assert motion.command(Command.WALK, 7.0) is Reason.LOW_BATTERY
    assert motion.command(Command.SIT, 7.0) is None


def test_a_battery_lasts_two_hours_of_walking_and_eight_of_rest():
    motion = standing()
    motion.advance(3600.0)
    assert motion.body.battery_percent == pytest.approx(100 - 100 / 8)
    motion.command(Command.WALK, 3600.0)
    motion.advance(3600.0 + 360.0)
    assert motion.body.battery_percent == pytest.approx(100 - 100 / 8 - 5, abs=0.01)


@pytest.mark.parametrize(
    ("angles_deg", "posture"),
    [
        (SITTING_DEG, Posture.SITTING),
        (STANDING_DEG, Posture.STANDING),
        ((20.0, 5.0, 0.0, -10.0, 30.0, -10.0), Posture.SAFE_STOP),
        ((60.0, 60.0, 0.0, 60.0, 60.0, 0.0), Posture.SAFE_STOP),
    ],
)
def test_after_a_restart_the_posture_is_that_of_the_joints(angles_deg, posture):
    motion = Motion(Body(angles_deg=angles_deg), 0.0)
    assert motion.posture is posture
    assert (Fault.POWER_LOST in motion.faults) == (posture is Posture.SAFE_STOP)
    motion.advance(5.0)
    assert motion.body.angles_deg == angles_deg


def test_after_a_restart_half_way_a_release_leads_to_the_nearer_rest():
    for angles_deg, rest in (
        ((20.0, 5.0, 0.0, -10.0, 30.0, -10.0), Posture.STANDING),
        ((60.0, 60.0, 0.0, 60.0, 60.0, 0.0), Posture.SITTING),
    ):
        motion = Motion(Body(angles_deg=angles_deg), 0.0)
        assert motion.release(1.0) is None
        motion.advance(5.0)
        assert motion.posture is rest
        assert Fault.POWER_LOST not in motion.faults


def test_the_gait_phase_goes_round_while_walking_and_is_zero_otherwise():
    motion = standing()
    assert motion.gait_phase == 0.0
    motion.command(Command.WALK, 0.0)
    phases = []
    for k in range(1, 400):
        motion.advance(k * STEP_S)
        phases.append(motion.gait_phase)
    assert all(0 <= phase < 1 for phase in phases)
    rises = [b - a for a, b in itertools.pairwise(phases)]
    assert sum(rise < 0 for rise in rises) == 3
    motion.command(Command.STOP, 8.0)
    motion.advance(8.5)
    assert motion.gait_phase == 0.0

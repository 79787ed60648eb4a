"""What the controller in C does with the joints."""

import itertools
import random

import pytest

from devices.exoskeleton import messages as m
from devices.exoskeleton.command import Command
from devices.exoskeleton.gait import leg_in_gait
from devices.exoskeleton.postures import Fault, Posture, Reason
from devices.exoskeleton.trajectory import SITTING_DEG, STANDING_DEG, STRIDE_S, in_gait

SESSION = 7
CONTROL_PERIOD_MS = 5


class Legs:
    """A host with a session open, and a look at the joints every control period."""

    def __init__(self, talk) -> None:
        self.talk = talk
        self.board = talk.board
        self.seen = []
        self._sequence = 0
        self._ms = 0
        self._count = 0
        (welcome,) = talk.say(m.Hello(SESSION, 1, 1, 2000))
        assert isinstance(welcome, m.Welcome)

    def ask(self, command: Command) -> m.Acknowledgement | m.Refusal:
        self._sequence += 1
        (answer,) = self.talk.say(m.CommandRequest(SESSION, self._sequence, self._ms, command))
        return answer

    def release(self) -> m.Acknowledgement | m.Refusal:
        self._sequence += 1
        count = self.talk.latest.stop_count
        (answer,) = self.talk.say(m.ReleaseStop(SESSION, self._sequence, self._ms, count))
        return answer

    def wait(self, duration_ms: int) -> list:
        """Let time pass; return what the board saw every control period."""
        begin = len(self.seen)
        for _ in range(duration_ms // CONTROL_PERIOD_MS):
            self.talk.wait(CONTROL_PERIOD_MS)
            self._ms += CONTROL_PERIOD_MS
            self.seen.append(self.talk.report)
            if self._ms % 200 == 0:
                self._count += 1
                self.talk.say(m.Heartbeat(SESSION, self._count % (1 << 16), self._ms))
        return self.seen[begin:]

    @property
    def posture(self) -> Posture:
        self.wait(20)
        return self.talk.latest.posture


@pytest.fixture
def standing(start) -> Legs:
    return Legs(start(STANDING_DEG))


@pytest.fixture
def seated(start) -> Legs:
    return Legs(start(SITTING_DEG))


def is_acknowledged(answer) -> bool:
    return isinstance(answer, m.Acknowledgement)


def jumps_deg(seen) -> float:
    """Return by how much the joints' second differences exceed anything smooth."""
    return max(
        abs(c.wanted_deg[j] - 2 * b.wanted_deg[j] + a.wanted_deg[j])
        for a, b, c in zip(seen, seen[1:], seen[2:], strict=False)
        for j in range(6)
    )


def velocity_error_deg_per_s(seen) -> float:
    """Return how far the velocities are from the change of the angles, at worst."""
    return max(
        abs((c.wanted_deg[j] - a.wanted_deg[j]) / 0.01 - b.wanted_deg_per_s[j])
        for a, b, c in zip(seen, seen[1:], seen[2:], strict=False)
        for j in range(6)
    )


def test_standing_up_and_sitting_down_end_in_their_poses(seated):
    assert is_acknowledged(seated.ask(Command.STAND))
    way_up = seated.wait(3000)
    assert seated.talk.report.wanted_deg == STANDING_DEG
    assert jumps_deg(way_up) < 0.1
    assert velocity_error_deg_per_s(way_up) < 2.5
    assert seated.posture is Posture.STANDING
    assert is_acknowledged(seated.ask(Command.SIT))
    seated.wait(3000)
    assert seated.talk.report.wanted_deg == SITTING_DEG
    assert seated.posture is Posture.SITTING


def test_a_walk_has_the_gait_of_the_simulator(standing):
    standing.talk.wait(3)  # off the grid of the control periods
    standing.ask(Command.WALK)
    standing.wait(1200 + 15 * 2400)
    for _ in range(2400 // CONTROL_PERIOD_MS):
        (seen,) = standing.wait(CONTROL_PERIOD_MS)
        phase = standing._ms / 1e3 / STRIDE_S
        angles, velocities = in_gait(phase, 1.0, 0.0)
        assert seen.wanted_deg == pytest.approx(angles, abs=0.7)
        assert seen.wanted_deg_per_s == pytest.approx(velocities, abs=13)


def test_the_table_of_the_gait_is_the_simulators():
    from lockstep import FIRMWARE

    source = (FIRMWARE / "motion.c").read_text(encoding="utf-8")
    table = source.split("GAIT_CDEG[JOINTS / 2][GAIT_POINTS] = {")[1].split("};")[0]
    numbers = [
        int(word) for word in table.replace("{", " ").replace("}", " ").split(",") if word.strip()
    ]
    curves = [[round(100 * leg_in_gait(i / 24)[0][joint]) for i in range(24)] for joint in range(3)]
    assert numbers == list(itertools.chain(*curves))


def test_nothing_jumps_whatever_follows_upon_what(standing):
    rng = random.Random(5)
    for _ in range(40):
        if rng.random() < 0.2:
            standing.talk.say(m.EmergencyStop(rng.randrange(1 << 16)))
            standing.wait(rng.randrange(20, 400))
            assert is_acknowledged(standing.release())
        standing.ask(rng.choice(list(Command)))
        standing.wait(rng.choice((100, 600, 1100, 1600, 3100)))
    assert len({tuple(seen.wanted_deg) for seen in standing.seen}) > 2000
    assert jumps_deg(standing.seen) < 0.5
    assert velocity_error_deg_per_s(standing.seen) < 12


@pytest.mark.parametrize("at_ms", range(100, 2900, 350))
@pytest.mark.parametrize("command", [Command.WALK, Command.TURN_RIGHT])
def test_an_emergency_stop_brings_every_joint_to_rest_within_its_time(standing, command, at_ms):
    standing.ask(command)
    standing.wait(at_ms)
    moving = standing.talk.report
    (stopped,) = standing.talk.say(m.EmergencyStop(3))
    assert stopped == m.Stopped(3, 1)
    standing.wait(255)
    rest = standing.talk.report
    assert rest.wanted_deg_per_s == (0,) * 6
    assert rest.yaw_deg_per_s == 0
    fastest = max(map(abs, moving.wanted_deg_per_s))
    farthest = max(abs(a - b) for a, b in zip(rest.wanted_deg, moving.wanted_deg, strict=True))
    assert farthest <= 0.15 * fastest + 0.1
    standing.wait(1000)
    assert standing.talk.report.wanted_deg == rest.wanted_deg
    assert standing.posture is Posture.SAFE_STOP


@pytest.mark.parametrize(("command", "sign"), [(Command.TURN_LEFT, 1), (Command.TURN_RIGHT, -1)])
def test_a_turn_is_one_of_30_degrees(standing, command, sign):
    standing.ask(command)
    seen = standing.wait(4500)
    assert sum(s.yaw_deg_per_s for s in seen) * 0.005 == pytest.approx(30 * sign, abs=0.2)
    assert seen[-1].yaw_deg_per_s == 0
    assert standing.posture is Posture.STANDING


def test_a_joint_that_sticks_is_a_fault_and_the_legs_are_held(standing):
    standing.ask(Command.WALK)
    standing.wait(2000)
    standing.board.stuck = 1 << 1  # the left knee
    begun_ms = standing.talk.latest.time_ms
    seen = standing.wait(600)
    astray = [abs(r.wanted_deg[1] - r.angles_deg[1]) > 5 for r in seen]
    astray_ms = begun_ms + CONTROL_PERIOD_MS * (astray.index(True) + 1)
    fault_ms = next(t.time_ms for t in standing.talk.telemetry if t.posture is Posture.FAULT)
    assert 100 <= fault_ms - astray_ms <= 100 + 20 + 2 * CONTROL_PERIOD_MS
    latest = standing.talk.latest
    assert latest.posture is Posture.FAULT
    assert latest.faults == Fault.JOINT_STUCK
    assert not latest.stop_latched
    standing.wait(300)
    held = standing.talk.report
    assert held.wanted_deg[1] == pytest.approx(held.angles_deg[1], abs=0.05)
    assert standing.ask(Command.WALK).reason is Reason.FAULT
    standing.wait(500)
    assert standing.talk.report.wanted_deg == held.wanted_deg
    standing.board.stuck = 0
    assert is_acknowledged(standing.release())
    assert standing.posture is Posture.STEPPING
    standing.wait(1000)
    assert standing.posture is Posture.STANDING
    assert standing.talk.report.angles_deg == STANDING_DEG


def test_a_joint_that_lags_for_a_moment_is_no_fault(standing):
    standing.ask(Command.WALK)
    standing.wait(2000)
    standing.board.stuck = 1 << 1
    while abs(standing.talk.report.wanted_deg[1] - standing.talk.report.angles_deg[1]) < 5:
        standing.wait(CONTROL_PERIOD_MS)
    standing.wait(80)
    standing.board.stuck = 0
    standing.wait(1000)
    assert standing.posture is Posture.WALKING


def test_a_failure_holds_the_legs_and_is_released_only_once_it_is_gone(standing):
    standing.board.failed = True
    standing.wait(20)
    assert standing.talk.latest.posture is Posture.FAULT
    assert standing.release().reason is Reason.FAULT
    standing.board.failed = False
    standing.wait(20)
    assert standing.talk.latest.posture is Posture.FAULT
    assert is_acknowledged(standing.release())
    assert standing.posture is Posture.STANDING


def test_a_stop_during_a_fault_latches_and_one_release_ends_both(standing):
    standing.board.failed = True
    standing.wait(20)
    assert standing.talk.say(m.EmergencyStop(1)) == [m.Stopped(1, 1)]
    standing.board.failed = False
    standing.wait(20)
    assert standing.talk.latest.posture is Posture.FAULT
    assert standing.talk.latest.stop_latched
    assert is_acknowledged(standing.release())
    assert standing.posture is Posture.STANDING
    assert not standing.talk.latest.stop_latched


def test_the_button_latches_once_a_press_and_holds_until_it_is_let_go(standing):
    standing.ask(Command.WALK)
    standing.wait(1000)
    standing.board.button = True
    standing.wait(300)
    latest = standing.talk.latest
    assert (latest.posture, latest.stop_count) == (Posture.SAFE_STOP, 1)
    assert standing.release().reason is Reason.FAULT
    standing.board.button = False
    standing.wait(20)
    assert standing.talk.say(m.EmergencyStop(0)) == [m.Stopped(0, 2)]  # no repetition of it
    standing.wait(20)
    assert is_acknowledged(standing.release())
    assert standing.posture is Posture.STEPPING


def test_a_low_battery_ends_a_walk_and_lets_nothing_begin_but_sitting_down(standing):
    standing.ask(Command.WALK)
    standing.wait(1500)
    standing.board.battery_percent = 14
    standing.wait(20)
    assert standing.talk.latest.posture is Posture.STEPPING
    assert standing.talk.latest.faults == Fault.LOW_BATTERY
    standing.wait(1000)
    assert standing.ask(Command.WALK).reason is Reason.LOW_BATTERY
    assert is_acknowledged(standing.ask(Command.SIT))
    standing.wait(3020)
    assert standing.ask(Command.STAND).reason is Reason.LOW_BATTERY
    assert standing.posture is Posture.SITTING


@pytest.mark.parametrize(
    ("angles_deg", "goes_on_in", "ends_in"),
    [
        ((50, 60, 5, 50, 60, 5), Posture.SITTING_DOWN, Posture.SITTING),
        ((20, 4, 0, -10, 12, 5), Posture.STEPPING, Posture.STANDING),
        ((327, -327, 327, -327, 327, -327), Posture.STEPPING, Posture.STANDING),
    ],
)
def test_legs_found_in_no_posture_of_rest_are_held_until_released(
    start, angles_deg, goes_on_in, ends_in
):
    legs = Legs(start(angles_deg))
    legs.wait(200)
    latest = legs.talk.latest
    assert (latest.posture, latest.stop_latched, latest.stop_count) == (Posture.SAFE_STOP, True, 1)
    assert latest.faults == Fault.POWER_LOST
    assert legs.talk.report.wanted_deg == tuple(angles_deg)
    assert legs.ask(Command.STAND).reason is Reason.STOPPED
    assert is_acknowledged(legs.release())
    assert legs.posture is goes_on_in
    assert legs.talk.latest.faults == Fault.NONE
    legs.wait(3000)
    assert legs.posture is ends_in


def test_a_brown_out_in_mid_walk_ends_in_a_stand_after_the_release(standing):
    standing.ask(Command.WALK)
    standing.wait(1500)
    standing.talk.wait(0, reboot=True)
    held = standing.talk.report.angles_deg
    standing.talk.wait(500)
    latest = standing.talk.latest
    assert (latest.session, latest.posture) == (0, Posture.SAFE_STOP)
    assert latest.faults == Fault.POWER_LOST
    assert standing.talk.report.wanted_deg == held


def test_a_walk_goes_on_while_the_clock_wraps_around(start):
    """The controller's own clock, 2^32 ms after power-up; the board's wraps in every test."""
    talk = start(STANDING_DEG)
    talk.wait(10)
    talk.wait(10, jump_ms=(1 << 32) - 3000)
    legs = Legs(talk)
    legs._ms = talk.latest.time_ms
    assert legs._ms > (1 << 32) - 3100
    legs._ms = (1 << 32) - 2980
    assert is_acknowledged(legs.ask(Command.WALK))
    for _ in range(50):
        talk.wait(100)
        legs._ms = talk.latest.time_ms
        talk.say(m.Heartbeat(SESSION, 0, legs._ms))
    assert legs._ms < 3000
    assert talk.latest.posture is Posture.WALKING
    times_ms = [t.time_ms for t in talk.telemetry[-100:]]
    assert {(b - a) % (1 << 32) for a, b in itertools.pairwise(times_ms)} == {20}

from itertools import pairwise

import pytest

from bci_app.runtime.course import REFERENCE_COURSE, Course, Instruction, Outcome
from devices.exoskeleton.command import Command
from devices.exoskeleton.postures import DURATION_S, TRANSITIONS, Happening, Posture, answer


class Walker:
    """An obedient subject in an obedient exoskeleton, in steps of 0.1 s."""

    def __init__(self, course, response_s=2.0):
        self.course = course
        self.response_s = response_s
        self.posture = Posture.SITTING
        self.done_s = None
        self.look = None
        self.look_since_s = 0.0
        self.now_s = 0.0
        self.accepted = []

    def command(self, command):
        outcome = answer(self.posture, command)
        if isinstance(outcome, Posture):
            self.accepted.append(command)
            self.enter(outcome)
            self.follow(self.course.observe_acknowledged(command, self.now_s))

    def enter(self, posture):
        self.posture = posture
        duration_s = DURATION_S.get(posture)
        self.done_s = None if duration_s is None else self.now_s + duration_s

    def follow(self, instruction):
        if instruction is not None:
            self.look, self.look_since_s = instruction.look_at, self.now_s

    def step(self):
        self.now_s += 0.1
        if self.done_s is not None and self.now_s >= self.done_s:
            self.enter(TRANSITIONS[self.posture][Happening.DONE])
        self.course.observe_posture(self.posture)
        self.follow(self.course.advance(self.now_s))
        if self.look is not None and self.now_s - self.look_since_s >= self.response_s:
            self.command(self.look)

    def run(self, limit_s=300.0):
        while self.course.outcome is None and self.now_s < limit_s:
            self.step()


def test_an_obedient_subject_completes_the_course():
    walker = Walker(Course())
    walker.run()
    assert walker.course.outcome is Outcome.COMPLETED
    assert tuple(walker.accepted) == REFERENCE_COURSE
    assert walker.course.n_made == len(REFERENCE_COURSE)
    assert walker.look is None


def test_the_subject_looks_away_before_the_first_and_after_each_movement():
    course = Course(look_away_s=3.0)
    assert course.advance(0.0) == Instruction(None)
    course.observe_posture(Posture.SITTING)
    assert course.advance(2.9) is None
    assert course.advance(3.0) == Instruction(Command.STAND)
    assert course.observe_acknowledged(Command.STAND, 5.0) == Instruction(None)
    course.observe_posture(Posture.STANDING_UP)
    assert course.advance(8.0) is None, "a movement is under way"
    course.observe_posture(Posture.STANDING)
    assert course.advance(8.1) == Instruction(Command.WALK)


def test_nothing_is_asked_before_the_exoskeleton_has_reported_its_posture():
    course = Course()
    course.advance(0.0)
    assert course.advance(10.0) is None


@pytest.mark.parametrize("wrong", [Command.SIT, Command.TURN_LEFT, Command.TURN_RIGHT])
def test_after_a_wrong_command_the_subject_finds_back(wrong):
    walker = Walker(Course())
    while walker.look is not Command.WALK:
        walker.step()
    walker.command(wrong)
    walker.run()
    assert walker.course.outcome is Outcome.COMPLETED


def test_a_command_nobody_asked_for_is_no_movement_of_the_course():
    course = Course()
    course.advance(0.0)
    assert course.observe_acknowledged(Command.STAND, 1.0) is None
    assert course.n_made == 0


def test_a_course_that_does_not_go_on_gives_up():
    walker = Walker(Course(patience_s=30.0), response_s=1e9)
    walker.run()
    assert walker.course.outcome is Outcome.GAVE_UP
    assert 33 < walker.now_s < 34
    assert walker.look is None


@pytest.mark.parametrize(("duration_s", "at_least", "at_most"), [(10.0, 1, 3), (200.0, 12, 40)])
def test_a_course_can_be_made_shorter_or_longer(duration_s, at_least, at_most):
    walker = Walker(Course(duration_s=duration_s))
    walker.run()
    assert walker.course.outcome is Outcome.COMPLETED
    assert at_least <= walker.course.n_made <= at_most
    assert duration_s <= walker.now_s < duration_s + 15


def test_between_two_rounds_the_subject_rests():
    walker = Walker(Course(movements=(Command.STAND,), duration_s=100.0, rest_s=20.0))
    looks_s = []
    while walker.course.outcome is None:
        before = walker.look
        walker.step()
        if before is None and walker.look is not None:
            looks_s.append(walker.now_s)
    assert len(looks_s) > 2
    assert min(b - a for a, b in pairwise(looks_s)) >= 20.0


def test_a_persistent_subject_looks_away_and_tries_again():
    walker = Walker(Course(duration_s=100.0, persistent=True), response_s=1000.0)
    looks = []
    while walker.now_s < 90.0:
        before = walker.look
        walker.step()
        if walker.look is not before:
            looks.append(walker.look)
    assert looks[:4] == [Command.STAND, None, Command.STAND, None]
    assert walker.course.outcome is None

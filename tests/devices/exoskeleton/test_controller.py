import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.exoskeleton import messages as m
from devices.exoskeleton.body import Body
from devices.exoskeleton.command import Command
from devices.exoskeleton.controller import (
    Controller,
    Executed,
    SessionClosed,
    StopLatched,
    StopLifted,
)
from devices.exoskeleton.encoding import decode, encode
from devices.exoskeleton.framing import FrameParser, encode_frame
from devices.exoskeleton.postures import Fault, Posture, Reason
from devices.exoskeleton.trajectory import STANDING_DEG

SESSION, OTHER = 0x1234, 0x9999


def executed(bench) -> list[Command]:
    return [event.command for event in bench.events if isinstance(event, Executed)]


def test_a_hello_opens_a_session_on_the_terms_of_the_controller(bench):
    welcome = bench.open(timeout_ms=500)
    assert (welcome.session, welcome.version) == (SESSION, m.VERSION)
    assert (welcome.heartbeat_timeout_ms, welcome.heartbeat_interval_ms) == (500, 50)
    assert welcome.command_lifetime_ms == 1000


@pytest.mark.parametrize(("asked", "granted"), [(1, 200), (200, 200), (60000, 2000)])
def test_the_heartbeat_timeout_is_asked_for_and_limited(bench, asked, granted):
    assert bench.open(timeout_ms=asked).heartbeat_timeout_ms == granted


@pytest.mark.parametrize("asked_ms", [1001, 1003, 1005, 1127, 1999])
def test_a_timeout_within_the_limits_is_granted_to_the_millisecond(bench, asked_ms):
    welcome = bench.open(timeout_ms=asked_ms)
    assert welcome.heartbeat_timeout_ms == asked_ms
    assert welcome.heartbeat_interval_ms == asked_ms // 10


def test_a_repeated_hello_is_welcomed_again_and_changes_nothing(standing_bench):
    bench = standing_bench
    bench.open()
    bench.command(Command.WALK, 7)
    bench.open()
    assert bench.command(Command.WALK, 7) == [m.Acknowledgement(SESSION, 7)]
    assert executed(bench) == [Command.WALK]


def test_a_second_host_is_turned_away_while_the_first_is_there(standing_bench):
    bench = standing_bench
    bench.open()
    (refused,) = bench.say(m.Hello(OTHER, 1, 1, 500))
    assert refused == m.HelloRefused(OTHER, m.HelloCause.BUSY, 1, 1)
    assert bench.command(Command.WALK, 1, session=OTHER) == [m.Refusal(OTHER, 1, Reason.NO_SESSION)]
    assert bench.command(Command.WALK, 1) == [m.Acknowledgement(SESSION, 1)]
    assert executed(bench) == [Command.WALK]


@pytest.mark.parametrize(("lowest", "highest"), [(2, 9), (0, 0)])
def test_a_host_of_another_version_is_told_which_are_spoken(bench, lowest, highest):
    (refused,) = bench.say(m.Hello(SESSION, lowest, highest, 500))
    assert refused == m.HelloRefused(SESSION, m.HelloCause.VERSION, m.VERSION, m.VERSION)


def test_a_host_that_speaks_more_versions_gets_ours(bench):
    (welcome,) = bench.say(m.Hello(SESSION, 1, 200, 500))
    assert welcome.version == m.VERSION


def test_a_past_session_is_not_opened_again(bench):
    bench.open()
    bench.say(m.Goodbye(SESSION))
    (refused,) = bench.say(m.Hello(SESSION, 1, 1, 500))
    assert refused.cause is m.HelloCause.SESSION_OVER
    (welcome,) = bench.say(m.Hello(OTHER, 1, 1, 500))
    assert welcome.session == OTHER


def test_without_a_session_nothing_is_executed(standing_bench):
    answers = standing_bench.command(Command.WALK, 1)
    assert answers == [m.Refusal(SESSION, 1, Reason.NO_SESSION)]
    standing_bench.wait(1.0)
    assert standing_bench.body.angles_deg == STANDING_DEG


def test_a_command_repeated_after_a_lost_acknowledgement_is_executed_once(standing_bench):
    bench = standing_bench
    bench.open()
    assert bench.command(Command.TURN_LEFT, 5) == [m.Acknowledgement(SESSION, 5)]
    bench.wait(0.1)
    assert bench.command(Command.TURN_LEFT, 5, seen_ms=0) == [m.Acknowledgement(SESSION, 5)]
    bench.wait(8.0)
    assert bench.command(Command.TURN_LEFT, 5, seen_ms=0) == [m.Acknowledgement(SESSION, 5)]
    bench.wait(8.0)
    assert executed(bench) == [Command.TURN_LEFT]
    assert bench.body.heading_deg == pytest.approx(30, abs=0.1)


def test_a_refusal_is_repeated_as_it_was(bench):
    bench.open()
    refusal = [m.Refusal(SESSION, 1, Reason.SEATED)]
    assert bench.command(Command.WALK, 1) == refusal
    bench.command(Command.STAND, 2)
    bench.wait(4.0)
    assert bench.command(Command.WALK, 2) == [m.Acknowledgement(SESSION, 2)]
    assert executed(bench) == [Command.STAND]


def test_a_command_from_before_is_not_even_answered(standing_bench):
    bench = standing_bench
    bench.open()
    bench.command(Command.STOP, 10)
    for sequence in (9, 1, 10 - 32767):
        assert bench.command(Command.WALK, sequence % 65536) == []
    assert executed(bench) == [Command.STOP]


def test_sequence_numbers_wrap_around(standing_bench):
    bench = standing_bench
    bench.open()
    for sequence in (65534, 65535, 0, 1, 1, 0, 65535):
        bench.command(Command.STOP, sequence)
    events = [event.sequence for event in bench.events if isinstance(event, Executed)]
    assert events == [65534, 65535, 0, 1]


def test_a_command_on_old_telemetry_is_stale(standing_bench):
    bench = standing_bench
    bench.open()
    bench.wait(5.0)
    for sequence, age_ms, reason in ((1, 1001, Reason.STALE), (2, -1, Reason.STALE)):
        answers = bench.command(Command.WALK, sequence, seen_ms=bench.time_ms - age_ms)
        assert answers == [m.Refusal(SESSION, sequence, reason)]
    assert bench.command(Command.WALK, 3, seen_ms=bench.time_ms - 1000) == [
        m.Acknowledgement(SESSION, 3)
    ]


def test_an_unknown_command_is_refused_as_such(standing_bench):
    standing_bench.open()
    for sequence, code in enumerate((6, 77, 255), start=1):
        answers = standing_bench.command(code, sequence)
        assert answers == [m.Refusal(SESSION, sequence, Reason.UNKNOWN_COMMAND)]


def test_when_the_heartbeat_stops_the_walk_ends_in_a_stand(standing_bench):
    bench = standing_bench
    bench.open(timeout_ms=500)
    bench.command(Command.WALK, 1)
    bench.wait(3.0)
    silent_from_s = bench.now_s
    telemetry = bench.wait(2.0, beating=False)
    (closed,) = [event for event in bench.events if isinstance(event, SessionClosed)]
    assert closed.silent
    assert closed.at_s == pytest.approx(silent_from_s + 0.5, abs=1e-6)
    assert [t.posture for t in telemetry][-1] is Posture.STANDING
    assert Posture.STEPPING in [t.posture for t in telemetry]
    assert telemetry[-1].session == 0
    assert Fault.HEARTBEAT_LOST in telemetry[-1].faults
    assert bench.command(Command.WALK, 2) == [m.Refusal(SESSION, 2, Reason.NO_SESSION)]


def test_a_heartbeat_that_names_old_telemetry_counts_for_nothing(standing_bench):
    bench = standing_bench
    bench.open(timeout_ms=500)
    bench.command(Command.WALK, 1)
    for count in range(40):
        bench.wait(0.1, beating=False)
        bench.say(m.Heartbeat(SESSION, count, 0))
    assert bench.controller.motion.posture is Posture.STANDING
    (closed,) = [event for event in bench.events if isinstance(event, SessionClosed)]
    assert closed.at_s == pytest.approx(1.5, abs=0.11)


def test_a_controller_that_slept_through_the_timeout_believes_no_heartbeat(standing_bench):
    bench = standing_bench
    bench.open(timeout_ms=500)
    bench.command(Command.WALK, 1)
    bench.wait(2.0)
    bench.now_s += 0.6
    bench.say(m.Heartbeat(SESSION, 1, bench.time_ms - 20))
    assert [type(event) for event in bench.events][-2:].count(SessionClosed) == 1


def test_a_goodbye_brings_the_legs_to_rest_and_frees_the_place(standing_bench):
    bench = standing_bench
    bench.open()
    bench.command(Command.WALK, 1)
    bench.wait(2.0)
    bench.say(m.Goodbye(OTHER))
    assert bench.controller.motion.posture is Posture.WALKING
    bench.say(m.Goodbye(SESSION))
    assert bench.controller.motion.posture is Posture.STEPPING
    telemetry = bench.wait(1.1, beating=False)
    assert telemetry[-1].posture is Posture.STANDING
    assert telemetry[-1].faults == Fault.NONE
    bench.open(OTHER)


def test_telemetry_comes_at_fifty_hertz_session_or_not(bench):
    controller, times_ms = bench.controller, []
    while (due_s := controller.next_deadline_s) < 0.99:
        controller.advance(due_s)
        (frame,) = controller.take_output()
        times_ms.append(decode(FrameParser().feed(frame)[0]).time_ms)
    assert len(times_ms) == 50
    assert {b - a for a, b in itertools.pairwise(times_ms)} <= {19, 20, 21}


def test_after_a_long_sleep_there_is_no_burst_of_telemetry(bench):
    bench.now_s = 60.0
    bench.controller.advance(60.0)
    assert len(bench.wait(1.0, beating=False)) <= 52


def test_an_emergency_stop_needs_no_session_and_latches(standing_bench):
    bench = standing_bench
    assert bench.say(m.EmergencyStop(7)) == [m.Stopped(7, 1)]
    assert bench.say(m.EmergencyStop(7)) == [m.Stopped(7, 1)]
    bench.open()
    assert bench.command(Command.WALK, 1) == [m.Refusal(SESSION, 1, Reason.STOPPED)]
    telemetry = bench.wait(0.1)[-1]
    assert telemetry.posture is Posture.SAFE_STOP
    assert telemetry.stop_latched
    assert telemetry.stop_count == 1


def test_a_release_is_deliberate_it_names_the_stop_that_it_ends(standing_bench):
    bench = standing_bench
    bench.open()
    bench.command(Command.WALK, 1)
    bench.wait(2.0)
    bench.say(m.EmergencyStop(7))
    late_release = m.ReleaseStop(SESSION, 2, bench.time_ms, 1)
    bench.say(m.EmergencyStop(8))  # stopped again while the release was on its way
    assert bench.say(late_release) == [m.Refusal(SESSION, 2, Reason.WRONG_STOP)]
    assert bench.wait(1.0)[-1].posture is Posture.SAFE_STOP
    answers = bench.say(m.ReleaseStop(SESSION, 3, bench.time_ms, 2))
    assert answers == [m.Acknowledgement(SESSION, 3)]
    assert bench.wait(2.0)[-1].posture is Posture.STANDING
    kinds = [type(event) for event in bench.events]
    assert kinds.count(StopLatched) == 2
    assert kinds.count(StopLifted) == 1
    assert executed(bench) == [Command.WALK]


@pytest.mark.parametrize(
    "release",
    [
        m.ReleaseStop(OTHER, 2, 0, 1),
        m.ReleaseStop(SESSION, 2, 5000, 1),
        m.ReleaseStop(SESSION, 2, 0, 0),
    ],
)
def test_a_release_of_another_host_of_another_time_or_of_another_stop_does_nothing(bench, release):
    bench.open()
    bench.say(m.EmergencyStop(7))
    bench.say(release)
    assert bench.wait(0.1)[-1].stop_latched


def test_the_button_on_the_exoskeleton_stops_like_a_frame(standing_bench):
    bench = standing_bench
    bench.open()
    bench.command(Command.WALK, 1)
    bench.wait(2.0)
    bench.controller.stop_here(bench.now_s)
    telemetry = bench.wait(0.5)[-1]
    assert telemetry.posture is Posture.SAFE_STOP
    assert telemetry.stop_latched


def test_after_a_restart_half_way_the_legs_are_held_until_released(make_bench, standing_bench):
    standing_bench.open()
    standing_bench.command(Command.WALK, 1)
    standing_bench.wait(2.0)
    bench = make_bench(standing_bench.body)
    held = bench.body.angles_deg
    telemetry = bench.wait(1.0)[-1]
    assert telemetry.posture is Posture.SAFE_STOP
    assert telemetry.stop_latched
    assert Fault.POWER_LOST in telemetry.faults
    bench.open()
    assert bench.command(Command.WALK, 1) == [m.Refusal(SESSION, 1, Reason.STOPPED)]
    assert bench.body.angles_deg == held
    bench.say(m.ReleaseStop(SESSION, 2, bench.time_ms, telemetry.stop_count))
    assert bench.wait(2.0)[-1].posture is Posture.STANDING


def test_its_own_frames_echoed_back_are_counted_and_do_nothing(bench):
    echo = encode_frame(encode(m.Welcome(SESSION, 1, 50, 500, 1000, 0, "me")))
    assert bench.hear_back(echo) == []
    assert bench.controller.errors.content == 1


@settings(max_examples=300, deadline=None)
@given(st.lists(st.binary(max_size=80), max_size=20), st.booleans())
def test_no_bytes_whatever_move_the_legs(pieces, framed):
    controller = Controller(Body(angles_deg=STANDING_DEG), 0.0)
    now_s = 0.0
    for piece in pieces:
        now_s += 0.01
        controller.receive(encode_frame(piece) if framed and piece else piece, now_s)
        controller.advance(now_s)
    controller.advance(now_s + 5.0)
    assert controller.motion.body.angles_deg == STANDING_DEG
    assert not [event for event in controller.take_events() if isinstance(event, Executed)]

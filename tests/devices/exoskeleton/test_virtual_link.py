import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.errors import DeviceError
from devices.exoskeleton.command import Command
from devices.exoskeleton.controller import Executed
from devices.exoskeleton.events import (
    Acknowledged,
    FrameWritten,
    LinkDown,
    LinkUp,
    Refused,
    StopConfirmed,
    TelemetryReceived,
    Unanswered,
)
from devices.exoskeleton.line import LineFaults
from devices.exoskeleton.postures import Posture, Reason
from devices.exoskeleton.virtual_link import VirtualLink


def test_a_session_opens_at_once_and_telemetry_flows_at_fifty_hertz():
    with VirtualLink() as link:
        assert [type(event) for event in link.poll()] == [LinkUp]
        link.advance(2.0)
        received = [event for event in link.poll() if isinstance(event, TelemetryReceived)]
        assert len(received) == pytest.approx(100, abs=1)
        assert link.telemetry == received[-1].telemetry
        assert link.telemetry.posture is Posture.SITTING


def test_a_command_is_written_then_answered(virtual_link, outcomes):
    walk = virtual_link.send(Command.WALK)
    stand = virtual_link.send(Command.STAND)
    events = [e for e in virtual_link.poll() if not isinstance(e, TelemetryReceived)]
    assert events == [
        FrameWritten(walk, 0.0),
        Refused(walk, Command.WALK, Reason.SEATED),
        FrameWritten(stand, 0.0),
        Acknowledged(stand, Command.STAND, 0.0),
    ]


def test_a_course_is_walked(virtual_link):
    link, now_s = virtual_link, 0.0
    for command, lasting_s in (
        (Command.STAND, 4.0),
        (Command.WALK, 6.5),
        (Command.TURN_LEFT, 5.0),
        (Command.WALK, 6.5),
        (Command.STAND, 2.0),
        (Command.SIT, 4.0),
    ):
        link.send(command)
        now_s += lasting_s
        link.advance(now_s)
    assert [e for e in link.poll() if isinstance(e, Refused | Unanswered)] == []
    telemetry = link.telemetry
    assert telemetry.posture is Posture.SITTING
    assert telemetry.heading_deg == pytest.approx(30, abs=0.1)
    assert telemetry.distance_m == pytest.approx(6.5, abs=0.1)
    assert telemetry.y_m > 1.0


def test_stop_and_release(standing_link, outcomes):
    link = standing_link
    link.send(Command.WALK)
    link.advance(6.0)
    link.emergency_stop()
    link.advance(6.3)
    kinds = [type(event) for event in outcomes(link)]
    assert kinds == [Acknowledged, StopConfirmed]
    assert link.telemetry.posture is Posture.SAFE_STOP
    walk, release = link.send(Command.WALK), link.release_stop()
    link.advance(8.0)
    assert outcomes(link) == [
        Refused(walk, Command.WALK, Reason.STOPPED),
        Acknowledged(release, None, 0.0),
    ]
    assert link.telemetry.posture is Posture.STANDING


def test_closing_in_mid_walk_brings_the_legs_to_rest(standing_link):
    link = standing_link
    link.send(Command.WALK)
    link.advance(6.0)
    link.close()
    assert link.exoskeleton.controller.motion.posture is Posture.STEPPING
    assert [type(event) for event in link.poll()][-1] is LinkDown


def test_a_dead_line_lets_no_session_come_about():
    link = VirtualLink()
    link.exoskeleton.outgoing.change(cut=True)
    with pytest.raises(DeviceError, match="too bad for a session"):
        link.start()


def test_the_same_seed_gives_the_same_events():
    def events(seed: int) -> list:
        link = VirtualLink(seed=seed)
        link.exoskeleton.incoming.faults = link.exoskeleton.outgoing.faults = LineFaults(
            frame_loss=0.2, bit_error_rate=1e-3, duplication=0.1, reordering=0.1, delay_s=0.02
        )
        link.start()
        for k in range(20):
            link.send(Command.STAND if k % 2 else Command.STOP)
            link.advance(link.now_s + 0.3)
        return link.poll()

    assert events(3) == events(3)
    assert events(3) != events(4)


line_faults = st.builds(
    LineFaults,
    bit_error_rate=st.sampled_from([0.0, 1e-3, 5e-3]),
    byte_loss=st.sampled_from([0.0, 0.01]),
    frame_loss=st.sampled_from([0.0, 0.2, 0.5]),
    duplication=st.sampled_from([0.0, 0.5, 1.0]),
    reordering=st.sampled_from([0.0, 0.5]),
    reordering_s=st.floats(0.0, 2.0),
    delay_s=st.floats(0.0, 0.6),
)
steps = st.lists(
    st.tuples(st.sampled_from([*Command, "stop", "release"]), st.floats(0.0, 1.5)), max_size=15
)


@settings(max_examples=60, deadline=None)
@given(line_faults, line_faults, steps, st.integers(0, 1000))
def test_on_any_line_a_command_is_executed_once_at_most_and_only_if_asked(there, back, steps, seed):
    link = VirtualLink(seed=seed)
    link.start()
    link.exoskeleton.incoming.faults, link.exoskeleton.outgoing.faults = there, back
    asked = {}
    for step, wait_s in steps:
        if step == "stop":
            link.emergency_stop()
        elif step == "release":
            link.release_stop()
        else:
            asked[link.send(step)] = step
        link.advance(link.now_s + wait_s)
    link.advance(link.now_s + 3.0)
    executed = [e for e in link.exoskeleton.take_events() if isinstance(e, Executed)]
    numbers = [event.sequence for event in executed]
    assert numbers == sorted(set(numbers))
    assert all(asked[event.sequence] is event.command for event in executed)
    outcomes = [
        event.sequence
        for event in link.poll()
        if isinstance(event, Acknowledged | Refused | Unanswered)
    ]
    assert len(outcomes) == len(set(outcomes))
    assert set(asked) <= set(outcomes)

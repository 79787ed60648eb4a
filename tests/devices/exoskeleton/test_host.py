import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.exoskeleton import messages as m
from devices.exoskeleton.command import Command
from devices.exoskeleton.encoding import decode, encode
from devices.exoskeleton.events import (
    Acknowledged,
    DownCause,
    LinkDown,
    LinkUp,
    Refused,
    StopConfirmed,
    TelemetryReceived,
    Unanswered,
    UnansweredCause,
)
from devices.exoskeleton.framing import FrameParser, encode_frame
from devices.exoskeleton.host import ANSWER_WITHIN_S, Host
from devices.exoskeleton.link_state import LINK_STATES, LinkInput, LinkState
from devices.exoskeleton.pending_stop import STOP_RETRY_AFTER_S
from devices.exoskeleton.postures import Fault, Posture, Reason
from devices.exoskeleton.requests import MAX_WAITING, RETRY_AFTER_S
from devices.exoskeleton.trajectory import STILL

STANDING = m.Telemetry(
    session=0,
    time_ms=0,
    posture=Posture.STANDING,
    faults=Fault.NONE,
    stop_latched=False,
    stop_count=0,
    battery_percent=90,
    gait_phase=0.0,
    angles_deg=STILL,
    velocities_deg_per_s=STILL,
    x_m=0.0,
    y_m=0.0,
    heading_deg=0.0,
    distance_m=0.0,
)
FIELDS = {name: getattr(STANDING, name) for name in m.Telemetry.__slots__}


class HostBench:
    """A host, and a controller that says exactly what the test wants said."""

    def __init__(self) -> None:
        numbers = itertools.count(99)
        self.host = Host(lambda: next(numbers))
        self.now_s = 0.0
        self.events = []
        self._parser = FrameParser()

    def opened(self) -> list:
        self.host.opened(self.now_s)
        self.host.advance(self.now_s)
        return self.written()

    def up(self, time_ms: int = 0) -> int:
        """Open the port and a session; return the number of the session."""
        (hello,) = self.opened()
        self.hear(m.Welcome(hello.session, 1, 50, 500, 1000, time_ms, "bench"))
        self.written()
        assert self.host.state is LinkState.UP
        return hello.session

    def hear(self, *messages) -> list:
        data = b"".join(encode_frame(encode(message)) for message in messages)
        self.host.receive(data, self.now_s)
        return self.written()

    def telemetry(self, session: int, time_ms: int, **fields) -> list:
        return self.hear(m.Telemetry(**FIELDS | fields | {"session": session, "time_ms": time_ms}))

    def wait(self, duration_s: float, *, session: int | None = None, **options) -> list:
        """Let time pass, with telemetry of a session or in silence; return what is written."""
        written, end_s = [], self.now_s + duration_s
        while self.now_s < end_s - 1e-9:
            due_s = max(self.host.next_deadline_s, self.now_s + 1e-4)
            self.now_s = min(self.now_s + 0.01, due_s, end_s)
            if session is not None:
                written += self.telemetry(session, int(self.now_s * 1e3))
            self.host.advance(self.now_s, **options)
            written += self.written()
        return written

    def written(self) -> list:
        self.events += self.host.take_events()
        return [
            decode(body) for out in self.host.take_output() for body in self._parser.feed(out.frame)
        ]

    def of(self, kind: type) -> list:
        return [event for event in self.events if isinstance(event, kind)]


@pytest.fixture
def bench() -> HostBench:
    return HostBench()


def test_what_is_not_in_the_table_is_our_own_mistake(bench):
    assert set(LINK_STATES) == set(LinkState)
    assert all(
        LinkInput.LOST in LINK_STATES[state] for state in set(LinkState) - {LinkState.CLOSED}
    )
    bench.opened()
    with pytest.raises(RuntimeError, match="cannot happen while"):
        bench.host.opened(0.0)


def test_a_hello_is_repeated_until_welcomed(bench):
    (first,) = bench.opened()
    assert (first.lowest_version, first.highest_version) == (m.VERSION, m.VERSION)
    again = bench.wait(0.35)
    assert again == [first] * 3
    bench.hear(m.Welcome(first.session, 1, 50, 500, 1000, 0, "bench"))
    (up,) = bench.of(LinkUp)
    assert (up.name, up.heartbeat_timeout_s, up.command_lifetime_s) == ("bench", 0.5, 1.0)


def test_a_controller_that_never_answers_is_reported_in_time_and_greeted_on(bench):
    bench.opened()
    bench.wait(ANSWER_WITHIN_S + 0.01)
    (down,) = bench.of(LinkDown)
    assert down.cause is DownCause.SILENT
    assert "no controller answered within 2 s" in down.message
    assert bench.wait(5.0)
    assert len(bench.of(LinkDown)) == 1


def test_a_busy_controller_is_reported_as_such_and_greeted_on(bench):
    (hello,) = bench.opened()
    for _ in range(25):
        bench.hear(m.HelloRefused(hello.session, m.HelloCause.BUSY, 1, 1))
        bench.wait(0.1)
    (down,) = bench.of(LinkDown)
    assert down.cause is DownCause.BUSY
    bench.hear(m.Welcome(hello.session, 1, 50, 500, 1000, 0, "bench"))
    assert bench.host.state is LinkState.UP


def test_a_session_that_is_over_is_asked_for_under_another_number(bench):
    (hello,) = bench.opened()
    bench.hear(m.HelloRefused(hello.session, m.HelloCause.SESSION_OVER, 1, 1))
    (again,) = bench.wait(0.01)
    assert again.session != hello.session


def test_a_controller_of_another_version_is_left_alone(bench):
    (hello,) = bench.opened()
    bench.hear(m.HelloRefused(hello.session, m.HelloCause.VERSION, 3, 4))
    (down,) = bench.of(LinkDown)
    assert down.cause is DownCause.INCOMPATIBLE
    assert "versions 3 to 4" in down.message
    assert bench.wait(10.0) == []
    assert bench.host.state is LinkState.INCOMPATIBLE


@pytest.mark.parametrize(
    "welcome",
    [
        m.Welcome(1, 1, 50, 500, 1000, 0, "another session"),
        m.Welcome(100, 2, 50, 500, 1000, 0, "another version"),
        m.Welcome(100, 1, 0, 500, 1000, 0, "no interval"),
        m.Welcome(100, 1, 400, 500, 1000, 0, "too slow"),
        m.Welcome(100, 1, 50, 500, 0, 0, "no lifetime"),
    ],
)
def test_a_welcome_that_no_host_can_keep_opens_nothing(bench, welcome):
    bench.opened()
    bench.hear(welcome)
    assert bench.host.state is LinkState.GREETING


def test_heartbeats_name_the_newest_telemetry(bench):
    session = bench.up(time_ms=4)
    (first,) = bench.wait(0.01)
    assert first == m.Heartbeat(session, 1, 4)
    bench.telemetry(session, 2000)
    bench.telemetry(session, 1980)  # overtaken on the way
    beats = bench.wait(0.2)
    assert [beat.count for beat in beats] == [2, 3, 4, 5]
    assert {beat.seen_ms for beat in beats} == {2000}
    assert len(bench.of(TelemetryReceived)) == 1
    assert bench.host.quality.frames_late == 1


def test_a_heartbeat_reply_measures_the_way_there_and_back(bench):
    session = bench.up()
    (beat,) = bench.wait(0.0002)
    sent_at_s = bench.now_s
    bench.now_s += 0.03
    bench.hear(m.HeartbeatReply(session, beat.count), m.HeartbeatReply(session, 999))
    assert bench.host.quality.round_trip_s == pytest.approx(bench.now_s - sent_at_s, abs=2e-4)
    assert bench.host.quality.heartbeats_answered == 1


def test_silence_takes_the_link_down_and_asks_for_another_session(bench):
    session = bench.up()
    bench.wait(1.0, session=session)
    written = bench.wait(0.6)
    (down,) = bench.of(LinkDown)
    assert down.cause is DownCause.SILENT
    assert down.at_s == pytest.approx(1.5, abs=0.011)
    hellos = [message for message in written if isinstance(message, m.Hello)]
    assert len(hellos) >= 1
    assert hellos[0].session != session


def test_telemetry_of_no_session_means_that_ours_is_over(bench):
    session = bench.up()
    bench.wait(0.5, session=session)
    sequence = bench.host.send(Command.WALK, bench.now_s)
    bench.telemetry(0, 510)
    (down,) = bench.of(LinkDown)
    assert down.cause is DownCause.SESSION_LOST
    assert bench.of(Unanswered) == [Unanswered(sequence, Command.WALK, UnansweredCause.LINK_LOST)]
    assert bench.host.telemetry is None


def test_telemetry_sent_before_the_welcome_does_not_end_the_session(bench):
    bench.up(time_ms=1000)
    bench.telemetry(0, 990)
    assert bench.host.state is LinkState.UP


def test_a_restart_of_the_controller_is_recognised(bench):
    session = bench.up(time_ms=60_000)
    for k in range(60):
        bench.telemetry(session, 60_000 + 10 * k)
        bench.wait(0.01)
    for k in range(60):
        bench.telemetry(0, 10 * k)
        bench.wait(0.01)
    (down,) = bench.of(LinkDown)
    assert down.cause is DownCause.SESSION_LOST
    assert down.message == "the controller restarted"


def test_a_command_goes_out_at_once_and_its_acknowledgement_is_timed(bench):
    session = bench.up()
    bench.telemetry(session, 40)
    sequence = bench.host.send(Command.TURN_RIGHT, bench.now_s)
    assert bench.written() == [m.CommandRequest(session, sequence, 40, Command.TURN_RIGHT)]
    bench.now_s += 0.01
    bench.hear(m.Acknowledgement(session, sequence))
    bench.hear(m.Acknowledgement(session, sequence))
    (done,) = bench.of(Acknowledged)
    assert (done.sequence, done.command) == (sequence, Command.TURN_RIGHT)
    assert done.round_trip_s == pytest.approx(0.01)


def test_a_refusal_comes_with_its_reason(bench):
    session = bench.up()
    sequence = bench.host.send(Command.WALK, 0.0)
    bench.hear(m.Refusal(session, sequence, Reason.SEATED))
    assert bench.of(Refused) == [Refused(sequence, Command.WALK, Reason.SEATED)]


def test_answers_of_another_session_or_to_another_number_are_nothing(bench):
    session = bench.up()
    sequence = bench.host.send(Command.WALK, 0.0)
    bench.hear(m.Acknowledgement(session + 1, sequence), m.Acknowledgement(session, sequence + 1))
    assert bench.of(Acknowledged) == []


def test_the_same_bytes_are_written_again_until_the_answer_or_the_end(bench):
    session = bench.up()
    bench.telemetry(session, 20)
    sequence = bench.host.send(Command.WALK, bench.now_s)
    (request,) = bench.written()
    written = bench.wait(2.0, session=session)
    repeated = [message for message in written if isinstance(message, m.CommandRequest)]
    assert set(repeated) == {request}
    assert len(repeated) == pytest.approx(1.0 / RETRY_AFTER_S, abs=1)
    assert bench.of(Unanswered) == [Unanswered(sequence, Command.WALK, UnansweredCause.EXPIRED)]
    assert bench.host.quality.retransmissions == len(repeated)


def test_without_a_link_a_command_goes_nowhere(bench):
    for prepare in (lambda: None, bench.opened):
        prepare()
        sequence = bench.host.send(Command.WALK, bench.now_s)
        assert bench.written() == []
        assert bench.of(Unanswered)[-1] == Unanswered(
            sequence, Command.WALK, UnansweredCause.NO_LINK
        )


def test_after_a_reconnect_no_old_command_is_written(bench):
    bench.up()
    old = [bench.host.send(Command.WALK, bench.now_s) for _ in range(5)]
    bench.host.lost(bench.now_s, "unplugged")
    assert [
        event.sequence for event in bench.host.take_events() if isinstance(event, Unanswered)
    ] == old
    assert bench.host.take_output() == []
    session = bench.up()
    written = bench.wait(3.0, session=session)
    assert not [message for message in written if isinstance(message, m.CommandRequest)]


def test_too_many_commands_are_refused_at_once(bench):
    bench.up()
    for _ in range(MAX_WAITING + 1):
        bench.host.send(Command.WALK, 0.0)
    bench.written()
    assert bench.of(Unanswered) == []
    sequence = bench.host.send(Command.WALK, 0.0)
    bench.written()
    assert bench.of(Unanswered) == [Unanswered(sequence, Command.WALK, UnansweredCause.QUEUE_FULL)]


def test_an_emergency_stop_overtakes_all_and_is_repeated_until_confirmed(bench):
    session = bench.up()
    for _ in range(100):
        bench.host.send(Command.WALK, bench.now_s)
    bench.host.emergency_stop(bench.now_s)
    (stop,) = bench.written()
    assert isinstance(stop, m.EmergencyStop)
    assert {event.cause for event in bench.of(Unanswered)} == {UnansweredCause.OVERTAKEN}
    assert len(bench.of(Unanswered)) == 100
    later = bench.host.send(Command.WALK, bench.now_s)
    written = bench.wait(0.2, session=session)
    assert written.count(stop) == pytest.approx(0.2 / STOP_RETRY_AFTER_S, abs=1)
    assert not [message for message in written if isinstance(message, m.CommandRequest)]
    assert bench.of(Unanswered)[-1] == Unanswered(later, Command.WALK, UnansweredCause.OVERTAKEN)
    bench.hear(m.Stopped(stop.number + 1, 1))
    assert bench.of(StopConfirmed) == []
    bench.hear(m.Stopped(stop.number, 1))
    (confirmed,) = bench.of(StopConfirmed)
    assert confirmed.round_trip_s == pytest.approx(0.2)
    assert stop not in bench.wait(0.2, session=session)


def test_an_emergency_stop_without_a_port_is_the_first_thing_written_when_there_is_one(bench):
    bench.host.emergency_stop(0.0)
    assert bench.written() == []
    stop, hello = bench.opened()
    assert isinstance(stop, m.EmergencyStop)
    assert isinstance(hello, m.Hello)


def test_an_emergency_stop_survives_the_loss_of_the_link(bench):
    bench.up()
    bench.host.emergency_stop(bench.now_s)
    (stop,) = bench.written()
    bench.host.lost(bench.now_s, "unplugged")
    assert bench.wait(1.0) == []
    assert bench.opened()[0] == stop


def test_a_release_names_the_stop_that_the_controller_counted(bench):
    session = bench.up()
    bench.host.emergency_stop(0.0)
    (stop,) = bench.written()
    bench.hear(m.Stopped(stop.number, 17))
    sequence = bench.host.release_stop(0.0)
    assert bench.written() == [m.ReleaseStop(session, sequence, 0, 17)]
    bench.hear(m.Acknowledgement(session, sequence))
    assert bench.of(Acknowledged) == [Acknowledged(sequence, None, 0.0)]


def test_a_release_before_the_confirmation_is_not_written(bench):
    bench.up()
    bench.host.emergency_stop(0.0)
    bench.written()
    sequence = bench.host.release_stop(0.0)
    assert bench.written() == []
    assert bench.of(Unanswered) == [Unanswered(sequence, None, UnansweredCause.OVERTAKEN)]


def test_behind_a_dead_program_there_is_no_heartbeat_no_command_and_no_hello(bench):
    session = bench.up()
    bench.wait(0.1, session=session)
    sequence = bench.host.send(Command.WALK, bench.now_s)
    bench.written()
    assert bench.wait(0.4, session=session, alive=False) == []
    assert bench.of(Unanswered)[-1].sequence == sequence
    assert bench.telemetry(0, 10_000) == []
    assert bench.host.state is LinkState.GREETING
    assert bench.wait(1.0, alive=False) == []


def test_behind_a_dead_program_an_emergency_stop_still_goes_out(bench):
    session = bench.up()
    bench.host.emergency_stop(bench.now_s)
    written = bench.wait(0.1, session=session, alive=False)
    assert len([message for message in written if isinstance(message, m.EmergencyStop)]) >= 5


def test_closing_says_goodbye(bench):
    session = bench.up()
    bench.host.close(bench.now_s)
    assert bench.written() == [m.Goodbye(session)]
    (down,) = bench.of(LinkDown)
    assert down.cause is DownCause.CLOSED
    bench.host.close(bench.now_s)
    assert bench.written() == []


def test_deadlines_are_kept_by_who_calls_at_them(bench):
    session = bench.up()
    bench.host.send(Command.WALK, 0.0)
    bench.written()
    beats, repetitions = [], []
    while (due_s := bench.host.next_deadline_s) < 0.449:
        bench.now_s = due_s
        bench.host.advance(due_s)
        for message in bench.written():
            (beats if isinstance(message, m.Heartbeat) else repetitions).append(due_s)
    assert beats == pytest.approx([0.05 * k for k in range(9)])
    assert repetitions == pytest.approx([0.1, 0.2, 0.3, 0.4])
    assert session == 100


def test_a_host_s_own_frames_echoed_back_are_counted_and_do_nothing(bench):
    bench.up()
    bench.hear(m.EmergencyStop(1), m.CommandRequest(100, 1, 0, 1))
    assert bench.host.quality.other_errors == 2


controller_messages = st.one_of(
    st.builds(m.Acknowledgement, st.just(100), st.integers(0, 5)),
    st.builds(m.Refusal, st.just(100), st.integers(0, 5), st.sampled_from(Reason)),
    st.builds(m.Stopped, st.integers(0, 2), st.integers(0, 3)),
    st.builds(m.HeartbeatReply, st.just(100), st.integers(0, 5)),
    st.builds(m.Welcome, st.just(100), *[st.integers(0, 100)] * 5, st.just("x")),
    st.builds(m.HelloRefused, st.just(100), st.sampled_from(m.HelloCause), *[st.just(1)] * 2),
).map(lambda message: encode_frame(encode(message)))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=60), controller_messages), max_size=30))
def test_no_bytes_whatever_break_the_host_or_make_it_command(pieces):
    bench = HostBench()
    bench.opened()
    written = []
    for piece in pieces:
        bench.now_s += 0.01
        bench.host.receive(piece, bench.now_s)
        bench.host.advance(bench.now_s)
        written += bench.written()
    assert not [w for w in written if isinstance(w, m.CommandRequest | m.ReleaseStop)]

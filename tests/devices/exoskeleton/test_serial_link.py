import threading
import time

import pytest

from devices.errors import DeviceError
from devices.exoskeleton.command import Command
from devices.exoskeleton.controller import Executed, SessionClosed, StopLatched
from devices.exoskeleton.events import (
    Acknowledged,
    DownCause,
    FrameWritten,
    LinkDown,
    LinkUp,
    StopConfirmed,
    Unanswered,
)
from devices.exoskeleton.host import ANSWER_WITHIN_S
from devices.exoskeleton.postures import Posture
from devices.exoskeleton.serial_link import ExoskeletonLink
from devices.pseudo_terminal import PseudoTerminal, pseudo_terminals_available

needs_pseudo_terminals = pytest.mark.skipif(
    not pseudo_terminals_available(), reason="this platform has no pseudo-terminals"
)


class Poller:
    """Gathers the events of a link until one of a kind is there."""

    def __init__(self, link: ExoskeletonLink) -> None:
        self.events = []
        self._link = link

    def until(self, condition, within_s: float = 5.0):
        deadline_s = time.monotonic() + within_s
        while time.monotonic() < deadline_s:
            self.events += self._link.poll()
            for event in self.events:
                if condition(event):
                    return event
            time.sleep(0.005)
        raise AssertionError(f"not within {within_s} s; there was {self.events[-5:]}")


def kind(*kinds: type):
    return lambda event: isinstance(event, kinds)


def test_a_command_is_written_acknowledged_and_seen_in_the_telemetry(simulator):
    port, controller_events = simulator
    with ExoskeletonLink(port) as link:
        poller = Poller(link)
        before_s = time.monotonic()
        sequence = link.send(Command.STAND)
        written = poller.until(kind(FrameWritten))
        done = poller.until(kind(Acknowledged))
        assert written.sequence == done.sequence == sequence
        assert before_s < written.written_at_s < time.monotonic()
        assert 0 < done.round_trip_s < time.monotonic() - before_s
        poller.until(
            lambda event: (
                getattr(event, "telemetry", None) is not None
                and event.telemetry.posture is Posture.STANDING_UP
            )
        )
        assert link.telemetry.posture is Posture.STANDING_UP
        assert link.quality.checksum_errors == 0
        assert isinstance(poller.events[0], LinkUp)
    assert [event.command for event in controller_events.of(Executed)] == [Command.STAND]


def test_an_emergency_stop_is_confirmed_and_released(simulator):
    port, _ = simulator
    with ExoskeletonLink(port) as link:
        poller = Poller(link)
        before_s = time.monotonic()
        link.emergency_stop()
        confirmed = poller.until(kind(StopConfirmed))
        assert 0 < confirmed.round_trip_s < time.monotonic() - before_s
        release = link.release_stop()
        assert poller.until(kind(Acknowledged)).sequence == release


def test_an_emergency_stop_waits_for_no_lock(simulator):
    port, controller_events = simulator
    with ExoskeletonLink(port) as link:
        poller = Poller(link)
        with link._lock:  # as whoever was interrupted in the midst of something would hold it
            stopping = threading.Thread(target=link.emergency_stop)
            stopping.start()
            controller_events.wait_for(StopLatched)
        stopping.join(5)
        assert not stopping.is_alive()
        poller.until(kind(StopConfirmed))
        assert len(controller_events.of(StopLatched)) == 1


def test_an_emergency_stop_may_come_from_a_signal_handler_in_the_midst_of_a_call(simulator):
    port, _ = simulator
    with ExoskeletonLink(port) as link:
        poller = Poller(link)
        with link._lock:  # the same thread, as in a handler
            link.emergency_stop()
        poller.until(kind(StopConfirmed))


def test_closing_says_goodbye_and_the_port_can_be_opened_again(simulator):
    port, controller_events = simulator
    for _ in range(2):
        link = ExoskeletonLink(port)
        link.start()
        assert link.is_up
        link.close()
        link.close()
        assert not link.is_up
    closed = controller_events.wait_for(SessionClosed, 2)
    assert [event.silent for event in closed] == [False, False]
    assert not [t for t in threading.enumerate() if t.name == f"exoskeleton {port}"]


def test_a_program_that_no_longer_polls_is_taken_for_dead(simulator):
    port, controller_events = simulator
    with ExoskeletonLink(port) as link:
        (closed,) = controller_events.wait_for(SessionClosed)
        assert closed.silent
        poller = Poller(link)
        poller.until(lambda event: getattr(event, "cause", None) is DownCause.SESSION_LOST)
        poller.until(lambda event: isinstance(event, LinkUp) and event is not poller.events[0])


@needs_pseudo_terminals
def test_a_controller_that_never_answers_is_an_error_within_the_stated_time():
    with PseudoTerminal() as terminal:
        begun_s = time.monotonic()
        with pytest.raises(DeviceError, match=r"answered within 2 s: .* docs/protocol.md\?$"):
            ExoskeletonLink(terminal.port).start()
        assert time.monotonic() - begun_s >= ANSWER_WITHIN_S
        assert not [t for t in threading.enumerate() if t.name.startswith("exoskeleton")]


@needs_pseudo_terminals
def test_two_programs_cannot_have_one_port(simulator):
    port, _ = simulator
    if port.startswith("socket"):
        pytest.skip("the simulator itself turns a second TCP peer away")
    with ExoskeletonLink(port), pytest.raises(DeviceError, match="in use by another program"):
        ExoskeletonLink(port).start()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_dies_of_our_own_mistake_does_not_die_in_silence(simulator, monkeypatch):
    port, controller_events = simulator
    with ExoskeletonLink(port) as link:

        def fail(*args, **options):
            raise ZeroDivisionError

        monkeypatch.setattr(link._host, "advance", fail)
        link._thread.join(5)
        with pytest.raises(RuntimeError, match="has died: see its traceback"):
            link.poll()
        assert [event.silent for event in controller_events.wait_for(SessionClosed)] == [True]


def test_a_closed_link_can_be_started_again(simulator):
    port, _ = simulator
    link = ExoskeletonLink(port)
    for _ in range(2):
        with link:
            poller = Poller(link)
            sequence = link.send(Command.STOP)
            assert poller.until(kind(Acknowledged)).sequence == sequence


def test_a_link_is_started_once(simulator):
    port, _ = simulator
    with ExoskeletonLink(port) as link, pytest.raises(RuntimeError, match="already been started"):
        link.start()


@needs_pseudo_terminals
def test_an_unplugged_port_is_reported_and_found_again(tmp_path, make_served_terminal):
    name = tmp_path / "exoskeleton"
    first = make_served_terminal(name)
    link = ExoskeletonLink(str(name))
    with link:
        poller = Poller(link)
        first.unplug()
        down = poller.until(kind(LinkDown))
        assert down.cause is DownCause.PORT_LOST
        assert "unplugged" in down.message
        sequence = link.send(Command.STAND)
        assert poller.until(kind(Unanswered)).sequence == sequence
        second = make_served_terminal(name)
        poller.events.clear()
        poller.until(kind(LinkUp))
        link.send(Command.STAND)
        poller.until(kind(Acknowledged))
        assert [e.command for e in second.events if isinstance(e, Executed)] == [Command.STAND]

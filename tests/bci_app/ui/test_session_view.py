import threading

import numpy as np
import pytest

from bci_app.evaluation.answers import Asked
from bci_app.evaluation.rate_test import RateSeen
from bci_app.online.events import Decided, GapFound, Scored, Withheld
from bci_app.runtime.session import (
    CommandSent,
    CommandTakenBack,
    Hindered,
    Note,
    StopReleased,
    StopRequested,
    Unhindered,
)
from bci_app.stimulus import messages as stimulus
from bci_app.ui.alarms import alarms_of
from bci_app.ui.mailbox import Mailbox
from bci_app.ui.session_values import Fate, Severity, how_sure
from bci_app.ui.session_view import SessionView
from devices.chunk import Chunk
from devices.errors import DeviceError
from devices.exoskeleton.command import Command
from devices.exoskeleton.events import (
    Acknowledged,
    DownCause,
    LinkDown,
    Refused,
    Unanswered,
    UnansweredCause,
)
from devices.exoskeleton.postures import Reason
from devices.headset.stream import DeviceFailed, StreamSilent


@pytest.fixture
def fresh(rehearsed):
    return SessionView(rehearsed[0])


def chunk(first_index: int, n_times: int = 25) -> Chunk:
    return Chunk(np.zeros((n_times, 8)), first_index, arrival_s=1.0)


def test_a_rehearsal_is_seen_whole(view):
    assert view.now_s == pytest.approx(30.0)
    assert len(view.decisions) >= 3
    assert {prompt.asked for prompt in view.prompts} == {Asked.TARGET, Asked.IDLE}
    acknowledged = [mark for mark in view.commands if mark.fate is Fate.ACKNOWLEDGED]
    assert acknowledged[0].command is Command.STAND
    assert view.telemetry is not None
    assert view.link_up
    assert alarms_of(view) == []
    assert view.lost_samples == 0


def test_times_are_told_from_now(fresh):
    fresh.take(chunk(0, 250), 1.0)
    assert fresh.seconds(250) == 0.0
    assert fresh.seconds(0) == -1.0


@pytest.mark.parametrize(
    ("outcome", "fate", "reason"),
    [
        (Acknowledged(7, Command.WALK, 0.001), Fate.ACKNOWLEDGED, ""),
        (Refused(7, Command.WALK, Reason.SEATED), Fate.REFUSED, "seated"),
        (
            Unanswered(7, Command.WALK, UnansweredCause.LINK_LOST),
            Fate.UNANSWERED,
            "the link was lost before the answer",
        ),
    ],
)
def test_a_command_meets_its_fate(fresh, outcome, fate, reason):
    fresh.take(chunk(0), 1.0)
    fresh.take(CommandSent(7, Command.WALK, 20, 1.0), 1.0)
    assert fresh.commands[-1].fate is Fate.PENDING
    fresh.take(outcome, 1.1)
    assert (fresh.commands[-1].fate, fresh.commands[-1].reason) == (fate, reason)
    assert "walk" in fresh.log[-1].text


def test_a_withheld_command_says_why(fresh):
    fresh.take(Withheld(100, Command.WALK, "not while sitting"), 1.0)
    assert fresh.commands[-1].fate is Fate.WITHHELD
    assert fresh.log[-1].text == "Withheld walk: not while sitting"


def test_a_stop_is_an_alarm_until_it_is_released(fresh):
    fresh.take(StopRequested("a key was pressed"), 1.0)
    (alarm,) = alarms_of(fresh)
    assert alarm.text == "Stopped"
    assert "a key was pressed" in alarm.advice
    assert fresh.log[-1].severity is Severity.ALARM
    fresh.take(StopReleased(), 2.0)
    assert alarms_of(fresh) == []


def test_a_stop_by_the_subject_is_one_too(fresh):
    fresh.take(stimulus.StopRequested("a click", 1.0), 1.0)
    assert fresh.stop_reason == "a click"


def test_a_silent_headset_is_an_alarm_until_samples_come(fresh):
    fresh.take(StreamSilent(0.5), 1.0)
    assert alarms_of(fresh)[0].text == "The headset is silent"
    fresh.take(chunk(0), 2.0)
    assert alarms_of(fresh) == []


def test_a_headset_that_gave_up_says_what_it_said(fresh):
    fresh.take(DeviceFailed(DeviceError("the port is gone: plug the dongle in")), 1.0)
    assert alarms_of(fresh)[0].advice == "the port is gone: plug the dongle in"


def test_a_lost_link_is_an_alarm(fresh):
    fresh.take(LinkDown(DownCause.PORT_LOST, "the port is gone.", 1.0), 1.0)
    assert alarms_of(fresh)[0].text == "No link to the exoskeleton"
    assert "the port is gone. It comes" in alarms_of(fresh)[0].advice


def test_a_hindrance_is_an_alarm_while_it_lasts(fresh):
    fresh.take(Hindered("signal", "Oz is flat"), 1.0)
    assert [alarm.advice for alarm in alarms_of(fresh)] == ["Oz is flat."]
    fresh.take(Unhindered("signal"), 2.0)
    assert alarms_of(fresh) == []


def test_that_a_session_is_only_starting_is_no_alarm(fresh):
    fresh.take(Hindered("start", "the session is only starting"), 1.0)
    fresh.take(Unhindered("start"), 2.0)
    assert not fresh.log
    fresh.take(Hindered("start", "the session is only starting"), 3.0)
    assert alarms_of(fresh) == []


def test_too_many_false_commands_are_an_alarm_and_a_line_once(fresh):
    fresh.take(RateSeen(1, 2.0, 0, 0.0, 0.5, contradicted=False), 1.0)
    assert alarms_of(fresh) == []
    for minutes in (2.5, 3.5):
        fresh.take(RateSeen(6, minutes, 0, 0.0, 0.5, contradicted=True), 2.0)
    (alarm,) = alarms_of(fresh)
    assert alarm.text == "More false commands than accepted"
    assert "1.7 false commands a minute (0.63 to 3.7), 0.5 accepted" in alarm.advice
    assert [entry.severity for entry in fresh.log] == [Severity.ALARM]


def test_a_command_that_was_not_wanted_is_in_the_log(fresh):
    fresh.take(CommandTakenBack(), 1.0)
    assert fresh.log[-1].text == "The last command was not wanted"


def test_one_trouble_is_one_alarm(fresh):
    fresh.take(StreamSilent(0.5), 1.0)
    fresh.take(Hindered("stream", "the headset is silent"), 1.0)
    assert len(alarms_of(fresh)) == 1


def test_decode_time_runs_from_the_chunk_to_its_scores(fresh):
    fresh.take(chunk(0), 10.0)
    fresh.take(Scored(25, (0.1,) * 5), 10.004)
    assert fresh.decode_ms() == pytest.approx((4.0, 4.0))


def test_gaps_are_counted_and_notes_kept(fresh):
    fresh.take(GapFound(100, 30), 1.0)
    fresh.take(Note("coughed"), 1.0)
    assert fresh.lost_samples == 30
    assert fresh.log[-1].text == "Note: coughed"


def test_everything_is_bounded(fresh):
    for k in range(3000):
        fresh.take(Decided(k, k % 5, 0.6), 1.0)
        fresh.take(CommandSent(k, Command.WALK, k, 1.0), 1.0)
        fresh.take(Scored(k, (0.1,) * 5), 1.0)
    assert len(fresh.decisions) <= 256
    assert len(fresh.commands) <= 256
    assert len(fresh.scores) <= 400
    assert len(fresh.log) <= 1000
    assert fresh.n_logged == 3000


def test_a_jump_forgets_all(view):
    view.restart(5000)
    assert view.now_index == 5000
    assert not view.decisions
    assert not view.log
    assert np.isnan(view.signal.raw(100)).all()


def test_a_full_mailbox_loses_samples_before_anything_else():
    mailbox = Mailbox(capacity=10)
    mailbox(StopRequested("first"))
    for k in range(20):
        mailbox(chunk(25 * k))
    mailbox(Note("last"))
    events = [event for event, _ in mailbox.take()]
    assert len(events) == 10
    assert events[0] == StopRequested("first")
    assert events[-1] == Note("last")
    assert mailbox.n_dropped == 12
    assert mailbox.take() == []


def test_a_mailbox_keeps_order_and_time_between_threads():
    mailbox = Mailbox()
    threads = [
        threading.Thread(target=lambda: [mailbox(Note(str(k))) for k in range(200)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    received = mailbox.take()
    assert len(received) == 800
    times = [at_s for _, at_s in received]
    assert times == sorted(times)


def test_what_is_no_longer_so_is_not_timed(view):
    from bci_app.ui.timing_panel import timing_figures

    def names():
        return {figure.name for figure in timing_figures(view, view.latest_s)}

    assert {"Newest sample, age", "Telemetry, age", "Link, round trip"} <= names()
    view.take(LinkDown(DownCause.PORT_LOST, "the port is gone", view.latest_s), view.latest_s)
    assert "Newest sample, age" in names()
    assert not {"Telemetry, age", "Link, round trip"} & names()
    view.end("the disk is full")
    assert "Newest sample, age" not in names()
    assert alarms_of(view)[0].text == "The session has ended"
    assert alarms_of(view)[0].advice == "the disk is full"
    assert view.log[-1].text == "The session has ended: the disk is full"


def test_how_sure_a_decision_was_is_a_probability_only_where_there_is_one():
    assert how_sure(Decided(100, 1, 0.614)) == "score 0.61"
    assert how_sure(Decided(100, 1, 0.964, (0.01, 0.964, 0.026))) == "96.4% sure"

import msgspec
import numpy as np
import pytest

from bci_app.evaluation.answers import Asked, Prompt
from bci_app.evaluation.rate_test import RateSeen
from bci_app.online.events import Commanded, Decided
from bci_app.online.path import OnlinePath
from bci_app.online.settings import PathSettings
from bci_app.recordings.session_file import Entry
from bci_app.runtime.controls import Controls
from bci_app.runtime.journal import decode_event, encode_event
from bci_app.runtime.running_rate import RunningRate
from bci_app.runtime.session import CommandTakenBack, Session, StopRequested
from devices.chunk import Chunk
from devices.exoskeleton.command import Command

RATE_HZ = 10.0


class Rig:
    """A running rate, and a session that keeps what it is told."""

    def __init__(self, accepted_per_min=0.5):
        self.rate = RunningRate(accepted_per_min, RATE_HZ)
        self.told = []
        self.index = 0

    def tell(self, event):
        self.told.append(event)

    def ask(self, asked):
        self.rate(Prompt(self.index, asked))

    def wait(self, seconds):
        n_times = round(seconds * RATE_HZ)
        self.rate(Chunk(np.zeros((n_times, 1)), self.index))
        self.index += n_times
        self.rate.poll(self)

    def decide(self, command=Command.WALK):
        self.rate(Decided(self.index, 0, 0.9))
        self.rate(Commanded(self.index, command))
        self.rate.poll(self)


def test_decisions_in_idle_are_false_and_the_time_is_counted():
    rig = Rig()
    rig.ask(Asked.IDLE)
    rig.wait(90)
    rig.decide()
    rig.ask(Asked.TARGET)
    rig.wait(30)
    rig.decide()
    seen = rig.rate.seen
    assert (seen.n_false, seen.n_unwanted) == (1, 0)
    assert seen.idle_min == pytest.approx(1.5)
    assert seen.unknown_min == 0.0
    assert rig.told == [RateSeen(1, 1.5, 0, 0.0, 0.5, contradicted=False)]


@pytest.mark.parametrize(
    ("undo", "after_s", "is_unwanted"),
    [
        (StopRequested("stopped by the subject"), 4.0, True),
        (StopRequested("stopped by the subject"), 6.0, False),
        (CommandTakenBack(), 60.0, True),
        (Commanded(0, Command.STAND), 4.0, True),
        (Commanded(0, Command.STAND), 6.0, False),
        (Commanded(0, Command.TURN_LEFT), 4.0, False),
    ],
)
def test_where_truth_is_unknown_what_is_taken_back_counts(undo, after_s, is_unwanted):
    rig = Rig()
    rig.wait(60)
    rig.decide(Command.WALK)
    rig.wait(after_s)
    if isinstance(undo, Commanded):
        undo = Commanded(rig.index, undo.command)
    rig.rate(undo)
    assert rig.rate.seen.n_false == 0
    assert rig.rate.seen.n_unwanted == is_unwanted
    assert rig.rate.seen.unknown_min == pytest.approx((60 + after_s) / 60)


def test_a_command_is_taken_back_once():
    rig = Rig()
    rig.decide(Command.WALK)
    rig.rate(StopRequested("stopped by the subject"))
    rig.rate(CommandTakenBack())
    assert rig.rate.seen.n_unwanted == 1


def test_the_accepted_rate_is_contradicted_once_and_for_all():
    rig = Rig(accepted_per_min=0.1)
    rig.ask(Asked.IDLE)
    for _ in range(4):
        rig.wait(10)
        rig.decide()
    rig.wait(600 * 60)
    contradicted = [seen.contradicted for seen in rig.told]
    assert contradicted[0] is False
    assert contradicted[-1] is True
    assert contradicted == sorted(contradicted)


def test_a_minute_without_anything_new_is_told_once_there_was_something():
    rig = Rig()
    rig.ask(Asked.IDLE)
    rig.wait(120)
    assert rig.told == []
    rig.decide()
    rig.wait(30)
    assert len(rig.told) == 1
    rig.wait(31)
    assert [seen.n_false for seen in rig.told] == [1, 1]


def test_the_researcher_marks_idle_and_takes_back_between_two_chunks():
    events = []
    session = Session(OnlinePath(PathSettings(), 250.0, 1), None, [events.append])
    session.feed(Chunk(np.zeros((100, 1)), 0))
    controls = Controls()
    controls.mark_idle(idle=True)
    controls.take_back()
    controls.mark_idle(idle=False)
    controls.carry_out(session)
    assert events[1:] == [
        Prompt(100, Asked.IDLE),
        CommandTakenBack(),
        Prompt(100, Asked.NOTHING),
    ]


@pytest.mark.parametrize(
    "event", [RateSeen(3, 1.25, 1, 7.5, 0.5, contradicted=True), CommandTakenBack()]
)
def test_what_was_counted_can_be_recorded_and_read(event):
    told = msgspec.json.decode(encode_event(event, 7))
    kind, sample = told.pop("event"), told.pop("sample")
    assert decode_event(Entry(0.0, sample, kind, told)) == event

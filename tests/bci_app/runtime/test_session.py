import numpy as np
import pytest

from bci_app.online.events import Commanded, Decided, Withheld
from bci_app.online.path import OnlinePath
from bci_app.online.settings import PathSettings
from bci_app.runtime.session import CommandSent, Hindered, Session, StopRequested, Unhindered
from bci_app.runtime.tally import Tally
from devices.chunk import Chunk
from devices.errors import DeviceError
from devices.exoskeleton.command import Command
from devices.exoskeleton.events import Acknowledged, LinkDown, StopConfirmed
from devices.exoskeleton.postures import Posture
from devices.exoskeleton.virtual_link import VirtualLink
from devices.headset.acquisition import DeviceFailed, StreamResumed, StreamSilent

RATE_HZ = 250.0


def gaze(frequency_hz, duration_s=5.0, seed=0):
    rng = np.random.default_rng(seed)
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    response = 5 * np.sin(2 * np.pi * frequency_hz * time_s)
    return response[:, np.newaxis] + rng.normal(scale=5, size=(len(time_s), 4))


class Rig:
    """A session on a virtual exoskeleton, fed in steps of 40 ms of virtual time."""

    def __init__(self):
        self.events = []
        self.tally = Tally()
        self.link = VirtualLink()
        self.link.start()
        path = OnlinePath(PathSettings(), RATE_HZ, n_channels=4)
        self.session = Session(path, self.link, [self.events.append, self.tally])
        self.index = 0

    def look(self, frequency_hz, duration_s=5.0):
        for piece in np.array_split(gaze(frequency_hz, duration_s), round(duration_s / 0.04)):
            self.link.advance(self.index / RATE_HZ)
            self.session.feed(Chunk(piece, self.index))
            self.index += len(piece)
        self.session.poll()

    def wait(self, duration_s):
        self.link.advance(self.link.now_s + duration_s)
        self.session.poll()

    def of(self, kind):
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def posture(self):
        return self.link.telemetry.posture


@pytest.fixture
def rig():
    return Rig()


def test_a_look_becomes_a_command_that_the_legs_follow(rig):
    rig.look(15)
    (decided,), (commanded,), (sent,), (acknowledged,) = map(
        rig.of, (Decided, Commanded, CommandSent, Acknowledged)
    )
    assert commanded == Commanded(decided.end_index, Command.STAND)
    assert (sent.command, sent.end_index) == (Command.STAND, decided.end_index)
    assert acknowledged.sequence == sent.sequence
    rig.wait(4)
    assert rig.posture is Posture.STANDING
    assert (rig.tally.n_sent, rig.tally.n_acknowledged, rig.tally.n_pending) == (1, 1, 0)


def test_what_the_posture_does_not_allow_is_not_even_sent(rig):
    rig.look(9)
    assert rig.of(Withheld)[0].reason == "not while sitting"
    assert rig.of(CommandSent) == []
    assert rig.tally.n_withheld == 1


def test_a_stop_reaches_the_legs_and_is_latched(rig):
    rig.session.stop("a key was pressed")
    rig.wait(0.1)
    assert rig.of(StopRequested) == [StopRequested("a key was pressed")]
    assert len(rig.of(StopConfirmed)) == 1
    assert rig.posture is Posture.SAFE_STOP
    rig.look(15)
    assert rig.of(CommandSent) == []
    assert rig.of(Withheld)[0].reason == "stopped: a key was pressed"


def test_after_the_release_a_look_moves_the_legs_again(rig):
    rig.session.stop("a key was pressed")
    rig.wait(0.1)
    rig.session.release()
    rig.wait(1)
    assert rig.posture is Posture.SITTING
    rig.look(15)
    assert [sent.command for sent in rig.of(CommandSent)] == [Command.STAND]


def test_a_silent_headset_brings_the_legs_to_rest(rig):
    rig.look(15)
    rig.wait(4)
    rig.look(9)
    assert rig.posture is Posture.WALKING
    rig.session.observe_fault(StreamSilent(since_s=1.0))
    rig.wait(2)
    assert rig.posture is Posture.STANDING
    rig.look(11)
    assert rig.of(Withheld)[-1].reason == "the headset is silent"
    rig.session.observe_fault(StreamResumed(at_s=9.0, n_lost=30))
    rig.look(9)
    assert rig.posture is Posture.WALKING
    assert rig.tally.n_sent == 3, "the stop was not a decision's"


def test_a_failed_headset_is_told_and_stops(rig):
    failure = DeviceFailed(DeviceError("unplugged"))
    rig.session.observe_fault(failure)
    assert failure in rig.events
    assert rig.of(CommandSent)[0].command is Command.STOP


def test_late_samples_bring_the_legs_to_rest_until_they_are_in_time_again(rig):
    rig.session.observe_lateness(0.01)
    assert rig.of(Hindered) == []
    rig.session.observe_lateness(0.4)
    rig.session.observe_lateness(0.5)
    assert rig.of(Hindered) == [Hindered("timing", "the samples are decoded late")]
    rig.look(15)
    assert rig.of(Withheld)[0].reason == "the samples are decoded late"
    rig.session.observe_lateness(0.01)
    assert rig.of(Unhindered) == [Unhindered("timing")]
    rig.look(9)
    rig.look(15)
    assert [sent.command for sent in rig.of(CommandSent)] == [Command.STOP, Command.STAND]


def test_a_late_link_brings_the_legs_to_rest_and_nothing_is_sent_on_it(rig):
    rig.look(15)
    rig.wait(4)
    rig.look(9)
    assert rig.posture is Posture.WALKING
    rig.link.exoskeleton.command("delay 0.2", rig.link.now_s)
    rig.wait(2)
    rig.wait(2)
    assert rig.posture is Posture.STANDING
    rig.look(11)
    assert [hindered.cause for hindered in rig.of(Hindered)] == ["link"]
    assert [sent.command for sent in rig.of(CommandSent)] == [
        *(Command.STAND, Command.WALK),
        Command.STOP,
    ]
    rig.link.exoskeleton.command("mend", rig.link.now_s)
    rig.wait(2)
    assert rig.of(Unhindered) == [Unhindered("link")]


def test_without_a_link_nothing_passes(rig):
    rig.link.exoskeleton.command("lose-frames 1", rig.link.now_s)
    rig.wait(2)
    assert len(rig.of(LinkDown)) >= 1
    rig.look(15)
    assert rig.of(CommandSent) == []
    assert rig.of(Withheld)[0].reason == "no exoskeleton has reported a posture"


def test_without_an_exoskeleton_decisions_are_made_and_nothing_is_sent():
    events = []
    path = OnlinePath(PathSettings(), RATE_HZ, n_channels=4)
    session = Session(path, None, [events.append])
    session.feed(Chunk(gaze(13), 0))
    session.stop("a key")
    session.release()
    session.observe_fault(StreamSilent(since_s=0.0))
    assert any(isinstance(event, Decided) for event in events)
    assert not any(isinstance(event, CommandSent) for event in events)

import numpy as np

from bci_app.online.path import OnlinePath
from bci_app.online.settings import PathSettings
from bci_app.runtime.controls import Controls
from bci_app.runtime.session import Note, Session, StopReleased, StopRequested
from devices.chunk import Chunk
from devices.exoskeleton.postures import Posture
from devices.exoskeleton.virtual_link import VirtualLink


def rig():
    events = []
    link = VirtualLink()
    link.start()
    session = Session(OnlinePath(PathSettings(), 250.0, 2), link, [events.append])
    link.advance(0.1)
    session.feed(Chunk(np.zeros((10, 2)), 0))
    controls = Controls()
    controls.connect(link)
    return link, session, controls, events


def test_a_stop_reaches_the_legs_before_the_session_hears_of_it():
    link, session, controls, events = rig()
    controls.stop("a key")
    link.advance(0.2)
    assert link.telemetry.posture is Posture.SAFE_STOP
    assert StopRequested("a key") not in events
    controls.carry_out(session)
    assert StopRequested("a key") in events


def test_requests_are_carried_out_in_order():
    link, session, controls, events = rig()
    controls.note("the subject yawned")
    controls.stop("a key")
    controls.release()
    controls.carry_out(session)
    told = [event for event in events if isinstance(event, Note | StopRequested | StopReleased)]
    assert told == [Note("the subject yawned"), StopRequested("a key"), StopReleased()]
    link.advance(2.0)
    assert link.telemetry.posture is Posture.SITTING


def test_an_end_is_seen():
    _, _, controls, _ = rig()
    assert not controls.ended
    controls.end()
    assert controls.ended


def test_without_an_exoskeleton_a_stop_is_latched_all_the_same():
    events = []
    session = Session(OnlinePath(PathSettings(), 250.0, 2), None, [events.append])
    controls = Controls()
    controls.stop("a key")
    controls.carry_out(session)
    assert events == [StopRequested("a key")]


def test_a_stop_from_before_the_link_goes_out_with_it():
    link = VirtualLink()
    link.start()
    controls = Controls()
    controls.stop("a key")
    controls.connect(link)
    link.advance(0.1)
    assert link.telemetry.posture is Posture.SAFE_STOP

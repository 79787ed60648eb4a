from dataclasses import replace

import pytest

from bci_app.evaluation.answers import Asked, Prompt
from bci_app.online.settings import PathSettings
from bci_app.runtime.conductor import Conductor
from bci_app.runtime.course import Course
from devices.exoskeleton.command import Command
from devices.exoskeleton.events import Acknowledged, TelemetryReceived
from devices.exoskeleton.postures import Posture
from devices.exoskeleton.virtual_link import VirtualLink


@pytest.mark.parametrize("between", [Asked.IDLE, Asked.NOTHING])
def test_a_course_turns_the_gaze_and_says_what_is_known_in_between(between):
    gazes = []
    conductor = Conductor(Course((Command.STAND,)), PathSettings(), gazes.append, between)
    with VirtualLink() as link:
        link.advance(0.1)
        sitting = replace(link.telemetry, posture=Posture.SITTING)
    conductor(TelemetryReceived(sitting, 0.0))
    assert conductor.advance(0.0) == [Prompt(0, between)]
    assert conductor.advance(1.0) == []
    assert conductor.advance(3.5) == [Prompt(0, Asked.TARGET, 3)]
    conductor(Acknowledged(1, Command.STAND, 0.01))
    assert conductor.advance(4.0) == [Prompt(0, between)]
    assert gazes == [None, 15.0, None]

from dataclasses import replace

import pytest

from bci_app.runtime.wearer import Surroundings
from bci_app.stimulus import messages
from bci_app.stimulus.flicker import Flicker
from bci_app.stimulus.geometry import FlashingArea
from devices.exoskeleton.events import TelemetryReceived
from devices.exoskeleton.postures import Posture
from devices.exoskeleton.virtual_link import VirtualLink
from devices.headset.stream import StreamResumed

NINE, ELEVEN = Flicker(9.0), Flicker(11.0, 1.0)
READY = messages.Ready("screen", 59.9, True, 800, 600, FlashingArea(0.1, 0.2), ())


class Wearer:
    def __init__(self):
        self.told = []

    def flicker(self, flicker, refresh_hz, at_s):
        self.told.append((flicker, refresh_hz, at_s))

    def still(self, at_s):
        self.told.append(("still", at_s))

    def step(self):
        self.told.append("step")


@pytest.fixture
def wearer():
    return Wearer()


def test_a_wearer_sees_what_is_displayed_from_the_frame_on_that_shows_it(wearer):
    surroundings = Surroundings(wearer, (NINE, ELEVEN))
    shown = [(NINE, 59.9, 100.25), (ELEVEN, 59.9, 100.25)]
    for event, told in (
        (READY, [("still", 0.0)]),
        (messages.Began(100.25), shown),
        (messages.StopRequested("a key", 101.0), []),
        (messages.Blanked(101.5), [("still", 101.5)]),
        (StreamResumed(102.0, 7), []),
        (messages.Began(100.25), shown),
        (StreamResumed(102.0, 7), shown),
        (messages.Paused(103.0), [("still", 103.0)]),
    ):
        wearer.told.clear()
        surroundings(event)
        assert wearer.told == told


def test_a_wearer_feels_the_steps_of_the_legs(wearer):
    surroundings = Surroundings(wearer, ())
    with VirtualLink() as link:
        link.advance(0.1)
        walking = replace(link.telemetry, posture=Posture.WALKING)
    for phase in (0.1, 0.4, 0.51, 0.9, 0.03, 0.2):
        surroundings(TelemetryReceived(replace(walking, gait_phase=phase), 0.0))
    assert wearer.told == ["step", "step"]

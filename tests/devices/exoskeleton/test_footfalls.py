from dataclasses import replace
from itertools import pairwise

import pytest

from devices.exoskeleton.command import Command
from devices.exoskeleton.events import TelemetryReceived
from devices.exoskeleton.footfalls import Footfalls
from devices.exoskeleton.postures import Posture
from devices.exoskeleton.virtual_link import VirtualLink


def walk(seconds):
    """Stand up and walk; return the telemetry of all that."""
    telemetry = []
    with VirtualLink() as link:
        for until_s, command in ((4.0, Command.STAND), (4.0 + seconds, Command.WALK)):
            link.send(command)
            while link.now_s < until_s:
                link.advance(link.now_s + 0.05)
                events = link.poll()
                telemetry += [e.telemetry for e in events if isinstance(e, TelemetryReceived)]
    return telemetry


def test_a_heel_strikes_twice_a_stride_and_only_in_gait():
    telemetry = walk(12.0)
    footfalls = Footfalls()
    struck = [one for one in telemetry if footfalls.observe(one)]
    assert {one.posture for one in struck} == {Posture.WALKING}
    # Each within one telemetry of phase 0 or 0.5, one after the other.
    assert all(one.gait_phase % 0.5 < 0.03 for one in struck)
    halves = [int(one.gait_phase // 0.5) for one in struck]
    assert len(halves) >= 8
    assert all(one != other for one, other in pairwise(halves))


@pytest.mark.parametrize("posture", [Posture.STANDING, Posture.SAFE_STOP])
def test_what_is_no_gait_has_no_footfall(posture):
    walking = walk(1.0)[-1]
    footfalls = Footfalls()
    for phase in (0.1, 0.6, 0.1):
        assert not footfalls.observe(replace(walking, posture=posture, gait_phase=phase))

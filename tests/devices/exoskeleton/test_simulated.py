import pytest

from devices.errors import DeviceError
from devices.exoskeleton.command import Command
from devices.exoskeleton.controller import Executed, StopLatched
from devices.exoskeleton.events import Acknowledged, LinkDown, LinkUp, Refused
from devices.exoskeleton.postures import Fault, Posture, Reason
from devices.exoskeleton.simulated import BOOT_S, LINE_FAULTS, SimulatedExoskeleton


@pytest.mark.parametrize("name", sorted(LINE_FAULTS))
def test_faults_of_the_line_strike_both_ways_until_mended(name):
    exoskeleton = SimulatedExoskeleton(0.0)
    exoskeleton.command(f"{name} 0.25", 0.0)
    for line in (exoskeleton.incoming, exoskeleton.outgoing):
        assert getattr(line.faults, LINE_FAULTS[name]) == 0.25
    exoskeleton.command("mend", 0.0)
    for line in (exoskeleton.incoming, exoskeleton.outgoing):
        assert getattr(line.faults, LINE_FAULTS[name]) == 0.0


@pytest.mark.parametrize(
    "line", ["noise", "noise much", "delay -1", "delay inf", "stick nose", "dance", "reboot now"]
)
def test_what_cannot_fail_is_refused_with_what_can(line):
    with pytest.raises(DeviceError, match="expected one of noise"):
        SimulatedExoskeleton(0.0).command(line, 0.0)


def test_a_command_is_acknowledged_through_noise_and_loss(standing_link, outcomes):
    link = standing_link
    for fault in ("lose-frames 0.3", "noise 1e-3", "duplicate 0.2", "reorder 0.2", "delay 0.03"):
        link.exoskeleton.command(fault, link.now_s)
    link.exoskeleton.take_events()
    for k in range(20):
        link.send(Command.TURN_LEFT if k % 2 else Command.TURN_RIGHT)
        link.advance(link.now_s + 5.0)
    events = outcomes(link)
    executed = [e for e in link.exoskeleton.take_events() if isinstance(e, Executed)]
    assert len([e for e in events if isinstance(e, Acknowledged)]) >= 18
    assert len(executed) == len({e.sequence for e in executed}) <= 20
    assert link.quality.retransmissions > 5
    assert link.quality.checksum_errors > 10


def test_a_stuck_joint_faults_and_is_freed(standing_link):
    link = standing_link
    link.send(Command.WALK)
    link.advance(6.0)
    link.exoskeleton.command("stick right_knee", 6.0)
    link.advance(8.0)
    assert link.telemetry.posture is Posture.FAULT
    assert Fault.JOINT_STUCK in link.telemetry.faults
    link.exoskeleton.command("free right_knee", 8.0)
    link.release_stop()
    link.advance(10.0)
    assert link.telemetry.posture is Posture.STANDING


def test_the_button_stops_and_the_host_releases(standing_link, outcomes):
    link = standing_link
    link.exoskeleton.command("button", link.now_s)
    link.advance(link.now_s + 0.1)
    assert link.telemetry.stop_latched
    walk, release = link.send(Command.WALK), link.release_stop()
    assert outcomes(link) == [
        Refused(walk, Command.WALK, Reason.STOPPED),
        Acknowledged(release, None, 0.0),
    ]


def test_a_low_battery_is_reported_and_refuses(standing_link, outcomes):
    link = standing_link
    link.exoskeleton.command("battery 7", link.now_s)
    link.advance(link.now_s + 0.1)
    assert link.telemetry.battery_percent in (6, 7)
    sequence = link.send(Command.WALK)
    assert outcomes(link) == [Refused(sequence, Command.WALK, Reason.LOW_BATTERY)]


def test_a_reboot_in_mid_walk_holds_the_legs_and_needs_a_release(standing_link, outcomes):
    link = standing_link
    link.send(Command.WALK)
    link.advance(6.0)
    link.exoskeleton.command("reboot", 6.0)
    assert link.exoskeleton.controller is None
    link.exoskeleton.command("button", 6.0)  # without power it does nothing, and needs not
    held = link.exoskeleton.body.angles_deg
    link.advance(6.0 + BOOT_S + 1.0)
    kinds = [type(event) for event in outcomes(link)]
    assert kinds == [Acknowledged, LinkDown, LinkUp]
    assert link.telemetry.posture is Posture.SAFE_STOP
    assert link.exoskeleton.body.angles_deg == held
    assert not [e for e in link.exoskeleton.take_events() if isinstance(e, StopLatched)]
    link.release_stop()
    link.advance(link.now_s + 2.0)
    assert link.telemetry.posture is Posture.STANDING

"""What happens to the exoskeleton, and to a stop on its way there."""

from devices.exoskeleton.command import Command
from devices.exoskeleton.postures import Posture
from virtual_time.trial import Fault, Faults, make_it_walk
from virtual_time.world import World

FAULTS = Faults()


@FAULTS.add("reboot", "the controller loses its power for a second", by_itself=True)
def _reboot(world: World) -> None:
    world.exoskeleton.reboot(world.now_s)


@FAULTS.add("reboots", "the controller loses its power three times in a row", by_itself=True)
def _reboots(world: World) -> None:
    for k in range(3):
        world.later(1.7 * k, lambda: world.exoskeleton.reboot(world.now_s))
    world.run(0.0)


@FAULTS.add("a joint sticks", "one of the six joints stops following", by_itself=True)
def _stick(world: World) -> None:
    world.stop_moving_about()
    while world.safe or world.exoskeleton.controller.motion.posture is not Posture.WALKING:
        world.send(Command.WALK)
        world.run(1.0)
    world.exoskeleton.body.stuck.add(world.rng.choice([0, 1, 3, 4]))


@FAULTS.add("low battery", "the battery falls to ten per cent", by_itself=True)
def _low_battery(world: World) -> None:
    world.exoskeleton.command("battery 10", world.now_s)


FAULTS.append(
    Fault(
        "its clock wraps",
        "the controller has run for 49.7 days: its 32-bit clock begins anew",
        lambda world: world.run(15.0),
        by_itself=False,
        powered_for_s=(1 << 32) / 1e3 - 14.0,
    )
)


@FAULTS.add(
    "stop, deaf",
    "the line to the controller is dead for 0.1 to 0.4 s after the stop",
    by_itself=True,
)
def _stop_on_dead_line(world: World) -> None:
    make_it_walk(world)
    world.exoskeleton.incoming.change(cut=True)
    world.later(world.rng.uniform(0.1, 0.4), world.exoskeleton.incoming.mend)
    world.stop()


@FAULTS.add(
    "stop, unplugged", "stopped, unplugged at once, plugged in 0.1 to 1 s later", by_itself=True
)
def _stop_and_unplug(world: World) -> None:
    make_it_walk(world)
    world.stop()
    world.unplug()
    world.later(world.rng.uniform(0.1, 1.0), world.replug)


@FAULTS.add(
    "stop after release", "released, and stopped again before the release arrives", by_itself=True
)
def _stop_after_release(world: World) -> None:
    make_it_walk(world)
    world.exoskeleton.command("reorder 0.5", world.now_s)
    world.stop()
    world.run(world.rng.uniform(0.3, 0.5))
    world.host.release_stop(world.host_now_s)
    world.run(world.rng.uniform(0.0, 0.1))
    world.stop()

"""What happens to the line, and who else speaks on it."""

from virtual_time.trial import Fault, Faults
from virtual_time.world import MOVES, World

FAULTS = Faults()


def _line_fault(name: str, what: str, *, by_itself: bool = False, **faults: float) -> None:
    """Add a fault of the line to the table."""

    def strike(world: World) -> None:
        world.exoskeleton.incoming.change(**faults)
        world.exoskeleton.outgoing.change(**faults)
        world.run(0.0 if by_itself else 5.0)

    FAULTS.append(Fault(name, what, strike, by_itself))


@FAULTS.add("unplug", "the cable is pulled out", by_itself=True)
def _unplug(world: World) -> None:
    world.unplug()


@FAULTS.add(
    "unplug, unnoticed", "the cable is pulled out and the port says nothing", by_itself=True
)
def _unplug_unnoticed(world: World) -> None:
    world.plugged = False


@FAULTS.add(
    "unplug and replug", "the cable is pulled out for 0.05 to 5 s, commands waiting", by_itself=True
)
def _replug(world: World) -> None:
    for _ in range(5):
        world.send(world.rng.choice(MOVES))
    world.stop_moving_about()
    world.unplug()
    world.later(world.rng.uniform(0.05, 5.0), world.replug)


@FAULTS.add(
    "loose contact", "the cable is pulled out for 50 ms, ten times a second", by_itself=True
)
def _loose_contact(world: World) -> None:
    for k in range(30):
        world.later(0.1 * k, world.unplug)
        world.later(0.1 * k + 0.05, world.replug)
    world.run(0.01)


@FAULTS.add("deaf controller", "nothing reaches the controller any more", by_itself=True)
def _deaf_controller(world: World) -> None:
    world.exoskeleton.incoming.change(cut=True)


@FAULTS.add("deaf host", "nothing reaches the host any more", by_itself=True)
def _deaf_host(world: World) -> None:
    world.exoskeleton.outgoing.change(cut=True)


_line_fault("noise 1e-3", "one bit in 1,000 is flipped", bit_error_rate=1e-3)
_line_fault("noise 1e-2", "one bit in 100 is flipped", by_itself=True, bit_error_rate=1e-2)
_line_fault("bytes lost", "one byte in 100 is lost", byte_loss=1e-2)
_line_fault("30 % lost", "three frames in ten are lost", frame_loss=0.3)
_line_fault("60 % lost", "six frames in ten are lost", frame_loss=0.6)
_line_fault("duplicated", "every other frame arrives twice", duplication=0.5)
_line_fault("reordered", "three frames in ten arrive 60 ms late", reordering=0.3)
_line_fault("delayed 300 ms", "every frame arrives 300 ms late", delay_s=0.3)
_line_fault("delayed 700 ms", "every frame arrives 700 ms late", by_itself=True, delay_s=0.7)
_line_fault(
    "all at once",
    "noise 1e-3, 20 % lost, 30 % twice, 20 % reordered, 50 ms late",
    bit_error_rate=1e-3,
    frame_loss=0.2,
    duplication=0.3,
    reordering=0.2,
    delay_s=0.05,
)


@FAULTS.add("junk", "5 kB/s of random bytes between the frames", by_itself=False)
def _junk(world: World) -> None:
    for k in range(1000):
        world.later(0.01 * k, lambda: world.inject(world.rng.randbytes(50)))
    world.run(5.0)


@FAULTS.add("an old recording", "everything a host said so far is said again", by_itself=False)
def _replay(world: World) -> None:
    said = list(world.said)
    world.run(world.rng.uniform(0.0, 2.0))
    for k, frame in enumerate(said):
        world.later(0.002 * k, lambda frame=frame: world.inject(frame))
    world.run(0.002 * len(said) + 1.0)


@FAULTS.add("two hosts", "a second host speaks on the same line", by_itself=False)
def _second_host(world: World) -> None:
    world.add_second_host()
    world.run(5.0)


@FAULTS.add("two hosts, one port", "a second host takes half the bytes that arrive", by_itself=True)
def _thief(world: World) -> None:
    world.add_second_host()
    world.stolen = 0.5

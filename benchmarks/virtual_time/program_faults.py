"""What happens to the program that drives the legs."""

from devices.exoskeleton.requests import SEQUENCES
from virtual_time.trial import Faults
from virtual_time.world import MOVES, World

FAULTS = Faults()


@FAULTS.add("kill -9", "the program is killed", by_itself=True)
def _kill(world: World) -> None:
    world.running = False


@FAULTS.add(
    "kill -9, slow line", "the program is killed while the line delays by 300 ms", by_itself=True
)
def _kill_on_slow_line(world: World) -> None:
    world.exoskeleton.command("delay 0.3", world.now_s)
    world.run(2.0)
    world.running = False


@FAULTS.add("freeze", "SIGSTOP; SIGCONT after 1 to 10 s, with commands waiting", by_itself=True)
def _freeze(world: World) -> None:
    for _ in range(5):
        world.send(world.rng.choice(MOVES))
    world.running = False
    world.later(world.rng.uniform(1.0, 10.0), world.resume)


@FAULTS.add(
    "short freezes", "the program stands still for 0.1 to 0.4 s, again and again", by_itself=False
)
def _short_freezes(world: World) -> None:
    for _ in range(10):
        world.running = False
        world.run(world.rng.uniform(0.1, 0.4))
        world.resume()
        world.run(world.rng.uniform(0.1, 1.0))


@FAULTS.add("hang", "the program hangs, the thread of its link goes on", by_itself=True)
def _hang(world: World) -> None:
    world.stop_moving_about()
    world.alive = False


@FAULTS.add("restart", "the program is killed and started anew within 0.1 to 1 s", by_itself=True)
def _restart(world: World) -> None:
    world.stop_moving_about()
    world.running = False
    world.later(world.rng.uniform(0.1, 1.0), world.restart)


@FAULTS.add("clock leaps ahead", "the host's clock leaps by 0.6 s to 1 h", by_itself=False)
def _clock_ahead(world: World) -> None:
    world.clock_error_s = 10 ** world.rng.uniform(-0.2, 3.55)
    world.run(5.0)


@FAULTS.add("clock leaps back", "the host's clock leaps back by 1 to 30 s", by_itself=True)
def _clock_back(world: World) -> None:
    world.clock_error_s = -world.rng.uniform(1.0, 30.0)


@FAULTS.add("clock runs fast", "the host's clock leaps by 0.3 s, every second", by_itself=False)
def _clock_fast(world: World) -> None:
    for _ in range(8):
        world.clock_error_s += 0.3
        world.run(1.0)


@FAULTS.add("1,000 commands", "1,000 commands are asked for at once", by_itself=False)
def _burst(world: World) -> None:
    for _ in range(1000):
        world.send(world.rng.choice(MOVES))


@FAULTS.add(
    "sequence numbers wrap", "65,535 is followed by 0, three commands later", by_itself=False
)
def _wrap(world: World) -> None:
    world.host._sequence = SEQUENCES - 3  # noqa: SLF001 - as many commands, in no time
    for _ in range(10):
        world.send(world.rng.choice(MOVES))
        world.run(world.rng.uniform(0.1, 2.0))

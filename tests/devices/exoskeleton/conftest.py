"""Both ends of the protocol for the tests, with hands on everything in between."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from devices.exoskeleton import messages as m
from devices.exoskeleton.body import Body
from devices.exoskeleton.command import Command
from devices.exoskeleton.controller import Controller
from devices.exoskeleton.encoding import decode, encode
from devices.exoskeleton.events import FrameWritten, TelemetryReceived
from devices.exoskeleton.framing import FrameParser, encode_frame
from devices.exoskeleton.simulator import serve
from devices.exoskeleton.trajectory import STANDING_DEG
from devices.exoskeleton.virtual_link import VirtualLink
from devices.pseudo_terminal import PseudoTerminal

SESSION = 0x1234


class ControllerBench:
    """A controller, and a host that says exactly what the test wants said."""

    def __init__(self, body: Body | None = None) -> None:
        self.body = body or Body()
        self.controller = Controller(self.body, 0.0)
        self.now_s = 0.0
        self.events = []
        self._parser = FrameParser()

    def say(self, *messages) -> list:
        """Let the controller hear messages; return its answers, telemetry left out."""
        frames = b"".join(encode_frame(encode(message)) for message in messages)
        return self.hear_back(frames)

    def hear_back(self, data: bytes) -> list:
        self.controller.receive(data, self.now_s)
        return [message for message in self._taken() if not isinstance(message, m.Telemetry)]

    def open(self, session: int = SESSION, timeout_ms: int = 500) -> m.Welcome:
        (welcome,) = self.say(m.Hello(session, 1, 1, timeout_ms))
        assert isinstance(welcome, m.Welcome)
        return welcome

    def command(self, command: int, sequence: int, session: int = SESSION, seen_ms=None) -> list:
        seen_ms = self.time_ms if seen_ms is None else seen_ms
        return self.say(m.CommandRequest(session, sequence, seen_ms, command))

    def wait(self, duration_s: float, *, beating: bool = True) -> list[m.Telemetry]:
        """Let time pass, with heartbeats or without; return the telemetry."""
        telemetry = []
        end_s, step = self.now_s + duration_s, 0
        while self.now_s < end_s - 1e-9:
            self.now_s = min(self.now_s + 0.01, end_s)
            step += 1
            self.controller.advance(self.now_s)
            telemetry += [t for t in self._taken() if isinstance(t, m.Telemetry)]
            if beating and step % 5 == 0:
                self.say(m.Heartbeat(SESSION, step % 65536, self.time_ms))
        return telemetry

    @property
    def time_ms(self) -> int:
        return int(self.now_s * 1e3 + 1e-6)

    def _taken(self) -> list:
        self.events += self.controller.take_events()
        return [
            decode(body) for f in self.controller.take_output() for body in self._parser.feed(f)
        ]


@pytest.fixture
def bench() -> ControllerBench:
    """A controller whose legs are seated."""
    return ControllerBench()


@pytest.fixture
def standing_bench() -> ControllerBench:
    """A controller whose legs stand."""
    return ControllerBench(Body(angles_deg=STANDING_DEG))


@pytest.fixture
def make_bench():
    """Build a controller on a given body."""
    return ControllerBench


@pytest.fixture
def virtual_link() -> Iterator[VirtualLink]:
    """A link to a seated exoskeleton in virtual time, its session open."""
    with VirtualLink() as link:
        link.poll()
        yield link


@pytest.fixture
def standing_link(virtual_link: VirtualLink) -> VirtualLink:
    """A link to a standing exoskeleton in virtual time."""
    virtual_link.send(Command.STAND)
    virtual_link.advance(4.0)
    virtual_link.poll()
    return virtual_link


class ControllerEvents(list):
    """The events of a controller in another thread, to be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self._changed = threading.Condition()

    def append(self, event: object) -> None:
        with self._changed:
            super().append(event)
            self._changed.notify_all()

    def of(self, kind: type) -> list:
        return [event for event in list(self) if isinstance(event, kind)]

    def wait_for(self, kind: type, n: int = 1, within_s: float = 10.0) -> list:
        """Return the events of a kind once there are so many."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.of(kind)) >= n, within_s), list(self)
        return self.of(kind)


@contextmanager
def simulated(*, tcp: bool = False) -> Iterator[tuple[str, ControllerEvents]]:
    """Serve an exoskeleton from a thread; yield its port and the events of its controller."""
    ready, stop, ports, events = threading.Event(), threading.Event(), [], ControllerEvents()

    def on_ready(port: str) -> None:
        ports.append(port)
        ready.set()

    server = threading.Thread(
        target=serve,
        args=(on_ready,),
        kwargs={"tcp": tcp, "stop": stop, "on_event": events.append},
        name="simulated exoskeleton",
    )
    server.start()
    try:
        assert ready.wait(5)
        yield ports[0], events
    finally:
        stop.set()
        server.join(5)
        assert not server.is_alive()


@pytest.fixture(params=["pseudo-terminal", "tcp"])
def simulator(request: pytest.FixtureRequest) -> Iterator[tuple[str, ControllerEvents]]:
    """A simulated exoskeleton in real time: its port and the events of its controller."""
    with simulated(tcp=request.param == "tcp") as served:
        yield served


@pytest.fixture
def outcomes():
    """Poll a link and leave out what comes all the time."""

    def poll(link) -> list:
        return [e for e in link.poll() if not isinstance(e, TelemetryReceived | FrameWritten)]

    return poll


class ServedTerminal:
    """A simulated exoskeleton on a pseudo-terminal that can be pulled out, under a fixed name."""

    def __init__(self, name: Path) -> None:
        self.events = []
        self._name = name
        self._stop = threading.Event()
        self._terminal = PseudoTerminal()
        name.symlink_to(self._terminal.port)
        self._thread = threading.Thread(target=self._run, name=f"served {name}")
        self._thread.start()

    def unplug(self) -> None:
        self._name.unlink(missing_ok=True)
        self._stop.set()
        self._thread.join(5)
        self._terminal.close()

    def _run(self) -> None:
        controller = Controller(Body(), time.monotonic())
        while not self._stop.is_set():
            data = self._terminal.read(0.005)
            controller.receive(data, time.monotonic())
            controller.advance(time.monotonic())
            for frame in controller.take_output():
                self._terminal.write(frame)
            self.events += controller.take_events()


@pytest.fixture
def make_served_terminal() -> Iterator[Callable[[Path], ServedTerminal]]:
    """Build simulated exoskeletons that can be pulled out."""
    with ExitStack() as stack:

        def make(name: Path) -> ServedTerminal:
            served = ServedTerminal(name)
            stack.callback(served.unplug)
            return served

        yield make

"""A board and a controller in processes of their own that say when they wrote and when they read.

All processes of a machine read the same monotonic clock, so their stamps can be subtracted.
"""

import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection

from devices.exoskeleton.controller import ControllerEvent, Executed
from devices.exoskeleton.simulator import serve
from devices.headset.cyton import VirtualCyton
from devices.headset.cyton.packet import PACKET_BYTES
from devices.pseudo_terminal import PseudoTerminal
from devices.virtual_brain import Subject

RATE_HZ = 250.0
LONGEST_S = 3600
N_SEQUENCES = 1 << 16
STEP, END = "step", "end"

_PROCESSES = multiprocessing.get_context("spawn")


@dataclass
class StampedBoard:
    """A Cyton on a virtual subject's head, in another process.

    Parameters
    ----------
    port : str
    pipe : Connection
        Gives the time at which the first sample is due, once it streams.
    sent_s : sequence of float
        When the packet of each sample had been written to the line; 0 for not yet.
    """

    port: str
    pipe: Connection
    sent_s: list[float]

    def look_at(self, frequency_hz: float | None) -> None:
        """Turn the subject's gaze."""
        self.pipe.send(frequency_hz)

    def step(self) -> None:
        """Let them feel a step."""
        self.pipe.send(STEP)


@dataclass
class StampedController:
    """A simulated exoskeleton in another process.

    Parameters
    ----------
    port : str
    read_s : sequence of float
        When the frame of each request had been read from the line, by its sequence number.
    """

    port: str
    read_s: list[float]


@contextmanager
def stamped_board(make_subject: Callable[[], Subject]) -> Iterator[StampedBoard]:
    """Run a board; `make_subject` is called in its process."""
    sent_s = _PROCESSES.RawArray("d", round(LONGEST_S * RATE_HZ))
    ours, theirs = _PROCESSES.Pipe()
    with _process(_run_board, (make_subject, sent_s, theirs), ours, theirs):
        yield StampedBoard(ours.recv(), ours, sent_s)


@contextmanager
def stamped_controller() -> Iterator[StampedController]:
    """Run a controller."""
    read_s = _PROCESSES.RawArray("d", N_SEQUENCES)
    ours, theirs = _PROCESSES.Pipe()
    with _process(_run_controller, (read_s, theirs), ours, theirs):
        yield StampedController(ours.recv(), read_s)


@contextmanager
def _process(
    run: Callable[..., None], arguments: tuple[object, ...], ours: Connection, theirs: Connection
) -> Iterator[None]:
    process = _PROCESSES.Process(target=run, args=arguments)
    process.start()
    theirs.close()  # if the process dies, we do not wait for what it will never say
    try:
        yield
    finally:
        with suppress(BrokenPipeError):
            ours.send(END)
        process.join(5.0)
        process.kill()
        process.join()


def _run_board(make_subject: Callable[[], Subject], sent_s: list[float], pipe: Connection) -> None:
    subject = make_subject()
    board = VirtualCyton(subject)
    n_sent, streams = 0, False
    with PseudoTerminal() as terminal:
        pipe.send(terminal.port)
        while True:
            while pipe.poll():
                told = pipe.recv()
                if told == END:
                    return
                if told == STEP:
                    subject.step()
                else:
                    subject.look_at(told)
            due_s = board.next_due_s()
            wait_s = 0.02 if due_s is None else max(due_s - time.monotonic(), 0.0)
            data = terminal.read(wait_s)
            now_s = time.monotonic()
            reply = board.receive(data, now_s)
            if not streams and (first_s := board.next_due_s()) is not None:
                streams = True
                pipe.send(first_s)
            packets = board.transmit(now_s)
            terminal.write(reply + packets)
            now_s = time.monotonic()
            for _ in range(len(packets) // PACKET_BYTES):
                sent_s[n_sent] = now_s
                n_sent += 1


def _run_controller(read_s: list[float], pipe: Connection) -> None:
    stop = threading.Event()

    def tell(event: ControllerEvent) -> None:
        if isinstance(event, Executed):
            read_s[event.sequence] = event.at_s

    def wait() -> None:
        pipe.recv()
        stop.set()

    threading.Thread(target=wait, daemon=True).start()
    serve(pipe.send, on_event=tell, stop=stop)

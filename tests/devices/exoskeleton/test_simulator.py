import os
import signal
import subprocess
import sys
import threading

import pytest

from devices.exoskeleton.controller import StopLatched
from devices.exoskeleton.simulator import serve
from devices.pseudo_terminal import pseudo_terminals_available
from devices.serial_port import SerialPort

SERVE = """
import sys
from devices.exoskeleton.controller import StopLatched
from devices.exoskeleton.simulator import serve
serve(lambda port: print(port, flush=True), tcp=sys.argv[1] == "tcp", until_closed=sys.stdin)
"""
pytestmark = pytest.mark.skipif(
    not pseudo_terminals_available(), reason="this platform has no pseudo-terminals"
)


@pytest.fixture(params=["tcp", "pseudo-terminal"])
def process(request):
    with subprocess.Popen(
        [sys.executable, "-c", SERVE, request.param],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        yield child
        child.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(process, number):
    port = process.stdout.readline().strip()
    with SerialPort(port) as line:
        assert line.read(5.0)
        process.send_signal(number)
        assert process.wait(5) == 0
    assert process.stderr.read() == ""


def test_it_does_not_outlive_the_end_of_its_input(process):
    assert process.stdout.readline()
    process.stdin.close()
    assert process.wait(5) == 0


def test_it_says_nothing_by_itself(process):
    process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) == 0
    assert process.stdout.read() == ""


def test_from_a_thread_it_ends_with_its_input_and_leaves_no_thread():
    reading, writing = os.pipe()
    before = set(threading.enumerate())
    ready = threading.Event()
    with os.fdopen(reading) as source:
        server = threading.Thread(
            target=serve, args=(lambda _: ready.set(),), kwargs={"until_closed": source}
        )
        server.start()
        assert ready.wait(5)
        os.close(writing)
        server.join(5)
    assert not server.is_alive()
    assert set(threading.enumerate()) == before


def test_what_is_written_to_its_input_fails_or_is_refused():
    reading, writing = os.pipe()
    ready, refused, latched = threading.Event(), threading.Event(), threading.Event()
    with os.fdopen(reading) as source:
        server = threading.Thread(
            target=serve,
            args=(lambda _: ready.set(),),
            kwargs={
                "until_closed": source,
                "on_refusal": lambda _: refused.set(),
                "on_event": lambda event: latched.set() if isinstance(event, StopLatched) else None,
            },
        )
        server.start()
        assert ready.wait(5)
        os.write(writing, b"dance\nbut")
        assert refused.wait(5)
        os.write(writing, b"ton\n")
        assert latched.wait(5)
        os.close(writing)
        server.join(5)
    assert not server.is_alive()

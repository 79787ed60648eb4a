import signal
import subprocess
import sys
from pathlib import Path

import pytest

SERVE = """
import sys
from devices.headset.cyton import serve
from devices.virtual_brain import VirtualSubject
serve(VirtualSubject(3), lambda port: print(port, flush=True), commands=sys.stdin,
      until_commands_close=len(sys.argv) > 1)
print("ended")
"""


@pytest.fixture
def start():
    children = []

    def start(*arguments):
        child = subprocess.Popen(
            [sys.executable, "-c", SERVE, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        children.append(child)
        return child, child.stdout.readline().strip()

    yield start
    for child in children:
        child.kill()
        child.wait()
        child.stdin.close()
        child.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_and_the_port_goes_with_it(start, number):
    child, port = start()
    assert Path(port).exists()
    child.stdin.close()  # the end of its commands is not its own end, unless it was asked for
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(0.1)
    child.send_signal(number)
    assert child.wait(5.0) == 0
    assert child.stdout.read() == "ended\n"
    assert not Path(port).exists()


def test_a_child_does_not_outlive_the_parent_that_held_its_input(start):
    child, _ = start("until stdin closes")
    child.stdin.close()
    assert child.wait(5.0) == 0
    assert child.stdout.read() == "ended\n"

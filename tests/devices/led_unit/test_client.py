"""The host's end over a pseudo-terminal."""

import queue
import threading
import time

import pytest

from devices.errors import DeviceError
from devices.led_unit.client import LedSetting, LedUnit
from devices.led_unit.simulator import LedUnitSimulator
from devices.pseudo_terminal import PseudoTerminal, pseudo_terminals_available

pytestmark = pytest.mark.skipif(
    not pseudo_terminals_available(), reason="this platform has no pseudo-terminals"
)


@pytest.fixture
def simulator():
    with LedUnitSimulator() as running:
        yield running
    names = {thread.name for thread in threading.enumerate()}
    assert not names & {"led unit", "simulated led unit"}


def wait_until(condition, timeout_s=5.0):
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s, "it did not come about"
        threading.Event().wait(0.005)


def test_it_lights_and_darkens_and_tells_when(simulator):
    with LedUnit(simulator.port) as unit:
        assert (unit.n_leds, unit.name) == (8, "bci-app led unit")
        unit.configure(0, LedSetting(9.0, duty=1.0, brightness=0.5))
        before_s = time.monotonic()
        lit_s = unit.light()
        assert before_s - 0.01 < lit_s < time.monotonic() + 0.01
        assert simulator.levels()[0] == 5000
        assert unit.clock.uncertainty_s < 0.01
        dark_s = unit.darken()
        assert dark_s > lit_s - 0.001
        assert simulator.levels() == [0] * 8


def test_it_stays_lit_while_the_host_lives_and_dark_after_its_end(simulator):
    unit = LedUnit(simulator.port)
    unit.start()
    unit.light()
    begun_s = time.monotonic()
    wait_until(lambda: time.monotonic() - begun_s > 1.3)
    assert simulator.lit
    unit.close()
    unit.close()
    assert not simulator.lit


def test_the_button_is_told_once(simulator):
    stops = queue.SimpleQueue()
    with LedUnit(simulator.port, stops.put) as unit:
        unit.light()
        simulator.press_stop()
        assert "button" in stops.get(timeout=2)
        assert not simulator.lit
        with pytest.raises(DeviceError, match="stopped"):
            unit.light()
        unit.release()
        unit.light()
        assert simulator.lit
    assert stops.empty()


def test_a_unit_that_hangs_is_a_stop(simulator):
    stops = queue.SimpleQueue()
    with LedUnit(simulator.port, stops.put) as unit:
        unit.light()
        simulator.freeze()
        assert "does not answer" in stops.get(timeout=3)
        wait_until(lambda: not simulator.lit)
        with pytest.raises(DeviceError, match="does not answer"):
            unit.light()


def test_a_unit_that_is_unplugged_is_a_stop():
    stops = queue.SimpleQueue()
    simulator = LedUnitSimulator()
    with LedUnit(simulator.port, stops.put):
        simulator.close()
        assert "unplugged" in stops.get(timeout=3)


def test_what_the_unit_refuses_is_said(simulator):
    with LedUnit(simulator.port) as unit:
        with pytest.raises(DeviceError, match="no such led"):
            unit.configure(8, LedSetting(9.0))
        with pytest.raises(DeviceError, match="LED 0 at 200 Hz: out of range"):
            unit.configure(0, LedSetting(200.0))


def test_a_port_where_nobody_answers_is_said():
    with PseudoTerminal() as line:
        with pytest.raises(DeviceError, match="no LED unit answers"):
            LedUnit(line.port).start()
        assert "led unit" not in {thread.name for thread in threading.enumerate()}


def test_an_absent_port_is_said():
    with pytest.raises(DeviceError):
        LedUnit("/dev/no-such-port").start()

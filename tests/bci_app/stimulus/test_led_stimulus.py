"""LEDs and screen are one interface to a session."""

import queue

import pytest

from bci_app.errors import ConfigurationError
from bci_app.stimulus import messages as m
from bci_app.stimulus.flicker import Flicker, Waveform
from bci_app.stimulus.led_stimulus import LedStimulus
from bci_app.stimulus.process import StimulusProcess
from bci_app.stimulus.settings import Patch, StimulusSettings
from devices.errors import DeviceError
from devices.led_unit.simulator import LedUnitSimulator
from devices.pseudo_terminal import pseudo_terminals_available

pytestmark = pytest.mark.skipif(
    not pseudo_terminals_available(), reason="this platform has no pseudo-terminals"
)

FLICKERS = tuple(Flicker(f, waveform=Waveform.SQUARE) for f in (10.0, 12.0, 15.0))


@pytest.fixture
def simulator():
    with LedUnitSimulator() as running:
        yield running


@pytest.fixture(params=["leds", "screen"])
def stimulus(request, display, simulator):
    if request.param == "leds":
        made = LedStimulus(simulator.port, FLICKERS, 0.8, lambda stop: None)  # noqa: ARG005
    else:
        patches = tuple(Patch(str(k), flicker) for k, flicker in enumerate(FLICKERS))
        made = StimulusProcess(
            StimulusSettings(patches, size_deg=2.5, window_px=(800, 450)),
            lambda stop: None,  # noqa: ARG005
        )
    yield made
    made.close()


def wait_for(stimulus, kind):
    for _ in range(100):
        for report in stimulus.receive(0.1):
            if isinstance(report, kind):
                return report
    raise AssertionError(f"no {kind.__name__}")


def test_the_same_conversation(stimulus):
    ready = stimulus.start()
    assert not any(misfit.forbids_start for misfit in ready.misfits)
    stimulus.send(m.Begin())
    assert "notice" in wait_for(stimulus, m.Refused).reason
    stimulus.send(m.Confirm("researcher"))
    assert wait_for(stimulus, m.Confirmed).by == "researcher"
    stimulus.send(m.Begin())
    began = wait_for(stimulus, m.Began)
    stimulus.send(m.Cue(1))
    assert wait_for(stimulus, m.CueShown).target == 1
    stimulus.send(m.ShowDecision(1, 0.9))
    stimulus.send(m.ShowLegs("walking"))
    stimulus.send(m.Pause())
    assert wait_for(stimulus, m.Paused).time_s > began.time_s - 0.001
    stimulus.send(m.Begin())
    wait_for(stimulus, m.Began)
    stimulus.send(m.Stop("a test"))
    wait_for(stimulus, m.Blanked)
    stimulus.send(m.Begin())
    assert "resume" in wait_for(stimulus, m.Refused).reason
    stimulus.send(m.Resume())
    stimulus.send(m.Begin())
    wait_for(stimulus, m.Began)
    stimulus.send(m.Close())
    wait_for(stimulus, m.Closed)


def test_leds_flicker_only_while_they_should(simulator):
    stimulus = LedStimulus(simulator.port, FLICKERS, 0.8, lambda stop: None)  # noqa: ARG005
    stimulus.start()
    assert not simulator.lit
    stimulus.send(m.Confirm("researcher"))
    stimulus.send(m.Begin())
    assert simulator.lit
    assert set(simulator.levels()) <= {0, 8000}
    stimulus.send(m.Stop("a test"))
    assert not simulator.lit
    stimulus.close()


def test_the_units_button_stops_and_latches(simulator):
    stops = queue.SimpleQueue()
    stimulus = LedStimulus(simulator.port, FLICKERS, 1.0, stops.put)
    stimulus.start()
    stimulus.send(m.Confirm("researcher"))
    stimulus.send(m.Begin())
    simulator.press_stop()
    assert "button" in stops.get(timeout=2).source
    stimulus.send(m.Begin())
    assert "resume" in wait_for(stimulus, m.Refused).reason
    stimulus.send(m.Resume())
    stimulus.send(m.Begin())
    wait_for(stimulus, m.Began)
    assert simulator.lit
    stimulus.close()
    assert stops.empty()


def test_a_unit_that_is_gone_is_a_stop(simulator):
    stops = queue.SimpleQueue()
    stimulus = LedStimulus(simulator.port, FLICKERS, 1.0, stops.put)
    stimulus.start()
    stimulus.send(m.Confirm("researcher"))
    simulator.close()
    assert "unplugged" in stops.get(timeout=3).source
    stimulus.send(m.Resume())
    assert "unplugged" in stops.get(timeout=1).source
    stimulus.send(m.Begin())
    assert "resume" in wait_for(stimulus, m.Refused).reason
    stimulus.close()


def test_more_targets_than_leds_are_refused():
    with LedUnitSimulator(n_leds=2) as small:
        stimulus = LedStimulus(small.port, FLICKERS, 1.0, print)
        with pytest.raises(DeviceError, match="3 targets on an LED unit that has 2"):
            stimulus.start()


@pytest.mark.parametrize(
    ("flickers", "brightness", "said"),
    [((Flicker(10.0),), 1.0, "expected square"), (FLICKERS, 0.0, "brightness")],
)
def test_what_leds_cannot_show_is_refused(flickers, brightness, said):
    with pytest.raises(ConfigurationError, match=said):
        LedStimulus("/dev/null", flickers, brightness, print)

import numpy as np
import pytest

from bci_app.stimulus.flicker import Flicker, Waveform
from bci_app.stimulus.frame_clock import FrameClock, measure_period
from bci_app.stimulus.geometry import FlashingArea
from bci_app.stimulus.refresh_fit import find_misfits

SMALL = FlashingArea(0.05, 0.2)


def test_steady_frames_are_numbered_one_by_one():
    clock = FrameClock(1 / 60)
    rng = np.random.default_rng(1)
    for k in range(600):
        time_s = 5 + k / 60 + rng.normal(0, 0.0005)
        assert clock.next_refresh(time_s - 0.01) == k
        assert clock.note_swap(time_s) == 0
        assert clock.refresh == k
    timing = clock.timing()
    assert (timing.n_frames, timing.n_missed, timing.n_late) == (600, 0, 0)
    assert timing.refresh_hz == pytest.approx(60, abs=0.01)
    assert 0.1 < timing.jitter_p50_ms < 1 < timing.jitter_p99_ms < 3


def test_a_missed_refresh_is_counted_and_leaves_the_rest_in_phase():
    clock = FrameClock(1 / 60)
    shown = [*range(100), *range(103, 200)]
    missed = [clock.note_swap(k / 60) for k in shown]
    assert missed[100] == 3
    assert sum(missed) == clock.timing().n_missed == 3
    assert clock.refresh == 199


def test_a_frame_begun_late_is_for_the_refresh_it_can_still_reach():
    clock = FrameClock(0.01)
    clock.note_swap(0.0)
    assert clock.next_refresh(0.004) == 1
    assert clock.next_refresh(0.016) == 1
    assert clock.next_refresh(0.019) == 2
    assert clock.next_refresh(0.059) == 6


def test_a_late_frame_is_not_a_missed_one():
    clock = FrameClock(0.01)
    for k in range(50):
        clock.note_swap(k * 0.01)
    clock.note_swap(50 * 0.01 + 0.004)
    assert clock.timing().n_late == 1
    assert clock.timing().n_missed == 0


def test_a_period_a_little_off_is_followed_for_hours():
    clock = FrameClock(1 / 60)
    for k in range(100_000):
        assert clock.note_swap(k / 59.94) == 0
    assert clock.timing().refresh_hz == pytest.approx(59.94, abs=1e-3)


def test_the_period_is_measured_in_spite_of_misses():
    times_s = [k / 144 for k in range(60) if k not in (7, 8, 30)]
    assert measure_period(times_s) == pytest.approx(1 / 144)


def texts(flickers, refresh_hz=60.0, nominal_hz=60.0, synchronised=True, area=SMALL):
    return find_misfits(flickers, refresh_hz, nominal_hz, synchronised, area)


def test_targets_that_fit_are_not_talked_about():
    assert texts((Flicker(9.0), Flicker(17.0), Flicker(10.0, waveform=Waveform.SQUARE))) == ()


def test_half_the_refresh_rate_and_above_forbids_the_start():
    misfits = texts((Flicker(9.0), Flicker(30.0)))
    assert [misfit.forbids_start for misfit in misfits] == [True]
    assert "30 Hz cannot be shown" in misfits[0].text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"flickers": (Flicker(11.0, waveform=Waveform.SQUARE),)}, "frames a period"),
        ({"flickers": (Flicker(28.0),)}, "beats visibly at 4.00 Hz"),
        ({"flickers": (Flicker(9.0),), "nominal_hz": 75.0}, "measured at 60.00"),
        ({"flickers": (Flicker(9.0),), "synchronised": False}, "vertical synchronisation"),
        ({"flickers": (Flicker(9.0),), "area": FlashingArea(0.3, 0.4)}, "40% of a 10° field"),
    ],
)
def test_what_is_not_ideal_is_said_and_allowed(arguments, said):
    (misfit,) = texts(**arguments)
    assert said in misfit.text
    assert not misfit.forbids_start

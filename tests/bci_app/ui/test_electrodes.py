import math

import numpy as np
import pytest

from bci_app.ui.electrodes import Grade, grade_electrodes, place_on_head
from bci_app.ui.spectrum import amplitude_spectrum

RATE_HZ = 250.0
TIMES_S = np.arange(250) / RATE_HZ


def grade(signal: np.ndarray, mains_hz: float | None = 50.0):
    return grade_electrodes(signal[:, np.newaxis], ("Oz",), RATE_HZ, mains_hz)[0]


def noise(spread_uv: float) -> np.ndarray:
    return np.random.default_rng(1).normal(0, spread_uv, 250)


@pytest.mark.parametrize(
    ("name", "x", "y"),
    [("Cz", 0, 0), ("Oz", 0, -0.8), ("Fpz", 0, 0.8), ("T7", -0.8, 0), ("T8", 0.8, 0)],
)
def test_landmarks(name, x, y):
    assert place_on_head(name) == pytest.approx((x, y), abs=1e-9)


def test_left_is_odd_and_the_back_is_down():
    o1, o2, f3, p3 = map(place_on_head, ("O1", "O2", "F3", "P3"))
    assert o1[0] < 0 < o2[0]
    assert o1 == pytest.approx((-o2[0], o2[1]))
    assert p3[1] < 0 < f3[1]


def test_places_are_distinct_and_on_the_head():
    rows = {
        "Fp": "1z2",
        "AF": "73z48",
        "F": "7531z2468",
        "FC": "531z246",
        "C": "531z246",
        "CP": "531z246",
        "P": "7531z2468",
        "PO": "73z48",
        "O": "1z2",
    }
    names = [row + column for row, columns in rows.items() for column in columns]
    names += ["FT7", "FT8", "T7", "T8", "TP7", "TP8"]
    places = [place_on_head(name) for name in names]
    assert max(math.hypot(*place) for place in places) <= 0.81
    assert min(math.dist(a, b) for k, a in enumerate(places) for b in places[:k]) > 0.05


def test_old_names_and_case_are_known_and_others_are_not():
    assert place_on_head("t3") == place_on_head("T7")
    assert place_on_head("EEG 1") is None
    assert place_on_head("A1") is None


@pytest.mark.parametrize(
    ("signal", "wanted", "said"),
    [
        (noise(10.0), Grade.GOOD, ""),
        (noise(10.0) + 187_500.0, Grade.GOOD, ""),  # an electrode's offset means nothing
        (noise(10.0) + 300 * TIMES_S, Grade.GOOD, ""),  # nor does a slow drift
        (np.full(250, 187_500.0), Grade.BAD, "flat"),
        (noise(120.0), Grade.DOUBTFUL, "movement"),
        (noise(400.0), Grade.BAD, "loose"),
        (noise(10.0) + 40 * np.sin(2 * np.pi * 50 * TIMES_S), Grade.DOUBTFUL, "mains"),
        (noise(10.0) + 150 * np.sin(2 * np.pi * 50 * TIMES_S), Grade.BAD, "mains"),
        (np.where(TIMES_S > 0.5, np.nan, noise(10.0)), Grade.BAD, "missing"),
    ],
)
def test_grades(signal, wanted, said):
    state = grade(signal)
    assert state.grade is wanted
    assert said in state.reason


def test_mains_hum_is_measured_and_not_counted_twice():
    state = grade(noise(5.0) + 60 * np.sin(2 * np.pi * 50 * TIMES_S + 0.3))
    assert state.mains_uv == pytest.approx(60, rel=0.05)
    assert state.spread_uv == pytest.approx(5, rel=0.2)


def test_a_sine_of_ten_microvolts_shows_as_ten():
    times_s = np.arange(1000) / RATE_HZ
    frequencies_hz, amplitudes_uv = amplitude_spectrum(
        np.column_stack([10 * np.sin(2 * np.pi * 13 * times_s), np.zeros(1000)]), RATE_HZ
    )
    peak = amplitudes_uv[:, 0].argmax()
    assert frequencies_hz[peak] == 13.0
    assert amplitudes_uv[peak, 0] == pytest.approx(10, rel=0.01)
    assert amplitudes_uv[:, 1].max() == 0


def test_no_spectrum_of_missing_samples():
    samples = np.zeros((1000, 2))
    samples[500, 0] = np.nan
    assert amplitude_spectrum(samples, RATE_HZ) is None

import numpy as np
import pytest

from bci_app.decoders.evidence import EvidenceDecoder
from bci_app.decoders.flicker import measure_flicker

RATE_HZ = 250.0
NAMED_HZ = (9.0, 13.0)
TRUE_HZ = (9.0, 13.06)


def looking(n_each=12, amplitude_uv=2.0, seed=0):
    """Trials of 4 s in which the second stimulus flickers faster than its name says."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(1000) / RATE_HZ
    labels = np.tile([0, 1], n_each)
    windows = rng.normal(scale=3.0, size=(len(labels), 3, len(time_s)))
    for window, label in zip(windows, labels, strict=True):
        phase = 2 * np.pi * TRUE_HZ[label] * time_s + rng.uniform(0, 2 * np.pi)
        window += amplitude_uv * np.sin(phase) + amplitude_uv * np.sin(2 * phase)
    return windows, labels


def observed(**how):
    return EvidenceDecoder(NAMED_HZ, RATE_HZ, lengths_s=(3.0,)).observe(*looking(**how))


def measure(session):
    return measure_flicker([session], NAMED_HZ, RATE_HZ, 2)


def test_the_true_frequency_is_found_and_a_right_name_stands():
    found = measure(observed())
    assert found[0] == NAMED_HZ[0]
    assert found[1] == pytest.approx(TRUE_HZ[1], abs=0.01)


def test_the_name_stands_where_trials_are_few():
    assert measure(observed(n_each=3)) == NAMED_HZ
    assert measure(observed().select(np.zeros(24, dtype=bool))) == NAMED_HZ


def test_neighbours_are_never_mistaken_for_each_other():
    session = observed()
    near = measure_flicker([session], (9.0, 13.06 - 0.2), RATE_HZ, 2)
    assert abs(near[1] - 12.86) <= 0.1 + 1e-9
    close = measure_flicker([session], (12.96, 13.0), RATE_HZ, 2)
    assert max(abs(a - b) for a, b in zip(close, (12.96, 13.0), strict=True)) <= 0.01 + 1e-9


def test_windows_are_scored_better_at_the_true_frequency():
    windows, labels = looking(n_each=8, amplitude_uv=0.5)
    fresh, truth = looking(n_each=20, amplitude_uv=0.5, seed=1)

    def evidence(flicker_hz):
        decoder = EvidenceDecoder(NAMED_HZ, RATE_HZ, lengths_s=(4.0,), flicker_hz=flicker_hz)
        scores = decoder.fit(windows, labels).score_windows(fresh)
        return np.take_along_axis(scores, truth[:, np.newaxis], axis=1)[truth == 1].mean()

    assert evidence(TRUE_HZ) > evidence(None)

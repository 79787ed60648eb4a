import numpy as np
import pytest
from scipy.integrate import solve_ivp

from devices.virtual_brain.jansen_rit import Columns

ONE = np.zeros((1, 1))


def reference(input_per_s, speed, seconds):
    """Jansen & Rit's six equations as they print them, by an independent integrator."""
    gain_e, gain_i = 3.25 * speed, 22.0 * speed
    rate_e, rate_i = 100.0 * speed, 50.0 * speed

    def sigmoid(v):
        return 5.0 / (1.0 + np.exp(0.56 * (6.0 - v)))

    def slope(t, y):
        y0, y1, y2, v0, v1, v2 = y
        return [
            *(v0, v1, v2),
            gain_e * rate_e * sigmoid(y1 - y2) - 2 * rate_e * v0 - rate_e**2 * y0,
            gain_e * rate_e * (input_per_s(t) + 108.0 * sigmoid(135.0 * y0))
            - 2 * rate_e * v1
            - rate_e**2 * y1,
            gain_i * rate_i * 33.75 * sigmoid(33.75 * y0) - 2 * rate_i * v2 - rate_i**2 * y2,
        ]

    time_s = np.arange(0.0, seconds, 0.001)
    solution = solve_ivp(slope, (0.0, seconds), np.zeros(6), t_eval=time_s, rtol=1e-8, atol=1e-10)
    return solution.y[1] - solution.y[2]


@pytest.mark.parametrize("speed", [1.0, 2.5])
def test_the_equations_are_jansen_and_rit_s(speed):
    step_s = 0.1e-3
    time_s = (np.arange(10_000) + 0.5) * step_s
    columns = Columns(ONE, np.array([speed]), step_s, 500.0)
    ours = columns.run(80.0 * np.sin(2.0 * np.pi * 11.0 * time_s)[:, np.newaxis])[::10, 0]
    theirs = reference(lambda t: 500.0 + 80.0 * np.sin(2.0 * np.pi * 11.0 * t), speed, 1.0)
    assert np.abs(ours - theirs).max() < 0.02 * np.ptp(theirs)


def test_the_step_that_is_used_is_fine_enough():
    def response(step_s):
        columns = Columns(ONE, np.array([3.5]), step_s, 600.0)
        columns.settle()
        time_s = (np.arange(round(2.0 / step_s)) + 0.5) * step_s
        at = columns.run(60.0 * np.sin(2.0 * np.pi * 26.0 * time_s)[:, np.newaxis])[:, 0]
        late = at[len(at) // 2 :] - at[len(at) // 2 :].mean()
        return np.sqrt(2.0) * late.std()

    assert response(2e-3) == pytest.approx(response(0.1e-3), rel=0.1)


@pytest.mark.parametrize(("speed", "resonance_hz"), [(1.0, 10.0), (1.8, 18.0), (3.0, 31.0)])
def test_a_column_resonates_at_about_ten_times_its_speed(speed, resonance_hz):
    columns = Columns(ONE, np.array([speed]), 0.002, 500.0)
    columns.settle()
    noise = 20.0 * np.random.default_rng(1).standard_normal((60_000, 1))
    potential = columns.run(noise)[:, 0]
    spectrum = np.abs(np.fft.rfft(potential - potential.mean())) ** 2
    smooth = np.convolve(spectrum, np.ones(240), "same")
    frequencies_hz = np.fft.rfftfreq(len(potential), 0.002)
    assert frequencies_hz[smooth.argmax()] == pytest.approx(resonance_hz, rel=0.1)


def test_a_column_without_input_from_another_does_not_hear_it():
    coupling = np.array([[0.0, 0.0], [20.0, 0.0]])
    columns = Columns(coupling, np.array([1.7, 3.0]), 0.002, 500.0)
    rest = columns.settle()
    pulse = np.zeros((500, 2))
    pulse[:10, 1] = 300.0
    potential = columns.run(pulse) - rest
    assert np.abs(potential[:, 0]).max() < 0.02  # nothing flows back
    pulse = pulse[:, ::-1]
    potential = columns.run(pulse) - rest
    assert np.abs(potential[:, 1]).max() > 0.2


def test_the_run_is_the_same_in_one_or_in_many():
    drive = np.random.default_rng(2).normal(0.0, 50.0, (300, 3))
    coupling = np.full((3, 3), 4.0)
    whole = Columns(coupling, np.array([1.7, 3.0, 3.0]), 0.002, 600.0).run(drive)
    columns = Columns(coupling, np.array([1.7, 3.0, 3.0]), 0.002, 600.0)
    parts = [columns.run(drive[k : k + 1]) for k in range(300)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)

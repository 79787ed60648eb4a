import numpy as np
import pytest

from devices.virtual_brain.body import Body, Physique
from devices.virtual_brain.head import Head

NAMES = ("Fp1", "Oz", "Cz", "T7", "F7", "F8")
QUIET = Physique(tone_uv=0.0, clench_uv=20.0, step_uv=15.0)


@pytest.fixture(scope="module")
def head():
    return Head(NAMES)


def body(head, physique=QUIET):
    return Body(physique, head, 250.0, np.random.default_rng(1))


def peak(samples_uv):
    return dict(zip(NAMES, np.abs(samples_uv).max(axis=0), strict=True))


def test_without_anything_done_a_quiet_body_is_silent(head):
    assert np.abs(body(head).draw(1000)).max() == 0.0


def test_a_blink_is_large_in_front_and_small_behind_and_over_in_a_moment(head):
    person = body(head)
    person.blink()
    seen = person.draw(250)
    assert 80.0 < peak(seen)["Fp1"] < 250.0
    assert 0.1 < peak(seen)["Oz"] < 25.0
    assert np.abs(seen[100:]).max() < 1e-9


def test_eyes_that_turn_make_a_step_of_opposite_sign_on_both_sides(head):
    person = body(head)
    person.turn_eyes(10.0)
    seen = dict(zip(NAMES, person.draw(50)[-1], strict=True))
    assert seen["F7"] < -1.0
    assert seen["F8"] > 1.0
    person.turn_eyes(0.0)
    assert np.abs(person.draw(50)[-1]).max() < 1e-9


def test_a_clenched_jaw_is_broadband_and_strongest_at_the_temples(head):
    person = body(head)
    person.clench(4.0)
    seen = person.draw(1000)
    spread = dict(zip(NAMES, seen.std(axis=0), strict=True))
    assert spread["T7"] > 2.0 * spread["Cz"]
    spectrum = np.abs(np.fft.rfft(seen[:, 3])) ** 2
    frequencies_hz = np.fft.rfftfreq(1000, 0.004)
    assert spectrum[frequencies_hz > 20].sum() > 5.0 * spectrum[frequencies_hz < 20].sum()
    assert np.abs(person.draw(500)).max() == 0.0


def test_the_neck_is_always_a_little_tense(head):
    spread = body(head, Physique(3.0, 20.0, 15.0)).draw(5000).std(axis=0)
    assert spread[NAMES.index("Oz")] > 3.0 * spread[NAMES.index("Fp1")]


def test_a_step_jolts_everything_slowly_and_starts_at_the_step(head):
    person = body(head)
    person.draw(10)
    person.step()
    seen = person.draw(400)
    assert np.abs(seen[0]).max() == 0.0
    assert 3.0 < np.abs(seen).max() < 100.0
    assert np.abs(seen[350:]).max() == 0.0
    spectrum = np.abs(np.fft.rfft(seen, axis=0)) ** 2
    frequencies_hz = np.fft.rfftfreq(400, 0.004)
    assert spectrum[frequencies_hz < 12].sum() > 0.95 * spectrum.sum()


def test_it_is_the_same_however_it_is_drawn(head):
    whole, parts = (body(head, Physique(2.0, 20.0, 15.0)) for _ in range(2))
    for person in (whole, parts):
        person.draw(100)
        person.blink()
        person.step()
        person.clench(0.5)
        person.turn_eyes(-6.0)
    drawn = [parts.draw(n) for n in (1, 0, 37, 462, 1500)]
    np.testing.assert_array_equal(np.concatenate(drawn), whole.draw(2000))

import numpy as np
import pytest

from devices.virtual_brain.flicker import Lamp, Screen, darkness
from devices.virtual_brain.visual_system import Vision, VisualSystem

VISION = Vision(40.0, 0.6, 1.5, 3.4, 0.06, 0.0)


def visual_system(vision=VISION):
    return VisualSystem(vision, 250.0, np.random.default_rng(0))


def amplitude(samples, frequency_hz):
    """Amplitude of each column at a frequency (whole periods)."""
    wave = np.exp(-2j * np.pi * frequency_hz * np.arange(len(samples)) / 250.0)
    return 2.0 * np.abs(wave @ (samples - samples.mean(axis=0))) / len(samples)


def looking_at(light, seconds=6.0):
    system = visual_system()
    system.draw(250)
    system.look_at(light)
    return system.draw(round(seconds * 250))


@pytest.mark.parametrize("frequency_hz", [9.0, 13.0, 17.0, 21.0])
def test_flicker_comes_out_as_its_frequency_and_harmonics_and_nothing_else(frequency_hz):
    late = looking_at(Lamp(frequency_hz))[500:]
    primary = [amplitude(late, h * frequency_hz)[0] for h in (1, 2)]
    lateral = [amplitude(late, h * frequency_hz)[1] for h in (1, 2)]
    assert primary[0] > 5.0 * primary[1]
    assert lateral[1] > 0.1
    assert amplitude(late, 0.5 * frequency_hz).max() < 0.05 * primary[0]
    assert amplitude(late, 1.5 * frequency_hz).max() < 0.05 * primary[0]


def test_the_response_is_broad_and_best_between_9_and_15_hz():
    flicker_hz = (3.0, 9.0, 11.0, 13.0, 15.0, 17.0, 31.0)
    strength = {f: amplitude(looking_at(Lamp(f))[500:], f)[0] for f in flicker_hz}
    middle = [strength[f] for f in (9.0, 11.0, 13.0, 15.0)]
    assert min(middle) > 0.75 * max(middle)
    assert max(middle) > strength[17.0] > 0.5 * max(middle)
    assert strength[3.0] < 0.75 * min(middle)
    assert strength[31.0] < 0.5 * min(middle)


def test_the_response_has_a_latency_and_takes_time_to_build_up_and_to_fade():
    system = visual_system()
    system.draw(250)
    system.look_at(Lamp(15.0))
    response = system.draw(1000)[:, 0]
    assert np.abs(response[:15]).max() < 1e-9  # the light is still on its way
    assert np.abs(response[15:40]).max() > 1e-3
    early = np.abs(response[15:30]).max()
    late = np.abs(response[750:] - response[750:].mean()).max()
    assert early < 0.9 * late
    system.look_at(darkness)
    assert np.abs(system.draw(1000)[900:]).max() < 0.05 * late


def test_attention_scales_the_response():
    strengths = []
    for attention in (0.0, 0.5, 1.0):
        system = visual_system()
        system.look_at(Lamp(13.0))
        system.attend(attention)
        strengths.append(amplitude(system.draw(1500)[500:], 13.0)[0])
    assert strengths[0] < 1e-9
    assert strengths[1] == pytest.approx(0.5 * strengths[2], rel=0.2)


@pytest.mark.parametrize("light", [Lamp, Screen])
def test_the_response_keeps_the_phase_of_the_light(light):
    phases = []
    for shift_rad in (0.0, 1.0, 2.0):
        late = looking_at(light(15.0, shift_rad), 8.0)[1000:, 0]
        wave = np.exp(-2j * np.pi * 15.0 * np.arange(len(late)) / 250.0)
        phases.append(np.angle(wave @ (late - late.mean())))
    turned = np.angle(np.exp(1j * np.diff(phases)))
    np.testing.assert_allclose(turned, 1.0, atol=0.1)


def test_it_is_the_same_in_one_draw_or_in_many():
    noisy = Vision(40.0, 0.6, 1.7, 3.4, 0.06, 20.0)
    whole, parts = visual_system(noisy), visual_system(noisy)
    whole.attend(0.8)
    parts.attend(0.8)
    expected, drawn = [], []
    for light in (Lamp(9.0), Lamp(17.0), darkness):
        whole.look_at(light)
        parts.look_at(light)
        expected.append(whole.draw(40))
        drawn += [parts.draw(n) for n in (1, 12, 27)]
    np.testing.assert_array_equal(np.concatenate(drawn), np.concatenate(expected))


def test_a_light_that_is_told_late_is_as_if_told_at_once():
    noisy = Vision(40.0, 0.6, 1.7, 3.4, 0.06, 20.0)
    late, at_once = visual_system(noisy), visual_system(noisy)
    is_lit = [False, True]

    def light(told):
        def luminance(time_s):
            lamp = Lamp(13.0)(time_s)
            return np.where(is_lit[told] & (time_s >= 0.4), lamp, 0.5)

        return luminance

    late.look_at(light(0))
    at_once.look_at(light(1))
    drawn = late.draw(110)  # 40 ms too late, and it takes 60 to cortex
    np.testing.assert_array_equal(drawn, at_once.draw(110))
    is_lit[0] = True
    late.look_again()
    np.testing.assert_array_equal(late.draw(500), at_once.draw(500))


def test_lights_are_between_dark_and_full_and_on_half_of_the_time():
    time_s = np.arange(0.0, 10.0, 1e-4)
    for light in (Lamp(13.0, 0.3), Screen(13.0, 0.3), darkness):
        luminance = light(time_s)
        assert luminance.min() >= 0.0
        assert luminance.max() <= 1.0
        assert luminance.mean() == pytest.approx(0.5, abs=0.01)
    assert len(np.unique(Screen(13.0)(np.arange(0.0, 1.0 / 60.0, 1e-4)))) == 1  # one frame

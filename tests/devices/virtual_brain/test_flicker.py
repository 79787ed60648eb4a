import numpy as np

from devices.virtual_brain.flicker import Changing, Lamp, Screen, darkness, displayed

TIME_S = np.arange(4000) / 2000.0


def test_a_changing_light_is_each_of_them_in_its_time():
    light = Changing(darkness)
    light.change(Lamp(10.0), 0.5)
    light.change(darkness, 1.5)
    luminance = light(TIME_S)
    assert set(luminance[TIME_S < 0.5]) == set(luminance[TIME_S >= 1.5]) == {0.5}
    lit = (TIME_S >= 0.5) & (TIME_S < 1.5)
    # Its time counts from the change: it begins bright.
    np.testing.assert_array_equal(luminance[lit], Lamp(10.0)(TIME_S[lit] - 0.5))


def test_a_change_takes_the_place_of_what_was_to_come():
    light = Changing(Lamp(10.0))
    light.change(Lamp(20.0), 1.5)
    light.change(darkness, 1.0)
    assert set(light(TIME_S[TIME_S >= 1.0])) == {0.5}
    light.change(darkness, -100.0)
    assert set(light(TIME_S)) == {0.5}


def test_a_light_that_changes_for_ever_keeps_the_last_few():
    light = Changing(darkness)
    for change in range(1000):
        light.change(Lamp(5.0), change / 1000.0)
    assert len(light._lights) < 20
    np.testing.assert_array_equal(light(TIME_S[-200:]), Lamp(5.0)(TIME_S[-200:] - 0.999))


def test_a_screen_holds_each_frame_and_squares_are_dark_or_bright():
    assert isinstance(displayed(9.0, 0.0, 0.0, square=True), Lamp)
    screen = displayed(9.0, 0.3, 60.0, square=True)
    assert screen == Screen(9.0, 0.3, 60.0, square=True)
    luminance = screen(TIME_S)
    assert set(luminance) == {0.0, 1.0}
    assert luminance.mean() == np.float64(0.5)
    assert set(np.diff(np.flatnonzero(np.diff(luminance)))) <= {100, 101, 133, 134}
    assert len(set(displayed(9.0, 0.3, 60.0, square=False)(TIME_S))) > 15

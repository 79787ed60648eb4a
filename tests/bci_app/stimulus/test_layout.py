import math

import pytest

from bci_app.errors import ConfigurationError
from bci_app.stimulus.geometry import Rectangle, Viewing, flashing_area
from bci_app.stimulus.layout import largest_size, photodiode_patch, place_targets
from devices.exoskeleton.command import Command

DESK = Viewing(width_px=1920, height_px=1080, width_mm=527.0, distance_mm=600.0)
FIVE = (Command.WALK, Command.TURN_LEFT, Command.TURN_RIGHT, Command.STAND, Command.SIT)


def test_pixels_and_degrees_are_each_others_inverse():
    assert DESK.pixels(5.0) == pytest.approx(2 * 600 * math.tan(math.radians(2.5)) / 527 * 1920)
    assert DESK.degrees(DESK.pixels(7.3)) == pytest.approx(7.3)


def test_commands_stand_where_a_walker_expects_them():
    walk, left, right, stand, sit = (patch.centre for patch in place_targets(FIVE, 4.0, DESK))
    assert walk[1] < left[1] < stand[1]
    assert left[0] < stand[0] < walk[0] < sit[0] < right[0]
    assert left[1] == right[1]
    assert stand[1] == sit[1]


@pytest.mark.parametrize("n", range(2, 41))
def test_any_number_of_targets_fits_without_touching(n):
    patches = place_targets((None,) * n, 2.0, DESK)
    assert len({patch.centre for patch in patches}) == n
    for k, one in enumerate(patches):
        assert one.width == one.height == round(DESK.pixels(2.0))
        assert one.x >= 0
        assert one.y >= 0
        assert one.x + one.width <= 1920
        assert one.y + one.height <= 1080
        assert not any(one.overlaps(other) for other in patches[:k])


def test_forty_targets_make_rows_of_a_keyboard():
    patches = place_targets((None,) * 40, 2.0, DESK)
    assert len({patch.centre[1] for patch in patches}) == 4
    assert len({patch.centre[0] for patch in patches}) == 10


def test_repeated_commands_fill_a_grid():
    patches = place_targets((Command.WALK, Command.WALK), 4.0, DESK)
    assert patches[0].centre[1] == patches[1].centre[1]


@pytest.mark.parametrize("n", [0, 1, 41])
def test_too_few_or_too_many_are_refused(n):
    with pytest.raises(ConfigurationError, match="2 to 40"):
        place_targets((None,) * n, 2.0, DESK)


def test_targets_too_large_are_refused_with_the_size_that_fits():
    with pytest.raises(ConfigurationError, match="at most") as refusal:
        place_targets(FIVE, 20.0, DESK)
    largest_deg = float(str(refusal.value).split("at most ")[1].split("°")[0])
    place_targets(FIVE, largest_deg, DESK)
    with pytest.raises(ConfigurationError):
        place_targets(FIVE, largest_deg + 0.3, DESK)


def test_flashing_area_of_one_patch():
    side = DESK.pixels(4.0)
    area = flashing_area((Rectangle(800, 500, side, side),), DESK)
    assert area.share_of_screen == pytest.approx(side**2 / (1920 * 1080))
    assert area.share_of_field == pytest.approx(16 / (math.pi * 25), rel=0.03)


def test_the_field_with_most_flashing_counts_wherever_it_is():
    side = DESK.pixels(3.0)
    apart = flashing_area((Rectangle(0, 0, side, side), Rectangle(1500, 800, side, side)), DESK)
    together = flashing_area(
        (Rectangle(1400, 800, side, side), Rectangle(1400 + side, 800, side, side)), DESK
    )
    assert together.share_of_screen == apart.share_of_screen
    assert together.share_of_field == pytest.approx(2 * apart.share_of_field, rel=0.05)


def test_a_flashing_screen_fills_the_field():
    assert flashing_area((Rectangle(0, 0, 1920, 1080),), DESK).share_of_field > 0.98


@pytest.mark.parametrize("distance_mm", [0.0, -600.0])
def test_an_impossible_place_is_refused(distance_mm):
    with pytest.raises(ConfigurationError, match="positive"):
        Viewing(1920, 1080, 527.0, distance_mm)


@pytest.mark.parametrize("n", [2, 5, 12, 40])
def test_the_photodiode_has_its_corner_to_itself(n):
    patches = place_targets((None,) * n, 2.0, DESK)
    corner = photodiode_patch(patches, DESK)
    assert (corner.x + corner.width, corner.y + corner.height) == (1920, 1080)
    assert corner.width > 10
    assert not any(corner.overlaps(patch) for patch in patches)


def test_the_largest_size_fits_and_no_larger():
    small = Viewing(1000, 720, 155.0, 600.0)
    size_deg = largest_size(FIVE, 4.0, small)
    assert size_deg < 4.0
    place_targets(FIVE, size_deg, small)
    with pytest.raises(ConfigurationError):
        place_targets(FIVE, size_deg + 0.1, small)
    assert largest_size(FIVE, 4.0, DESK) == 4.0

import math

import pytest

from calibration.montage import neighbours, place_on_head


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


def test_neighbours_are_near_and_the_nearest_comes_first():
    names = ("Oz", "O1", "O2", "PO7", "Fz", "EEG 6")
    found = neighbours(names)
    assert found[0][:2] in ((1, 2), (2, 1))
    assert 4 not in found[0]
    assert 1 in found[3]
    assert 2 not in found[3]
    assert found[4] == found[5] == ()


def test_there_are_at_most_four_neighbours():
    names = [row + column for row in ("P", "PO", "CP") for column in ("z", "1", "2", "3", "4")]
    assert max(map(len, neighbours(names))) == 4

import pytest

from devices.errors import DeviceError
from devices.virtual_brain.person import obliging_person, person_named, population


def test_the_population_is_twelve_different_people_and_always_the_same():
    people = population()
    assert len({person.name for person in people}) == 12
    assert len({person.vision.drive_per_s for person in people}) == 12
    assert people == population()


def test_people_are_plausible():
    for person in population():
        assert 8.0 <= person.rhythms.alpha_hz <= 12.5
        assert 0.7 < person.rhythms.exponent < 1.7
        assert 0.15 < person.habits.reaction_s < 0.6
        assert 0.03 < person.vision.latency_s < 0.09
        assert 0.004 < person.skull_s_per_m < 0.015
        assert 1.0 < person.impedance_kohm < 30.0


def test_somebody_is_found_by_name():
    assert person_named("hanako").name == "Hanako"
    assert person_named("Obliging") == obliging_person()
    with pytest.raises(DeviceError, match="no subject is called 'Nobody'; there are Obliging, Am"):
        person_named("Nobody")

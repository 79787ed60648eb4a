"""A subject made of equations, on whom a session can be rehearsed."""

from devices.virtual_brain.person import Person, obliging_person, person_named, population
from devices.virtual_brain.subject import OCCIPITAL_CHANNELS, Subject
from devices.virtual_brain.virtual_subject import VirtualSubject

__all__ = [
    "OCCIPITAL_CHANNELS",
    "Person",
    "Subject",
    "VirtualSubject",
    "obliging_person",
    "person_named",
    "population",
]

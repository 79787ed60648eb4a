"""Who a virtual subject is, and a population of them."""

from dataclasses import dataclass

import numpy as np

from devices.errors import DeviceError
from devices.virtual_brain.background import Rhythms
from devices.virtual_brain.behaviour import Habits
from devices.virtual_brain.body import Physique
from devices.virtual_brain.visual_system import Vision


@dataclass(frozen=True, slots=True)
class Person:
    """All that stays the same about a subject from session to session.

    Parameters
    ----------
    name : str
        What they are called.
    vision : Vision
        How they see.
    rhythms : Rhythms
        Their background EEG.
    physique : Physique
        Their body.
    habits : Habits
        How they take part.
    skull_s_per_m : float
        Conductivity of their skull.
    depth : float
        How far below the surface of the brain their primary visual cortex lies, as a share of the
        head's radius.
    tilt_rad : float
        By how much its currents lean away from straight backwards, to the side of the larger
        hemisphere.
    nam_per_mv : float
        Current dipole moment, in nAm, of a millivolt in a column.
    impedance_kohm : float
        How good a contact their skin makes.
    """

    name: str
    vision: Vision
    rhythms: Rhythms
    physique: Physique
    habits: Habits
    skull_s_per_m: float
    depth: float
    tilt_rad: float
    nam_per_mv: float
    impedance_kohm: float


def obliging_person() -> Person:
    """Return somebody with a strong response, who does what is asked at once."""
    return Person(
        name="Obliging",
        vision=Vision(60.0, 1.0, 1.5, 2.8, 0.06, 15.0),
        rhythms=Rhythms(10.0, 1.1, 10.2, 2.5),
        physique=Physique(1.0, 20.0, 8.0),
        habits=Habits(reaction_s=0.25),
        skull_s_per_m=0.006,
        depth=0.08,
        tilt_rad=0.1,
        nam_per_mv=9.0,
        impedance_kohm=5.0,
    )


_NAMES = (
    *("Amara", "Bruno", "Chidi", "Dagny", "Emre", "Farah"),
    *("Goran", "Hanako", "Ilse", "Jonas", "Keiko", "Lucia"),
)
_POPULATION_SEED = 2015


def population() -> tuple[Person, ...]:
    """Return twelve people whose responses spread as those of real subjects do."""
    rng = np.random.default_rng(_POPULATION_SEED)
    ranks = rng.permutation(len(_NAMES))
    return tuple(
        _draw_person(name, (rank + 0.5) / len(_NAMES), rng)
        for name, rank in zip(_NAMES, ranks.tolist(), strict=True)
    )


def person_named(name: str) -> Person:
    """Return one of the population.

    Raises
    ------
    DeviceError
        When nobody is called so.
    """
    for person in (obliging_person(), *population()):
        if person.name.lower() == name.lower():
            return person
    raise DeviceError(f"no subject is called {name!r}; there are Obliging, {', '.join(_NAMES)}")


def _draw_person(name: str, strength: float, rng: np.random.Generator) -> Person:
    """Draw somebody; `strength` between 0 and 1 ranks their response among all people's."""
    vision = Vision(
        drive_per_s=60.0 * np.exp(_between(-1.46, -0.97, strength)),
        change_share=float(rng.uniform(0.7, 0.9)),
        primary_speed=float(rng.normal(1.45, 0.08)),
        lateral_speed=float(rng.normal(3.25, 0.15)),
        latency_s=float(rng.normal(0.06, 0.008)),
        noise_per_s=float(rng.uniform(12.0, 20.0)),
    )
    rhythms = Rhythms(
        aperiodic_uv=float(rng.lognormal(np.log(10.0), 0.06)),
        exponent=float(rng.normal(1.1, 0.09)),
        alpha_hz=float(np.clip(rng.normal(10.0, 0.9), 8.5, 12.0)),
        alpha_uv=float(rng.lognormal(np.log(2.4), 0.2)),
    )
    physique = Physique(
        tone_uv=float(rng.lognormal(np.log(2.0), 0.4)),
        clench_uv=float(rng.lognormal(np.log(25.0), 0.3)),
        step_uv=float(rng.lognormal(np.log(15.0), 0.4)),
    )
    habits = Habits(
        reaction_s=float(rng.lognormal(np.log(0.32), 0.2)),
        error_rate=float(rng.uniform(0.0, 0.02)),
        attention_spread=float(rng.uniform(0.1, 0.3)),
        lapses_per_min=float(rng.uniform(0.2, 2.0)),
        glances_per_min=float(rng.uniform(0.0, 0.6)),
        blinks_per_min=float(rng.uniform(6.0, 24.0)),
        clenches_per_min=float(rng.uniform(0.0, 0.6)),
        rests_per_min=float(rng.uniform(0.0, 0.1)),
        tires_after_min=float(rng.uniform(20.0, 60.0)),
    )
    return Person(
        name=name,
        vision=vision,
        rhythms=rhythms,
        physique=physique,
        habits=habits,
        skull_s_per_m=float(rng.uniform(0.0052, 0.0085)),
        depth=float(rng.uniform(0.08, 0.11)),
        tilt_rad=float(rng.normal(0.0, 0.15)),
        nam_per_mv=9.0,
        impedance_kohm=float(rng.lognormal(np.log(6.0), 0.4)),
    )


def _between(low: float, high: float, share: float) -> float:
    return low + (high - low) * share

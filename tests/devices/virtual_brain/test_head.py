import numpy as np
import pytest

from devices.errors import DeviceError
from devices.virtual_brain.head import BRAIN_RADIUS, Head

NAMES = ("Oz", "O1", "O2", "Cz", "Fp1", "Fp2", "T7", "T8")
BACK, TOP, RIGHT = np.eye(3)[1] * -1.0, np.eye(3)[2], np.eye(3)[0]


def field(place, moment, **options):
    return dict(
        zip(
            NAMES,
            Head(NAMES, **options).lead_field(place[np.newaxis], moment[np.newaxis])[0],
            strict=True,
        )
    )


def test_electrodes_lie_where_their_names_say():
    directions = dict(zip(NAMES, Head(NAMES).directions, strict=True))
    np.testing.assert_allclose(np.linalg.norm(Head(NAMES).directions, axis=1), 1.0)
    assert directions["Oz"][1] < -0.9
    assert directions["Cz"][2] > 0.9
    assert directions["O1"][0] < -0.1 < 0.1 < directions["O2"][0]


def test_a_dipole_is_seen_best_above_it_and_positive_where_it_points():
    seen = field(0.75 * BACK, BACK)
    assert max(seen, key=seen.get) == "Oz"
    assert seen["Oz"] > 3.0 * abs(seen["Cz"])
    turned = field(0.75 * BACK, -BACK)
    assert turned["Oz"] == pytest.approx(-seen["Oz"])


def test_a_tangential_dipole_is_positive_on_one_side_and_negative_on_the_other():
    seen = field(0.7 * BACK, RIGHT, reference="Cz")
    assert seen["O2"] > 0.0 > seen["O1"]


def test_deeper_sources_and_poorer_skulls_are_seen_less():
    assert field(0.5 * TOP, TOP)["Cz"] < 0.7 * field(0.8 * TOP, TOP)["Cz"]
    poor, good = (field(0.8 * TOP, TOP, skull_s_per_m=s)["Cz"] for s in (0.0042, 0.015))
    assert poor < 0.8 * good


def test_a_central_dipole_agrees_with_the_closed_form_for_spherical_shells():
    # For a dipole at the centre only the first Legendre term remains; solve the shells directly.
    radii, sigmas = np.array([0.90, 0.92, 0.97, 1.0]), np.array([0.33, 1.0, 0.006, 0.33])
    unknowns, sides = np.zeros((8, 8)), np.zeros(8)
    for k, radius in enumerate(radii):  # potential (a r + b / r²) cos θ in each shell
        rows = slice(2 * k, 2 * k + 2)
        unknowns[rows, 2 * k : 2 * k + 2] = [
            [radius, radius**-2],
            [sigmas[k], -2.0 * sigmas[k] * radius**-3],
        ]
        if k < 3:
            unknowns[rows, 2 * k + 2 : 2 * k + 4] = [
                [-radius, -(radius**-2)],
                [-sigmas[k + 1], 2.0 * sigmas[k + 1] * radius**-3],
            ]
    unknowns[6] = 0.0  # of the last pair only that no current leaves the scalp is wanted
    unknowns[6, 1], sides[6] = 1.0, 1.0 / (4.0 * np.pi * sigmas[0])  # the dipole itself
    a, b = np.linalg.solve(unknowns, sides)[6:]
    expected_uv = (a + b) / 0.092**2 * 1e-9 * 1e6 * 2.0  # pole against pole
    head = Head(("Cz",), reference="Oz")
    head._directions = np.array([TOP, -TOP])
    ours = head.lead_field(np.zeros((1, 3)) + 1e-6, TOP[np.newaxis])[0, 0]
    assert ours == pytest.approx(expected_uv, rel=0.02)


def test_many_sources_leave_neighbours_alike_and_distant_electrodes_apart():
    outward = np.random.default_rng(0).standard_normal((300, 3))
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    seen = Head(NAMES).lead_field(BRAIN_RADIUS * outward, outward)
    correlation = np.corrcoef(seen.T)
    assert correlation[0, 1] > 0.7
    assert correlation[0, 1] > correlation[0, 3] + 0.2


def test_an_unknown_electrode_is_named():
    with pytest.raises(DeviceError, match="no electrode Xz in the 10-05 system"):
        Head(("Oz", "Xz"))
    assert len(Head(("oz", "FP1")).directions) == 2  # capitals do not matter

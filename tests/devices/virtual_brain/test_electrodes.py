import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.errors import DeviceError
from devices.virtual_brain.electrodes import OPEN_KOHM, Electrodes

NAMES = ("Oz", "O1", "O2")


def electrodes(seed=0, **options):
    return Electrodes(NAMES, 250.0, np.random.default_rng(seed), **options)


def contact(cap, n_times, potential_uv=0.0):
    return cap.add_contact(np.full((n_times, 3), potential_uv))


def spread(samples_uv):
    return (samples_uv - samples_uv.mean(axis=0)).std(axis=0)


def hum_uv(samples_uv, frequency_hz=50.0):
    wave = np.exp(-2j * np.pi * frequency_hz * np.arange(len(samples_uv)) / 250.0)
    return 2.0 * np.abs(wave @ samples_uv) / len(samples_uv)


def test_a_good_contact_adds_little_but_an_offset():
    samples_uv = contact(electrodes(hum_uv=0.0), 5000)
    assert (spread(samples_uv) < 15.0).all()
    assert np.abs(samples_uv.mean(axis=0)).max() > 500.0
    np.testing.assert_allclose(
        contact(electrodes(), 500, 70.0) - contact(electrodes(), 500), 70.0, atol=1e-9
    )


def test_drying_raises_impedance_noise_and_hum_over_the_time_asked_for():
    cap = electrodes()
    before = contact(cap, 2500)
    cap.dry("O1", 80.0, 10.0)
    contact(cap, 1250)
    halfway = cap.impedance_kohm
    contact(cap, 1250)
    after = contact(cap, 2500)
    assert cap.impedance_kohm[1] == pytest.approx(80.0)
    assert cap.impedance_kohm[0] == pytest.approx(halfway[0])
    assert halfway[1] == pytest.approx((80.0 + electrodes().impedance_kohm[1]) / 2, rel=0.01)
    assert hum_uv(after)[1] > 5.0 * hum_uv(before)[1]
    assert hum_uv(after)[0] == pytest.approx(hum_uv(before)[0], rel=0.1)
    cap.mend("O1")
    contact(cap, 2)
    assert cap.impedance_kohm[1] == pytest.approx(electrodes().impedance_kohm[1])


def test_an_electrode_that_is_off_sees_the_mains_and_no_brain():
    cap = electrodes()
    cap.take_off("Oz")
    assert cap.impedance_kohm[0] == OPEN_KOHM
    brain_uv = np.outer(np.sin(2 * np.pi * 12.0 * np.arange(2500) / 250), [100.0, 100.0, 100.0])
    samples_uv = cap.add_contact(brain_uv)
    assert hum_uv(samples_uv)[0] > 300.0
    assert hum_uv(samples_uv, 12.0)[0] < 10.0
    assert hum_uv(samples_uv, 12.0)[1] > 95.0
    cap.mend("Oz")
    assert cap.impedance_kohm[0] < 50.0


def test_a_pop_jumps_and_decays():
    popped, calm = electrodes(), electrodes()
    contact(popped, 100), contact(calm, 100)
    popped.pop("O2", -300.0)
    difference = contact(popped, 1000) - contact(calm, 1000)
    assert difference[0, 2] == pytest.approx(-300.0)
    assert abs(difference[-1, 2]) < 0.1
    assert np.abs(difference[:, :2]).max() == 0.0


def test_a_saturated_amplifier_sees_nothing_at_all():
    cap = electrodes()
    cap.saturate("O1")
    samples_uv = contact(cap, 100)
    assert (samples_uv[:, 1] > 1e6).all()
    assert samples_uv[:, 0].std() > 0.0


def test_an_unknown_electrode_is_named():
    with pytest.raises(DeviceError, match="no electrode 'Cz'; there are Oz, O1, O2"):
        electrodes().pop("Cz", 10.0)


@given(cuts=st.lists(st.integers(0, 1500), min_size=1, max_size=8))
@settings(max_examples=25, deadline=None)
def test_the_contact_is_the_same_however_it_is_drawn(cuts):
    whole, in_parts = electrodes(3), electrodes(3)
    for cap in (whole, in_parts):
        cap.dry("O1", 40.0, 6.0)
        cap.pop("Oz", 200.0)
        cap.take_off("O2")
    parts = [contact(in_parts, n) for n in cuts]
    np.testing.assert_array_equal(np.concatenate(parts), contact(whole, sum(cuts)))


def test_electrodes_that_gel_joins_are_one():
    cap, free = electrodes(), electrodes()
    cap.bridge("Oz", "O2")
    joined, apart = contact(cap, 500), contact(free, 500)
    np.testing.assert_array_equal(joined[:, 0], joined[:, 2])
    np.testing.assert_allclose(joined[:, 0], (apart[:, 0] + apart[:, 2]) / 2.0)
    np.testing.assert_array_equal(joined[:, 1], apart[:, 1])
    two = free.impedance_kohm[[0, 2]]
    assert cap.impedance_kohm[0] == cap.impedance_kohm[2] == pytest.approx(1 / np.sum(1 / two))


def test_gel_runs_on_to_a_third_electrode_and_mending_one_leaves_the_others_joined():
    cap = electrodes()
    cap.bridge("Oz", "O1")
    cap.bridge("O1", "O2")
    assert np.ptp(contact(cap, 100), axis=1).max() == pytest.approx(0.0, abs=1e-9)
    cap.mend("O1")
    mended = contact(cap, 100)
    np.testing.assert_array_equal(mended[:, 0], mended[:, 2])
    assert np.abs(mended[:, 0] - mended[:, 1]).min() > 1.0
    cap.mend("Oz")
    assert (contact(cap, 100)[:, 0] != contact(cap, 1)[0, 2]).all()

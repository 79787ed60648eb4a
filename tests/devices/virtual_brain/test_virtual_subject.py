import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.errors import DeviceError
from devices.virtual_brain import VirtualSubject, obliging_person, population
from devices.virtual_brain.flicker import Lamp, darkness


def band_power(samples_uv, frequency_hz, rate_hz=250.0):
    """Power at a frequency over the mean of its neighbours, first channel."""
    spectrum = np.abs(np.fft.rfft(samples_uv[:, 0] * np.hanning(len(samples_uv)))) ** 2
    bin_hz = rate_hz / len(samples_uv)
    centre = round(frequency_hz / bin_hz)
    width = round(1.0 / bin_hz)
    around = np.r_[spectrum[centre - width : centre - 3], spectrum[centre + 4 : centre + width + 1]]
    return spectrum[centre - 1 : centre + 2].mean() / around.mean()


@given(cuts=st.lists(st.integers(0, 700), min_size=1, max_size=12), turns=st.data())
@settings(max_examples=15, deadline=None)
def test_the_samples_are_the_same_however_they_are_drawn(cuts, turns):
    total = sum(cuts)
    at = sorted(turns.draw(st.lists(st.integers(0, total), max_size=4)))
    gazes = [turns.draw(st.sampled_from([None, 9.0, 13.0])) for _ in at]
    in_parts, whole = VirtualSubject(seed=5), VirtualSubject(seed=5)

    def record(subject, stops):
        parts, index = [], 0
        for stop in sorted({*stops, *at, total}):
            parts.append(subject.draw(stop - index))
            index = stop
            for turn, gaze in zip(at, gazes, strict=True):
                if turn == index:
                    subject.look_at(gaze)
        return np.concatenate(parts)

    np.testing.assert_array_equal(record(in_parts, np.cumsum(cuts).tolist()), record(whole, []))


def test_one_sample_at_a_time_is_the_same_too():
    one_by_one, at_once = VirtualSubject(seed=2), VirtualSubject(seed=2)
    one_by_one.look_at(11.0)
    at_once.look_at(11.0)
    np.testing.assert_array_equal(
        np.concatenate([one_by_one.draw(1) for _ in range(1100)]), at_once.draw(1100)
    )


def test_the_seed_decides_and_nothing_else():
    np.testing.assert_array_equal(VirtualSubject(7).draw(2000), VirtualSubject(7).draw(2000))
    assert not np.allclose(VirtualSubject(7).draw(2000), VirtualSubject(8).draw(2000))


def test_a_person_s_session_is_their_own():
    people = population()[:2]
    first, second = (VirtualSubject(7, person=person).draw(2000) for person in people)
    steps = np.diff(first[:, 0]), np.diff(second[:, 0])
    assert abs(np.corrcoef(*steps)[0, 1]) < 0.2


def test_the_samples_are_eeg_of_ordinary_size():
    samples_uv = VirtualSubject(1).draw(250 * 60)
    assert 8.0 < samples_uv.std(axis=0).mean() < 25.0


@pytest.mark.parametrize("target_hz", [9.0, 11.0, 13.0, 15.0, 17.0])
def test_the_response_has_the_target_s_frequency_and_its_harmonics(target_hz):
    subject = VirtualSubject(4)
    rest = subject.draw(250 * 20)
    subject.look_at(target_hz)
    subject.draw(250)
    looking = subject.draw(250 * 20)
    assert band_power(looking, target_hz) > 10.0
    assert band_power(rest, target_hz) < 5.0
    assert band_power(looking, 2.0 * target_hz) > 3.0
    assert band_power(rest, 2.0 * target_hz) < 3.0


def test_the_eyes_move_at_once_and_the_response_comes_later():
    with_gaze, without = VirtualSubject(4), VirtualSubject(4)
    with_gaze.draw(500), without.draw(500)
    with_gaze.look_at(13.0)
    change_uv = with_gaze.draw(750) - without.draw(750)
    assert np.abs(np.diff(change_uv[11:15], axis=0)).max() < 1e-9  # there, but nothing seen yet
    assert np.abs(change_uv[:15]).max() > 0.01
    assert np.abs(np.diff(change_uv[500:], axis=0)).max() > 0.5


def test_a_cue_is_followed_in_the_subject_s_own_time():
    asked, told = VirtualSubject(4), VirtualSubject(4)
    asked.cue(13.0)
    told.look_at(13.0)
    difference = asked.draw(250 * 4) - told.draw(250 * 4)
    assert np.abs(difference[20:60]).max() > 0.5  # a quarter of a second behind
    assert np.abs(difference[750:] - difference[750:].mean(axis=0)).max() < 0.5


def test_a_light_can_be_what_is_really_shown():
    lit, other = VirtualSubject(4), VirtualSubject(4)
    lit.light(13.0, Lamp(13.0, 0.0))
    other.light(13.0, Lamp(13.0, np.pi))
    for subject in (lit, other):
        subject.draw(100)
        subject.look_at(13.0)
        subject.draw(500)
    opposite = lit.draw(1000)[:, 0] - other.draw(1000)[:, 0]
    wave = np.exp(-2j * np.pi * 13.0 * np.arange(1000) / 250.0)
    assert 2.0 * abs(wave @ opposite) / 1000 > 4.0  # twice the response, and no background


def test_who_looks_at_no_target_sees_what_is_beside_them():
    seeing, in_the_dark = VirtualSubject(4), VirtualSubject(4)
    seeing.light_beside(Lamp(13.0))
    wave = np.exp(-2j * np.pi * 13.0 * np.arange(1000) / 250.0)
    for _ in range(2):  # from the beginning, and again after a target
        difference = (seeing.draw(1500) - in_the_dark.draw(1500))[500:, 0]
        assert 2.0 * abs(wave @ difference) / 1000 > 2.0
        for subject in (seeing, in_the_dark):
            subject.look_at(15.0)
            subject.draw(500)
            subject.look_at(None)


def test_a_beginning_that_is_told_before_it_reaches_cortex_is_on_time():
    told_late, told_before = VirtualSubject(4), VirtualSubject(4)
    for subject in (told_late, told_before):
        subject.all_lights(darkness, 0.0)
        subject.look_at(13.0)
    told_before.light(13.0, Lamp(13.0), 0.4)
    dark = told_before.draw(100), told_late.draw(100)
    told_late.draw(10), told_before.draw(10)  # 40 ms later; it takes 60 to cortex
    told_late.light(13.0, Lamp(13.0), 0.4)
    np.testing.assert_array_equal(*dark)
    np.testing.assert_array_equal(told_late.draw(500), told_before.draw(500))


def test_what_stands_still_makes_no_response():
    still, away = VirtualSubject(4), VirtualSubject(4)
    for subject in (still, away):
        subject.all_lights(darkness, 0.0)
        subject.draw(10)
    still.look_at(13.0)
    difference = still.draw(1000)[500:] - away.draw(1000)[500:]  # eyes turned, nothing else
    assert np.ptp(difference, axis=0).max() < 1e-9


def test_a_step_is_felt():
    walking, standing = (VirtualSubject(4, person=population()[0]) for _ in range(2))
    walking.draw(100), standing.draw(100)
    walking.step()
    assert np.abs(walking.draw(200) - standing.draw(200)).max() > 2.0


def test_an_unknown_electrode_is_named():
    with pytest.raises(DeviceError, match="Xz"):
        VirtualSubject(channel_names=("Oz", "Xz"))


def recognised(person, n_trials=9, targets_hz=(13.0, 17.0, 21.0)):
    """Share of trials of three seconds in which plain CCA finds the target."""
    time_s = np.arange(750) / 250.0
    references = []
    for target_hz in targets_hz:
        angle = 2.0 * np.pi * target_hz * np.outer(time_s, np.arange(1, 4))
        references.append(np.linalg.qr(np.hstack((np.sin(angle), np.cos(angle))))[0])
    subject, right = VirtualSubject(6, person=person), 0
    subject.draw(500)
    for trial in range(n_trials):
        subject.look_at(targets_hz[trial % 3])
        subject.draw(250)
        spectrum = np.fft.rfft(subject.draw(750), axis=0)
        spectrum[: 3 * 7] = spectrum[3 * 46 :] = 0.0
        basis = np.linalg.qr(np.fft.irfft(spectrum, axis=0))[0]
        scores = [np.linalg.norm(basis.T @ reference, 2) for reference in references]
        right += int(np.argmax(scores) == trial % 3)
    return right / n_trials


def test_people_differ_in_how_well_they_are_understood():
    by_drive = sorted(population(), key=lambda person: person.vision.drive_per_s)
    weak = np.mean([recognised(person) for person in by_drive[:2]])
    strong = np.mean([recognised(person) for person in by_drive[-2:]])
    assert recognised(obliging_person()) == 1.0
    assert strong > 0.9
    assert 0.33 < weak < 0.85

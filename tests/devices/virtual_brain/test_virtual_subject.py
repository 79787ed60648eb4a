import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.errors import DeviceError
from devices.virtual_brain import VirtualSubject


def band_power(samples_uv, frequency_hz, rate_hz=250.0):
    """Power at a frequency over the mean of its neighbours, first channel."""
    spectrum = np.abs(np.fft.rfft(samples_uv[:, 0] * np.hanning(len(samples_uv)))) ** 2
    bin_hz = rate_hz / len(samples_uv)
    centre = round(frequency_hz / bin_hz)
    width = round(1.0 / bin_hz)
    around = np.r_[spectrum[centre - width : centre - 3], spectrum[centre + 4 : centre + width + 1]]
    return spectrum[centre - 1 : centre + 2].mean() / around.mean()


@given(cuts=st.lists(st.integers(0, 700), min_size=1, max_size=12), turns=st.data())
@settings(max_examples=40, deadline=None)
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


def test_the_background_is_eeg_of_ordinary_size_and_falls_with_frequency():
    samples_uv = VirtualSubject(1).draw(250 * 120)
    assert 8.0 < samples_uv.std(axis=0).mean() < 18.0
    spectrum = (np.abs(np.fft.rfft(samples_uv, axis=0)) ** 2).mean(axis=1)
    frequencies_hz = np.fft.rfftfreq(len(samples_uv), 0.004)
    fitted = (frequencies_hz > 2) & (frequencies_hz < 45) & (np.abs(frequencies_hz - 10) > 3.5)
    slope = np.polyfit(np.log(frequencies_hz[fitted]), np.log(spectrum[fitted]), 1)[0]
    assert -1.3 < slope < -0.7
    correlation = np.corrcoef(samples_uv.T)
    assert correlation[0, 1] > correlation[6, 7] > 0.2  # Oz and O1 against PO7 and PO8


@pytest.mark.parametrize("target_hz", [9.0, 11.0, 13.0, 15.0, 17.0])
def test_the_response_has_the_target_s_frequency_and_its_harmonics(target_hz):
    subject = VirtualSubject(4)
    rest = subject.draw(250 * 40)
    subject.look_at(target_hz)
    subject.draw(250)
    looking = subject.draw(250 * 40)
    for harmonic in (1, 2):
        assert band_power(looking, harmonic * target_hz) > 20.0
        assert band_power(rest, harmonic * target_hz) < 5.0


def test_the_response_comes_late_rises_slowly_and_fades():
    with_gaze, without = VirtualSubject(4), VirtualSubject(4)
    with_gaze.draw(500), without.draw(500)
    with_gaze.look_at(13.0)
    response_uv = with_gaze.draw(500) - without.draw(500)
    strength = np.abs(response_uv).max(axis=1)
    assert (strength[:20] == 0.0).all()  # nothing before the eye's message can be there
    assert strength[30:60].max() < 0.9 * strength[400:].max()
    with_gaze.look_at(None)
    assert np.abs(with_gaze.draw(1000) - without.draw(1000))[-100:].max() < 1e-3


def test_an_unknown_electrode_is_named():
    with pytest.raises(DeviceError, match="Cz"):
        VirtualSubject(channel_names=("Oz", "Cz"))

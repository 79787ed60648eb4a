import numpy as np
import pytest

from devices.headset.recorded import RecordedHeadset
from devices.headset.source import RecordingEnded

SAMPLES_UV = np.arange(30.0).reshape(10, 3)


def test_samples_come_as_fast_as_they_once_did_and_then_it_says_so():
    now_s = 50.0
    headset = RecordedHeadset(SAMPLES_UV, 100.0, ("Oz", "O1", "O2"), clock=lambda: now_s)
    with headset:
        assert headset.read() is None
        now_s = 50.0401
        first = headset.read()
        np.testing.assert_array_equal(first.samples_uv, SAMPLES_UV[:4])
        assert (first.first_index, first.arrival_s) == (0, 50.0401)
        assert headset.read() is None
        now_s = 60.0
        rest = headset.read()
        np.testing.assert_array_equal(rest.samples_uv, SAMPLES_UV[4:])
        assert rest.first_index == 4
        with pytest.raises(RecordingEnded, match="after 10 samples"):
            headset.read()


def test_the_recording_is_not_touched_and_can_be_worn_again():
    now_s = 0.0
    headset = RecordedHeadset(SAMPLES_UV, 100.0, ("Oz", "O1", "O2"), clock=lambda: now_s)
    for _ in range(2):
        now_s = 0.0
        headset.start()
        now_s = 1.0
        assert len(headset.read()) == 10
        headset.stop()
    assert SAMPLES_UV.flags.writeable


def test_samples_and_names_must_fit():
    with pytest.raises(ValueError, match="2 channels need samples"):
        RecordedHeadset(SAMPLES_UV, 100.0, ("Oz", "O1"))

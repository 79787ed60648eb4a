import numpy as np

from devices.headset.direct import DirectHeadset
from devices.virtual_brain import VirtualSubject
from devices.virtual_brain.flicker import darkness


def test_samples_are_the_subject_s_and_paced_by_the_clock():
    now_s = 100.0
    headset = DirectHeadset(VirtualSubject(3), clock=lambda: now_s)
    with headset:
        assert headset.info.channel_names[0] == "Oz"
        assert headset.read() is None
        now_s = 100.0201
        first = headset.read()
        assert headset.read() is None
        headset.look_at(13.0)
        now_s = 102.0001
        second = headset.read()
    assert (first.first_index, len(first), first.arrival_s) == (0, 5, 100.0201)
    assert (second.first_index, second.end_index) == (5, 500)
    subject = VirtualSubject(3)
    np.testing.assert_array_equal(first.samples_uv, subject.draw(5))
    subject.look_at(13.0)
    np.testing.assert_array_equal(second.samples_uv, subject.draw(495))


def test_it_starts_anew_after_a_stop():
    now_s = 0.0
    headset = DirectHeadset(VirtualSubject(3), clock=lambda: now_s)
    for start_s in (0.0, 50.0):
        now_s = start_s
        headset.start()
        now_s += 0.1001
        assert headset.read().first_index == 0
        headset.stop()


def test_light_begins_for_the_subject_when_it_did_for_the_clock():
    now_s, subject, told = 0.0, VirtualSubject(3), []
    subject.all_lights = lambda light, since_s: told.append((light, round(since_s, 6)))
    headset = DirectHeadset(subject, clock=lambda: now_s)
    for start_s in (100.0, 200.0):  # the second time after the first second of the subject's
        now_s = start_s
        with headset:
            now_s += 1.0001
            headset.read()
            headset.all_lights(darkness, start_s + 0.7)
            headset.read()
    assert told == [(darkness, 0.7), (darkness, 1.7)]

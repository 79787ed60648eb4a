from devices.virtual_brain.timeline import Timeline


def test_a_value_holds_until_the_next():
    timeline = Timeline("a")
    timeline.change(10, "b")
    timeline.change(10, "c")
    timeline.change(15, "d")
    assert timeline.last == "d"
    assert list(timeline.stretches(0, 12)) == [(0, 10, "a"), (10, 12, "c")]
    assert list(timeline.stretches(12, 20)) == [(12, 15, "c"), (15, 20, "d")]
    assert list(timeline.stretches(20, 21)) == [(20, 21, "d")]

from devices.exoskeleton.event_queue import MAX_OTHERS, MAX_TELEMETRY, EventQueue
from devices.exoskeleton.events import FrameWritten, TelemetryReceived


def telemetry(number: int) -> TelemetryReceived:
    return TelemetryReceived(number, 0.0)  # only its place matters


def test_events_come_out_in_the_order_in_which_they_went_in_and_once():
    queue = EventQueue()
    events = [telemetry(1), FrameWritten(1, 0.0), telemetry(2), FrameWritten(2, 0.0)]
    for event in events:
        queue.put(event)
    assert queue.drain() == events
    assert queue.drain() == []


def test_telemetry_is_dropped_before_anything_else():
    queue = EventQueue()
    queue.put(FrameWritten(1, 0.0))
    for number in range(10 * MAX_TELEMETRY):
        queue.put(telemetry(number))
    events = queue.drain()
    assert events[0] == FrameWritten(1, 0.0)
    assert len(events) == 1 + MAX_TELEMETRY
    assert events[-1] == telemetry(10 * MAX_TELEMETRY - 1)


def test_all_is_bounded():
    queue = EventQueue()
    for number in range(2 * MAX_OTHERS):
        queue.put(FrameWritten(number, 0.0))
    events = queue.drain()
    assert len(events) == MAX_OTHERS
    assert events[-1] == FrameWritten(2 * MAX_OTHERS - 1, 0.0)

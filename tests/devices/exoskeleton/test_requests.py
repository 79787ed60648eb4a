import math

from devices.exoskeleton.command import Command
from devices.exoskeleton.requests import MAX_WAITING, RETRY_AFTER_S, Request, RequestQueue


def queue_of(n: int) -> RequestQueue:
    queue = RequestQueue()
    queue.lifetime_s = 1.0
    for sequence in range(1, n + 1):
        assert queue.add(Request(sequence, Command.WALK, 0.0))
    return queue


def test_the_next_goes_out_when_the_one_before_is_answered():
    queue = queue_of(3)
    first = queue.next_to_write(0.0)
    assert first.sequence == 1
    assert queue.next_to_write(0.0) is None
    assert queue.answered(2) is None
    assert queue.answered(1) is first
    assert queue.answered(1) is None
    assert queue.next_to_write(0.1).sequence == 2
    assert len(queue) == 2


def test_the_unanswered_is_written_again_until_its_life_ends():
    queue = queue_of(1)
    queue.next_to_write(0.0)
    assert queue.due_again(RETRY_AFTER_S - 0.001) is None
    assert queue.next_deadline_s == RETRY_AFTER_S
    assert queue.due_again(RETRY_AFTER_S).sequence == 1
    assert queue.due_again(RETRY_AFTER_S + 0.001) is None
    assert queue.take_expired(0.999) == []
    assert [request.sequence for request in queue.take_expired(1.0)] == [1]
    assert queue.due_again(2.0) is None
    assert len(queue) == 0


def test_what_waited_too_long_is_never_written():
    queue = queue_of(3)
    queue.next_to_write(0.9)
    assert [request.sequence for request in queue.take_expired(1.0)] == [2, 3]
    assert queue.answered(1).sequence == 1
    assert queue.next_to_write(1.0) is None


def test_clearing_returns_all_in_order():
    queue = queue_of(3)
    queue.next_to_write(0.0)
    assert [request.sequence for request in queue.clear()] == [1, 2, 3]
    assert queue.next_deadline_s == math.inf
    assert queue.next_to_write(0.0) is None


def test_a_full_queue_takes_no_more():
    queue = queue_of(MAX_WAITING)
    assert not queue.add(Request(1, Command.WALK, 0.0))


def test_numbers_wrap_on_the_line_only():
    queue = RequestQueue()
    queue.lifetime_s = 1.0
    queue.add(Request(65536 + 7, Command.WALK, 0.0))
    queue.next_to_write(0.0)
    assert queue.answered(7).sequence == 65543

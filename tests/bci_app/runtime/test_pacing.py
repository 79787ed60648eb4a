import numpy as np
import pytest

from bci_app.runtime.pacing import pace
from devices.chunk import Chunk


class Clock:
    """Time that passes only in sleep, which may be cut short or overslept."""

    def __init__(self, oversleep=1.0):
        self.now_s = 50.0
        self.oversleep = oversleep

    def read(self):
        return self.now_s

    def sleep(self, duration_s):
        self.now_s += duration_s * self.oversleep


def chunks(n=10):
    return [Chunk(np.zeros((25, 1)), 25 * k) for k in range(n)]


@pytest.mark.parametrize("speed", [0.5, 1.0, 8.0])
@pytest.mark.parametrize("oversleep", [0.6, 1.0])
def test_a_chunk_comes_when_its_last_sample_is_due(speed, oversleep):
    clock = Clock(oversleep)
    paced = list(pace(chunks(), 250.0, speed, clock=clock.read, sleep=clock.sleep))
    due_s = [50 + 0.1 * (k + 1) / speed for k in range(10)]
    assert [chunk.arrival_s for chunk in paced] == pytest.approx(due_s)
    assert [chunk.first_index for chunk in paced] == [chunk.first_index for chunk in chunks()]


def test_a_late_sleep_does_not_accumulate():
    clock = Clock(oversleep=1.3)
    paced = list(pace(chunks(50), 250.0, 1.0, clock=clock.read, sleep=clock.sleep))
    assert paced[-1].arrival_s - 55.0 < 0.05

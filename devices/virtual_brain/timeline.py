"""A value that changes at known samples."""

from collections.abc import Iterator
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Timeline(Generic[Value]):
    """What holds from which sample on.

    Parameters
    ----------
    value : object
        What holds from the first sample on.
    """

    def __init__(self, value: Value) -> None:
        self._changes: list[tuple[int, Value]] = [(0, value)]

    @property
    def last(self) -> Value:
        """What will hold in the end."""
        return self._changes[-1][1]

    def change(self, index: int, value: Value) -> None:
        """Let another value hold from a sample on, which lies after all earlier changes."""
        self._changes.append((index, value))

    def stretches(self, first: int, end: int) -> Iterator[tuple[int, int, Value]]:
        """Yield the stretches from one sample to another, each with its value.

        What held before them is forgotten: who asks goes forward.
        """
        while len(self._changes) > 1 and self._changes[1][0] <= first:
            del self._changes[0]
        ends = [start for start, _ in self._changes[1:]] + [end]
        for (start, value), next_start in zip(self._changes, ends, strict=True):
            begins, ends_at = max(start, first), min(next_start, end)
            if begins < ends_at:
                yield begins, ends_at, value

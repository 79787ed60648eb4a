"""A recorded session to which many things happened."""

import pytest

from ..eventful_session import EventfulSession


@pytest.fixture
def eventful(tmp_path):
    """Record an eventful session: called with a seed."""

    def record(seed: int, n_acts: int = 14) -> EventfulSession:
        return EventfulSession(tmp_path / f"session{seed}.xdf", seed).run(n_acts)

    return record

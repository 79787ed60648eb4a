"""The examples of the documentation run as they stand."""

import subprocess
import sys
from pathlib import Path

from .eventful_session import EventfulSession

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def test_a_session_in_python(tmp_path):
    live = EventfulSession(tmp_path / "session.xdf", seed=2).run(6)
    ran = subprocess.run(
        [sys.executable, EXAMPLES / "session_in_python.py", tmp_path / "session.xdf"],
        capture_output=True,
        text=True,
        check=True,
    )
    n_decided = sum(type(event).__name__ == "Decided" for event in live.events)
    assert ran.stdout.count(", decided ") == n_decided
    assert f"{n_decided} decisions live" in ran.stdout
    assert "first difference: None" in ran.stdout
    assert "<RawArray | 4 x" in ran.stdout
    assert "'BAD_ACQ_SKIP'" in ran.stdout

"""The examples of the documentation run as they stand."""

import subprocess
import sys
from pathlib import Path

from .eventful_session import EventfulSession

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"


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


def test_the_readmes_lines_run_as_they_stand(tmp_path):
    EventfulSession(tmp_path / "session.xdf", seed=2).run(6)
    after = (ROOT / "README.md").read_text(encoding="utf-8").partition("From Python")[2]
    lines = after.partition("```python\n")[2].partition("```")[0]
    ran = subprocess.run(
        [sys.executable, "-c", f"{lines}\nprint(len(table), raw)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    n_decided, shown = ran.stdout.split(" ", 1)
    assert int(n_decided) > 0
    assert shown.startswith("<RawArray | 4 x")

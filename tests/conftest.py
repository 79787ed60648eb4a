"""What all tests share: where the real recordings are, and that nothing is left running."""

import contextlib
import os
import threading
import time
from pathlib import Path

# As the command line does: one thread in every matrix product, before NumPy is imported.
for _variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

import pytest  # noqa: E402

_SETTLE_S = 2.0


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Folder of the real recordings: BCI_APP_DATA, else ../shared/data beside the repository."""
    named = os.environ.get("BCI_APP_DATA")
    folder = Path(named) if named else Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no real recordings: {folder} is not a folder; set BCI_APP_DATA")
    return folder


@pytest.fixture(autouse=True)
def _nothing_left_running():
    """Fail a test that leaves a thread or a child process behind."""
    before = _running()
    yield
    deadline_s = time.monotonic() + _SETTLE_S
    while (left := _running() - before) and time.monotonic() < deadline_s:
        time.sleep(0.01)
    assert not left, f"left running: {', '.join(sorted(left))}"


def _running() -> set[str]:
    threads = {f"thread {thread.name} ({thread.ident})" for thread in threading.enumerate()}
    children = set()
    for listing in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(FileNotFoundError):  # a thread that ended meanwhile
            children |= {f"process {pid}" for pid in listing.read_text().split()}
    return threads | children

"""A share of a processor for some processes: a control group, or else stops and goes."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Sequence
from pathlib import Path

_PERIOD_S = 0.1
_GROUPS = Path("/sys/fs/cgroup")


def starve(pids: Sequence[int], share: float, over: threading.Event) -> None:
    """Leave processes a share of one processor until it is over."""
    with contextlib.ExitStack() as stack:
        group = _make_group(share)
        if group is None:
            _stop_and_go(pids, share, over)
            return
        stack.callback(group.rmdir)
        for pid in pids:
            _move(pid, group)
            stack.callback(_move, pid, group.parent)
        over.wait()


def _make_group(share: float) -> Path | None:
    """Make a control group with a quota, of whichever version; None without permission."""
    quota_us, period_us = int(share * _PERIOD_S * 1e6), int(_PERIOD_S * 1e6)
    first = _GROUPS / "cpu"
    parent = first if first.is_dir() else _GROUPS
    group = parent / f"faults-{os.getpid()}"
    try:
        group.mkdir()
    except OSError:
        return None
    try:
        if first.is_dir():
            (group / "cpu.cfs_quota_us").write_text(str(quota_us))
        else:
            (group / "cpu.max").write_text(f"{quota_us} {period_us}")
    except OSError:
        group.rmdir()
        return None
    return group


def _move(pid: int, group: Path) -> None:
    with contextlib.suppress(OSError):  # it has ended
        (group / "cgroup.procs").write_text(str(pid))


def _stop_and_go(pids: Sequence[int], share: float, over: threading.Event) -> None:
    def send(number: int) -> None:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    while not over.is_set():
        send(signal.SIGSTOP)
        time.sleep((1 - share) * _PERIOD_S)
        send(signal.SIGCONT)
        time.sleep(share * _PERIOD_S)

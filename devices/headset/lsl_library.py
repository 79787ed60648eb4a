"""The Lab Streaming Layer, where it is installed (the extra ``lsl``)."""

import importlib
import os
import time
from functools import cache
from typing import Any

from devices.errors import DeviceError


@cache
def load_lsl() -> Any:
    """Return pylsl, told to keep quiet.

    Raises
    ------
    DeviceError
        When it is not installed, or its library cannot be loaded.
    """
    try:
        pylsl = importlib.import_module("pylsl")
    except (ImportError, RuntimeError) as error:
        raise DeviceError(
            f"LSL streams need pylsl: install it with `pip install 'bci-app[lsl]'` ({error})"
        ) from error
    pylsl.set_config_content("[log]\nlevel = -3\n")
    return pylsl


def lsl_minus_monotonic_s() -> float:
    """Return what to add to the monotonic clock of this program for LSL's."""
    local_clock = load_lsl().local_clock
    looks = []
    for _ in range(3):  # the quickest of them was the least interrupted
        before_s, lsl_s, after_s = time.monotonic(), float(local_clock()), time.monotonic()
        looks.append((after_s - before_s, lsl_s - (before_s + after_s) / 2.0))
    return min(looks)[1]


def lsl_carries(patience_s: float = 3.0) -> bool:
    """Offer a stream and look for it: whether this computer's network lets LSL through.

    Raises
    ------
    DeviceError
        When LSL is not installed.
    """
    lsl = load_lsl()
    name = f"bci-app probe {os.getpid()}"
    outlet = lsl.StreamOutlet(lsl.StreamInfo(name, "Probe", 1, 0.0, lsl.cf_string, name))
    try:
        return bool(lsl.resolve_byprop("name", name, minimum=1, timeout=patience_s))
    finally:
        del outlet

"""The Lab Streaming Layer, where it is installed (the extra ``lsl``)."""

import importlib
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
    return float(load_lsl().local_clock()) - time.monotonic()

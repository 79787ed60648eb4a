"""Whether windows can be shown."""

import os
import platform


def has_display() -> bool:
    """Whether this system has a display for windows."""
    if platform.system() == "Linux":
        return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return True

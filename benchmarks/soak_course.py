"""Where the virtual subject of a soak looks, for hours."""

import math

from bci_app.runtime.course import Course

REST_S = 60.0


def hours_of_course() -> Course:
    """Return the reference course again and again, with a rest after each round."""
    return Course(duration_s=math.inf, rest_s=REST_S, persistent=True)

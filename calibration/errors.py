"""The error tree of :mod:`calibration`."""


class CalibrationError(Exception):
    """Data does not suffice for what is asked of it; the message says what is missing."""

"""The error tree of :mod:`devices`."""


class DeviceError(Exception):
    """A device is absent, broken or not what was asked for.

    The message says what was wrong, what was expected and what to do next.
    """

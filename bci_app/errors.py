"""The error tree of :mod:`bci_app`: each message says what was wrong, expected, and to be done."""


class BciAppError(Exception):
    """Something the user can mend; the command line prints it and exits with 1."""


class ConfigurationError(BciAppError):
    """A setting, or a combination of settings, cannot work."""


class RecordingError(BciAppError):
    """A recording is missing, unreadable or lacks what was asked of it."""

"""What happens in a session, offered to LabRecorder and others through the Lab Streaming Layer."""

from devices.headset.lsl_library import load_lsl, lsl_minus_monotonic_s


class MarkerStream:
    """A stream of texts: markers, decisions, commands.

    Parameters
    ----------
    name : str
        Of the stream.
    source_id : str
        By which recorders know it again after a break.

    Raises
    ------
    DeviceError
        When LSL is not installed.
    """

    def __init__(self, name: str, source_id: str = "bci-app") -> None:
        lsl = load_lsl()
        info = lsl.StreamInfo(name, "Markers", 1, lsl.IRREGULAR_RATE, lsl.cf_string, source_id)
        self._outlet = lsl.StreamOutlet(info)

    def push(self, text: str, at_s: float) -> None:
        """Send a marker that belongs to a monotonic time."""
        self._outlet.push_sample([text], at_s + lsl_minus_monotonic_s())

    def close(self) -> None:
        """End the stream."""
        del self._outlet

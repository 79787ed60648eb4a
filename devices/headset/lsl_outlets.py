"""Samples and texts that are offered to LabRecorder and others through the Lab Streaming Layer."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from devices.headset.lsl_library import load_lsl, lsl_minus_monotonic_s
from devices.headset.source import HeadsetInfo


class MarkerStream:
    """A stream of texts.

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

    def __init__(self, name: str, source_id: str) -> None:
        lsl = load_lsl()
        info = lsl.StreamInfo(name, "Markers", 1, lsl.IRREGULAR_RATE, lsl.cf_string, source_id)
        self._outlet = lsl.StreamOutlet(info)

    def push(self, text: str, at_s: float) -> None:
        """Send a text that belongs to a monotonic time."""
        self._outlet.push_sample([text], at_s + lsl_minus_monotonic_s())

    def close(self) -> None:
        """End the stream."""
        del self._outlet


class SampleStream:
    """The samples of a headset, in µV and double precision.

    Parameters
    ----------
    name : str
        Of the stream.
    source_id : str
        By which recorders know it again after a break.
    headset : HeadsetInfo
        Whose they are.

    Raises
    ------
    DeviceError
        When LSL is not installed.
    """

    def __init__(self, name: str, source_id: str, headset: HeadsetInfo) -> None:
        lsl = load_lsl()
        info = lsl.StreamInfo(
            name,
            "EEG",
            len(headset.channel_names),
            headset.sampling_rate_hz,
            lsl.cf_double64,
            source_id,
        )
        description = info.desc()
        channels = description.append_child("channels")
        for electrode in headset.channel_names:
            channel = channels.append_child("channel")
            for field, value in (("label", electrode), ("unit", "microvolts"), ("type", "EEG")):
                channel.append_child_value(field, value)
        description.append_child("reference").append_child_value("label", headset.reference)
        description.append_child("acquisition").append_child_value("model", headset.name)
        self._outlet = lsl.StreamOutlet(info)

    def push(self, samples_uv: npt.NDArray[np.float64], times_s: Sequence[float]) -> None:
        """Send samples, shape (n_times, n_channels), with the monotonic time of each."""
        offset_s = lsl_minus_monotonic_s()
        self._outlet.push_chunk(samples_uv, [time_s + offset_s for time_s in times_s])

    def close(self) -> None:
        """End the stream."""
        del self._outlet

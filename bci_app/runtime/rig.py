"""The devices of a session as configured, started and let go."""

from collections.abc import Iterator
from contextlib import contextmanager

from bci_app.runtime.configuration import ExoskeletonSettings, HeadsetSettings
from bci_app.runtime.simulators import simulated_exoskeleton, simulated_headset
from bci_app.runtime.wearer import Wearer
from devices.errors import DeviceError
from devices.exoskeleton.link import Link
from devices.exoskeleton.serial_link import ExoskeletonLink
from devices.headset.acquisition import Acquisition
from devices.headset.brainflow_source import BrainFlowHeadset
from devices.headset.lsl_source import LslHeadset, LslQuery
from devices.headset.source import Headset
from devices.serial_port import SerialPort


@contextmanager
def open_headset(wanted: HeadsetSettings, seed: int) -> Iterator[tuple[Acquisition, Wearer | None]]:
    """Start a headset, or a virtual subject who wears one.

    Parameters
    ----------
    wanted : HeadsetSettings
    seed : int
        Which virtual subject, where one wears the headset.

    Yields
    ------
    Acquisition
        Streaming.
    Wearer or None
        The virtual subject; None when a person wears the headset.

    Raises
    ------
    DeviceError
        When the headset is absent or does not answer.
    """
    with provide_headset(wanted, seed) as (headset, wearer), Acquisition(headset) as acquisition:
        yield acquisition, wearer


@contextmanager
def provide_headset(wanted: HeadsetSettings, seed: int) -> Iterator[tuple[Headset, Wearer | None]]:
    """Provide a headset that is not started yet, as `open_headset` one that is."""
    if wanted.board == "virtual":
        with simulated_headset(seed) as provided:
            yield provided
    else:
        yield headset_of(wanted), None


def analog_inputs_of(wanted: HeadsetSettings) -> Headset:
    """Return the analogue inputs of the configured board as a headset, not started.

    Raises
    ------
    DeviceError
        When the board has none.
    """
    if wanted.board in ("virtual", "lsl"):
        raise DeviceError(
            f"the headset {wanted.board!r} has no analogue inputs: expected a board that has, such "
            "as a Cyton (A5, A6, A7)"
        )
    return BrainFlowHeadset(
        wanted.board,
        wanted.serial_port,
        settings=wanted.settings,
        parameters=wanted.parameters,
        sampling_rate_hz=wanted.sampling_rate_hz,
        analog=True,
    )


def headset_of(wanted: HeadsetSettings) -> Headset:
    """Return the headset that a person is to wear, not started.

    Raises
    ------
    DeviceError
        When there is none of that name, or the settings do not fit it.
    """
    electrodes = [None if name == "-" else name for name in wanted.channels] or None
    if wanted.board == "lsl":
        stream = wanted.stream
        query = LslQuery(stream.name, stream.type, stream.source_id)
        return LslHeadset(query, electrodes, stream.unit, wanted.reference)
    return BrainFlowHeadset(
        wanted.board,
        wanted.serial_port,
        electrodes,
        wanted.settings,
        wanted.parameters,
        reference=wanted.reference,
        gain=wanted.gain,
        sampling_rate_hz=wanted.sampling_rate_hz,
    )


def try_port(port: str) -> None:
    """Open a serial port and let it go: what is no port is told before anything is started.

    Names that open nothing here (`sim`, none at all) and those of a network are left alone.

    Raises
    ------
    DeviceError
        When the port is absent, busy, forbidden or no port at all.
    """
    if port not in ("", "sim") and "://" not in port:
        SerialPort(port).close()


@contextmanager
def open_link(wanted: ExoskeletonSettings) -> Iterator[Link]:
    """Open a session with an exoskeleton; last of all, for from now on it wants to be polled.

    Raises
    ------
    DeviceError
        When no controller answers at the port.
    """
    if wanted.port == "sim":
        with simulated_exoskeleton() as link:
            yield link
        return
    with ExoskeletonLink(wanted.port, wanted.baud) as link:
        yield link

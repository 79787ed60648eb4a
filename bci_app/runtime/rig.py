"""The devices of a session, started in order and let go in the reverse order."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from bci_app.runtime.configuration import SessionConfiguration
from bci_app.runtime.simulators import LookAt, simulated_exoskeleton, simulated_headset
from devices.exoskeleton.link import Link
from devices.exoskeleton.serial_link import ExoskeletonLink
from devices.headset.acquisition import Acquisition
from devices.headset.brainflow_source import BrainFlowHeadset
from devices.headset.source import HeadsetInfo


@dataclass(frozen=True, slots=True)
class Rig:
    """What a session runs on.

    Parameters
    ----------
    acquisition : Acquisition
        Streaming.
    link : Link
        With an open session.
    look_at : callable or None
        Turns the gaze of a virtual subject; None when a person wears the headset.
    """

    acquisition: Acquisition
    link: Link
    look_at: LookAt | None

    @property
    def info(self) -> HeadsetInfo:
        """What the headset delivers."""
        return self.acquisition.info


@contextmanager
def open_rig(configuration: SessionConfiguration, seed: int) -> Iterator[Rig]:
    """Start headset and exoskeleton as configured.

    Parameters
    ----------
    configuration : SessionConfiguration
    seed : int
        Which virtual subject, where one wears the headset.

    Raises
    ------
    DeviceError
        When a device is absent or does not answer.
    """
    wanted, exoskeleton = configuration.headset, configuration.exoskeleton
    look_at: LookAt | None = None
    with ExitStack() as stack:
        if wanted.board == "virtual":
            headset, look_at = stack.enter_context(simulated_headset(seed))
        else:
            names = [None if name == "-" else name for name in wanted.channels]
            headset = BrainFlowHeadset(
                wanted.board, wanted.serial_port, names or None, wanted.settings, wanted.parameters
            )
        link: Link = stack.enter_context(
            simulated_exoskeleton()
            if exoskeleton.port == "sim"
            else ExoskeletonLink(exoskeleton.port, exoskeleton.baud)
        )
        acquisition = stack.enter_context(Acquisition(headset))
        yield Rig(acquisition, link, look_at)

"""What a headset sees of whoever wears it."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from devices.virtual_brain.electrodes import Electrodes
from devices.virtual_brain.flicker import Luminance

OCCIPITAL_CHANNELS = ("Oz", "O1", "O2", "PO3", "POz", "PO4", "PO7", "PO8")
"""The electrodes over visual cortex, as in Kalunga et al. 2016."""


class Subject(Protocol):
    """A stream of potentials that depends on where its owner looks."""

    @property
    def channel_names(self) -> tuple[str, ...]:
        """Electrodes, in the order of the columns of what is drawn."""
        ...

    @property
    def sampling_rate_hz(self) -> float:
        """Samples a second."""
        ...

    @property
    def electrodes(self) -> Electrodes:
        """The contacts through which the potentials are seen."""
        ...

    def draw(self, n_times: int) -> npt.NDArray[np.float64]:
        """Return the next `n_times` samples in µV, shape (n_times, n_channels)."""
        ...

    def look_at(self, frequency_hz: float | None) -> None:
        """From the next sample on, look at the target that flickers so, or at none."""
        ...

    def cue(self, frequency_hz: float | None) -> None:
        """Ask them to look at a target, or away from all; they do it in their own way."""
        ...

    def light(self, frequency_hz: float, luminance: Luminance, since_s: float = 0.0) -> None:
        """Say what a target shows from `since_s` on, counted from their first sample."""
        ...

    def all_lights(self, luminance: Luminance, since_s: float) -> None:
        """Say what every target shows from `since_s` on."""
        ...

    def step(self) -> None:
        """Let them feel a step of the exoskeleton."""
        ...

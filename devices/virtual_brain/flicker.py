"""The light of targets: luminance between 0 and 1 at any time."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

Luminance = Callable[[FloatArray], FloatArray]
"""Luminance at times in seconds, counted from the subject's first sample."""


@dataclass(frozen=True, slots=True)
class Lamp:
    """A light-emitting diode that is on half of the time.

    Parameters
    ----------
    frequency_hz : float
        How often it is switched on in a second.
    phase_rad : float
        Where in its cycle it is at time 0; switched on at multiples of 2π.
    """

    frequency_hz: float
    phase_rad: float = 0.0

    def __call__(self, time_s: FloatArray) -> FloatArray:
        """Return the luminance at these times."""
        cycle = (time_s * self.frequency_hz + self.phase_rad / (2.0 * np.pi)) % 1.0
        return np.where(cycle < 0.5, 1.0, 0.0)


@dataclass(frozen=True, slots=True)
class Screen:
    """A patch of a screen whose luminance follows a sine, frame by frame.

    Parameters
    ----------
    frequency_hz : float
        Of the sine.
    phase_rad : float
        Of the sine at time 0.
    refresh_hz : float
        Frames a second.
    """

    frequency_hz: float
    phase_rad: float = 0.0
    refresh_hz: float = 60.0

    def __call__(self, time_s: FloatArray) -> FloatArray:
        """Return the luminance at these times."""
        frame_s = np.floor(time_s * self.refresh_hz) / self.refresh_hz
        angle = 2.0 * np.pi * self.frequency_hz * frame_s + self.phase_rad
        wave: FloatArray = 0.5 + 0.5 * np.sin(angle)
        return wave


def darkness(time_s: FloatArray) -> FloatArray:
    """Return the luminance where nothing flickers: constant, whatever the time."""
    return np.full(len(time_s), 0.5)

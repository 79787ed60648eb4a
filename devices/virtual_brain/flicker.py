"""The light of targets: luminance between 0 and 1 at any time."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

_KEPT_LIGHTS = 8  # changes that may still be on their way to the eye

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
    """A patch of a screen whose luminance follows a sine or a square wave, frame by frame.

    Parameters
    ----------
    frequency_hz : float
        Of the wave.
    phase_rad : float
        Of the wave at time 0.
    refresh_hz : float
        Frames a second.
    square : bool
        Whether it is either dark or bright.
    """

    frequency_hz: float
    phase_rad: float = 0.0
    refresh_hz: float = 60.0
    square: bool = False

    def __call__(self, time_s: FloatArray) -> FloatArray:
        """Return the luminance at these times."""
        frame_s = np.floor(time_s * self.refresh_hz) / self.refresh_hz
        angle = 2.0 * np.pi * self.frequency_hz * frame_s + self.phase_rad
        wave: FloatArray = np.sin(angle)
        return np.where(wave >= 0.0, 1.0, 0.0) if self.square else 0.5 + 0.5 * wave


def displayed(
    frequency_hz: float, phase_rad: float, refresh_hz: float, *, square: bool
) -> Luminance:
    """Return the light of a target on a screen, or of an LED, which has no refresh (0)."""
    if refresh_hz:
        return Screen(frequency_hz, phase_rad, refresh_hz, square)
    return Lamp(frequency_hz, phase_rad)


class Changing:
    """A light that becomes another one at known times.

    Parameters
    ----------
    first : callable
        Luminance until the first change.
    """

    def __init__(self, first: Luminance) -> None:
        self._lights: list[tuple[float, Luminance]] = [(0.0, first)]

    def change(self, light: Luminance, since_s: float) -> None:
        """Become another light at a time, whatever was to come after that.

        Parameters
        ----------
        light : callable
            Luminance at times counted from the change.
        since_s : float
            May be past already: what was seen until now stays seen.
        """
        kept = [(start_s, former) for start_s, former in self._lights if start_s < since_s]
        self._lights = [*kept[-_KEPT_LIGHTS:], (since_s, light)]

    def __call__(self, time_s: FloatArray) -> FloatArray:
        """Return the luminance at these times; medium before the first light there was."""
        luminance = darkness(time_s)
        for start_s, light in self._lights:
            shining = time_s >= start_s
            luminance[shining] = light(time_s[shining] - start_s)
        return luminance


def darkness(time_s: FloatArray) -> FloatArray:
    """Return the luminance where nothing flickers: constant, whatever the time."""
    return np.full(len(time_s), 0.5)

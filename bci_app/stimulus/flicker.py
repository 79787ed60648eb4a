"""The luminance of flickering targets at a given frame, and what drives a screen to show it."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from bci_app.errors import ConfigurationError

FloatArray = npt.NDArray[np.float64]

# A frame that falls on an edge of a square wave belongs to what follows the edge, whatever the
# last bit of the product of time and frequency says.
_EDGE_TOLERANCE_CYCLES = 1e-9


class Waveform(StrEnum):
    """How luminance goes through a period."""

    SINUSOIDAL = "sinusoidal"
    SQUARE = "square"


@dataclass(frozen=True, slots=True)
class Flicker:
    """One target's modulation.

    Parameters
    ----------
    frequency_hz : float
    phase_rad : float
        Phase at time 0, of a sine: 0 begins at medium luminance and rises (joint frequency-phase
        modulation, Chen et al. 2015).
    waveform : Waveform
    """

    frequency_hz: float
    phase_rad: float = 0.0
    waveform: Waveform = Waveform.SINUSOIDAL

    def __post_init__(self) -> None:
        if not (self.frequency_hz > 0 and np.isfinite([self.frequency_hz, self.phase_rad]).all()):
            raise ConfigurationError(
                f"flicker at {self.frequency_hz} Hz with phase {self.phase_rad} rad: "
                "expected a positive frequency and finite numbers."
            )


def joint_frequency_phase(
    first_hz: float, step_hz: float, step_rad: float, n_targets: int
) -> tuple[Flicker, ...]:
    """Flickers whose neighbours differ in both frequency and phase (JFPM).

    Examples
    --------
    >>> [f.frequency_hz for f in joint_frequency_phase(8.0, 0.5, 1.0, 3)]
    [8.0, 8.5, 9.0]
    """
    return tuple(
        Flicker(first_hz + k * step_hz, float(k * step_rad % (2 * np.pi))) for k in range(n_targets)
    )


class FlickerBank:
    """Luminance of all targets at once, written into memory that is allocated once.

    Parameters
    ----------
    flickers : tuple of Flicker
    gamma : float
        The screen's exponent from drive to luminance (about 2.2); luminance is linear in what is
        asked for when the drive is its inverse power.
    """

    def __init__(self, flickers: tuple[Flicker, ...], gamma: float) -> None:
        if not 1.0 <= gamma <= 4.0:
            raise ConfigurationError(
                f"a gamma of {gamma:g}: expected the screen's exponent, 1 to 4 (most are 2.2)."
            )
        self._frequencies_hz = np.array([flicker.frequency_hz for flicker in flickers])
        self._phases_cycles = np.array([flicker.phase_rad for flicker in flickers]) / (2 * np.pi)
        self._square = np.array([flicker.waveform is Waveform.SQUARE for flicker in flickers])
        self._inverse_gamma = 1 / gamma
        self._cycles = np.empty(len(flickers))
        self._high = np.empty(len(flickers), dtype=bool)

    def luminance(self, time_s: float, out: FloatArray) -> FloatArray:
        """Relative luminance, 0 (black) to 1 (white), of each target at `time_s`.

        Parameters
        ----------
        time_s : float
            Time of the frame since the flicker began.
        out : ndarray of float64, shape (n_targets,)
            Where it is written.

        Returns
        -------
        ndarray of float64, shape (n_targets,)
            `out`.
        """
        cycles = self._cycles
        np.multiply(self._frequencies_hz, time_s, out=cycles)
        cycles += self._phases_cycles
        np.multiply(cycles, 2 * np.pi, out=out)
        np.sin(out, out=out)
        out += 1.0
        out *= 0.5
        cycles += _EDGE_TOLERANCE_CYCLES
        np.mod(cycles, 1.0, out=cycles)
        np.less(cycles, 0.5, out=self._high)
        np.copyto(out, self._high, where=self._square)
        return out

    def drive(self, time_s: float, out: FloatArray) -> FloatArray:
        """Level, 0 to 1, that makes the screen show :meth:`luminance`."""
        self.luminance(time_s, out)
        np.power(out, self._inverse_gamma, out=out)
        return out

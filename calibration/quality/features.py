"""What half a second of signal says of each electrode, in numbers."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

BLOCK_S = 0.5
"""Length of a block: longer than a blink, and whole periods of 50 and 60 Hz."""

MAINS_HZ = (50.0, 60.0)
"""Both are looked for: a notch that is set to the wrong one is found out so."""

_FAST_HZ = (28.0, 45.0)  # muscle is here, brain hardly, and neither 50 nor 60 Hz is
_JUMP_S = 0.012
_CLIPPED_SHARE = 0.2
_FULL_SCALE_SHARE = 0.99


@dataclass(frozen=True, slots=True)
class Block:
    """The numbers of one block; arrays have one value an electrode unless said otherwise.

    Parameters
    ----------
    mean_uv : ndarray of float64
    spread_uv : ndarray of float64
        Standard deviation after a line and the mains were taken away.
    hum_uv : ndarray of float64, shape (len(MAINS_HZ), n_channels)
        Amplitude at the frequencies of the world's mains; 0 at those that the rate cannot carry.
    fast_uv : ndarray of float64
        Root mean square from 28 to 45 Hz.
    jump_uv : ndarray of float64
        Largest change within 12 ms.
    still : ndarray of bool
        Whether all samples are equal.
    clipped : ndarray of bool
        Whether a fifth of the samples are at one and the same extreme, or at the end of the scale.
    covariance_uv2 : ndarray of float64, shape (n_channels, n_channels)
        Of the same residual as `spread_uv`.
    """

    mean_uv: FloatArray
    spread_uv: FloatArray
    hum_uv: FloatArray
    fast_uv: FloatArray
    jump_uv: FloatArray
    still: BoolArray
    clipped: BoolArray
    covariance_uv2: FloatArray


class BlockMeter:
    """Measures blocks of one stream.

    Parameters
    ----------
    sampling_rate_hz : float
    range_uv : float or None
        Largest voltage that the headset can tell, of either sign, where that is known.

    Attributes
    ----------
    n_times : int
        Samples a block.
    n_before : int
        Samples before a block that show whether something jumped where it begins.
    """

    def __init__(self, sampling_rate_hz: float, range_uv: float | None = None) -> None:
        self.n_times = n = max(8, round(BLOCK_S * sampling_rate_hz))
        self._range_uv = range_uv
        self.n_before = max(1, round(_JUMP_S * sampling_rate_hz))
        time_s = np.arange(-self.n_before, n) / sampling_rate_hz
        nuisance = [np.ones(len(time_s)), 2.0 * time_s / time_s[-1] - 1.0]
        self._n_hums = sum(mains_hz < sampling_rate_hz / 2.0 for mains_hz in MAINS_HZ)
        for mains_hz in MAINS_HZ[: self._n_hums]:
            angle = 2.0 * np.pi * mains_hz * time_s
            nuisance += [np.cos(angle), np.sin(angle)]
        terms = np.column_stack(nuisance)
        self._nuisance_before, self._nuisance = terms[: self.n_before], terms[self.n_before :]
        self._fit = np.linalg.pinv(self._nuisance)
        self._taper = np.hanning(n)[:, np.newaxis]
        frequencies_hz = np.fft.rfftfreq(n, 1.0 / sampling_rate_hz)
        self._fast = (frequencies_hz >= _FAST_HZ[0]) & (frequencies_hz <= _FAST_HZ[1])
        self._power_scale = 2.0 / (n * float(np.sum(self._taper**2)))

    def measure(self, samples_uv: FloatArray, before_uv: FloatArray | None = None) -> Block:
        """Measure one block.

        Parameters
        ----------
        samples_uv : ndarray of float64, shape (n_times, n_channels)
            Unfiltered and finite.
        before_uv : ndarray of float64, shape (n_before, n_channels), optional
            The samples before it.
        """
        coefficients = self._fit @ samples_uv
        rest = samples_uv - self._nuisance @ coefficients
        hum_uv = np.zeros((len(MAINS_HZ), samples_uv.shape[1]))
        hum_uv[: self._n_hums] = np.hypot(coefficients[2::2], coefficients[3::2])
        covariance = rest.T @ rest / self.n_times
        spectrum = np.fft.rfft(rest * self._taper, axis=0)[self._fast]
        course = rest
        if before_uv is not None:
            course = np.vstack((before_uv - self._nuisance_before @ coefficients, rest))
        high, low = samples_uv.max(axis=0), samples_uv.min(axis=0)
        n_extreme = np.maximum((samples_uv == high).sum(axis=0), (samples_uv == low).sum(axis=0))
        clipped = n_extreme >= _CLIPPED_SHARE * self.n_times
        if self._range_uv is not None:
            clipped |= np.maximum(high, -low) >= _FULL_SCALE_SHARE * self._range_uv
        return Block(
            mean_uv=coefficients[0],
            spread_uv=np.sqrt(np.diagonal(covariance)),
            hum_uv=hum_uv,
            fast_uv=np.sqrt(self._power_scale * np.sum(np.abs(spectrum) ** 2, axis=0)),
            jump_uv=np.abs(course[self.n_before :] - course[: -self.n_before]).max(axis=0),
            still=high == low,
            clipped=clipped,
            covariance_uv2=covariance,
        )

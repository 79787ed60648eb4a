"""What the ADS1299 converters read: from potentials at the electrodes to 24-bit counts."""

import numpy as np
import numpy.typing as npt

from devices.headset.cyton.firmware import Firmware, TestSignal
from devices.headset.cyton.settings import InputType

FloatArray = npt.NDArray[np.float64]

SAMPLING_RATE_HZ = 250.0
"""The rate of the converters over the serial radio, Daisy or not."""

_FULL_SCALE = 2**23 - 1
_REFERENCE_UV = 4.5e6
_NOISE_UV = 0.14  # input-referred, gain 24, 250 samples a second (data sheet, table 1)
_LEAD_OFF_NA = 6.0
_LEAD_OFF_HZ = 31.25  # 2.048 MHz / 2**16
_SERIES_KOHM = 2.2  # the resistor between electrode and converter, twice outside this board
_SUPPLY_UV = 2.5e6
_TEMPERATURE_UV = 145.3e3  # at 25 °C


class FrontEnd:
    """The analogue side of the board.

    Parameters
    ----------
    seed : int
        Of the converters' own noise.
    """

    def __init__(self, seed: int = 0) -> None:
        self._rng = np.random.default_rng(seed)

    def convert(
        self,
        potentials_uv: FloatArray,
        impedance_kohm: FloatArray,
        firmware: Firmware,
        first_index: int,
    ) -> npt.NDArray[np.int32]:
        """Digitise a stretch of samples.

        Parameters
        ----------
        potentials_uv : ndarray, shape (n_times, n_electrodes)
            At the electrodes, against the reference; more than there are channels in use when the
            Daisy has been switched off.
        impedance_kohm : ndarray, shape (n_electrodes,)
            Of the electrodes: the impedance current makes a voltage of it.
        firmware : Firmware
            The settings in force.
        first_index : int
            Conversions since streaming started, for the phase of what the board generates itself.

        Returns
        -------
        ndarray of int32, shape (n_times, n_channels)
            Clipped where the converters saturate.
        """
        time_s = (first_index + np.arange(len(potentials_uv))) / SAMPLING_RATE_HZ
        shape = (len(potentials_uv), len(firmware.channels))
        counts = np.zeros(shape, dtype=np.int32)
        noise_uv = _NOISE_UV * self._rng.standard_normal(shape)
        drive_uv = _LEAD_OFF_NA * np.sin(2.0 * np.pi * _LEAD_OFF_HZ * time_s)  # nA × kΩ = µV
        for channel, settings in enumerate(firmware.channels):
            if not settings.powered:
                continue
            input_uv = noise_uv[:, channel]
            match settings.input_type:
                case InputType.NORMAL:
                    input_uv = input_uv + potentials_uv[:, channel]
                    if any(firmware.lead_off[channel]):
                        input_uv += drive_uv * (impedance_kohm[channel] + _SERIES_KOHM)
                case InputType.TEST_SIGNAL:
                    input_uv = input_uv + _test_signal_uv(firmware.test_signal, time_s)
                case InputType.SUPPLY:
                    input_uv = input_uv + _SUPPLY_UV
                case InputType.TEMPERATURE:
                    input_uv = input_uv + _TEMPERATURE_UV
            scaled = np.round(input_uv * (settings.gain * _FULL_SCALE / _REFERENCE_UV))
            counts[:, channel] = np.clip(scaled, -_FULL_SCALE - 1, _FULL_SCALE)
        return counts


def _test_signal_uv(signal: TestSignal, time_s: FloatArray) -> FloatArray:
    if signal.frequency_hz == 0.0:
        return np.full(len(time_s), signal.amplitude_uv)
    first_half = (time_s * signal.frequency_hz) % 1.0 < 0.5
    return np.where(first_half, signal.amplitude_uv, -signal.amplitude_uv)

"""The contact between skin and headset: impedance, its noise, mains hum, and what goes wrong."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from devices.errors import DeviceError
from devices.virtual_brain.blocks import Blocks
from devices.virtual_brain.coloured_noise import ColouredNoise

FloatArray = npt.NDArray[np.float64]

OPEN_KOHM = 1e5
"""Impedance of an electrode that touches nothing."""

_USUAL_KOHM = 5.0
_NOISE_UV2_PER_HZ = 0.003
_DRIFT_BELOW_HZ = 8.0
_MAINS_HZ = 50.0
_HUM_UV = 1.5
_OPEN_HUM_UV = 800.0
_OPEN_NOISE_UV = 60.0
_OFFSET_UV = 4000.0
_POP_DECAY_S = 0.4
_RAIL_UV = 1e7


class Electrodes:
    """The electrodes of one cap, addressed by absolute sample index.

    Noise and mains hum grow with the impedance of the contact (the amplifier's input is a voltage
    divider that differs between electrodes); an electrode that is off picks up the mains and no
    brain. Each has its own half-cell offset, of millivolts. Electrodes that gel joins are one.

    Parameters
    ----------
    names : sequence of str
        One a channel.
    sampling_rate_hz : float
        Samples a second.
    rng : numpy.random.Generator
        Where the contacts' noise comes from; not to be shared.
    impedance_kohm : float
        About how good the contacts are.
    hum_uv : float
        Amplitude of the mains hum at a contact of 5 kΩ.
    """

    def __init__(
        self,
        names: Sequence[str],
        sampling_rate_hz: float,
        rng: np.random.Generator,
        impedance_kohm: float = _USUAL_KOHM,
        hum_uv: float = _HUM_UV,
    ) -> None:
        n_channels = len(names)
        self._names = list(names)
        self._rate_hz = sampling_rate_hz
        self._hum_uv = hum_uv * rng.uniform(0.5, 1.5, n_channels)
        self._mains_rad = rng.uniform(0.0, 2.0 * np.pi, n_channels)
        self._offset_uv = rng.normal(0.0, _OFFSET_UV, n_channels)
        # The impedance of each runs in a straight line from one sample and value to another.
        self._fresh_kohm = impedance_kohm * rng.lognormal(0.0, 0.35, n_channels)
        self._from_kohm, self._to_kohm = self._fresh_kohm.copy(), self._fresh_kohm.copy()
        self._from_index, self._to_index = np.zeros(n_channels), np.ones(n_channels)
        self._off = np.zeros(n_channels, dtype=bool)
        self._railed = np.zeros(n_channels, dtype=bool)
        self._bridges: list[set[int]] = []
        self._pops: list[tuple[int, int, float]] = []  # channel, start, µV
        self._noise = ColouredNoise(_contact_spectrum, n_channels, sampling_rate_hz, rng)
        self._hum_index = 0
        self._noise_and_hum = Blocks(self._next_block, 2 * n_channels)
        self._index = 0

    @property
    def impedance_kohm(self) -> FloatArray:
        """Impedance of each electrode now, shape (n_channels,)."""
        each = np.where(self._off, OPEN_KOHM, self._impedance(np.array([self._index]))[0])
        for joined in map(list, self._bridges):
            each[joined] = 1.0 / np.sum(1.0 / each[joined])
        return each

    def add_contact(self, potentials_uv: FloatArray) -> FloatArray:
        """Pass the next samples from the skin to the wire, shape (n_times, n_channels)."""
        n_times = len(potentials_uv)
        indices = np.arange(self._index, self._index + n_times)
        relative = self._impedance(indices) / _USUAL_KOHM
        both = self._noise_and_hum.draw(n_times)
        noise, hum = both[:, : len(self._names)], both[:, len(self._names) :]
        at_wire = potentials_uv + np.sqrt(relative) * noise + relative * self._hum_uv * hum
        if self._off.any():
            dangling = _OPEN_HUM_UV * hum + _OPEN_NOISE_UV * noise
            at_wire = np.where(self._off, dangling, at_wire)
        at_wire += self._offset_uv
        for channel, start, pop_uv in self._pops:
            age_s = (indices - start) / self._rate_hz
            at_wire[:, channel] += pop_uv * np.exp(-age_s / _POP_DECAY_S)
        for joined in map(list, self._bridges):
            at_wire[:, joined] = at_wire[:, joined].mean(axis=1, keepdims=True)
        at_wire[:, self._railed] = _RAIL_UV
        self._index += n_times
        return at_wire

    def _next_block(self) -> FloatArray:
        """Noise of contacts of the usual impedance, and hum of amplitude 1, side by side."""
        noise = self._noise.next_block()
        indices = np.arange(self._hum_index, self._hum_index + len(noise))
        self._hum_index += len(noise)
        angle = 2.0 * np.pi * _MAINS_HZ / self._rate_hz * indices[:, np.newaxis]
        hum = np.cos(angle + self._mains_rad) + 0.3 * np.cos(3.0 * (angle + self._mains_rad))
        return np.hstack((noise, hum))

    def dry(self, name: str, to_kohm: float, over_s: float) -> None:
        """Let the impedance of one electrode go to a value, over some time."""
        self._ramp(self._channel(name), to_kohm, round(over_s * self._rate_hz))

    def pop(self, name: str, jump_uv: float) -> None:
        """Let the potential of one electrode jump; it comes back over about a second."""
        forgotten = self._index - 40.0 * _POP_DECAY_S * self._rate_hz
        self._pops = [pop for pop in self._pops if pop[1] > forgotten]
        self._pops.append((self._channel(name), self._index, jump_uv))

    def take_off(self, name: str) -> None:
        """Let one electrode lose the skin."""
        self._off[self._channel(name)] = True

    def bridge(self, name: str, other: str) -> None:
        """Let gel run between two electrodes."""
        joined = {self._channel(name), self._channel(other)}
        apart = [bridge for bridge in self._bridges if not bridge & joined]
        touched = [bridge for bridge in self._bridges if bridge & joined]
        self._bridges = [*apart, joined.union(*touched)]

    def saturate(self, name: str) -> None:
        """Drive the amplifier behind one electrode to its rail."""
        self._railed[self._channel(name)] = True

    def mend(self, name: str) -> None:
        """Put one electrode right again: on the skin, with fresh gel that touches no other."""
        channel = self._channel(name)
        self._off[channel] = self._railed[channel] = False
        self._bridges = [left for bridge in self._bridges if len(left := bridge - {channel}) > 1]
        self._ramp(channel, self._fresh_kohm[channel], 0)

    def _ramp(self, channel: int, to_kohm: float, n_times: int) -> None:
        self._from_kohm[channel] = self._impedance(np.array([self._index]))[0, channel]
        self._to_kohm[channel] = to_kohm
        self._from_index[channel] = self._index
        self._to_index[channel] = self._index + max(n_times, 1)

    def _channel(self, name: str) -> int:
        if name not in self._names:
            raise DeviceError(f"no electrode {name!r}; there are {', '.join(self._names)}")
        return self._names.index(name)

    def _impedance(self, indices: npt.NDArray[np.int64]) -> FloatArray:
        """Impedance in kΩ of a contact that holds, shape (n_times, n_channels)."""
        run = (indices[:, np.newaxis] - self._from_index) / (self._to_index - self._from_index)
        return self._from_kohm + (self._to_kohm - self._from_kohm) * np.minimum(run, 1.0)


def _contact_spectrum(frequencies_hz: FloatArray) -> FloatArray:
    """White noise over slow drift (µV²/Hz) of a contact of the usual impedance."""
    drift = (_DRIFT_BELOW_HZ / np.maximum(frequencies_hz, 0.25)) ** 3
    return _NOISE_UV2_PER_HZ * (1.0 + drift)

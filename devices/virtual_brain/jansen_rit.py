"""Coupled neural-mass columns of cortex.

Each column is three populations, pyramidal cells and excitatory and inhibitory interneurons, whose
mean membrane potentials follow from mean firing rates through second-order synapses (Jansen & Rit
1995, "Electroencephalogram and visual evoked potential generation in a mathematical model of
coupled cortical columns", Biol. Cybern. 73:357; driven by flicker in Spiegler et al. 2011,
"Modeling brain resonance phenomena using a neural mass model", PLoS Comput. Biol. 7:e1002298).
"""

import math

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

# Jansen & Rit's constants.
_EXCITATORY_MV, _INHIBITORY_MV = 3.25, 22.0  # synaptic gains A, B
_EXCITATORY_PER_S, _INHIBITORY_PER_S = 100.0, 50.0  # inverse time constants a, b
_C1, _C2, _C3, _C4 = 135.0, 108.0, 33.75, 33.75
_SETTLE_S = 5.0
_MAX_RATE_PER_S, _HALF_MV, _SLOPE_PER_MV = 5.0, 6.0, 0.56  # 2 e0, v0, r


class Columns:
    """Columns that excite each other.

    The linear synapses are integrated exactly from step to step. The firing rates that drive them
    are taken at the middle of the step, extrapolated from its start and the step before.

    Parameters
    ----------
    coupling : ndarray, shape (n_columns, n_columns)
        Row by row what each column receives from each other: a factor to the pyramidal cells'
        firing rate, which adds to the input.
    speeds : ndarray, shape (n_columns,)
        How much faster than Jansen & Rit's the synapses of each column are. A column of their
        speed resonates at about 10 Hz, one twice as fast at 20 (David & Friston 2003, "A neural
        mass model for MEG/EEG", NeuroImage 20:1743).
    step_s : float
        Time step.
    rest_input_per_s : float
        Input to every column without any stimulus.
    """

    def __init__(
        self,
        coupling: FloatArray,
        speeds: FloatArray,
        step_s: float,
        rest_input_per_s: float,
    ) -> None:
        n = len(coupling)
        eye = np.eye(n)
        # Per synapse population (from pyramidal cells, onto them excitatory, inhibitory): gain and
        # inverse time constant.
        gain_mv = np.repeat([_EXCITATORY_MV, _EXCITATORY_MV, _INHIBITORY_MV], n)
        rate = np.repeat([_EXCITATORY_PER_S, _EXCITATORY_PER_S, _INHIBITORY_PER_S], n)
        gain_mv, rate = gain_mv * np.tile(speeds, 3), rate * np.tile(speeds, 3)
        decay = np.exp(-rate * step_s)
        stay = decay * (1.0 + rate * step_s)
        # State: potentials x and their slopes v (3n each), firing rates now and one step earlier
        # (3n each), and the input (n).
        move_x = np.hstack((np.diag(stay), np.diag(decay * step_s)))
        move_v = np.hstack(
            (np.diag(-(rate**2) * step_s * decay), np.diag(decay * (1.0 - rate * step_s)))
        )
        # A synapse that receives a constant rate u settles at gain u / rate.
        settle_x = np.diag((1.0 - stay) * gain_mv / rate)
        settle_v = np.diag(rate**2 * step_s * decay * gain_mv / rate)
        from_rates = np.block(
            [[eye, 0 * eye, 0 * eye], [coupling, _C2 * eye, 0 * eye], [0 * eye, 0 * eye, _C4 * eye]]
        )
        from_input = np.vstack((0 * eye, eye, 0 * eye))
        receives = np.hstack((1.5 * from_rates, -0.5 * from_rates, from_input))
        self._step = np.vstack(
            (
                np.hstack((move_x, settle_x @ receives)),
                np.hstack((move_v, settle_v @ receives)),
            )
        )
        # What each population's membrane sees: pyramidal x1 - x2, interneurons C1 x0 and C3 x0.
        self._sees = -_SLOPE_PER_MV * np.block(
            [
                [0 * eye, eye, -eye],
                [_C1 * eye, 0 * eye, 0 * eye],
                [_C3 * eye, 0 * eye, 0 * eye],
            ]
        )
        self._n = n
        self._step_s = step_s
        self._rest_per_s = rest_input_per_s
        self._state = np.zeros(13 * n)

    @property
    def state(self) -> FloatArray:
        """All that the columns remember, to go back to it."""
        return self._state.copy()

    @state.setter
    def state(self, state: FloatArray) -> None:
        self._state[:] = state

    def run(self, input_per_s: FloatArray) -> FloatArray:
        """Advance by as many steps as there are inputs.

        Parameters
        ----------
        input_per_s : ndarray, shape (n_steps, n_columns)
            Input beyond that at rest, in pulses a second.

        Returns
        -------
        ndarray, shape (n_steps, n_columns)
            Mean membrane potential of the pyramidal cells in mV, the source of EEG.
        """
        n, state, moved = self._n, self._state, np.empty(6 * self._n)
        potentials, moving = state[: 3 * n], state[: 6 * n]
        rates, former, received = state[6 * n : 9 * n], state[9 * n : 12 * n], state[12 * n :]
        seen = np.empty((len(input_per_s), 3 * n))
        half = math.exp(_SLOPE_PER_MV * _HALF_MV)
        for at_membrane, arriving in zip(seen, input_per_s + self._rest_per_s, strict=True):
            former[:] = rates
            np.dot(self._sees, potentials, out=at_membrane)
            np.exp(at_membrane, out=rates)
            rates *= half
            rates += 1.0
            np.divide(_MAX_RATE_PER_S, rates, out=rates)
            received[:] = arriving
            np.dot(self._step, state, out=moved)
            moving[:] = moved
        return seen[:, :n] / -_SLOPE_PER_MV

    def settle(self) -> FloatArray:
        """Run without any stimulus until nothing changes; return the potentials, shape (n,)."""
        at_rest = self.run(np.zeros((round(_SETTLE_S / self._step_s), self._n)))
        last: FloatArray = at_rest[-1]
        return last

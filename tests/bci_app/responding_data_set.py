"""A data set of MOABB's kind, without network, whose subjects respond to their targets."""

import mne
import numpy as np
from moabb.datasets.base import BaseDataset

RATE_HZ = 128.0
TRIAL_S = 2.0
ONSET_S = 1.0  # the flicker begins so long after the event


class Responding(BaseDataset):
    """Two subjects with two sessions; targets whose names do not sort as their frequencies do."""

    def __init__(self, targets=("9.5", "11", "14"), code="Responding"):
        super().__init__(
            subjects=[1, 2],
            sessions_per_subject=2,
            events={name: number for number, name in enumerate([*targets, "rest"], 1)},
            code=code,
            interval=[ONSET_S, ONSET_S + TRIAL_S],
            paradigm="ssvep",
        )
        self.n_loaded = 0

    def _get_single_subject_data(self, subject):
        self.n_loaded += 1
        rng = np.random.default_rng(subject)
        return {str(session): {"0": self._record(rng)} for session in range(2)}

    def _record(self, rng):
        names = list(self.event_id) * 5
        n_trial = round((ONSET_S + TRIAL_S + 1) * RATE_HZ)
        samples = 10e-6 * rng.normal(size=(3, n_trial * len(names)))
        stim = np.zeros((1, samples.shape[1]))
        for k, name in enumerate(names):
            stim[0, k * n_trial + 1] = self.event_id[name]
            first = k * n_trial + 1 + round(ONSET_S * RATE_HZ)
            if name != "rest":
                phase = 2 * np.pi * float(name) * np.arange(round(TRIAL_S * RATE_HZ)) / RATE_HZ
                samples[:, first : first + len(phase)] += 8e-6 * np.sin(phase + rng.uniform(0, 6))
        info = mne.create_info(["O1", "Oz", "O2", "stim"], RATE_HZ, ["eeg"] * 3 + ["stim"])
        return mne.io.RawArray(np.concatenate([samples, stim]), info, verbose="ERROR")

    def data_path(self, subject, **more):
        raise NotImplementedError

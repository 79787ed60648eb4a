"""The 40-target screen benchmark: leave one block out, window from 0.14 s, five sub-bands.

    python benchmarks/phase_locked_decoders.py

Recordings: `jfpm40` (M. Nakanishi), one subject, six blocks of 40 targets at 8 … 15.8 Hz. The
flicker starts with the epoch; sub-bands are filtered causally from there, as a stream would be.
"""

import time

import numpy as np
import scipy.io
from recordings_folder import data_folder

from bci_app.decoders import make_decoder
from bci_app.decoders.filter_bank import design_bank, filter_windows

RATE_HZ = 250.0
# The file's order: 8, 9 … 15, 8.2, 9.2 … 15.2, … 15.8 Hz.
FREQUENCIES_HZ = tuple(round(8 + k + 0.2 * step, 1) for step in range(5) for k in range(8))
START = round(0.14 * RATE_HZ)
COMPARED = ("fbcca", "ecca", "trca", "etrca", "tdca")
OTHERS = ("itcca", "ms-etrca")
# MetaBCI at 0.2 s.
PEER = {"fbcca": 0.017, "ecca": 0.404, "trca": 0.496, "etrca": 0.767, "tdca": 0.825}


def read_bands() -> np.ndarray:
    """Epochs in sub-bands, (n_blocks, n_targets, n_bands, n_channels, n_times)."""
    eeg = scipy.io.loadmat(data_folder() / "jfpm40" / "jfpm40_subject1.mat")["eeg"]
    blocks = eeg.transpose(3, 0, 1, 2)
    bands = filter_windows(
        blocks.reshape(-1, *blocks.shape[2:]), design_bank(FREQUENCIES_HZ, RATE_HZ, 5)
    )
    return bands.reshape(*blocks.shape[:2], *bands.shape[1:])


def accuracy(name: str, bands: np.ndarray, window_s: float) -> float:
    """Mean over blocks, each decoded by what the others taught."""
    windows = bands[..., START : START + round(window_s * RATE_HZ)]
    targets = np.arange(len(FREQUENCIES_HZ))
    shares = []
    for block in range(len(windows)):
        learned = np.delete(windows, block, axis=0)
        decoder = make_decoder(name, FREQUENCIES_HZ, RATE_HZ, n_bands=5)
        decoder.fit(learned.reshape(-1, *learned.shape[2:]), np.tile(targets, len(learned)))
        shares.append((decoder.predict(windows[block]) == targets).mean())
    return float(np.mean(shares))


def main() -> None:
    """Print accuracy and time for each window length."""
    bands = read_bands()
    print("window  " + "".join(f"{name:>9s}" for name in (*COMPARED, *OTHERS)) + "   five in")
    for window_s in (0.2, 0.3, 0.4, 0.5, 1.0):
        begin_s = time.perf_counter()
        found = [accuracy(name, bands, window_s) for name in COMPARED]
        taken_s = time.perf_counter() - begin_s
        found += [accuracy(name, bands, window_s) for name in OTHERS]
        print(f"{window_s:4.1f} s  " + "".join(f"{f:9.3f}" for f in found) + f"  {taken_s:6.2f} s")
    print("MetaBCI " + "".join(f"{PEER[name]:9.3f}" for name in COMPARED) + "   (0.2 s)")


if __name__ == "__main__":
    main()

"""The 40-target screen benchmark: leave one block out, window from 0.14 s, five sub-bands.

    python benchmarks/phase_locked_decoders.py

Recordings: `jfpm40` (M. Nakanishi), one subject, six blocks of 40 targets at 8 … 15.8 Hz. The
flicker starts with the epoch; sub-bands are filtered causally from there, as a stream would be.

Then responses of known phase injected into real idle EEG: the rest trials of the 13 exoskeleton
sessions, cut into 1.25 s. Each piece gets the response of one of 8 targets (8 … 15 Hz, phases as in
the screen benchmark): after 0.14 s, harmonics 1 to 3 of amplitude 1, 1/2, 1/3, on all channels with
weights 1 … 0.3 down the list of channels, at a fixed share of the session's standard deviation. A
quarter of the pieces is decoded by the others, 0.5 s from 0.14 s.
"""

import time

import numpy as np
import scipy.io
from recordings_folder import data_folder

from bci_app.decoders import make_decoder
from bci_app.decoders.filter_bank import design_bank, filter_windows
from bci_app.online.filters import CausalFilter, design_filter
from bci_app.recordings.reading import find_recordings, read_recording
from calibration.trials import cut_windows

RATE_HZ = 250.0
# The file's order: 8, 9 … 15, 8.2, 9.2 … 15.2, … 15.8 Hz.
FREQUENCIES_HZ = tuple(round(8 + k + 0.2 * step, 1) for step in range(5) for k in range(8))
START = round(0.14 * RATE_HZ)
COMPARED = ("fbcca", "ecca", "trca", "etrca", "tdca")
OTHERS = ("itcca", "ms-etrca")
INJECTED_HZ = tuple(float(f) for f in range(8, 16))
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


def inject(amplitude: float) -> list[tuple[np.ndarray, np.ndarray]]:
    """Pieces of idle EEG with a response each, and their targets, session by session."""
    sessions = []
    rng = np.random.default_rng(0)
    for path in find_recordings((data_folder() / "exoskeleton",)):
        if path.suffix == ".gdf" or "2013.04.06-16.22.32" in path.name:
            continue
        recording = read_recording(path)
        rate_hz = recording.sampling_rate_hz
        filtered = CausalFilter(design_filter(rate_hz, (6.0, 80.0), 50.0)).process(
            recording.samples_uv
        )
        rest = [marker.index for marker in recording.markers if marker.code == "1"]
        n_piece = round(1.25 * rate_hz)
        pieces = cut_windows(
            filtered, [r + k * n_piece for r in rest for k in range(4)], 0, n_piece
        )
        targets = rng.permutation(np.arange(len(pieces)) % len(INJECTED_HZ))
        weights = np.linspace(1.0, 0.3, pieces.shape[1])
        time_s = np.arange(n_piece) / rate_hz - 0.14
        made = pieces.copy()
        for piece, target in zip(made, targets, strict=True):
            phase = 2 * np.pi * INJECTED_HZ[target] * time_s + 0.5 * np.pi * target * 5
            wave = sum(np.sin(h * phase) / h for h in (1, 2, 3)) * (time_s >= 0)
            piece += amplitude * pieces.std() * np.outer(weights, wave)
        sessions.append((made, targets))
    return sessions


def accuracy_injected(name: str, sessions: list[tuple[np.ndarray, np.ndarray]]) -> float:
    """Mean over sessions and quarters, each quarter decoded by the other three."""
    rate_hz, start = 256.0, round(0.14 * 256)
    shares = []
    for pieces, targets in sessions:
        bands = filter_windows(pieces, design_bank(INJECTED_HZ, rate_hz, 5))
        windows = bands[..., start : start + 128]
        # Four pieces a target: the k-th of each makes quarter k.
        quarter = np.array([int((targets[:k] == t).sum()) for k, t in enumerate(targets)])
        for k in range(4):
            decoder = make_decoder(name, INJECTED_HZ, rate_hz, n_bands=5)
            decoder.fit(windows[quarter != k], targets[quarter != k])
            held = quarter == k
            shares.append((decoder.predict(windows[held]) == targets[held]).mean())
    return float(np.mean(shares))


def main() -> None:
    """Print accuracy and time for each window length, then on injected responses."""
    bands = read_bands()
    print("window  " + "".join(f"{name:>9s}" for name in (*COMPARED, *OTHERS)) + "   five in")
    for window_s in (0.2, 0.3, 0.4, 0.5, 1.0):
        begin_s = time.perf_counter()
        found = [accuracy(name, bands, window_s) for name in COMPARED]
        taken_s = time.perf_counter() - begin_s
        found += [accuracy(name, bands, window_s) for name in OTHERS]
        print(f"{window_s:4.1f} s  " + "".join(f"{f:9.3f}" for f in found) + f"  {taken_s:6.2f} s")
    print("MetaBCI " + "".join(f"{PEER[name]:9.3f}" for name in COMPARED) + "   (0.2 s)")
    for amplitude in (0.15, 0.3, 0.6):
        sessions = inject(amplitude)
        found = [accuracy_injected(name, sessions) for name in (*COMPARED, *OTHERS)]
        print(f"injected at {amplitude:.2f} SD: " + "".join(f"{f:9.3f}" for f in found))


if __name__ == "__main__":
    main()

"""Accuracy on the exoskeleton recordings, through `bci-app evaluate`, and on the Muse recordings.

    python benchmarks/decoder_accuracy.py [--family]

With `--family`, every decoder that makes sense on free-running LEDs instead of the best only.
"""

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from recordings_folder import data_folder

from bci_app.decoders import make_decoder
from bci_app.online.filters import CausalFilter, design_filter
from calibration.trials import cut_windows

TARGETS = "2=13,4=17,3=21"
ROWS = (
    ("3 classes, no calibration, no other data", TARGETS, ()),
    ("3 classes, other subjects' data only", TARGETS, ("--transfer", "--trial", "5")),
    ("3 classes, calibrated", TARGETS, ("--calibrated", "--trial", "5")),
    ("4 classes with rest, calibrated", f"{TARGETS},1=idle", ("--calibrated", "--trial", "5")),
    ("4 classes with rest, others' data only", f"{TARGETS},1=idle", ("--transfer", "--trial", "5")),
)
TRAINING_FREE = (
    "cca", "fbcca", "fbwilks", "hotelling", "mec", "msi", "pillai", "psda", "wilks",
)  # fmt: skip
CALIBRATED = ("cca-knn", "evidence", "mdm", "tangent-space")


def accuracy(classes: str, *options: str) -> float:
    """Mean accuracy over the 13 usable sessions."""
    command = [
        sys.executable, "-m", "bci_app", "evaluate", str(data_folder() / "exoskeleton"),
        "--classes", classes, "--exclude", "*2013.04.06-16.22.32*", "--exclude", "*.gdf",
        "--json", *options,
    ]  # fmt: skip
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    figures = json.loads(done.stdout)
    if figures["n_recordings"] != 13:
        raise SystemExit(f"{figures['n_recordings']} recordings, expected 13: {figures['failed']}")
    return float(figures["accuracy"])


def muse(path: Path, name: str) -> float:
    """Accuracy on one Muse recording: 3 s of 30 or 20 Hz, the electrode at POz alone."""
    with path.open() as file:
        rows = list(csv.DictReader(file))
    samples = np.array([[float(row["Right AUX"])] for row in rows])
    codes = np.array([int(float(row["Marker0"])) for row in rows])
    onsets = [int(k) for k in np.flatnonzero(codes[: len(codes) - 3 * 256])]
    sections = design_filter(256.0, (6.0, 80.0), 60.0)
    windows = cut_windows(CausalFilter(sections).process(samples), onsets, 0, 3 * 256)
    truth = [0 if codes[k] == 1 else 1 for k in onsets]
    decoder = make_decoder(name, (30.0, 20.0), 256.0)
    return float((decoder.predict(windows) == truth).mean())


def main() -> None:
    """Print the table."""
    if "--family" in sys.argv:
        for name in TRAINING_FREE:
            print(f"{name:16s} {accuracy(TARGETS, '--decoder', name):.3f}", flush=True)
        for name in CALIBRATED:
            options = ("--calibrated", "--decoder", name, "--trial", "5")
            print(f"{name:16s} {accuracy(TARGETS, *options):.3f} calibrated", flush=True)
        return
    print(f"{'window from 0.5 s':45s} {'1 s':>6s} {'2 s':>6s}")
    for title, classes, options in ROWS:
        found = [accuracy(classes, "--window", window, *options) for window in ("1", "2")]
        print(f"{title:45s} {found[0]:6.3f} {found[1]:6.3f}", flush=True)
    for name in ("cca", "fbwilks"):
        found = [muse(path, name) for path in sorted((data_folder() / "muse").glob("*.csv"))]
        print(f"Muse, POz alone, 3 s, {name}: " + " ".join(f"{share:.2f}" for share in found))


if __name__ == "__main__":
    main()

"""Draw the figures of the explanation into docs/images, from the code that they explain.

python scripts/figures.py [--out docs/images]
"""

import argparse
from pathlib import Path

import matplotlib as mpl

mpl.use("agg")
import matplotlib.pyplot as plt
import numpy as np
from scipy import signal

from bci_app.decoders.cca import StandardCCA
from bci_app.online.events import Decided, Scored
from bci_app.online.path import OnlinePath
from bci_app.online.settings import PathSettings
from devices.chunk import Chunk
from devices.virtual_brain import VirtualSubject

RATE_HZ = 250.0
TARGETS_HZ = PathSettings().frequencies_hz
SEED = 4
# Okabe and Ito's colours, which colour-blind eyes can tell apart.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00")
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))


def spectrum(out: Path) -> None:
    """Show what a look at 13 Hz does to the signal over the visual cortex."""
    figure, axes = plt.subplots(figsize=(7.5, 3.2), layout="constrained")
    for gaze_hz, colour, label in ((None, "0.6", "looking away"), (13.0, COLOURS[0], "at 13 Hz")):
        subject = VirtualSubject(SEED)
        subject.look_at(gaze_hz)
        subject.draw(round(2 * RATE_HZ))
        oz_uv = subject.draw(round(20 * RATE_HZ))[:, subject.channel_names.index("Oz")]
        frequencies_hz, density = signal.welch(oz_uv, RATE_HZ, nperseg=1000)
        axes.semilogy(frequencies_hz, np.sqrt(density), color=colour, label=label)
    for harmonic in (1, 2, 3):
        axes.axvline(13 * harmonic, color="0.8", zorder=0)
        axes.text(13 * harmonic + 0.5, 18, f"{harmonic}f" if harmonic > 1 else "f", color="0.4")
    axes.set(xlim=(2, 48), ylim=(0.3, 30), xlabel="Hz", ylabel="µV/√Hz at Oz")
    axes.legend(frameon=False)
    figure.savefig(out / "ssvep-spectrum.png", dpi=150)


def window_length(out: Path) -> None:
    """How the largest canonical correlation sorts out the targets as the window grows."""
    subject = VirtualSubject(SEED)
    subject.look_at(13.0)
    subject.draw(round(2 * RATE_HZ))
    lengths_s = np.arange(0.5, 4.01, 0.25)
    trials = [subject.draw(round(4 * RATE_HZ)).T for _ in range(20)]
    decoder = StandardCCA(TARGETS_HZ, RATE_HZ, 3)
    scores = np.array(
        [
            decoder.score_windows(np.stack([t[:, : round(s * RATE_HZ)] for t in trials])).mean(0)
            for s in lengths_s
        ]
    )
    figure, axes = plt.subplots(figsize=(7.5, 3.2), layout="constrained")
    for target_hz, column, colour, dash in zip(TARGETS_HZ, scores.T, COLOURS, DASHES, strict=True):
        axes.plot(lengths_s, column, color=colour, linestyle=dash, label=f"{target_hz:g} Hz")
    axes.set(xlabel="length of the window in s", ylabel="largest correlation", ylim=(0, 1))
    axes.legend(frameon=False, ncols=5, loc="upper right")
    figure.savefig(out / "ssvep-window.png", dpi=150)


def decisions(out: Path) -> None:
    """Follow the default path while the gaze comes and goes."""
    settings = PathSettings()
    path = OnlinePath(settings, RATE_HZ, 8)
    subject = VirtualSubject(SEED)
    looks = ((None, 5), (13.0, 6), (None, 6), (9.0, 6), (None, 5))
    events, index, spans = [], 0, []
    for gaze_hz, seconds in looks:
        subject.look_at(gaze_hz)
        samples_uv = subject.draw(round(seconds * RATE_HZ))
        events += path.push(Chunk(samples_uv, first_index=index))
        spans.append((index / RATE_HZ, (index + len(samples_uv)) / RATE_HZ, gaze_hz))
        index += len(samples_uv)
    scored = [event for event in events if isinstance(event, Scored)]
    decided = [event for event in events if isinstance(event, Decided)]
    figure, axes = plt.subplots(figsize=(7.5, 3.4), layout="constrained")
    times_s = [event.end_index / RATE_HZ for event in scored]
    rows = np.array([event.scores for event in scored])
    for target_hz, column, colour, dash in zip(TARGETS_HZ, rows.T, COLOURS, DASHES, strict=True):
        axes.plot(times_s, column, color=colour, linestyle=dash, label=f"{target_hz:g} Hz")
    for start_s, stop_s, gaze_hz in spans:
        if gaze_hz is not None:
            axes.axvspan(start_s, stop_s, color="0.93", zorder=0)
            axes.text((start_s + stop_s) / 2, 0.03, f"looks at {gaze_hz:g} Hz", ha="center")
    for event in decided:
        colour = COLOURS[event.target]
        axes.plot(event.end_index / RATE_HZ, event.score, "o", color=colour, markersize=9)
    axes.axhline(settings.policy.threshold, color="0.4", linewidth=0.8)
    axes.text(0.3, settings.policy.threshold + 0.02, "threshold", color="0.4")
    axes.set(xlabel="s", ylabel="score", ylim=(0, 1.15), xlim=(0, spans[-1][1]))
    axes.legend(frameon=False, ncols=5, loc="upper right")
    figure.savefig(out / "ssvep-decisions.png", dpi=150)


def main() -> None:
    """Draw all figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    for draw in (spectrum, window_length, decisions):
        draw(out)


if __name__ == "__main__":
    main()

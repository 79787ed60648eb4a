"""What the online path costs with more channels, a faster headset, more targets, and where it ends.

    OPENBLAS_NUM_THREADS=1 python benchmarks/scaling.py [--seconds 12] [--markdown]

Noise is pushed in chunks of 40 ms. The load is the processor time that a second of signal takes,
as a share of that second, on one core; real time ends where a single push takes longer than a hop.
From 8 channels, 250 Hz and 5 targets one number grows at a time, for the path without a model (one
window of 2.5 s each 0.1 s) and with one (13 window lengths each 0.125 s). Prints the table, says
where real time ends, and draws the figure.
"""

import argparse
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bci_app.online.growing import GrowingModel, fit_growing_model, make_growing_decoder
from bci_app.online.path import OnlinePath
from bci_app.online.rehearsal import HOP_S
from bci_app.online.settings import PathSettings, Target
from devices.chunk import Chunk
from devices.exoskeleton.command import Command

CHUNK_S = 0.04
TRIAL_S = 5.0
N_EACH = 2
PATHS = ("fixed windows", "growing windows")
HOP_MS = {PATHS[0]: 1e3 * PathSettings().hop_s, PATHS[1]: 1e3 * HOP_S}


@dataclass(frozen=True)
class Size:
    """How large the problem is."""

    n_channels: int = 8
    rate_hz: float = 250.0
    n_targets: int = 5

    @property
    def settings(self) -> PathSettings:
        """Settings with targets spread over 8 to 16 Hz."""
        frequencies_hz = np.linspace(8.0, 16.0, self.n_targets)
        return PathSettings(targets=tuple(Target(float(f), Command.WALK) for f in frequencies_hz))


@dataclass(frozen=True)
class Load:
    """Share of a core, a push that holds a hop, and the dearest percent of pushes, in ms."""

    share: float
    hop_ms: float
    p99_ms: float

    def in_real_time(self, kind: str) -> bool:
        """Whether one core keeps up, and a push is done before the next hop is due."""
        return self.share < 1 and self.p99_ms < HOP_MS[kind]


SWEEPS: dict[str, list[Size]] = {
    "channels": [replace(Size(), n_channels=n) for n in (8, 16, 32, 64)],
    "sampling rate in Hz": [replace(Size(), rate_hz=r) for r in (250.0, 500.0, 1000.0, 2000.0)],
    "targets": [replace(Size(), n_targets=n) for n in (5, 10, 20, 40, 80, 160)],
}
SWEPT = {"channels": "n_channels", "sampling rate in Hz": "rate_hz", "targets": "n_targets"}


def fitted(size: Size, rng: np.random.Generator) -> GrowingModel:
    """Return a model fitted to responses in noise: two sessions of one person."""
    frequencies_hz = size.settings.frequencies_hz
    decoder = make_growing_decoder(frequencies_hz, size.rate_hz, TRIAL_S)
    labels = np.tile(np.arange(len(frequencies_hz) + 1), N_EACH)
    times_s = np.arange(round((TRIAL_S - 0.5) * size.rate_hz)) / size.rate_hz
    sessions = []
    for _ in range(2):
        windows_uv = rng.normal(size=(len(labels), size.n_channels, len(times_s)))
        for window_uv, label in zip(windows_uv, labels, strict=True):
            if label < len(frequencies_hz):
                phase = 2 * np.pi * frequencies_hz[label] * times_s + rng.uniform(0, 2 * np.pi)
                window_uv += 0.5 * np.sin(phase)
        sessions.append(decoder.observe(windows_uv, labels))
    return fit_growing_model(decoder, sessions, [])


def load(path: OnlinePath, size: Size, seconds: float, rng: np.random.Generator) -> Load:
    """Push noise and see what it takes; the first third, in which windows fill, does not count."""
    n_chunk = round(CHUNK_S * size.rate_hz)
    spent_ms = []
    for start in range(0, round(seconds * size.rate_hz) - n_chunk, n_chunk):
        chunk = Chunk(rng.normal(size=(n_chunk, size.n_channels)), start)
        began_ns = time.thread_time_ns()
        path.push(chunk)
        spent_ms.append((time.thread_time_ns() - began_ns) / 1e6)
    settled = np.array(spent_ms[len(spent_ms) // 3 :])
    # A third of the pushes hold a hop, or more: the upper fifth's lower end is what one costs.
    return Load(
        float(settled.mean()) / (CHUNK_S * 1e3),
        float(np.percentile(settled, 80)),
        float(np.percentile(settled, 99)),
    )


def measure(
    sizes: Iterable[Size], kinds: Iterable[str], seconds: float
) -> Iterable[tuple[Size, str, Load]]:
    """Measure each size on each kind of path."""
    for size in sizes:
        for kind in kinds:
            rng = np.random.default_rng(0)
            model = fitted(size, rng) if kind == PATHS[1] else None
            path = OnlinePath(size.settings, size.rate_hz, size.n_channels, model)
            yield size, kind, load(path, size, seconds, rng)


def end_of_real_time(name: str, kind: str, rows: list[tuple[float, Load]]) -> str:
    """Say up to where the rows of one kind, sizes ascending, are in real time."""
    kept = [at for at, found in rows if found.in_real_time(kind)]
    over = [at for at, found in rows if not found.in_real_time(kind)]
    if not over:
        at, most = rows[-1]
        share = f"{most.share:.0%} of a core"
        return f"{name}, {kind}: in real time at {at:g}, the most tried, with {share}"
    if not kept:
        return f"{name}, {kind}: nowhere in real time"
    return f"{name}, {kind}: in real time at {max(kept):g}, no longer at {min(over):g}"


def main() -> None:
    """Measure, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    parser.add_argument("--markdown", action="store_true", help="print a table of Markdown")
    arguments = parser.parse_args()
    found: dict[str, dict[str, list[tuple[float, Load]]]] = {}
    if arguments.markdown:
        print("| grows | to | path | load of a core | a hop | p99 |\n|---|---|---|---|---|---|")
    for name, sizes in SWEEPS.items():
        found[name] = {kind: [] for kind in PATHS}
        for size, kind, here in measure(sizes, PATHS, arguments.seconds):
            at = getattr(size, SWEPT[name])
            found[name][kind].append((at, here))
            cells = f"{name:20}", f"{at:6g}", f"{kind:16}"
            cells += f"{here.share:7.2%}", f"{here.hop_ms:7.2f} ms", f"{here.p99_ms:7.2f} ms"
            print(
                "| " + " | ".join(cells) + " |" if arguments.markdown else "  ".join(cells),
                flush=True,
            )
    print()
    for name, by_kind in found.items():
        for kind, rows in by_kind.items():
            print(f"- {end_of_real_time(name, kind, rows)}")
    draw(found, arguments.out / "scaling.png")


def draw(found: dict[str, dict[str, list[tuple[float, Load]]]], file: Path) -> None:
    """Draw the load over each size, both axes logarithmic."""
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    figure, every = plt.subplots(
        1, len(found), figsize=(10, 3.2), sharey=True, layout="constrained"
    )
    for axes, (name, rows) in zip(every, found.items(), strict=True):
        for kind, colour, mark in zip(PATHS, ("#0072B2", "#D55E00"), ("o-", "s--"), strict=True):
            axes.loglog(
                [at for at, _ in rows[kind]],
                [100 * here.share for _, here in rows[kind]],
                mark,
                color=colour,
                label=kind,
            )
        axes.axhline(100, color="0.5", linewidth=0.8)
        axes.set(xlabel=name)
        axes.set_xticks([at for at, _ in rows[PATHS[0]]], [f"{at:g}" for at, _ in rows[PATHS[0]]])
        axes.minorticks_off()
    every[0].set(ylabel="load of one core in %")
    every[0].legend(frameon=False)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=150)


if __name__ == "__main__":
    main()

"""A comparison as one figure: against window length, by subject, and what was taken for what."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bci_app.evaluation.cells import Row
from bci_app.evaluation.comparison import CellSummary, by_subject
from bci_app.evaluation.comparison_tables import unwritable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe & Ito's colours, which colour-blind readers tell apart; the markers serve those in print.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_MARKERS = "osD^vP*X"
_MOST_MATRICES = 6
_MOST_CLASSES_WITH_NUMBERS = 8
_MOST_NAMES_ON_AN_AXIS = 16


def draw_comparison(
    rows: Sequence[Row], summaries: Sequence[CellSummary], classes: Sequence[str]
) -> "Figure":
    """Draw accuracy and information transfer rate against window length, subjects, confusion.

    Subjects and confusion are shown at the window length with the highest rate.

    Parameters
    ----------
    rows : sequence of Row
    summaries : sequence of CellSummary
        Of the same rows.
    classes : sequence of str
        Name of each class.
    """
    from matplotlib.figure import Figure

    decoders = list(dict.fromkeys(summary.decoder for summary in summaries))
    best = max(summaries, key=lambda summary: summary.itr_bits_per_min)
    shown = [row for row in rows if row.window_s == best.window_s]
    at_best = [summary for summary in summaries if summary.window_s == best.window_s]
    ranked = [s.decoder for s in sorted(at_best, key=lambda s: -s.accuracy)][:_MOST_MATRICES]
    figure = Figure(figsize=(13, 8), layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=(5, 4), squeeze=False)[:, 0]
    by_length, by_rate, of_subjects = above.subplots(1, 3)
    _draw_against_length(by_length, summaries, decoders, "accuracy", "ci95")
    for n_classes in sorted({len(row.confusion) for row in rows}):
        by_length.axhline(
            1 / n_classes, color="0.5", ls=":", lw=1, label=f"chance, 1 of {n_classes}"
        )
    by_length.set(ylabel="accuracy", ylim=(0, 1.02))
    _draw_against_length(by_rate, summaries, decoders, "itr_bits_per_min", "itr_ci95")
    by_rate.set(ylabel="information transfer rate (bit/min)")
    by_rate.set_ylim(bottom=0)
    _draw_subjects(of_subjects, shown, decoders)
    of_subjects.set(ylabel="accuracy", ylim=(0, 1.02), title=f"subjects, {best.window_s:g} s")
    above.legend(*by_length.get_legend_handles_labels(), loc="outside upper center", ncols=8)
    panels = below.subplots(1, len(ranked), squeeze=False)[0]
    for panel, decoder in zip(panels, ranked, strict=True):
        _draw_confusion(panel, [row for row in shown if row.decoder == decoder], classes)
        panel.set(title=f"{decoder}, {best.window_s:g} s", xlabel="answered")
    panels[0].set_ylabel("asked")
    return figure


def save_figure(figure: "Figure", folder: Path) -> None:
    """Write a figure as `comparison.png`, to look at, and `comparison.pdf`, for print.

    Raises
    ------
    RecordingError
        When the folder cannot be written.
    """
    try:
        figure.savefig(folder / "comparison.png", dpi=150)
        figure.savefig(folder / "comparison.pdf")
    except OSError as error:
        raise unwritable(folder, error) from error


def _draw_against_length(
    axes: "Axes",
    summaries: Sequence[CellSummary],
    decoders: Sequence[str],
    value: str,
    interval: str,
) -> None:
    lengths_s = sorted({summary.window_s for summary in summaries})
    apart_s = 0.06 * min(np.diff(lengths_s), default=1.0) / max(1, len(decoders) / 4)
    for number, decoder in enumerate(decoders):
        cells = sorted((s for s in summaries if s.decoder == decoder), key=lambda s: s.window_s)
        middle = np.array([getattr(cell, value) for cell in cells])
        ends = np.array([getattr(cell, interval) or (np.nan, np.nan) for cell in cells])
        # Beside each other, so that no interval hides another.
        shift_s = (number - (len(decoders) - 1) / 2) * apart_s
        axes.errorbar(
            [cell.window_s + shift_s for cell in cells],
            middle,
            yerr=np.abs(ends.T - middle),
            label=decoder,
            lw=1.2,
            ms=5,
            capsize=2,
            color=_COLOURS[number % len(_COLOURS)],
            marker=_MARKERS[number % len(_MARKERS)],
        )
    axes.set(xlabel="window (s)", xticks=lengths_s, xticklabels=[f"{s:g}" for s in lengths_s])
    axes.grid(axis="y", alpha=0.3)


def _draw_subjects(axes: "Axes", rows: Sequence[Row], decoders: Sequence[str]) -> None:
    means = by_subject(rows)
    subjects = sorted(means, key=lambda subject: -means[subject])
    for number, decoder in enumerate(decoders):
        accuracies = by_subject(row for row in rows if row.decoder == decoder)
        shift = (number - (len(decoders) - 1) / 2) * 0.6 / len(decoders)
        axes.plot(
            [subjects.index(subject) + shift for subject in accuracies],
            list(accuracies.values()),
            ls="none",
            ms=5,
            color=_COLOURS[number % len(_COLOURS)],
            marker=_MARKERS[number % len(_MARKERS)],
        )
    axes.set(xlabel="subject, best first", xlim=(-0.6, len(subjects) - 0.4))
    if len(subjects) <= _MOST_NAMES_ON_AN_AXIS:
        axes.set_xticks(range(len(subjects)), subjects, rotation=45, ha="right")
    axes.grid(axis="y", alpha=0.3)


def _draw_confusion(axes: "Axes", rows: Sequence[Row], classes: Sequence[str]) -> None:
    counts = np.sum([row.confusion for row in rows], axis=0)
    classes = classes[: len(counts)]  # idle comes last, where the decoder knows it
    asked = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, asked, out=np.zeros(counts.shape), where=asked > 0)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    if len(classes) <= _MOST_NAMES_ON_AN_AXIS:
        axes.set_xticks(range(len(classes)), classes, rotation=45 if len(classes) > 4 else 0)
        axes.set_yticks(range(len(classes)), classes)
    if len(classes) <= _MOST_CLASSES_WITH_NUMBERS:
        for (k, m), share in np.ndenumerate(shares):
            colour = "white" if share > 0.5 else "black"
            axes.text(m, k, f"{share:.0%}", ha="center", va="center", color=colour, fontsize=8)

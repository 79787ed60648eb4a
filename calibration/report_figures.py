"""The figures of a calibration's report."""

import io
from typing import TYPE_CHECKING

import numpy as np

from calibration.findings import Findings, FloatArray
from calibration.learning_curve import LearningCurve, Prospect
from calibration.metrics import itr_bits_per_min, wilson_interval
from calibration.montage import place_on_head
from calibration.profile_fields import ProfileText

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

# Okabe & Ito's colours, which colour-blind readers tell apart; the markers serve those in print.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_MARKERS = "osD^vP*X"
_IDLE_COLOUR = "#666666"
_DPI = 130
_GAZE_S = 0.5  # added to a window for the time that a selection takes
_N_BINS = 5
_MOST_TOPOGRAPHIES = 10
_AROUND = 0.17  # of an electrode, that the picture fills; the head's radius is 1
_N_GRID = 90


def draw_spectra(text: ProfileText, findings: Findings) -> "Figure":
    """Mean spectrum of the looks at each target, and of idle."""
    spectra = findings.spectra
    highest_hz = min(3.2 * max(text.frequencies_hz), text.montage.sampling_rate_hz / 2)
    shown = (spectra.frequencies_hz >= 4) & (spectra.frequencies_hz <= highest_hz)
    figure, axes = _figure(9, 3.6)
    for k, target_hz in enumerate(text.frequencies_hz):
        colour = _COLOURS[k % len(_COLOURS)]
        axes.plot(
            spectra.frequencies_hz[shown],
            spectra.amplitudes_uv[k, shown],
            color=colour,
            lw=1.4,
            label=f"{target_hz:g} Hz",
        )
        for harmonic in (1, 2, 3):
            if harmonic * target_hz < highest_hz:
                axes.axvline(harmonic * target_hz, color=colour, lw=0.8, ls=":", alpha=0.7)
    axes.plot(
        spectra.frequencies_hz[shown],
        spectra.amplitudes_uv[-1, shown],
        color=_IDLE_COLOUR,
        lw=1.2,
        ls="--",
        label="idle",
    )
    axes.set(xlabel="frequency (Hz)", ylabel="amplitude (µV)", xlim=(4, highest_hz))
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, ncols=2)
    return figure


def draw_topographies(text: ProfileText, findings: Findings) -> "Figure":
    """Signal-to-noise ratio at each target by electrode, on the head where the places are known."""
    from matplotlib.figure import Figure

    names = text.montage.channels
    places = [place_on_head(name) for name in names]
    snr_db = findings.spectra.snr_db[:_MOST_TOPOGRAPHIES]
    known = [place for place in places if place is not None]
    if len(known) < max(3, len(names)):
        return _draw_snr_bars(text, findings)
    figure = Figure(figsize=(2.9 * len(snr_db) + 1.2, 3.2), layout="constrained")
    all_axes = figure.subplots(1, len(snr_db), squeeze=False)[0]
    highest = max(1.0, float(snr_db.max()))
    for axes, values, target_hz in zip(all_axes, snr_db, text.frequencies_hz, strict=False):
        image = _draw_head(axes, np.array(known), values, highest)
        for (x, y), name, value in zip(known, names, values, strict=True):
            axes.annotate(
                name,
                (x, y),
                ha="center",
                va="center",
                fontsize=7,
                color="white" if value < 0.6 * highest else "black",
            )
        axes.set_title(f"{target_hz:g} Hz")
    figure.colorbar(image, ax=all_axes, label="signal to noise (dB)", shrink=0.8)
    return figure


def _draw_head(axes: "Axes", places: FloatArray, values: FloatArray, highest: float) -> "AxesImage":
    """Draw values between electrodes, and the part of the head around them, from above."""
    from matplotlib.patches import Circle
    from scipy.interpolate import RBFInterpolator

    low, high = places.min(axis=0) - 2 * _AROUND, places.max(axis=0) + 2 * _AROUND
    grid = np.meshgrid(*(np.linspace(low[k], high[k], _N_GRID) for k in (0, 1)))
    points = np.stack([each.ravel() for each in grid], axis=1)
    between = RBFInterpolator(places, values, smoothing=0.01)(points)
    distance = np.linalg.norm(points[:, np.newaxis] - places, axis=2).min(axis=1)
    between[distance > _AROUND] = np.nan
    image = axes.imshow(
        between.reshape(_N_GRID, _N_GRID),
        extent=(low[0], high[0], low[1], high[1]),
        origin="lower",
        cmap="viridis",
        vmin=0,
        vmax=highest,
    )
    axes.add_patch(Circle((0, 0), 1, fill=False, color="0.3"))
    axes.plot([-0.1, 0, 0.1], [0.995, 1.1, 0.995], color="0.3", lw=1, scalex=False, scaley=False)
    axes.set_aspect("equal")
    axes.axis("off")
    return image


def _draw_snr_bars(text: ProfileText, findings: Findings) -> "Figure":
    figure, axes = _figure(9, 3.4)
    n_targets = len(text.frequencies_hz)
    places = np.arange(len(text.montage.channels))
    for k, target_hz in enumerate(text.frequencies_hz):
        axes.bar(
            places + (k - (n_targets - 1) / 2) * 0.8 / n_targets,
            findings.spectra.snr_db[k],
            0.8 / n_targets,
            color=_COLOURS[k % len(_COLOURS)],
            label=f"{target_hz:g} Hz",
        )
    axes.set_xticks(places, text.montage.channels)
    axes.set(ylabel="signal to noise (dB)")
    axes.legend(frameon=False, ncols=3)
    return figure


def draw_accuracy(findings: Findings) -> "Figure":
    """Accuracy and information transfer rate against the window's length, by decoder."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    accuracy, rate = figure.subplots(1, 2)
    lengths_s = sorted(findings.compared)
    n_classes = len(findings.confusion)
    for k, first in enumerate(findings.compared[lengths_s[0]]):
        results = [findings.compared[length_s][k] for length_s in lengths_s]
        style = {
            "color": _COLOURS[k % len(_COLOURS)],
            "marker": _MARKERS[k % len(_MARKERS)],
            "lw": 2.2 if first.decoder == findings.chosen.decoder else 1.2,
            "label": first.decoder,
        }
        shares = [result.accuracy for result in results]
        if first.decoder == findings.chosen.decoder:
            ends = np.array([wilson_interval(r.n_right, len(r.labels)) for r in results])
            accuracy.fill_between(lengths_s, *ends.T, color=style["color"], alpha=0.15, lw=0)
        accuracy.plot(lengths_s, shares, **style)
        bits = [
            itr_bits_per_min(share, n_classes, length_s + _GAZE_S)
            for share, length_s in zip(shares, lengths_s, strict=True)
        ]
        rate.plot(lengths_s, bits, **style)
    accuracy.axhline(1 / n_classes, color="0.5", ls=":", lw=1)
    accuracy.text(lengths_s[0], 1 / n_classes + 0.01, "chance", color="0.4", fontsize=8)
    accuracy.set(xlabel="window (s)", ylabel="accuracy, idle a class", ylim=(0, 1.02))
    rate.set(xlabel="window (s)", ylabel="bits a minute")
    rate.set_ylim(bottom=0)
    rate.legend(frameon=False, fontsize=8)
    for axes in (accuracy, rate):
        _bare(axes)
    return figure


def draw_confusion(text: ProfileText, findings: Findings) -> "Figure":
    """Draw what was looked at against what was answered."""
    counts = findings.confusion
    names = [*(f"{frequency_hz:g} Hz" for frequency_hz in text.frequencies_hz), "idle"]
    size = max(3.4, 0.6 * len(names) + 1.4)
    figure, axes = _figure(size, size)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        axes.text(
            column,
            row,
            str(count),
            ha="center",
            va="center",
            color="white" if shares[row, column] > 0.6 else "black",
        )
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
    axes.set_yticks(range(len(names)), names)
    axes.set(xlabel="answered", ylabel="looked at")
    for spine in axes.spines.values():
        spine.set_visible(False)
    return figure


def draw_curve(findings: Findings, text: ProfileText) -> "Figure":
    """Answers and response time against the accepted rate of false commands."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 3.4), layout="constrained")
    hits, times, false = figure.subplots(1, 3)
    accepted = [point.accepted_per_min for point in findings.curve]
    low, high = np.array([point.hit_interval for point in findings.curve]).T
    blue, red = _COLOURS[:2]
    hits.fill_between(accepted, low, high, color=blue, alpha=0.15, lw=0)
    hits.plot(accepted, [p.hit_rate for p in findings.curve], color=blue, marker="o", label="right")
    hits.plot(
        accepted, [p.wrong_rate for p in findings.curve], color=red, marker="s", label="wrong"
    )
    hits.set(ylabel="share of looks", ylim=(-0.02, 1.02))
    hits.legend(frameon=False, loc="center right")
    times.plot(
        accepted,
        [np.nan if p.response_s is None else p.response_s for p in findings.curve],
        color=blue,
        marker="o",
    )
    times.set(ylabel="response time (s)")
    times.set_ylim(bottom=0)
    least, most = np.array([point.false_interval for point in findings.curve]).T
    false.fill_between(accepted, least, most, color=red, alpha=0.15, lw=0)
    false.plot(accepted, [p.false_per_min for p in findings.curve], color=red, marker="s")
    false.plot(accepted, accepted, color="0.6", ls="--", lw=1)
    false.set(ylabel="false commands a minute, seen")
    false.set_ylim(bottom=0)
    for axes in (hits, times, false):
        axes.set_xscale("log")
        axes.set_xticks(accepted, [f"{rate:g}" for rate in accepted])
        axes.minorticks_off()
        axes.axvline(text.operating_point.max_false_per_min, color="0.4", ls=":", lw=1.2)
        axes.set_xlabel("false commands a minute, accepted")
        _bare(axes)
    return figure


def draw_reliability(findings: Findings) -> "Figure | None":
    """Whether a probability means what it says; None for a decoder without probabilities."""
    probabilities, right = findings.probabilities, findings.was_right
    if not len(probabilities):
        return None
    figure, axes = _figure(3.8, 3.6)
    # As many predictions in each bin: with few trials bins of equal width are empty or noise.
    parts = np.array_split(np.argsort(probabilities), min(_N_BINS, len(probabilities)))
    means = [float(probabilities[part].mean()) for part in parts]
    shares = [float(right[part].mean()) for part in parts]
    ends = np.array([wilson_interval(int(right[part].sum()), len(part)) for part in parts])
    axes.plot([0, 1], [0, 1], color="0.6", ls="--", lw=1)
    axes.vlines(means, *ends.T, color=_COLOURS[0], lw=1)
    axes.plot(means, shares, color=_COLOURS[0], marker="o", lw=1.2)
    axes.set(xlabel="probability that it gave", ylabel="share that was right")
    axes.set(xlim=(0, 1.02), ylim=(0, 1.04))
    return figure


def draw_learning(curve: LearningCurve, prospect: Prospect) -> "Figure":
    """Accuracy against trials learned from, carried on to another block."""
    figure, axes = _figure(4.8, 3.6)
    sizes = [point.n_each for point in curve.points]
    shares = [point.n_right / point.n_tested for point in curve.points]
    ends = np.array([wilson_interval(p.n_right, p.n_tested) for p in curve.points])
    last = max(max(sizes), round(2 * prospect.n_each))
    steps = np.linspace(min(sizes), last, 60)
    axes.plot(steps, [curve.accuracy(n) for n in steps], color=_COLOURS[0], lw=1.4)
    low, high = np.array([curve.interval(n) for n in steps]).T
    axes.fill_between(steps, low, high, color=_COLOURS[0], alpha=0.15, lw=0)
    axes.vlines(sizes, *ends.T, color="black", lw=0.8)
    axes.plot(sizes, shares, "o", color="black")
    axes.axvline(prospect.n_each, color="0.4", ls=":", lw=1.2)
    axes.text(prospect.n_each, 0.03, " now", color="0.3", fontsize=8)
    axes.set(xlabel="trials of each class", ylabel="accuracy, idle a class", ylim=(0, 1.02))
    return figure


def png_of(figure: "Figure") -> bytes:
    """Return a figure as a PNG."""
    packed = io.BytesIO()
    figure.savefig(packed, format="png", dpi=_DPI, facecolor="white")
    return packed.getvalue()


def _figure(width: float, height: float) -> "tuple[Figure, Axes]":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    _bare(axes)
    return figure, axes


def _bare(axes: "Axes") -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)

"""The log of a soak as a figure over time."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from soak_log import RATE_HZ, FloatArray, Log, clock_error_ms, read_log

_MINUTE_S = 60.0
_COLOURS = ("#2066a8", "#c46666", "#3594a0", "#8c6bb1", "#e0a030", "#666666")


def draw(folder: Path, out: Path) -> None:
    """Draw the soaks in a folder: real time on the left, virtual time on the right."""
    mpl.use("Agg")
    plt.rcParams.update({"font.size": 11, "axes.spines.top": False, "axes.spines.right": False})
    logs = [
        (file, panels, title)
        for file, panels, title in (
            (folder / "soak.jsonl", _REAL, "Real time"),
            (folder / "simulated.jsonl", _VIRTUAL, "Virtual time"),
        )
        if file.exists()
    ]
    n_rows = max(len(panels) for _, panels, _ in logs)
    figure, axes = plt.subplots(
        n_rows,
        len(logs),
        figsize=(7.2 * len(logs), 2.3 * n_rows),
        sharex="col",
        squeeze=False,
        layout="constrained",
    )
    for (file, panels, title), column in zip(logs, axes.T, strict=True):
        log = read_log(file)
        for axis, (name, panel) in zip(column, panels, strict=False):
            panel(axis, log)
            axis.set_title(name, loc="left", fontsize=11, fontweight="bold")
            axis.grid(alpha=0.25)
        for axis in column[len(panels) :]:
            axis.set_visible(False)
        hours = log.at_s[-1] / 3600
        column[0].text(
            0.0,
            1.3,
            f"{title}: {hours:.1f} hours",
            transform=column[0].transAxes,
            fontsize=13,
        )
        bottom = column[len(panels) - 1]
        bottom.set_xlabel("hours since the session began")
        bottom.set_xlim(0.0, hours)
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, dpi=100)
    plt.close(figure)


def _legend(axis: Axes, n_columns: int, place: str) -> None:
    axis.legend(
        ncols=n_columns,
        loc=place,
        fontsize=9,
        frameon=False,
        handlelength=1.0,
        handletextpad=0.4,
        columnspacing=1.0,
    )


def _by_minute(log: Log, key: str, share: float) -> tuple[FloatArray, FloatArray]:
    """Take a quantile, in percent, of what was measured in each minute."""
    minute = (log.at_s // _MINUTE_S).astype(int)
    found = []
    for number in np.unique(minute):
        values = [
            value
            for stretch, m in zip(log.stretches, minute, strict=True)
            if m == number
            for value in stretch[key]
        ]
        found.append((number, np.percentile(values, share) if values else np.nan))
    at, values = np.array(found, float).T
    return (at + 0.5) / 60.0, values


def _most_by_minute(log: Log, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    minute = (log.at_s // _MINUTE_S).astype(int)
    numbers = np.unique(minute)
    return (numbers + 0.5) / 60.0, np.array([np.nanmax(values[minute == n]) for n in numbers])


def _latency(axis: Axes, log: Log) -> None:
    for label, share, colour in (("max", 100, 1), ("p99", 99, 4), ("p50", 50, 0)):
        at_h, values = _by_minute(log, "path_ms", share)
        axis.semilogy(at_h, values, color=_COLOURS[colour], lw=1.2, label=f"scores, {label}")
    at_h = np.array([s["at_s"] / 3600 for s in log.stretches for _ in s["frame_ms"]])
    frames_ms = [value for s in log.stretches for value in s["frame_ms"]]
    axis.plot(at_h, frames_ms, ".", ms=3, color="black", alpha=0.6, label="frame of a command")
    axis.set_ylabel("ms")
    axis.set_ylim(top=20 * axis.get_ylim()[1])
    _legend(axis, 4, "upper right")


def _frames(axis: Axes, log: Log) -> None:
    missed = np.diff(log.column("frames", "n_missed"), prepend=0.0)
    minute = (log.at_s // _MINUTE_S).astype(int)
    numbers = np.unique(minute)
    each = [np.nansum(missed[minute == number]) for number in numbers]
    axis.bar((numbers + 0.5) / 60, each, width=1 / 60, color=_COLOURS[1])
    axis.set_ylabel("of 3600 a minute")


def _memory(axis: Axes, log: Log) -> None:
    names = sorted({name for s in log.stretches for name in s["processes"]})
    for name, colour in zip(names, _COLOURS, strict=False):
        memory_mb = log.column("processes", name, "resident_mb")
        at_h = log.at_s / 3600
        axis.plot(at_h, memory_mb, color=colour, lw=1.4, label=name)
    axis.set_ylim(0, 1.5 * axis.get_ylim()[1])
    axis.set_ylabel("MB resident")
    _legend(axis, 3, "upper left")


def _handles(axis: Axes, log: Log) -> None:
    for what, colour in (("handles", 0), ("threads", 1)):
        total = np.nansum(
            [
                log.column("processes", name, what)
                for name in ("session and operator window", "subject window")
            ],
            axis=0,
        )
        axis.plot(log.at_s / 3600, total, color=_COLOURS[colour], label=what)
    axis.set_ylim(bottom=0)
    axis.set_ylabel("session and windows")
    _legend(axis, 2, "lower right")


def _queues(axis: Axes, log: Log) -> None:
    queues = ("headset", "recorder", "operator window", "exoskeleton", "stimulus")
    for queue, colour in zip(queues, _COLOURS, strict=False):
        at_h, values = _most_by_minute(log, log.column("waiting", queue))
        axis.semilogy(at_h, values, color=colour, lw=1.2, label=queue)
    axis.set_ylim(0.8, 10_000)
    axis.set_ylabel("items")
    _legend(axis, 5, "upper right")


def _clock(axis: Axes, log: Log) -> None:
    axis.plot(log.at_s / 3600, clock_error_ms(log), color=_COLOURS[0], lw=1, label="error")
    residual_ms = log.column("residual_ms")
    axis.plot(log.at_s / 3600, residual_ms, color=_COLOURS[1], lw=1, label="residual of the fit")
    axis.set_ylim(top=1.3 * axis.get_ylim()[1])
    axis.set_ylabel("ms")
    _legend(axis, 2, "upper right")


def _decided(axis: Axes, log: Log) -> None:
    answers = log.answers()
    first = log.stretches[0]
    began_index = first["end_index"] - first["seconds"] * RATE_HZ
    at_h = (np.array(log.false_indices()) - began_index) / RATE_HZ / 3600
    end_h = log.at_s[-1] / 3600
    axis.step(
        [0, *at_h, end_h], [*range(len(at_h) + 1), len(at_h)], where="post", color=_COLOURS[1]
    )
    axis.set_ylim(0, max(4, 1.4 * len(at_h)))
    axis.set_ylabel("false ones so far")
    rate = 60 * answers.n_false / answers.idle_min if answers.idle_min else float("nan")
    axis.text(
        0.01,
        0.95,
        f"{answers.n_false} in {answers.idle_min / 60:.1f} h ({rate:.1f} an hour); "
        f"{answers.n_right} of {answers.n_trials} looks answered rightly",
        transform=axis.transAxes,
        va="top",
        fontsize=9,
    )


def _load(axis: Axes, log: Log) -> None:
    processors = log.first["begin"]["processors"]
    at_h, at_s = log.at_s / 3600, log.at_s
    names = sorted({name for s in log.stretches for name in s["processes"]})
    used = np.nansum([log.column("processes", name, "cpu_s") for name in names], axis=0)
    minutes = slice(0, None, 12)
    share = np.diff(used[minutes]) / np.diff(at_s[minutes])
    axis.plot(at_h[minutes][1:], share, color=_COLOURS[0], label="processors: the app")
    axis.plot(
        at_h,
        processors * log.column("busy_percent") / 100,
        color=_COLOURS[5],
        lw=0.6,
        alpha=0.6,
        label="all",
    )
    axis.plot(at_h, log.column("load_1_min"), color=_COLOURS[1], label="load")
    axis.set_ylim(0, 1.3 * axis.get_ylim()[1])
    _legend(axis, 3, "upper right")
    axis.set_ylabel("processes")


def _losses(axis: Axes, log: Log) -> None:
    for lowest, highest, colour, label in (
        (1, 255, 0, "up to 255"),
        (256, 10**9, 1, "more, or a restart"),
    ):
        points = [
            (s["at_s"] / 3600, lost)
            for s in log.stretches
            for first, lost in s["gaps"]
            if first and lowest <= lost <= highest
        ]
        if points:
            at_h, lost = zip(*points, strict=True)
            axis.semilogy(at_h, lost, ".", ms=4, color=_COLOURS[colour], label=label)
    axis.set_ylabel("samples a gap")
    _legend(axis, 2, "upper right")


def _cost(axis: Axes, log: Log) -> None:
    for k, label, colour in ((2, "max", 1), (1, "p99", 4), (0, "p50", 0)):
        values = [s["feed_us"][k] / 1e3 for s in log.stretches]
        axis.plot(log.at_s / 3600, values, color=_COLOURS[colour], lw=1, label=label)
    axis.set_ylim(bottom=0)
    axis.set_ylabel("ms for 0.2 s of samples")
    _legend(axis, 3, "upper right")


def _virtual_memory(axis: Axes, log: Log) -> None:
    axis.plot(log.at_s / 3600, log.column("resident_mb"), color=_COLOURS[0])
    axis.set_ylim(bottom=0)
    axis.set_ylabel("MB resident")


def _virtual_clock(axis: Axes, log: Log) -> None:
    at_h = log.at_s / 3600
    axis.plot(at_h, log.column("clock_error_ms"), color=_COLOURS[0], lw=0.8, label="error")
    axis.plot(at_h, log.column("residual_ms"), color=_COLOURS[1], lw=0.8, label="residual")
    axis.set_ylim(top=1.3 * axis.get_ylim()[1])
    axis.set_ylabel("ms")
    _legend(axis, 2, "upper right")


def _counters(axis: Axes, log: Log) -> None:
    at_h = log.at_s / 3600
    for label, values, size, colour in (
        ("milliseconds / 2³²", log.column("telemetry_ms"), 2**32, 0),
        ("requests / 2¹⁶", log.column("sequence") % 2**16, 2**16, 1),
        ("samples / 2³¹", log.column("end_index"), 2**31, 2),
    ):
        axis.plot(at_h, values / size, color=_COLOURS[colour], label=label)
    axis.set_ylabel("share of the counter")
    _legend(axis, 3, "center right")


def _events(axis: Axes, log: Log) -> None:
    axis.plot(log.at_s / 3600, log.column("most_link_events"), color=_COLOURS[0], lw=1)
    axis.set_ylim(bottom=0)
    axis.set_ylabel("events at once")


_REAL = (
    ("From the arrival of the last sample, by the minute", _latency),
    ("Refreshes missed", _frames),
    ("Memory", _memory),
    ("Open handles and threads", _handles),
    ("Most items that waited in a queue, by the minute", _queues),
    ("Clock of the samples", _clock),
    ("Decisions while the subject looks at no target", _decided),
    ("The machine", _load),
)
_VIRTUAL = (
    ("Processor time of the online path, by the minute", _cost),
    ("Samples lost: each gap that was found", _losses),
    ("Memory", _virtual_memory),
    ("Counters that wrap", _counters),
    ("Events waiting on the link", _events),
    ("Clock of the samples, 30 ppm fast", _virtual_clock),
    ("Decisions while the subject looks at no target", _decided),
)
